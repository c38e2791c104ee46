//! JSON Feed 1.1 (<https://www.jsonfeed.org/version/1.1/>).

use super::{OutgoingArticle, OutgoingDocument};
use serde_json::{Map, Value, json};

/// The document.
pub fn write_json_feed(feed: &OutgoingDocument) -> String {
    let items: Vec<Value> = feed.articles.iter().map(item).collect();
    json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home_url,
        "feed_url": feed.self_url,
        "items": items,
    })
    .to_string()
}

/// An item; what an article lacks is left out. `_gleaner` is the extension with score and reason.
fn item(article: &OutgoingArticle) -> Value {
    let files: Vec<Value> = article
        .files
        .iter()
        .map(|file| {
            let kind = file.mime_type.as_deref().unwrap_or("application/octet-stream");
            let mut attachment = Map::from_iter([("url".into(), json!(file.url)), ("mime_type".into(), json!(kind))]);
            attachment.extend(file.bytes.map(|bytes| ("size_in_bytes".into(), json!(bytes))));
            attachment.extend(file.duration_seconds.map(|time| ("duration_in_seconds".into(), json!(time))));
            Value::Object(attachment)
        })
        .collect();
    let mut item = Map::from_iter([
        ("id".into(), json!(article.id)),
        ("title".into(), json!(article.title)),
        ("content_html".into(), json!(article.html)),
        ("date_published".into(), json!(article.published)),
        ("date_modified".into(), json!(article.updated)),
        ("authors".into(), json!([{ "name": article.author.as_ref().unwrap_or(&article.feed_title) }])),
    ]);
    item.extend(article.url.as_ref().map(|url| ("url".into(), json!(url))));
    item.extend(article.language.as_ref().map(|tag| ("language".into(), json!(tag))));
    if !article.categories.is_empty() {
        item.insert("tags".into(), json!(article.categories));
    }
    if !files.is_empty() {
        item.insert("attachments".into(), json!(files));
    }
    if let Some(score) = article.score {
        item.insert("_gleaner".into(), json!({ "score": score, "reason": article.reason }));
    }
    Value::Object(item)
}
