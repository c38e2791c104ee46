//! Streams: lists of items by the ids that Google Reader gave them (docs/spec/client-apis.md "Google Reader").

use super::error::GreaderError;
use crate::{
    domain::{feed_url::FeedUrl, ids::FeedId, vote::Vote},
    error::AppError,
    server::{
        services::clients::{
            labels::{ClientLabel, find_label},
            library::ClientLibrary,
            marks::ClientScope,
        },
        storage::client_articles::ArticleCondition,
    },
};

/// The stream of everything.
pub const READING_LIST: &str = "user/-/state/com.google/reading-list";
/// The stream of what was read.
pub const READ: &str = "user/-/state/com.google/read";
/// The stream of what is starred.
pub const STARRED: &str = "user/-/state/com.google/starred";

/// A stream, by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GreaderStream {
    /// Everything.
    ReadingList,
    /// What was read.
    Read,
    /// What was not read.
    Unread,
    /// What is starred.
    Starred,
    /// A state that Gleaner does not have; no articles.
    Nothing,
    /// A label.
    Label(ClientLabel),
    /// A feed.
    Feed(FeedId),
}

impl GreaderStream {
    /// The articles of the stream; `None` for all.
    pub fn condition(self, library: &ClientLibrary) -> Option<ArticleCondition> {
        match self {
            Self::ReadingList => None,
            Self::Read => Some(ArticleCondition::Read),
            Self::Unread => Some(ArticleCondition::Read.negated()),
            Self::Starred => Some(ArticleCondition::Starred),
            Self::Nothing => Some(ArticleCondition::Any(Vec::new())),
            Self::Label(label) => Some(label.condition(library)),
            Self::Feed(id) => Some(ArticleCondition::Feed(id)),
        }
    }

    /// The scope that is marked as read with the stream; `None` when nothing of it is unread.
    pub const fn scope(self) -> Option<ClientScope> {
        match self {
            Self::ReadingList | Self::Unread => Some(ClientScope::All),
            Self::Read | Self::Nothing => None,
            Self::Starred => Some(ClientScope::Starred),
            Self::Label(label) => Some(ClientScope::Label(label)),
            Self::Feed(id) => Some(ClientScope::Feed(id)),
        }
    }
}

/// The stream id of a label.
pub fn label_stream(name: &str) -> String {
    format!("user/-/label/{name}")
}

/// The stream id of a feed.
pub fn feed_stream(id: FeedId) -> String {
    format!("feed/{id}")
}

/// The name of a label in a stream id: `user/USER/label/NAME`.
pub fn label_name(stream: &str) -> Option<&str> {
    after_user(stream)?.strip_prefix("label/")
}

/// The name of a state in a stream id: `user/USER/state/com.google/NAME`.
pub fn state_name(stream: &str) -> Option<&str> {
    after_user(stream)?.strip_prefix("state/com.google/")
}

fn after_user(stream: &str) -> Option<&str> {
    stream.strip_prefix("user/")?.split_once('/').map(|(_, rest)| rest)
}

/// The stream of an id; `None` when there is no such feed or label, or it is no stream id.
pub fn find_stream(library: &ClientLibrary, stream: &str) -> Option<GreaderStream> {
    let stream = stream.trim();
    if stream.starts_with("feed/") {
        return find_feed(library, stream).map(GreaderStream::Feed);
    }
    if let Some(name) = label_name(stream) {
        return find_label(library, name).map(GreaderStream::Label);
    }
    Some(match state_name(stream)? {
        "reading-list" => GreaderStream::ReadingList,
        "read" => GreaderStream::Read,
        "unread" | "kept-unread" => GreaderStream::Unread,
        "starred" => GreaderStream::Starred,
        "like" => GreaderStream::Label(ClientLabel::Vote(Vote::Up)),
        _ => GreaderStream::Nothing,
    })
}

/// The feed of `feed/ID` or `feed/ADDRESS`.
pub fn find_feed(library: &ClientLibrary, stream: &str) -> Option<FeedId> {
    let named = stream.strip_prefix("feed/")?;
    if let Ok(id) = named.parse() {
        return library.feed(FeedId(id)).map(|feed| feed.id);
    }
    let url = FeedUrl::parse(named).ok()?;
    library.feeds.iter().find(|feed| feed.url == url).map(|feed| feed.id)
}

/// 404 for a stream id.
pub fn no_such_stream(stream: &str) -> GreaderError {
    AppError::not_found(format!("There is no stream “{stream}”.")).into()
}
