//! Headers and credentials of a feed are sent to the origin that they were saved for, and to no other.

use crate::support::{
    feed_server::{FeedReply, FeedServer, ReceivedRequest, rss_document},
    test_app::TestApp,
};
use gleaner::{
    domain::ids::FeedId,
    server::services::{full_text, subscriptions, subscriptions::CheckMode},
};
use reqwest::Method;
use serde_json::{Value, json};

/// Names of headers with their secrets.
const SECRETS: [(&str, &str); 4] = [
    ("authorization", "Basic bWU6aHVudGVyMg=="),
    ("cookie", "session=crumb77"),
    ("x-token", "token4711"),
    ("user-agent", "Mozilla/5.0 (mine)"),
];

fn request() -> Value {
    json!({
        "username": "me", "password": "hunter2", "cookie": "session=crumb77", "user_agent": "Mozilla/5.0 (mine)",
        "headers": { "X-Token": "token4711" }
    })
}

async fn start() -> (FeedServer, FeedServer, TestApp, FeedId) {
    let (server, other, app) = (FeedServer::start().await, FeedServer::start().await, TestApp::start().await);
    let document = rss_document("F", &[("1", "One", "first")]);
    server.on("/f", FeedReply::feed(document.clone()));
    other.on("/f", FeedReply::feed(document));
    let id = subscriptions::subscribe_to_first(&app.app, &server.url("/f"), None).await.expect("subscribed");
    let saved = app.json(Method::PUT, &format!("/api/feeds/{id}/request"), &request()).await;
    assert_eq!(saved.status, 200, "{}", saved.body);
    (server, other, app, id)
}

async fn refresh(app: &TestApp, id: FeedId) {
    subscriptions::refresh_feed_as(&app.app, id, CheckMode::Forced).await.expect("checked");
}

/// Whether a request has all of the headers or none; `None` for some of them.
fn carries(request: &ReceivedRequest) -> Option<bool> {
    let carried = SECRETS.iter().filter(|(name, value)| request.header(name) == Some(value)).count();
    match carried {
        0 => Some(false),
        4 => Some(true),
        _ => None,
    }
}

fn last(server: &FeedServer, path: &str) -> ReceivedRequest {
    server.requests_for(path).pop().expect("asked")
}

#[tokio::test]
async fn only_the_origin_of_the_feed_gets_the_headers() {
    let (server, other, app, id) = start().await;
    refresh(&app, id).await;
    assert_eq!(carries(&last(&server, "/f")), Some(true));
    server.on("/g", FeedReply::feed(rss_document("F", &[])));
    for (location, asked, path, expected) in [
        (other.url("/f"), &other, "/f", false),
        ("/g".to_owned(), &server, "/g", true),
        (server.url("/g"), &server, "/g", true),
    ] {
        server.on("/f", FeedReply::redirect(302, &location));
        refresh(&app, id).await;
        assert_eq!(carries(&last(&server, "/f")), Some(true));
        assert_eq!(carries(&last(asked, path)), Some(expected), "redirected to {location}");
    }
    // A redirect through another origin.
    other.on("/back", FeedReply::redirect(302, &server.url("/g")));
    server.on("/f", FeedReply::redirect(302, &other.url("/back")));
    refresh(&app, id).await;
    assert_eq!((carries(&last(&other, "/back")), carries(&last(&server, "/g"))), (Some(false), Some(true)));
    let moved = app.json(Method::PATCH, &format!("/api/feeds/{id}"), &json!({ "url": other.url("/f") })).await;
    assert_eq!(moved.status, 200);
    refresh(&app, id).await;
    assert_eq!(carries(&last(&other, "/f")), Some(false), "another address does not take it along");
    app.finish().await;
}

#[tokio::test]
async fn pages_of_the_same_origin_get_the_headers() {
    let (server, other, app, id) = start().await;
    for (on, expected) in [(&server, true), (&other, false)] {
        let text = format!(
            "<rss><channel><title>F</title><item><guid>{expected}</guid><title>A</title><link>{}</link></item></channel></rss>",
            on.url("/a")
        );
        on.on("/a", FeedReply::ok("text/html", "<p>Text</p>"));
        server.on("/f", FeedReply::feed(text));
        refresh(&app, id).await;
        let articles = app.get("/api/articles?sort=newest&view=all").await.json();
        let article = articles["items"].as_array().expect("a list").iter().find(|item| item["url"] == on.url("/a"));
        let article = article.expect("stored")["id"].as_i64().expect("an id");
        full_text::fetch_now(&app.app, article.into()).await.expect("fetched");
        assert_eq!(carries(&last(on, "/a")), Some(expected));
        assert_eq!(carries(&last(on, "/robots.txt")), Some(false), "robots.txt needs none of it");
    }
    app.finish().await;
}

#[tokio::test]
async fn nothing_secret_is_shown_exported_or_readable_in_the_database() {
    let (_server, _other, app, id) = start().await;
    for path in ["/feeds", "/api/feeds", "/api/opml"] {
        let body = app.get(path).await.body;
        assert!(
            !body.contains("hunter2") && !body.contains("crumb77") && !body.contains("token4711"),
            "{path}: {body}"
        );
    }
    let page = app.get(&format!("/feeds/{id}")).await.body;
    assert!(page.contains("a user name with a password, a cookie, headers (X-Token)"), "{page}");
    let stored = app.get(&format!("/api/feeds/{id}/request")).await.json();
    assert_eq!(
        (&stored["has_password"], &stored["has_cookie"], &stored["header_names"]),
        (&json!(true), &json!(true), &json!(["X-Token"]))
    );
    for body in [&page, &stored.to_string()] {
        assert!(!body.contains("hunter2") && !body.contains("crumb77") && !body.contains("token4711"), "{body}");
    }
    let data = app.finish().await;
    for file in std::fs::read_dir(data.path()).expect("readable") {
        let bytes = std::fs::read(file.expect("readable").path()).expect("readable");
        for secret in ["hunter2", "crumb77", "token4711", "bWU6aHVudGVyMg"] {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret} is on the disk");
        }
    }
}

#[tokio::test]
async fn a_feed_behind_a_login_is_subscribed_to_with_it() {
    let (server, other, app) = (FeedServer::start().await, FeedServer::start().await, TestApp::start().await);
    let closed = |body: String| FeedReply::feed(body).only_with("Basic bWU6aHVudGVyMg==");
    let page = |address: &str| {
        let head = format!("<link rel=alternate type=application/rss+xml href={address}>");
        FeedReply::ok("text/html", format!("<html><head>{head}</head>"))
    };
    for (path, title) in [("/f", "F"), ("/g", "G"), ("/h", "H"), ("/m", "M")] {
        server.on(path, closed(rss_document(title, &[("1", "One", "first")])));
    }
    other.on("/f", FeedReply::feed(rss_document("O", &[])));
    server.on("/site", page("/g").only_with("Basic bWU6aHVudGVyMg=="));
    server.on("/elsewhere", page(&other.url("/f")));
    let login = json!({ "username": "me", "password": "hunter2" });

    let refused = app.json(Method::POST, "/api/feeds", &json!({ "url": server.url("/f") })).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("user name and password"), "{}", refused.body);
    let with_password = server.url("/f").replace("://", "://me:hunter2@");
    let refused = app.json(Method::POST, "/api/feeds", &json!({ "url": with_password })).await;
    assert_eq!((refused.status.as_u16(), refused.body.contains("hunter2")), (422, false), "{}", refused.body);
    let bad = json!({ "url": server.url("/f"), "request": { "username": "a:b", "password": "c" } });
    let refused = app.json(Method::POST, "/api/feeds", &bad).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["error"]["field"]), (422, &json!("username")));
    assert_eq!(app.get("/api/feeds").await.json(), json!([]), "nothing is stored of what was refused");

    // By its own address, and by that of a site behind the same login.
    for path in ["/f", "/site"] {
        let body = json!({ "url": server.url(path), "request": login });
        let added = app.json(Method::POST, "/api/feeds", &body).await;
        assert_eq!(added.status, 201, "{path}: {}", added.body);
        let id = FeedId(added.json()["id"].as_i64().expect("an id"));
        let checked = subscriptions::refresh_feed_as(&app.app, id, CheckMode::Forced).await.expect("checked");
        assert_eq!(checked.health.message, None, "{path}: the login is stored");
    }
    // By the form, which shows nothing secret again when it is refused.
    let form = [("address", server.url("/h")), ("username", "me".to_owned()), ("password", "hunter2".to_owned())];
    let fields: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert!(app.post_form("/fn/feeds/add", &fields).await.header("location").starts_with("/feeds/"));
    let address = server.url("/m");
    let wrong = [("address", &*address), ("username", "me"), ("password", "hunter3"), ("cookie", "crumb77")];
    let refused = app.post_form("/fn/feeds/add", &wrong).await;
    let shown = app.get(refused.header("location")).await.body;
    assert!(shown.contains("value=\"me\"") && shown.contains("user name and password"), "{shown}");
    assert!(!shown.contains("hunter3") && !shown.contains("crumb77"), "{shown}");
    // Chosen among several, with one of another origin.
    other.on("/o2", FeedReply::feed(rss_document("O2", &[])));
    let (own, foreign, site) = (server.url("/g2"), other.url("/o2"), server.url("/site"));
    server.on("/g2", closed(rss_document("G2", &[])));
    let fields = [
        ("urls[0]", own.as_str()),
        ("urls[1]", &foreign),
        ("address", &site),
        ("username", "me"),
        ("password", "hunter2"),
    ];
    assert_eq!(app.post_form("/fn/feeds/add-several", &fields).await.header("location"), "/feeds?done=feeds-added&n=2");
    assert!(last(&server, "/g2").header("authorization").is_some());
    assert_eq!(last(&other, "/o2").header("authorization"), None, "the login is for the site alone");
    // A feed of another origin gets none of it.
    let body = json!({ "url": server.url("/elsewhere"), "request": login });
    let added = app.json(Method::POST, "/api/feeds", &body).await;
    assert_eq!(added.status, 201, "{}", added.body);
    assert_eq!(last(&other, "/f").header("authorization"), None);
    let id = added.json()["id"].as_i64().expect("an id");
    assert_eq!(app.get(&format!("/api/feeds/{id}/request")).await.json()["has_password"], false);
    app.finish().await;
}

#[tokio::test]
async fn saving_replaces_the_headers_and_an_empty_form_removes_them() {
    let (server, _other, app, id) = start().await;
    let form = |fields: &[(&'static str, &'static str)]| {
        let mut all = vec![("id", id.to_string())];
        all.extend(fields.iter().map(|(name, value)| (*name, (*value).to_owned())));
        all
    };
    for (fields, cookie, agent) in [
        (form(&[("cookie", "a=b"), ("headers", "")]), Some("a=b"), None),
        (form(&[("user_agent", "Mine/1")]), None, Some("Mine/1")),
        (form(&[]), None, None),
    ] {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(app.post_form("/fn/feeds/save-request", &fields).await.status, 302);
        refresh(&app, id).await;
        let asked = last(&server, "/f");
        assert_eq!((asked.header("cookie"), asked.header("authorization")), (cookie, None));
        assert!(agent.is_none_or(|agent| asked.header("user-agent") == Some(agent)));
    }
    let rows: i64 =
        sqlx::query_scalar("SELECT count(*) FROM feed_requests").fetch_one(&app.app.db.read).await.expect("counted");
    assert_eq!(rows, 0);
    for (bad, field) in [
        (json!({ "headers": { "Host": "x" } }), "headers"),
        (json!({ "username": "a:b", "password": "c" }), "username"),
        (json!({ "cookie": "a\nb" }), "cookie"),
    ] {
        let refused = app.json(Method::PUT, &format!("/api/feeds/{id}/request"), &bad).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["error"]["field"]), (422, &json!(field)), "{bad}");
    }
    app.finish().await;
}
