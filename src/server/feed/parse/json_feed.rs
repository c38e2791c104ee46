//! JSON Feed 1.0 and 1.1, with the tolerance that publishers need: numbers as ids, missing versions.

use super::{
    date,
    media::{MediaCandidate, MediaCollector},
    newest::keep_newest,
    parsed::add_category,
};
use crate::domain::{
    feed_error::{FeedError, FeedErrorKind},
    language::parse_language_tag,
    publisher_details::PublisherDetails,
    time::Timestamp,
};
use crate::server::{
    feed::parse::parsed::{Enclosure, ParsedEntry, ParsedFeed},
    html::{entities, text},
};
use serde_json::Value;
use url::Url;

/// Reads a JSON feed.
pub fn parse(text: &str, base: &Url) -> Result<ParsedFeed, FeedError> {
    let not_a_feed = |what: &str| FeedError::new(FeedErrorKind::NotAFeed, what);
    let root: Value = serde_json::from_str(text)
        .map_err(|e| not_a_feed(&format!("The response looks like JSON but is malformed at line {}.", e.line())))?;
    let items = root.get("items").and_then(Value::as_array);
    let versioned = root.get("version").and_then(Value::as_str).is_some_and(|v| v.contains("jsonfeed"));
    if items.is_none() && !versioned {
        return Err(not_a_feed("The response is JSON, but not a JSON Feed: it has no list named items."));
    }
    let author = parse_author(&root);
    let language = string_field(&root, "language").and_then(|tag| parse_language_tag(&tag));
    let mut entries: Vec<&Value> = items.into_iter().flatten().filter(|i| i.is_object()).collect();
    let entries_left_out =
        keep_newest(&mut entries, |i| parse_date(i, "date_published").or_else(|| parse_date(i, "date_modified")));
    Ok(ParsedFeed {
        title: string_field(&root, "title").map(|t| text::html_to_text(&t)).unwrap_or_default(),
        description: string_field(&root, "description"),
        relative_base: string_field(&root, "home_page_url").and_then(|u| base.join(&u).ok()),
        site: string_field(&root, "home_page_url").map(|u| resolve_url(&u, base)),
        entries: entries.into_iter().map(|i| parse_entry(i, base, author.as_deref(), language.as_deref())).collect(),
        entries_left_out,
        author,
        language,
        ..ParsedFeed::default()
    })
}

fn parse_entry(item: &Value, base: &Url, feed_author: Option<&str>, feed_language: Option<&str>) -> ParsedEntry {
    let plain = || string_field(item, "content_text").map(|t| entities::encode(&t).replace('\n', "<br>"));
    let attachments = item.get("attachments").and_then(Value::as_array);
    ParsedEntry {
        id: string_field(item, "id"),
        link: string_field(item, "url").or_else(|| string_field(item, "external_url")).map(|u| resolve_url(&u, base)),
        title: string_field(item, "title").map(|t| text::html_to_text(&t)).unwrap_or_default(),
        author: parse_author(item).or_else(|| feed_author.map(str::to_owned)),
        published: parse_date(item, "date_published"),
        updated: parse_date(item, "date_modified"),
        summary: string_field(item, "summary").map(|s| entities::encode(&s).into_owned()),
        content: string_field(item, "content_html").or_else(plain),
        base: None,
        enclosures: attachments
            .into_iter()
            .flatten()
            .filter_map(|a| {
                Some(Enclosure {
                    url: resolve_url(&string_field(a, "url")?, base),
                    media_type: string_field(a, "mime_type").unwrap_or_default(),
                })
            })
            .collect(),
        details: parse_details(item, base, feed_language),
    }
}

/// What an item brings beside its text. Nothing here takes part in its identity.
fn parse_details(item: &Value, base: &Url, feed_language: Option<&str>) -> PublisherDetails {
    let file = |of: &Value, address: &str| MediaCandidate {
        url: string_field(of, address).and_then(|url| base.join(&url).ok()),
        mime_type: string_field(of, "mime_type"),
        bytes: string_field(of, "size_in_bytes"),
        duration: string_field(of, "duration_in_seconds"),
        title: string_field(of, "title").map(|title| entities::encode(&title).into_owned()),
        ..MediaCandidate::default()
    };
    let mut media = MediaCollector::default();
    for attachment in item.get("attachments").and_then(Value::as_array).into_iter().flatten() {
        media.add(&file(attachment, "url"));
    }
    for field in ["image", "banner_image"] {
        let url = string_field(item, field).and_then(|url| base.join(&url).ok());
        media.add(&MediaCandidate { url, is_thumbnail: true, ..MediaCandidate::default() });
    }
    let mut categories = Vec::new();
    for tag in item.get("tags").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        add_category(&mut categories, &entities::encode(tag));
    }
    let language = string_field(item, "language").and_then(|tag| parse_language_tag(&tag));
    PublisherDetails {
        language: language.or_else(|| feed_language.map(str::to_owned)),
        categories,
        media: media.finish(string_field(item, "url").as_deref(), None),
        ..PublisherDetails::default()
    }
}

fn parse_date(item: &Value, key: &str) -> Option<Timestamp> {
    string_field(item, key).and_then(|date| date::parse_entry_date(&date))
}

fn parse_author(of: &Value) -> Option<String> {
    let first = of.get("authors").and_then(|a| a.get(0)).or_else(|| of.get("author"))?;
    string_field(first, "name").or_else(|| first.as_str().map(str::to_owned))
}

/// A text, or a number written as one; `None` when blank.
fn string_field(of: &Value, key: &str) -> Option<String> {
    let text = match of.get(key)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn resolve_url(reference: &str, base: &Url) -> String {
    if reference.starts_with("http://") || reference.starts_with("https://") {
        return reference.to_owned();
    }
    base.join(reference).map_or_else(|_| reference.to_owned(), String::from)
}
