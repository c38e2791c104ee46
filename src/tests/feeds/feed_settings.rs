//! Settings of one feed: its address, its check interval, a pause.

use crate::support::{
    articles::article_records,
    feed_server::{FeedReply, FeedServer, rss_document},
    test_app::{START_TIME, TestApp},
};
use gleaner::{
    domain::{article::ArticleChange, ids::FeedId},
    server::{
        services::{reading, subscriptions},
        storage::checks,
    },
};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const DAY: i64 = 86_400;

async fn start() -> (FeedServer, TestApp, FeedId) {
    let (server, app) = (FeedServer::start().await, TestApp::start().await);
    let document = rss_document("F", &[("1", "One", "first"), ("2", "Two", "second")]);
    server.on("/old", FeedReply::feed(document.clone()).header("etag", "\"a\""));
    server.on("/new", FeedReply::feed(document).header("etag", "\"a\""));
    let id = subscriptions::subscribe_to_first(&app.app, &server.url("/old"), None).await.expect("subscribed");
    (server, app, id)
}

async fn patch(app: &TestApp, id: FeedId, change: &Value) -> (u16, Value) {
    let answer = app.json(Method::PATCH, &format!("/api/feeds/{id}"), change).await;
    (answer.status.as_u16(), answer.json())
}

async fn is_due(app: &TestApp) -> bool {
    !checks::list_due(&app.app.db.read, app.app.clock.now()).await.expect("readable").is_empty()
}

#[tokio::test]
async fn another_address_keeps_the_articles_and_their_marks() {
    let (server, app, id) = start().await;
    let article = article_records(&app.app).await[0].id();
    reading::update_article(&app.app, article, ArticleChange::set_starred(true)).await.expect("starred");
    let fields = [("id", id.to_string()), ("title", String::new()), ("address", server.url("/new"))];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(app.post_form("/fn/feeds/save", &fields).await.status, 302);
    assert!(is_due(&app).await, "checked at once");
    subscriptions::refresh_feed(&app.app, id).await.expect("refreshed");
    assert_eq!(server.requests_for("/new")[0].header("if-none-match"), None, "nothing of the old address is sent");
    assert_eq!(article_records(&app.app).await.len(), 2, "the same articles");
    let article = app.get(&format!("/api/articles/{article}")).await.json();
    assert_eq!(article["is_starred"], true);
    let page = app.get(&format!("/feeds/{id}")).await.body;
    let history = format!("{} → {}", server.url("/old"), server.url("/new"));
    assert!(page.contains(&history) && page.contains("edited"), "{page}");
    app.finish().await;
}

#[tokio::test]
async fn addresses_that_cannot_be_are_refused_beside_their_field() {
    let (server, app, id) = start().await;
    subscriptions::subscribe_to_first(&app.app, &server.url("/new"), None).await.expect("subscribed");
    for (url, status, message) in [
        ("ftp://example.org/", 422, "not supported"),
        ("https://u:p@example.org/", 422, "password"),
        (&*server.url("/new"), 409, "subscribed to"),
    ] {
        let (answered, error) = patch(&app, id, &json!({ "url": url })).await;
        assert_eq!((answered, error["error"]["field"].as_str()), (status, Some("url")), "{url}: {error}");
        assert!(error.to_string().contains(message), "{error}");
    }
    let feed = app.get(&format!("/api/feeds/{id}")).await.json();
    assert_eq!(feed["url"], server.url("/old"), "nothing changed");
    app.finish().await;
}

#[tokio::test]
async fn the_interval_of_a_feed_holds_from_now_on() {
    let (_server, app, id) = start().await;
    let (status, feed) = patch(&app, id, &json!({ "own_interval": 600 })).await;
    assert_eq!((status, &feed["own_interval"]), (200, &json!(600)));
    app.clock.advance(Duration::from_secs(599));
    assert!(!is_due(&app).await);
    app.clock.advance(Duration::from_secs(1));
    assert!(is_due(&app).await, "sooner than planned before");
    subscriptions::refresh_feed(&app.app, id).await.expect("refreshed");
    let page = app.get(&format!("/feeds/{id}")).await.body;
    assert!(page.contains("as set for this feed"), "{page}");
    for (interval, expected) in [(59, 422), (86_401, 422), (86_400, 200)] {
        assert_eq!(patch(&app, id, &json!({ "own_interval": interval })).await.0, expected, "{interval}");
    }
    assert_eq!(patch(&app, id, &json!({ "own_interval": null })).await.1["own_interval"], Value::Null);
    app.finish().await;
}

#[tokio::test]
async fn a_refused_form_keeps_what_was_typed_and_marks_its_field() {
    let (_server, app, id) = start().await;
    let long = "x".repeat(1_000);
    for (name, typed) in [
        ("title", long.as_str()),
        ("address", "ftp://example.org/"),
        ("interval", "soon"),
        ("interval", "0"),
        ("pause_until", "tomorrow"),
    ] {
        let refused = app.post_form("/fn/feeds/save", &[("id", &id.to_string()), (name, typed)]).await;
        let page = app.get(refused.header("location").split('#').next().expect("a path")).await.body;
        let input = page.split("<input").find(|input| input.contains(&format!("name=\"{name}\""))).expect("the field");
        let input = input.split('>').next().expect("its attributes");
        assert!(input.contains(&format!("value=\"{typed}\"")), "{name}={typed}: {input}");
        assert!(input.contains("aria-invalid=\"true\"") && input.contains("form-error"), "{name}={typed}: {input}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_pause_ends_by_its_date() {
    let (server, app, id) = start().await;
    let until = START_TIME.plus(10 * DAY);
    let (status, feed) = patch(&app, id, &json!({ "pause_until": until.to_string() })).await;
    assert_eq!((status, &feed["pause_until"]), (200, &json!(until.to_string())));
    app.clock.advance(Duration::from_secs(10 * DAY.unsigned_abs() - 1));
    assert!(!is_due(&app).await, "long due, and paused");
    let next = checks::next_due_at(&app.app.db.read, app.app.clock.now()).await.expect("readable");
    assert_eq!(next, Some(until), "the scheduler wakes when the pause ends");
    let page = app.get(&format!("/feeds/{id}")).await.body;
    assert!(page.contains("you paused the feed until then") && page.contains("value=\"2026-03-11\""), "{page}");
    let asked = server.asked().len();
    subscriptions::refresh_feed(&app.app, id).await.expect("refreshed");
    assert_eq!(server.asked().len(), asked + 1, "the reader may refresh it all the same");
    app.clock.advance(Duration::from_secs(DAY.unsigned_abs()));
    assert!(is_due(&app).await);
    assert_eq!(app.get(&format!("/api/feeds/{id}")).await.json()["pause_until"], Value::Null);
    assert_eq!(patch(&app, id, &json!({ "pause_until": START_TIME.to_string() })).await.0, 422, "a day that is over");
    app.finish().await;
}
