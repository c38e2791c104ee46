//! Makes a feed of the bytes of an answer, or says why they are not one.

use crate::domain::feed_error::{FeedError, FeedErrorKind};
use crate::server::{feed::parse::parsed::ParsedFeed, work_limit::WorkLimit};
use flate2::read::GzDecoder;
use std::{borrow::Cow, io::Read};
use url::Url;

/// Maximum bytes after decompression.
const MAX_UNPACKED_BYTES: u64 = 15 << 20;

/// Reads a feed of any kind within the usual time; [`parse_within`].
pub fn parse(bytes: &[u8], content_type: Option<&str>, base: &Url) -> Result<ParsedFeed, FeedError> {
    parse_within(bytes, content_type, base, &WorkLimit::default())
}

/// Reads a feed of any kind. `base` is the address it came from. Nothing that the document names is ever opened.
///
/// # Errors
/// Why it is not a feed, or [`work_over_problem`].
pub fn parse_within(
    bytes: &[u8],
    content_type: Option<&str>,
    base: &Url,
    limit: &WorkLimit,
) -> Result<ParsedFeed, FeedError> {
    let unpacked = gunzip(bytes, limit);
    let text = charset::decode(&unpacked, content_type);
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    if text.is_empty() {
        return Err(FeedError::new(FeedErrorKind::Empty, "The response was empty."));
    }
    if limit.is_over() {
        return Err(work_over_problem());
    }
    let feed = if text.starts_with('{') {
        json_feed::parse(text, base)?
    } else {
        let feed = xml_feed::read(text, base, limit);
        if limit.is_over() {
            return Err(work_over_problem());
        }
        match feed {
            Some(feed) => feed,
            None if is_web_page(text, content_type) => {
                return Err(FeedError::new(FeedErrorKind::WebPage, "The URL is a web page, not a feed."));
            }
            None => {
                return Err(FeedError::new(
                    FeedErrorKind::NotAFeed,
                    "The document is neither RSS nor Atom nor JSON Feed.",
                ));
            }
        }
    };
    Ok(feed)
}

/// Why reading ended early: its time is over, or nobody waits for the result.
pub fn work_over_problem() -> FeedError {
    FeedError::new(FeedErrorKind::TooLarge, "Reading the document takes too long.")
}

/// Decompresses gzip: some servers send compressed files without a `Content-Encoding`.
fn gunzip<'a>(bytes: &'a [u8], limit: &WorkLimit) -> Cow<'a, [u8]> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Cow::Borrowed(bytes);
    }
    Cow::Owned(limit.read_to_end(GzDecoder::new(bytes).take(MAX_UNPACKED_BYTES)))
}

/// Whether a document that is no feed is a web page, in which one may be found.
pub fn is_web_page(text: &str, content_type: Option<&str>) -> bool {
    let head: String = text.chars().take(2_048).collect::<String>().to_ascii_lowercase();
    ["<html", "<!doctype html", "<head", "<body"].iter().any(|mark| head.contains(mark))
        || content_type.is_some_and(|t| t.to_ascii_lowercase().contains("html")) && head.contains('<')
}
pub mod charset;
pub mod date;
pub mod date_names;
pub mod json_feed;
mod media;
pub mod namespace;
pub mod newest;
pub mod parsed;
pub mod xml;
mod xml_details;
mod xml_document;
pub mod xml_entry;
pub mod xml_feed;
#[cfg(test)]
mod xml_feed_tests;
