//! Feeds of every kind that publishers write, each with the values that are to be read from it.
//!
//! An expectation names the `content_type` of HTTP, the `feed`, its `entries` (`text` is the plain text of the fuller of content
//! and summary, `links` the addresses in the stored HTML), or the `error` when it is no feed, and the number of distinct
//! `articles` where entries share an identity. A value that is not stated must not be read.

use crate::support::{
    corpora::json_array,
    expectations::{self, ExpectedDocument},
    feed_server::{FeedReply, FeedServer},
    test_app::TestApp,
};
use gleaner::{
    domain::{feed::SubscribeOutcome, ids::FeedId, publisher_details::MediaKind, time::Timestamp},
    server::{
        feed::parse::{
            self,
            parsed::{ParsedEntry, ParsedFeed},
        },
        html::{sanitize::sanitize, text::html_to_text},
        services::subscriptions,
    },
};
use scraper::{Html, Selector};
use serde_json::{Value, json};
use url::Url;

/// The server that the fixtures' own addresses are resolved against.
const ORIGIN: &str = "https://feeds.example.org";

#[test]
fn feeds_are_read_as_expected() {
    let documents = expectations::load_documents("feeds");
    let (mut right, mut differences) = (0, Vec::new());
    for document in &documents {
        let base = Url::parse(&format!("{ORIGIN}/dir/{}", document.file_name)).expect("an address");
        let found = match parse::parse(&document.bytes, document.expected["content_type"].as_str(), &base) {
            Ok(feed) => feed_json(&feed),
            Err(error) => json!({ "error": error.kind.as_str() }),
        };
        let (equal, different) = expectations::compare_values(&document.name, &expected_feed(document), &found);
        right += equal;
        differences.extend(different);
    }
    println!("feed fixtures: {} feeds, {right} values right, {} wrong", documents.len(), differences.len());
    expectations::assert_only_known_faults(&differences, &[]);
}

/// The part of an expectation that is about the parser.
fn expected_feed(document: &ExpectedDocument) -> Value {
    let mut expected = json!({});
    for part in ["error", "feed", "entries"] {
        expected[part] = document.expected[part].clone();
    }
    for entry in expected["entries"].as_array_mut().into_iter().flatten() {
        remove_fields(entry, &["links"]);
    }
    expected
}

fn remove_fields(value: &mut Value, names: &[&str]) {
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|name, _| !names.contains(&name.as_str()));
    }
}

fn feed_json(feed: &ParsedFeed) -> Value {
    json!({
        "feed": {
            "title": feed.title,
            "site_url": feed.site,
            "description": feed.description.as_deref().map(html_to_text).filter(|text| !text.is_empty()),
            "author": feed.author,
            "language": feed.language,
        },
        "entries": feed.entries.iter().map(entry_json).collect::<Vec<_>>(),
    })
}

fn entry_json(entry: &ParsedEntry) -> Value {
    let date = |date: Option<Timestamp>| date.map(|date| date.to_string());
    let files = entry.details.media.iter().filter(|media| media.kind != MediaKind::Thumbnail);
    let enclosures = files.map(|file| json!({ "url": file.url, "type": file.mime_type }));
    json!({
        "id": entry.id,
        "url": entry.link,
        "title": entry.title,
        "author": entry.author,
        "published": date(entry.published),
        "updated": date(entry.updated),
        "text": html_to_text(&sanitize(entry.body(), None)),
        "enclosures": enclosures.collect::<Vec<_>>(),
        "language": entry.details.language,
    })
}

/// The whole way: over HTTP, through parser and sanitizer, into the database.
#[tokio::test]
async fn feeds_are_stored_as_expected() {
    let app = TestApp::start().await;
    let server = FeedServer::start().await;
    let (mut right, mut differences) = (0, Vec::new());
    for document in expectations::load_documents("feeds") {
        let path = format!("/dir/{}", document.file_name);
        let content_type = document.expected["content_type"].as_str().unwrap_or("application/xml");
        server.on(&path, FeedReply::ok(content_type, document.bytes.clone()));
        let outcome = subscriptions::subscribe(&app.app, &server.url(&path), None).await;
        if document.expected["error"].is_string() {
            assert!(outcome.is_err(), "{} is no feed: {outcome:?}", document.name);
            continue;
        }
        let Ok(SubscribeOutcome::Added(feed)) = outcome else { panic!("{}: {outcome:?}", document.name) };
        let found = stored_articles(&app, feed, &server.url("")).await;
        let (equal, different) = expectations::compare_values(&document.name, &expected_articles(&document), &found);
        right += equal;
        differences.extend(different);
    }
    println!("stored feed fixtures: {right} values right, {} wrong", differences.len());
    expectations::assert_only_known_faults(&differences, &[]);
}

/// The articles that a fixture's entries make, sorted by their texts. Where it states their number, equal ones are one article.
fn expected_articles(document: &ExpectedDocument) -> Value {
    let articles = json_array(&document.expected, "entries").iter().map(|entry| {
        let published = entry.get("published").or_else(|| entry.get("updated"));
        json!({ "text": entry["text"], "published": published, "url": entry["url"], "links": entry["links"] })
    });
    let mut articles: Vec<Value> = articles.collect();
    sort_articles(&mut articles);
    if let Some(count) = document.expected["articles"].as_u64() {
        articles.dedup();
        assert_eq!(articles.len() as u64, count, "{}: distinct articles among its entries", document.name);
    }
    Value::Array(articles)
}

fn sort_articles(articles: &mut [Value]) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    articles.sort_by_key(|article| ["text", "published", "url"].map(|field| text(&article[field])));
}

/// The articles of a feed as [`expected_articles`] states them.
async fn stored_articles(app: &TestApp, feed: FeedId, origin: &str) -> Value {
    let rows: Vec<(Option<String>, Option<i64>, String)> = sqlx::query_as(
        "SELECT a.url, a.published_at, b.html FROM articles a JOIN article_bodies b ON b.article_id = a.id
         WHERE a.feed_id = ?1",
    )
    .bind(feed.0)
    .fetch_all(&app.app.db.read)
    .await
    .expect("readable");
    let mut articles = Vec::new();
    for (url, published, html) in rows {
        let html = html.replace(origin, ORIGIN);
        let text = html_to_text(&html);
        articles.push(json!({
            "text": text,
            "published": published.map(|seconds| Timestamp(seconds).to_string()),
            "url": url.map(|url| url.replace(origin, ORIGIN)),
            "links": html_addresses(&html),
        }));
    }
    sort_articles(&mut articles);
    Value::Array(articles)
}

/// The addresses in `href` and `src`, in order.
fn html_addresses(html: &str) -> Vec<String> {
    let selector = Selector::parse("[href], [src]").expect("a selector");
    let fragment = Html::parse_fragment(html);
    let address = |element: scraper::ElementRef<'_>| element.attr("href").or(element.attr("src")).map(str::to_owned);
    fragment.select(&selector).filter_map(address).collect()
}
