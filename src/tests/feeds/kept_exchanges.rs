//! The last exchanges of a feed: what is kept of them, what is not, and what they say about the next check.

use crate::support::{
    feed_server::{FeedReply, FeedServer, rss_document},
    test_app::TestApp,
};
use gleaner::{
    domain::ids::FeedId,
    server::services::subscriptions::{self, CheckMode},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

async fn start(reply: FeedReply) -> (FeedServer, TestApp, FeedId) {
    let (server, app) = (FeedServer::start().await, TestApp::start().await);
    server.on("/f", reply);
    let id = subscriptions::subscribe_to_first(&app.app, &server.url("/f"), None).await.expect("subscribed");
    (server, app, id)
}

async fn exchanges(app: &TestApp, id: FeedId) -> Vec<Value> {
    let answer = app.get(&format!("/api/feeds/{id}/exchanges")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json().as_array().expect("a list").clone()
}

fn header<'a>(exchange: &'a Value, side: &str, name: &str) -> Option<&'a str> {
    let headers = exchange[side].as_array().expect("headers");
    headers.iter().find(|header| header["name"] == name).and_then(|header| header["value"].as_str())
}

fn document(entries: &[(&str, &str, &str)]) -> FeedReply {
    FeedReply::feed(rss_document("F", entries)).header("etag", "\"1\"")
}

#[tokio::test]
async fn every_outcome_says_what_was_sent_answered_decided_and_planned() {
    let (server, app, id) = start(document(&[("1", "One", "x")])).await;
    let (one, two) = ([("1", "One", "x")], [("1", "One", "x"), ("2", "Two", "y")]);
    let cases = [
        (
            FeedReply::feed(rss_document("F", &one)).header("etag", "\"9\""),
            200,
            "The same document as before: nothing is new.",
            "every 60 minutes, as set in the settings",
        ),
        (FeedReply::status(304), 304, "Not modified: nothing is new.", "every 60 minutes, as set in the settings"),
        (
            document(&two).header("cache-control", "max-age=7200"),
            200,
            "Read: 1 new article, 0 changed.",
            "because the publisher sent cache-control: max-age=7200",
        ),
        (
            FeedReply::status(503).header("retry-after", "86400"),
            503,
            "reports a server error (HTTP 503",
            "because the publisher sent retry-after: 86400",
        ),
        (FeedReply::status(404), 404, "did not find the feed (HTTP 404)", "because the last check failed"),
        (FeedReply::status(410), 410, "removed permanently (HTTP 410)", "the feed is gone"),
    ];
    let first = &exchanges(&app, id).await[0];
    assert_eq!((&first["status"], &first["decision"]), (&json!(200), &json!("Read: 1 new article, 0 changed.")));
    for (reply, status, decision, reason) in cases {
        server.on("/f", reply);
        app.clock.advance(Duration::from_secs(100_000));
        subscriptions::refresh_feed(&app.app, id).await.expect("checked");
        let kept = exchanges(&app, id).await;
        let last = &kept[0];
        assert_eq!(last["status"], status, "{last}");
        assert!(last["decision"].as_str().expect("words").contains(decision), "{last}");
        assert!(last["next_check_reason"].as_str().expect("words").contains(reason), "{last}");
        assert_eq!(last["next_check_at"].is_null(), status == 410, "{last}");
        let feed = app.get(&format!("/api/feeds/{id}")).await.json();
        if status != 410 {
            assert_eq!(last["next_check_at"], feed["next_fetch_at"], "{last}");
        }
        assert!(header(last, "request_headers", "if-none-match").is_some(), "{last}");
        assert!(header(last, "request_headers", "user-agent").is_some_and(|agent| agent.contains("Gleaner")), "{last}");
        assert!(last["milliseconds"].as_i64().is_some() && last["url"] == server.url("/f"), "{last}");
    }
    let kept = exchanges(&app, id).await;
    assert_eq!(kept.len(), 5, "the last five");
    let size = rss_document("F", &two).len();
    assert_eq!(kept[3]["body_bytes"], size, "{}", kept[3]);
    let page = app.get(&format!("/feeds/{id}")).await.body.replace("<!>", "");
    for text in ["Last exchanges with the server", "503 · ", "cache-control", "max-age=7200", "the feed is gone"] {
        assert!(page.contains(text), "{text}: {page}");
    }
}

#[tokio::test]
async fn secrets_are_never_kept_on_either_side() {
    let (server, app, id) = start(document(&[("1", "One", "x")])).await;
    let request = json!({
        "username": "me", "password": "hunter2", "cookie": "session=crumb77", "headers": { "X-Token": "token4711" }
    });
    assert_eq!(app.json(Method::PUT, &format!("/api/feeds/{id}/request"), &request).await.status, 200);
    let answer = document(&[("2", "Two", "y")])
        .header("set-cookie", "session=fresh88; HttpOnly")
        .header("x-echo", "you sent token4711")
        .header("x-who", "me:hunter2")
        .header("x-long", &"a".repeat(5_000))
        .header("x-plain", "kept");
    server.on("/g", answer);
    server.on("/f", FeedReply::redirect(302, "/g"));
    subscriptions::refresh_feed_as(&app.app, id, CheckMode::Forced).await.expect("checked");
    let last = exchanges(&app, id).await.remove(0);
    for (side, name) in [
        ("request_headers", "authorization"),
        ("request_headers", "cookie"),
        ("request_headers", "x-token"),
        ("response_headers", "set-cookie"),
        ("response_headers", "x-echo"),
        ("response_headers", "x-who"),
    ] {
        assert_eq!(header(&last, side, name), Some("(not kept)"), "{name}: {last}");
    }
    assert_eq!(header(&last, "response_headers", "x-plain"), Some("kept"));
    assert_eq!(header(&last, "response_headers", "x-long").map(|value| value.chars().count()), Some(201));
    assert_eq!(last["redirects"], json!([format!("302 {}", server.url("/g"))]));
    let stored: Vec<String> =
        sqlx::query_scalar("SELECT exchange FROM feed_exchanges").fetch_all(&app.app.db.read).await.expect("rows");
    for secret in ["hunter2", "crumb77", "token4711", "fresh88", "bWU6aHVudGVyMg"] {
        assert!(stored.iter().all(|text| !text.contains(secret)), "{secret}: {stored:?}");
    }
}

#[tokio::test]
async fn they_go_with_the_feed_and_only_real_requests_leave_one() {
    let (server, app, id) = start(document(&[("1", "One", "x")])).await;
    server.on("/f", FeedReply::status(429).header("retry-after", "7200"));
    subscriptions::refresh_feed(&app.app, id).await.expect("checked");
    assert_eq!(exchanges(&app, id).await.len(), 2);
    subscriptions::refresh_feed(&app.app, id).await.expect_err("the server asked for a pause");
    assert_eq!(exchanges(&app, id).await.len(), 2, "nothing was sent");
    subscriptions::unsubscribe(&app.app, id).await.expect("removed");
    assert_eq!(app.get(&format!("/api/feeds/{id}/exchanges")).await.status, 404);
    subscriptions::finish_removals(&app.app).await.expect("removed");
    let left: i64 =
        sqlx::query_scalar("SELECT count(*) FROM feed_exchanges").fetch_one(&app.app.db.read).await.expect("counted");
    assert_eq!(left, 0);
}
