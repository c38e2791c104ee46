//! Articles as lists, the reader and the API show them, and the query of a list.

use super::model_name::ModelName;
use super::{
    category::CategoryLabel,
    full_text::FullTextStatus,
    ids::{ArticleId, CategoryId, FeedId, FolderId},
    interests::KeywordMatches,
    publisher_details::{MediaPosition, PublisherDetails},
    rule::RuleEffects,
    safe_html::SafeHtml,
    score::{ArticleState, Score},
    scoring::ScoringStep,
    story::StoryCopy,
    time::Timestamp,
    vote::Vote,
};
use crate::domain::prompt_injection::InjectionSign;
use serde::{Deserialize, Serialize};
use std::{cmp::Ordering, fmt, str::FromStr};

string_enum! {
    /// Which articles a list holds. All but `Starred` and `Blocked` leave blocked articles out.
    #[derive(Default)]
    ArticleView {
        /// Not read yet: the inbox as it opens.
        #[default] Unread = "unread",
        All = "all",
        Starred = "starred",
        /// Queued for scoring or being scored.
        Scoring = "scoring",
        Blocked = "blocked",
        Failed = "failed",
    }
}

string_enum! {
    /// The order of a list.
    #[derive(Default)]
    ArticleSort {
        /// Highest rank first; ties go to the newer article.
        #[default] Best = "score",
        /// The exact reverse of `Best`.
        Lowest = "score-asc",
        Newest = "newest",
        Oldest = "oldest",
        /// How well the words of a search fit (bm25); without words as `Newest`.
        Relevance = "relevance",
    }
}

/// Which part of the subscriptions a list covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ArticleScope {
    /// All subscriptions.
    #[default]
    All,
    /// The feeds of one folder.
    Folder(FolderId),
    /// One feed.
    Feed(FeedId),
    /// A category of either level; a parent covers its children.
    Category(CategoryId),
}

impl ArticleSort {
    /// Whether scores decide the order.
    pub const fn is_by_score(self) -> bool {
        matches!(self, Self::Best | Self::Lowest)
    }

    /// The orders of a list without a search.
    pub const OF_LISTS: [Self; 4] = [Self::Best, Self::Lowest, Self::Newest, Self::Oldest];

    /// The reverse order; `Relevance` has none and stays the same.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::Best => Self::Lowest,
            Self::Lowest => Self::Best,
            Self::Newest => Self::Oldest,
            Self::Oldest => Self::Newest,
            Self::Relevance => Self::Relevance,
        }
    }
}

/// Everything that decides a page of a list. Lives in the address; see [`ListQuery::from_params`](crate::domain::list_query).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListQuery {
    /// Which articles: unread, starred and so on.
    pub view: ArticleView,
    /// Which feeds.
    pub scope: ArticleScope,
    /// The order.
    pub sort: ArticleSort,
    /// A query (docs/spec/query.md); `None` or blank: no search.
    pub search: Option<String>,
    /// Rows a page, 1–200.
    pub limit: u32,
    /// Where the page starts; `None`: at the top.
    pub cursor: Option<Cursor>,
}

/// The key of the last row of a page; the next page starts right after it. Opaque to clients.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cursor {
    /// The rank of the row.
    pub rank: f64,
    /// The row's time in seconds since 1970.
    pub sorted_at: i64,
    /// The article of the row; breaks ties.
    pub id: ArticleId,
}

impl Cursor {
    /// Whether this key stands before (`Less`) or after `other` in a list of this order.
    pub fn compare(&self, other: &Self, sort: ArticleSort) -> Ordering {
        let by_date = (self.sorted_at, self.id).cmp(&(other.sorted_at, other.id));
        let by_rank = self.rank.total_cmp(&other.rank).then(by_date);
        match sort {
            ArticleSort::Best => by_rank.reverse(),
            ArticleSort::Lowest => by_rank,
            ArticleSort::Newest => by_date.reverse(),
            ArticleSort::Oldest => by_date,
            ArticleSort::Relevance => self.rank.total_cmp(&other.rank).then(by_date.reverse()),
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}.{:x}.{:x}", self.rank.to_bits(), self.sorted_at, self.id.0)
    }
}

/// The text is not a cursor as [`Cursor`] formats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct CursorError;

impl FromStr for Cursor {
    type Err = CursorError;
    fn from_str(s: &str) -> Result<Self, CursorError> {
        let mut parts = s.split('.').map(|p| u64::from_str_radix(p, 16).map_err(|_| CursorError));
        let mut next = || parts.next().ok_or(CursorError)?;
        let cursor = Self {
            rank: f64::from_bits(next()?),
            sorted_at: next()?.cast_signed(),
            id: ArticleId(next()?.cast_signed()),
        };
        if cursor.rank.is_finite() && parts.next().is_none() { Ok(cursor) } else { Err(CursorError) }
    }
}

/// A row of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArticleRow {
    /// The article.
    pub id: ArticleId,
    /// The feed it came from.
    pub feed_id: FeedId,
    /// The feed's title as the reader sees it.
    pub feed_title: String,
    /// sha256 of the icon of the feed's site, in hex; served at `/icons/HASH`.
    pub feed_icon: Option<String>,
    /// The article's title, as plain text.
    pub title: String,
    /// The language of the article or of its feed (BCP 47).
    pub language: Option<String>,
    /// Address of the original.
    pub url: Option<String>,
    /// Author as the feed gives it.
    pub author: Option<String>,
    /// The publisher's date.
    pub published_at: Option<Timestamp>,
    /// `published_at`, else the arrival; what lists sort by.
    pub sorted_at: Timestamp,
    /// Whether it was read.
    pub is_read: bool,
    /// Whether it is starred.
    pub is_starred: bool,
    /// The reader's vote.
    pub vote: Option<Vote>,
    /// The state of its scoring.
    pub state: ArticleState,
    /// The last score; with `state.in_progress()` it is the old one, being re-evaluated.
    pub score: Option<Score>,
    /// Its categories.
    pub categories: Vec<CategoryLabel>,
    /// Plain text, at most 300 characters.
    pub summary: String,
    /// Why its text is suspicious; mostly empty.
    pub injection_signs: Vec<InjectionSign>,
    /// Why the model's answers were refused, in state `failed`.
    pub last_error: Option<String>,
    /// The other articles of the same story; mostly empty.
    pub also_in: Vec<StoryCopy>,
    /// The key of this row in the list it came from.
    pub cursor: Cursor,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArticleListPage {
    /// The rows in the order of the list.
    pub rows: Vec<ArticleRow>,
    /// `None` on the last page.
    pub next: Option<Cursor>,
    /// The parts of the search that were not understood, one sentence each.
    pub search_problems: Vec<String>,
}

/// An article with everything that the reader shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArticleDetail {
    /// What the list shows of it.
    pub row: ArticleRow,
    /// The text that is shown: a balanced, sanitized HTML fragment.
    pub content_html: SafeHtml,
    /// The other one of the feed's text and that of the page, when there are both.
    pub other_html: Option<SafeHtml>,
    /// What is known of the text of the page.
    pub full_text: FullTextStatus,
    /// Failed attempts to score it.
    pub attempts: i64,
    /// Quotes that the score rests on; each was found in the article.
    pub evidence: Vec<String>,
    /// The words of the interests that a provisional score rests on; `None` when the model has scored.
    pub keyword_matches: Option<KeywordMatches>,
    /// Model runs behind the categories and the score, the first step first.
    pub runs: Vec<ModelRun>,
    /// The article of the same story that was scored in place of this one; `None`: this one.
    pub scored_article: Option<ArticleId>,
    /// What the publisher sent beside the text.
    pub details: PublisherDetails,
    /// What rules did with it.
    pub rule_effects: RuleEffects,
    /// How far its audio and video files were played.
    pub media_positions: Vec<MediaPosition>,
}

/// A change to an article by the reader; `None` leaves a field unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ArticleChange {
    /// Read or unread.
    pub is_read: Option<bool>,
    /// Starred or not.
    pub is_starred: Option<bool>,
    /// `Some(None)` removes the vote.
    pub vote: Option<Option<Vote>>,
}

impl ArticleChange {
    /// Marks it read or unread.
    pub fn mark_read(is_read: bool) -> Self {
        Self { is_read: Some(is_read), ..Self::default() }
    }

    /// Stars it or removes the star.
    pub fn set_starred(is_starred: bool) -> Self {
        Self { is_starred: Some(is_starred), ..Self::default() }
    }

    /// Sets the vote or removes it.
    pub fn set_vote(vote: Option<Vote>) -> Self {
        Self { vote: Some(vote), ..Self::default() }
    }
}

/// One answer of a model, stored for provenance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelRun {
    /// The question that was asked.
    pub step: ScoringStep,
    /// Name of the model.
    pub model: ModelName,
    /// The server that answered; `None`: the Ollama of the settings.
    pub server: Option<String>,
    /// sha256 of the model's manifest, when the server told.
    pub model_digest: Option<String>,
    /// Version of the prompt, which changes with its text.
    pub prompt_version: String,
    /// The options as sent (JSON).
    pub options: String,
    /// Tokens of the prompt, as the model server counted them.
    pub prompt_tokens: Option<i64>,
    /// Tokens of the answer, as the model server counted them.
    pub output_tokens: Option<i64>,
    /// Duration of the call in milliseconds.
    pub duration_ms: i64,
    /// Characters of the article that were cut because they did not fit the context.
    pub cut_chars: i64,
    /// When the answer arrived.
    pub at: Timestamp,
}

/// What a bulk "mark read" covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MarkReadScope {
    /// All articles.
    All,
    /// The articles of one feed.
    Feed(FeedId),
    /// The articles of the feeds in one folder.
    Folder(FolderId),
    /// The articles of one category.
    Category(CategoryId),
    /// All articles of a view.
    View(ArticleView),
}

/// What a bulk "mark read" did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkReadResult {
    /// Number of articles that were unread before.
    pub marked_count: i64,
    /// Undoes it within ten minutes.
    pub undo_token: String,
}

/// How many articles each view holds, over all feeds or within a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ViewCounts {
    /// Unread articles.
    pub unread: i64,
    /// All articles.
    pub all: i64,
    /// Starred articles.
    pub starred: i64,
    /// Articles that are queued for scoring or being scored.
    pub scoring: i64,
    /// Articles whose categories are blocked.
    pub blocked: i64,
    /// Articles whose scoring failed.
    pub failed: i64,
}

#[cfg(test)]
mod tests {
    use super::{ArticleSort, ArticleView, Cursor};
    use crate::domain::ids::ArticleId;

    #[test]
    fn cursors_round_trip_and_reject_anything_else() {
        for (rank, sorted_at) in [(0.0, 0), (7.25, 1_755_768_600), (-1.5, -3)] {
            let cursor = Cursor { rank, sorted_at, id: ArticleId(42) };
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for bad in ["", ".", "0.0", "x.1.1", "7ff8000000000000.0.0", "0.0.0.0"] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad}");
        }
    }

    #[test]
    fn words_round_trip() {
        assert!(ArticleView::ALL.iter().all(|v| ArticleView::parse(v.as_str()) == Some(*v)));
        assert!(ArticleSort::ALL.iter().all(|s| ArticleSort::parse(s.as_str()) == Some(*s)));
    }
}
