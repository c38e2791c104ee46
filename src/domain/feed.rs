//! Feeds as the pages and the API show them.

use super::{
    feed_schedule::CheckReason,
    feed_url::FeedUrl,
    full_text::FullTextChoice,
    ids::{FeedId, FolderId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Characters of a feed's or an article's title; longer ones are cut.
pub const MAX_TITLE_CHARS: usize = 500;
/// Points that the weight of a feed may add to a composite.
pub const FEED_WEIGHTS: RangeInclusive<i64> = -3..=3;
/// Characters of a folder's name.
pub const MAX_FOLDER_NAME_CHARS: usize = 200;

string_enum! {
    /// The state of a feed.
    #[derive(Default)]
    FeedState {
        /// Subscribed, not fetched yet.
        #[default]
        New = "new",
        /// The last check succeeded.
        Ok = "ok",
        /// The last check failed; tried again with growing pauses.
        Failing = "failing",
        /// The server answered 410 Gone; not checked automatically any more.
        Gone = "gone",
    }
}

impl FeedState {
    /// Whether the reader should look at it.
    pub const fn needs_attention(self) -> bool {
        matches!(self, Self::Failing | Self::Gone)
    }
}

/// State of a feed with the last error and its remedy.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FeedHealth {
    /// The state after the last check.
    pub state: FeedState,
    /// What went wrong, in words.
    pub message: Option<String>,
    /// What the reader can do.
    pub remedy: Option<String>,
    /// Failed checks in a row.
    pub failures: i64,
    /// When the first of them failed; `None` while unknown or none failed.
    pub failing_since: Option<Timestamp>,
    /// When a check last succeeded; `None` while unknown or never.
    pub last_success_at: Option<Timestamp>,
}

/// How a feed takes part in scoring; scoring.md "Composite".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FeedScoring {
    /// Points that are added to the composite of each of its articles, of [`FEED_WEIGHTS`].
    pub weight: i64,
    /// Whether its articles never enter the queue of the model.
    pub never_score: bool,
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// The feed.
    pub id: FeedId,
    /// The address it is fetched from.
    pub url: FeedUrl,
    /// The address of its site.
    pub site_url: Option<String>,
    /// The publisher's title.
    pub title: String,
    /// The reader's own title, never overwritten by the feed's.
    pub custom_title: Option<String>,
    /// The folder it is in.
    pub folder_id: Option<FolderId>,
    /// Number of unread articles.
    pub unread: i64,
    /// Number of all articles.
    pub total: i64,
    /// When it was last fetched.
    pub last_fetched_at: Option<Timestamp>,
    /// When it is due again.
    pub next_fetch_at: Timestamp,
    /// Seconds between the last check and the next; `None` before the first check.
    pub check_interval: Option<i64>,
    /// Which rule made that interval.
    pub check_reason: Option<CheckReason>,
    /// The server asked for no requests until then (`Retry-After`); `None` when it did not.
    pub paused_until: Option<Timestamp>,
    /// Items of the last document that were left out because there were too many.
    pub items_left_out: i64,
    /// How the last check went.
    pub health: FeedHealth,
    /// sha256 of the icon of its site, in hex; served at `/icons/HASH`.
    pub icon: Option<String>,
    /// Whether the pages behind its articles are fetched.
    pub full_text: FullTextChoice,
    /// Whether its own texts are short; `None` before it had any.
    pub has_short_texts: Option<bool>,
    /// Seconds between checks that the reader chose for it; `None`: as in the settings.
    pub own_interval: Option<i64>,
    /// The reader paused it until then; `None` when it is not paused.
    pub pause_until: Option<Timestamp>,
    /// How it takes part in scoring.
    #[serde(flatten)]
    pub scoring: FeedScoring,
}

impl Feed {
    /// The reader's title, else the publisher's, else the address.
    pub fn display_title(&self) -> &str {
        match &self.custom_title {
            Some(own) => own,
            None if self.title.is_empty() => self.url.as_str(),
            None => &self.title,
        }
    }
}

/// A folder of feeds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    /// The folder.
    pub id: FolderId,
    /// Its name.
    pub name: String,
    /// Unread articles in all of its feeds.
    pub unread: i64,
    /// Number of feeds in it.
    pub feed_count: i64,
}

/// One of several feeds that a page offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedCandidate {
    /// Address of the feed.
    pub url: FeedUrl,
    /// Title that the page gives it; may be empty.
    pub title: String,
    /// Entries found in it; `None` when it was not fetched.
    pub items: Option<i64>,
}

/// The outcome of a request to subscribe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SubscribeOutcome {
    /// A new subscription, its articles stored.
    Added(FeedId),
    /// The page offers several feeds: the reader chooses.
    Candidates(Vec<FeedCandidate>),
}

/// What an import of subscriptions did.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OpmlImportReport {
    /// Number of new subscriptions.
    pub added: i64,
    /// Number of outlines that were subscribed already.
    pub duplicates: i64,
    /// The outlines that could not be used.
    pub invalid: Vec<InvalidOutline>,
}

/// An outline that could not become a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvalidOutline {
    /// The address in the outline; the outline's name when it has none.
    pub url: String,
    /// Why it could not be used, in a sentence.
    pub reason: String,
}

/// A line of a feed's audit trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedEvent {
    /// When it happened.
    pub at: Timestamp,
    /// `moved`, `edited`, `merged`, `gone`, `revived`, `shortened`, `crashed`.
    pub kind: String,
    /// For people, for example the old and the new address.
    pub detail: String,
}

/// A change to a subscription; `None` leaves a field alone, `Some(None)` clears it.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FeedChange {
    /// The reader's own title.
    pub custom_title: Option<Option<String>>,
    /// The folder to move it into.
    pub folder_id: Option<Option<FolderId>>,
    /// Whether the pages behind its articles are fetched.
    pub full_text: Option<FullTextChoice>,
    /// Another address, as it was typed.
    pub address: Option<String>,
    /// Seconds between checks.
    pub own_interval: Option<Option<i64>>,
    /// Not checked by itself before.
    pub pause_until: Option<Option<Timestamp>>,
    /// Points that are added to the composites of its articles.
    pub weight: Option<i64>,
    /// Whether its articles never enter the queue of the model.
    pub never_score: Option<bool>,
}
