//! Writes feeds of articles for other readers (docs/spec/query.md, Outgoing feeds).

mod atom;
mod json_feed;
mod rss;
#[cfg(test)]
mod tests;
mod xml_text;

pub use atom::write_atom;
pub use json_feed::write_json_feed;
pub use rss::write_rss;

use crate::domain::{publisher_details::ArticleMedia, time::Timestamp};

/// A feed to be written.
#[derive(Clone, Debug)]
pub struct OutgoingDocument {
    /// A URI that stays the same.
    pub id: String,
    /// Plain text.
    pub title: String,
    /// Where this document is.
    pub self_url: String,
    /// The page that shows the same to the owner.
    pub home_url: String,
    /// When something of it changed last.
    pub updated: Timestamp,
    /// In the order of the feed.
    pub articles: Vec<OutgoingArticle>,
}

/// An article of it.
#[derive(Clone, Debug)]
pub struct OutgoingArticle {
    /// A URI that stays the same.
    pub id: String,
    /// The address of the original.
    pub url: Option<String>,
    /// Plain text.
    pub title: String,
    /// The author.
    pub author: Option<String>,
    /// The title of the feed it came from.
    pub feed_title: String,
    /// When it was published, else arrived.
    pub published: Timestamp,
    /// When it arrived or was edited last.
    pub updated: Timestamp,
    /// The language (BCP 47).
    pub language: Option<String>,
    /// Sanitized HTML, with score and reason in its first paragraph when a model scored it.
    pub html: String,
    /// The score of a model, 0–20.
    pub score: Option<f64>,
    /// The model's reason.
    pub reason: Option<String>,
    /// Names of its categories.
    pub categories: Vec<String>,
    /// Files that come with it.
    pub files: Vec<ArticleMedia>,
}
