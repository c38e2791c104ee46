//! What readers to move in from have: feeds, and articles page by page.

use crate::{
    domain::feed_error::FeedError,
    error::{AppError, ErrorKind},
    server::feed::parse::parsed::ParsedEntry,
};
use serde::de::DeserializeOwned;

/// A subscription of another reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFeed {
    /// How its articles name it.
    pub key: String,
    /// The address that it is fetched from.
    pub url: String,
    /// Its title there.
    pub title: String,
    /// The address of its site.
    pub site_url: Option<String>,
    /// Its folder; `None` for the one that every feed is in.
    pub folder: Option<String>,
}

/// An article of another reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceArticle {
    /// [`SourceFeed::key`] of its feed.
    pub feed: String,
    /// What it says.
    pub entry: ParsedEntry,
    /// Whether it was read.
    pub is_read: bool,
    /// Whether it was starred.
    pub is_starred: bool,
    /// The labels that the reader gave it.
    pub labels: Vec<String>,
}

/// A page of articles.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SourcePage {
    /// The articles, the oldest first.
    pub articles: Vec<SourceArticle>,
    /// Where the next page begins; `None` after the last one.
    pub next: Option<String>,
}

/// An answer as JSON.
pub(super) fn parse_answer<T: DeserializeOwned>(bytes: &[u8], host: &str) -> Result<T, AppError> {
    serde_json::from_slice(bytes).map_err(|cause| {
        AppError::new(ErrorKind::Unavailable, format!("The answer of {host} cannot be read: {cause}."))
            .hint("Check that the address is that of the reader itself.")
    })
}

/// Why a reader did not answer.
pub(super) fn api_error(error: FeedError) -> AppError {
    AppError::new(ErrorKind::Unavailable, error.message)
        .hint("Check address and credentials; what was imported stays, and importing again goes on.")
}
