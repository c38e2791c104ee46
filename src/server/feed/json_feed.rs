//! JSON Feed 1.0 and 1.1, with the tolerance that publishers need: numbers as ids, missing versions.

use super::{
    date, entity,
    model::{Enclosure, ParsedEntry, ParsedFeed},
    text,
};
use crate::domain::feed_problem::{Problem, ProblemKind};
use serde_json::Value;
use url::Url;

/// Reads a JSON feed.
pub fn read(text: &str, base: &Url) -> Result<ParsedFeed, Problem> {
    let not_a_feed = |what: &str| Problem::new(ProblemKind::NotAFeed, what);
    let root: Value = serde_json::from_str(text).map_err(|e| {
        not_a_feed(&format!("The answer looks like JSON but breaks off or is malformed at line {}.", e.line()))
    })?;
    let items = root.get("items").and_then(Value::as_array);
    let versioned = root.get("version").and_then(Value::as_str).is_some_and(|v| v.contains("jsonfeed"));
    if items.is_none() && !versioned {
        return Err(not_a_feed("The answer is JSON, but not a JSON Feed: it has no list named items."));
    }
    let author = author(&root);
    Ok(ParsedFeed {
        title: string(&root, "title").map(|t| text::plain(&t)).unwrap_or_default(),
        description: string(&root, "description"),
        site: string(&root, "home_page_url").map(|u| absolute(&u, base)),
        entries: items
            .into_iter()
            .flatten()
            .filter(|i| i.is_object())
            .map(|i| entry(i, base, author.as_deref()))
            .collect(),
        author,
        ..ParsedFeed::default()
    })
}

fn entry(item: &Value, base: &Url, feed_author: Option<&str>) -> ParsedEntry {
    let plain = || string(item, "content_text").map(|t| entity::encode(&t).replace('\n', "<br>"));
    let date = |key: &str| string(item, key).and_then(|d| date::parse(&d));
    let attachments = item.get("attachments").and_then(Value::as_array);
    ParsedEntry {
        id: string(item, "id"),
        link: string(item, "url").or_else(|| string(item, "external_url")).map(|u| absolute(&u, base)),
        title: string(item, "title").map(|t| text::plain(&t)).unwrap_or_default(),
        author: author(item).or_else(|| feed_author.map(str::to_owned)),
        published: date("date_published"),
        updated: date("date_modified"),
        summary: string(item, "summary").map(|s| entity::encode(&s).into_owned()),
        content: string(item, "content_html").or_else(plain),
        base: None,
        enclosures: attachments
            .into_iter()
            .flatten()
            .filter_map(|a| {
                Some(Enclosure {
                    url: absolute(&string(a, "url")?, base),
                    media_type: string(a, "mime_type").unwrap_or_default(),
                })
            })
            .collect(),
    }
}

fn author(of: &Value) -> Option<String> {
    let first = of.get("authors").and_then(|a| a.get(0)).or_else(|| of.get("author"))?;
    string(first, "name").or_else(|| first.as_str().map(str::to_owned))
}

/// A text, or a number written as one; `None` when blank.
fn string(of: &Value, key: &str) -> Option<String> {
    let text = match of.get(key)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn absolute(reference: &str, base: &Url) -> String {
    if reference.starts_with("http://") || reference.starts_with("https://") {
        return reference.to_owned();
    }
    base.join(reference).map_or_else(|_| reference.to_owned(), String::from)
}
