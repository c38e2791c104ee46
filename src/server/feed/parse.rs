//! From the bytes of an answer to a feed, or to the reason why it is none.

use crate::domain::feed_error::{FeedError, FeedErrorKind};
use crate::server::feed::parse::parsed::ParsedFeed;
use flate2::read::GzDecoder;
use std::{borrow::Cow, io::Read};
use url::Url;

/// Bytes; a bomb is cut off here.
const MAX_UNPACKED_BYTES: u64 = 15 << 20;

/// Reads a feed of any kind. `base` is the address it came from. Nothing that the document names is ever opened.
pub fn parse(bytes: &[u8], content_type: Option<&str>, base: &Url) -> Result<ParsedFeed, FeedError> {
    let unpacked = gunzip(bytes);
    let text = charset::decode(&unpacked, content_type);
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    if text.is_empty() {
        return Err(FeedError::new(FeedErrorKind::Empty, "The response was empty."));
    }
    let feed = if text.starts_with('{') {
        json_feed::parse(text, base)?
    } else {
        match xml_feed::read(text, base) {
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

/// Some servers hand out a packed file as it is, without saying so in HTTP.
fn gunzip(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Cow::Borrowed(bytes);
    }
    let mut unpacked = Vec::new();
    // What was read before an error is as good as a torn-off document.
    let _ = GzDecoder::new(bytes).take(MAX_UNPACKED_BYTES).read_to_end(&mut unpacked);
    Cow::Owned(unpacked)
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
