//! The frame of every page: where one can go, and how much waits there.

use super::{
    article::ViewCounts,
    ids::{CategoryId, FeedId, FolderId},
    preferences::Theme,
};
use serde::{Deserialize, Serialize};

/// Feeds with something unread that the rail names; the others are one click away on the page of all feeds.
pub const FEEDS_NAMED: i64 = 24;

/// Categories that the rail names.
pub const CATEGORIES_NAMED: i64 = 16;

/// What the frame around a page shows.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Rail {
    /// Over all feeds.
    pub counts: ViewCounts,
    /// How many subscriptions there are.
    pub feed_count: i64,
    pub folders: Vec<RailFolder>,
    /// Those with the most unread articles, at most [`FEEDS_NAMED`], by title.
    pub feeds: Vec<RailFeed>,
    /// Those with the most articles, at most [`CATEGORIES_NAMED`], by name.
    pub categories: Vec<RailCategory>,
    pub theme: Option<Theme>,
    /// Whether keyboard shortcuts are on.
    pub keyboard: bool,
    /// Whether a model is being pulled.
    pub is_pulling: bool,
}

/// A folder with what waits in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RailFolder {
    pub id: FolderId,
    pub name: String,
    pub unread: i64,
}

/// A feed with what waits in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RailFeed {
    pub id: FeedId,
    pub title: String,
    pub unread: i64,
}

/// A category that has articles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RailCategory {
    pub id: CategoryId,
    pub name: String,
}
