//! A feed as read, whatever it was written in.

use crate::{
    domain::{feed_schedule::FeedScheduleHints, publisher_details::PublisherDetails, time::Timestamp},
    server::html::text,
};
use url::Url;

/// Categories of an entry; further ones are ignored.
const MAX_CATEGORIES: usize = 32;
/// Characters of a category; longer ones are cut.
const MAX_CATEGORY_CHARS: usize = 100;

/// A feed with its entries, in the order of the document.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ParsedFeed {
    /// Plain text; empty when the feed has none.
    pub title: String,
    /// The feed's own description, as HTML.
    pub description: Option<String>,
    /// The author of the whole feed.
    pub author: Option<String>,
    /// The site's address.
    pub site: Option<String>,
    /// What relative addresses of its entries refer to, where no `xml:base` says otherwise; `None`: the document.
    pub relative_base: Option<Url>,
    /// The language of its entries, where they do not say their own (BCP 47).
    pub language: Option<String>,
    /// What the feed says about its update times.
    pub hints: FeedScheduleHints,
    /// The entries, at most [`MAX_ENTRIES`](super::newest::MAX_ENTRIES).
    pub entries: Vec<ParsedEntry>,
    /// Older entries of the document that were not read.
    pub entries_left_out: usize,
}

/// An entry. Its HTML is as the publisher wrote it: to be sanitized.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ParsedEntry {
    /// The publisher's own identity of it.
    pub id: Option<String>,
    /// The address of the original.
    pub link: Option<String>,
    /// Plain text.
    pub title: String,
    /// The author.
    pub author: Option<String>,
    /// When it was published.
    pub published: Option<Timestamp>,
    /// When it was last changed.
    pub updated: Option<Timestamp>,
    /// The summary, as HTML.
    pub summary: Option<String>,
    /// The content, as HTML.
    pub content: Option<String>,
    /// What relative addresses in the HTML refer to, when the feed says (`xml:base`).
    pub base: Option<Url>,
    /// The files that take part in its identity: those of enclosures and attachments.
    pub enclosures: Vec<Enclosure>,
    /// All pictures and files, categories, comments, source and language.
    pub details: PublisherDetails,
}

/// A file that comes with an entry, such as an episode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enclosure {
    /// The address of the file.
    pub url: String,
    /// Its media type; may be empty.
    pub media_type: String,
}

/// Adds a publisher's category as plain text, unless it is blank or known in another case.
pub(super) fn add_category(categories: &mut Vec<String>, name: &str) {
    let name: String = text::html_to_text(name).chars().take(MAX_CATEGORY_CHARS).collect();
    let is_known = categories.iter().any(|known| known.to_lowercase() == name.to_lowercase());
    if !name.is_empty() && !is_known && categories.len() < MAX_CATEGORIES {
        categories.push(name);
    }
}

impl ParsedFeed {
    /// Whether it has neither a title nor entries.
    pub const fn is_empty(&self) -> bool {
        self.title.is_empty() && self.entries.is_empty()
    }
}

impl ParsedEntry {
    /// When it came out, as far as the feed says.
    pub fn date(&self) -> Option<Timestamp> {
        self.published.or(self.updated)
    }

    /// The fuller of content and summary.
    pub fn body(&self) -> &str {
        let filled = |html: &&String| !html.trim().is_empty();
        self.content.as_ref().filter(filled).or(self.summary.as_ref()).map_or("", String::as_str)
    }
}
