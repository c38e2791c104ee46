//! What identifies an item of a feed, as hashes of what its publisher sent: docs/adr/0010-identity-of-articles.md.

use super::{
    canonical_url::{CanonicalUrl, canonical_url},
    parse::parsed::{ParsedEntry, ParsedFeed},
};
use crate::{
    domain::{
        article_identity::{ArticleIdentity, DocumentItem, has_time_of_day},
        publisher_details::PublisherDetails,
    },
    server::html::text::{collapse_whitespace, html_to_text},
};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use url::Url;

/// Bytes of a guid or a link that is stored; a longer guid is stored as its hash, a longer link not at all.
pub const MAX_IDENTIFIER_BYTES: usize = 4_096;
/// Characters of a title that identify an article. Stored titles are cut, so more could not be compared.
const MAX_LABEL_CHARS: usize = 300;
/// The items of a feed as they are compared with known articles, in the order of the document. `address` is the feed's.
pub fn document_items(feed: &ParsedFeed, address: &Url) -> Vec<DocumentItem> {
    let site = feed.site.as_deref().map(canonical_url);
    let address = canonical_url(address.as_str());
    let is_of_feed = |url: &CanonicalUrl| url.path.is_empty() || Some(url) == site.as_ref() || *url == address;
    let mut uses: HashMap<&str, usize> = HashMap::new();
    for id in feed.entries.iter().filter_map(|entry| entry.id.as_deref()) {
        *uses.entry(id).or_default() += 1;
    }
    let item = |entry: &ParsedEntry| {
        let is_shared = entry.id.as_deref().is_some_and(|id| uses.get(id).is_some_and(|uses| *uses > 1));
        let mut identity = identity(entry);
        // The address of the feed or its site stands for all items.
        if entry.id.as_deref().is_some_and(|id| is_of_feed(&canonical_url(id.trim()))) {
            identity.guid = None;
        }
        DocumentItem {
            identity,
            is_site_link: link_of(entry).is_some_and(|link| is_of_feed(&canonical_url(link))),
            legacy_guid: guid_hash(&legacy_guid(entry, is_shared)),
        }
    };
    feed.entries.iter().map(item).collect()
}

/// The identity of an article that was stored before identities were kept.
pub fn stored_identity(
    guid: Option<&str>,
    url: Option<&str>,
    title: &str,
    published_at: Option<i64>,
) -> ArticleIdentity {
    let link = url.map(canonical_url);
    ArticleIdentity {
        guid: guid.map(guid_hash),
        link: link.as_ref().map(link_hash),
        path: link.as_ref().and_then(path_hash),
        label: hash(&["title", &label_of_title(title)]),
        date: published_at,
        words: None,
        content: None,
    }
}

/// A guid as it is stored: at most [`MAX_IDENTIFIER_BYTES`] bytes.
pub fn stored_guid(id: &str) -> String {
    if id.len() <= MAX_IDENTIFIER_BYTES { id.to_owned() } else { format!("sha256:{}", sha256_hex(&[id])) }
}

/// Hash by which changed details are found; 0 when there are none. They take no part in the identity of an article.
pub fn details_hash(details: &PublisherDetails) -> i64 {
    if details.is_empty() { 0 } else { hash(&["details", &serde_json::to_string(details).unwrap_or_default()]) }
}

fn identity(entry: &ParsedEntry) -> ArticleIdentity {
    let link = link_of(entry).map(canonical_url);
    let date = entry.date().map(|date| date.0);
    let title = collapse_whitespace(&entry.title);
    let text = text_of(entry);
    let label = match date.filter(|date| has_time_of_day(*date)) {
        _ if !title.is_empty() => hash(&["title", &label_of_title(&title)]),
        Some(date) => hash(&["date", &date.to_string()]),
        None => hash(&["text", &text]),
    };
    ArticleIdentity {
        guid: entry.id.as_deref().map(str::trim).filter(|id| !id.is_empty()).map(guid_hash),
        link: link.as_ref().map(link_hash),
        path: link.as_ref().and_then(path_hash),
        label,
        date,
        words: Some(hash(&["words", &title, &text])),
        content: Some(content_hash(entry)),
    }
}

/// The link, or a guid that is one.
fn link_of(entry: &ParsedEntry) -> Option<&str> {
    let has_scheme = |id: &str, scheme: &str| id.get(..scheme.len()).is_some_and(|s| s.eq_ignore_ascii_case(scheme));
    let is_url = |id: &&str| has_scheme(id, "http://") || has_scheme(id, "https://");
    let link = entry.link.as_deref().map(str::trim).filter(|link| !link.is_empty());
    let link = link.or_else(|| entry.id.as_deref().map(str::trim).filter(is_url));
    link.filter(|link| link.len() <= MAX_IDENTIFIER_BYTES)
}

fn label_of_title(title: &str) -> String {
    collapse_whitespace(title).chars().take(MAX_LABEL_CHARS).flat_map(char::to_lowercase).collect()
}

/// The plain text, or where there is none the markup and the enclosures, whose queries may hold tokens that change.
fn text_of(entry: &ParsedEntry) -> String {
    let text = html_to_text(entry.body());
    if text.contains(char::is_alphanumeric) {
        return text;
    }
    let mut markup = without_queries(entry.body());
    for enclosure in &entry.enclosures {
        markup.push(' ');
        markup.push_str(&without_queries(&enclosure.url));
    }
    markup
}

/// Everything that is shown of an item. What is made of it, such as sanitized HTML, does not count.
fn content_hash(entry: &ParsedEntry) -> i64 {
    let date = entry.date().map(|date| date.0.to_string()).unwrap_or_default();
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let (link, author) = (text(&entry.link), text(&entry.author));
    let mut parts = vec![&entry.title, link.as_str(), author.as_str(), date.as_str(), entry.body()];
    parts.extend(entry.enclosures.iter().flat_map(|enclosure| [enclosure.url.as_str(), enclosure.media_type.as_str()]));
    hash(&parts)
}

fn link_hash(link: &CanonicalUrl) -> i64 {
    hash(&["link", &link.full])
}

fn path_hash(link: &CanonicalUrl) -> Option<i64> {
    (!link.path.is_empty()).then(|| hash(&["path", &link.path]))
}

fn guid_hash(guid: &str) -> i64 {
    hash(&["guid", &canonical_url(guid.trim()).full])
}

/// A text in which URLs end at their `?`.
fn without_queries(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut in_query = false;
    for c in text.chars() {
        in_query = match c {
            '?' => true,
            '"' | '\'' | '<' | '>' => false,
            _ => in_query && !c.is_whitespace(),
        };
        if !in_query {
            kept.push(c);
        }
    }
    kept
}

/// What versions before the table of identities stored as guid: the publisher's own, the link when there is none or when several
/// items share it, at last the words.
fn legacy_guid(entry: &ParsedEntry, is_shared: bool) -> String {
    match (&entry.id, &entry.link) {
        (Some(id), _) if !is_shared => id.clone(),
        (Some(id), Some(link)) if id == link => format!("{link}#{}", sha256_hex(&[&entry.title])),
        (_, Some(link)) => link.clone(),
        _ => {
            let date = entry.date().map(|date| date.to_string()).unwrap_or_default();
            sha256_hex(&[&entry.title, &date, entry.body()])
        }
    }
}

fn sha256(parts: &[&str]) -> Sha256 {
    let mut hash = Sha256::new();
    for part in parts {
        // With the length, so that parts cannot run into each other.
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hash
}

/// The first 64 bits of SHA-256.
fn hash(parts: &[&str]) -> i64 {
    let digest = sha256(parts).finalize();
    digest.iter().take(8).fold(0, |value, byte| (value << 8) | i64::from(*byte))
}

fn sha256_hex(parts: &[&str]) -> String {
    hex::encode(sha256(parts).finalize())
}

#[cfg(test)]
mod tests {
    use super::{stored_guid, without_queries};

    #[test]
    fn queries_of_addresses_are_left_out_and_text_stays() {
        for (text, kept) in [
            ("<img src=\"/a.png?token=1\" alt=\"A\">", "<img src=\"/a.png\" alt=\"A\">"),
            ("https://x.example/a.mp3?t=1 and", "https://x.example/a.mp3 and"),
            ("plain", "plain"),
        ] {
            assert_eq!(without_queries(text), kept, "{text}");
        }
    }

    #[test]
    fn long_guids_are_stored_as_hashes() {
        assert_eq!(stored_guid("short"), "short");
        let long = stored_guid(&"g".repeat(5_000));
        assert!(long.starts_with("sha256:") && long.len() == 71, "{long}");
        assert_ne!(long, stored_guid(&"h".repeat(5_000)));
    }
}
