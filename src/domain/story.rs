//! Copies of one story in several feeds (docs/adr/0016-same-story.md).

use super::ids::{ArticleId, FeedId};
use serde::{Deserialize, Serialize};

/// Seconds that may lie between the dates of two articles of one story.
pub const STORY_WINDOW_SECONDS: i64 = 5 * 86_400;

/// Another article of the same story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryCopy {
    /// The article.
    pub id: ArticleId,
    /// Its feed.
    pub feed_id: FeedId,
    /// The feed's title as the reader sees it.
    pub feed_title: String,
    /// The article's title, as plain text.
    pub title: String,
    /// Address of the original.
    pub url: Option<String>,
    /// Whether another article of the story stands for it in lists.
    pub is_duplicate: bool,
}
