//! An article that stands for those that a query finds.

use crate::domain::{example_article::ExampleArticle, time::Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// An article that a rule finds.
#[derive(Serialize, ToSchema)]
pub(super) struct ExampleArticleJson {
    id: i64,
    title: String,
    feed_title: String,
    /// When it was published, else when it arrived.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl From<ExampleArticle> for ExampleArticleJson {
    fn from(ExampleArticle { id, title, feed_title, at }: ExampleArticle) -> Self {
        Self { id: id.0, title, feed_title, at }
    }
}
