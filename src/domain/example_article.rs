//! An article that stands for those that a query finds.

use super::{ids::ArticleId, time::Timestamp};
use serde::{Deserialize, Serialize};

/// What is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExampleArticle {
    /// The article.
    pub id: ArticleId,
    /// Its title.
    pub title: String,
    /// The title of its feed.
    pub feed_title: String,
    /// When it was published, else when it arrived.
    pub at: Timestamp,
}
