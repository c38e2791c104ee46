//! Icons of sites: found, checked, stored once, served, asked for rarely.

use crate::support::{
    feed_server::{FeedReply, FeedServer},
    test_app::TestApp,
};
use gleaner::{
    domain::feed::{FeedState, SubscribeOutcome},
    server::services::{icons, subscriptions},
};
use reqwest::StatusCode;
use std::time::Duration;

const WEEK: Duration = Duration::from_secs(7 * 86_400);

fn feed_of(site: &str) -> String {
    format!(
        "<rss><channel><title>F</title><link>{site}</link><item><guid>1</guid><title>One</title></item></channel></rss>"
    )
}

/// A PNG as far as its head goes.
fn png(seed: u8) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x20\0\0\0\x20".to_vec();
    png.resize(300, seed);
    png
}

async fn refresh_icons(app: &TestApp) {
    while icons::refresh_next_icon(&app.app).await.expect("stored") {}
}

async fn subscribe(app: &TestApp, url: &str) -> i64 {
    match subscriptions::subscribe(&app.app, url, None).await {
        Ok(SubscribeOutcome::Added(feed)) => feed.0,
        other => panic!("{other:?}"),
    }
}

async fn icon_url(app: &TestApp, feed: i64) -> Option<String> {
    app.get(&format!("/api/feeds/{feed}")).await.json()["icon_url"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn an_icon_is_found_stored_once_and_served_for_ever() {
    let (server, other, app) = (FeedServer::start().await, FeedServer::start().await, TestApp::start().await);
    let page = "<html><head><link rel=icon href=/bad.svg><link rel=icon href='/i.png' sizes=32x32></head></html>";
    server.on("/blog/", FeedReply::ok("text/html", page));
    server.on("/i.png", FeedReply::ok("text/plain", png(1)));
    server.on("/f", FeedReply::feed(feed_of(&server.url("/blog/"))));
    // A site without a page, with the same icon where icons usually lie.
    other.on("/favicon.ico", FeedReply::ok("image/x-icon", png(1)));
    other.on("/f", FeedReply::feed(feed_of(&other.url("/"))));
    let (one, two) = (subscribe(&app, &server.url("/f")).await, subscribe(&app, &other.url("/f")).await);
    refresh_icons(&app).await;

    let url = icon_url(&app, one).await.expect("an icon");
    assert_eq!(icon_url(&app, two).await.as_ref(), Some(&url), "the same content is the same icon");
    let icons: i64 =
        sqlx::query_scalar("SELECT count(*) FROM icons").fetch_one(&app.app.db.read).await.expect("counted");
    assert_eq!(icons, 1);
    let icon = app.get(&url).await;
    assert_eq!((icon.status, icon.header("content-type")), (StatusCode::OK, "image/png"), "by its content");
    assert_eq!(icon.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(icon.header("x-content-type-options"), "nosniff");
    let policy = icon.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"), "{policy}");
    assert_eq!(app.get("/icons/0000").await.status, StatusCode::NOT_FOUND);

    let shown = format!("src=\"{url}\" alt=\"\"");
    for (path, times) in [("/feeds", 4), ("/?view=all", 4)] {
        let page = app.get(path).await.body;
        assert_eq!(page.matches(&shown).count(), times, "sidebar and rows of {path}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_site_is_asked_once_a_week_and_keeps_the_icon_it_had() {
    let (server, app) = (FeedServer::start().await, TestApp::start().await);
    server.on("/f", FeedReply::feed(feed_of(&server.url("/"))));
    server.on("/favicon.ico", FeedReply::ok("image/png", png(1)));
    let feed = subscribe(&app, &server.url("/f")).await;
    refresh_icons(&app).await;
    let first = icon_url(&app, feed).await.expect("an icon");
    let asked = server.asked().len();
    app.clock.advance(WEEK - Duration::from_secs(1));
    refresh_icons(&app).await;
    assert_eq!(server.asked().len(), asked, "not asked within the week");

    server.on("/favicon.ico", FeedReply::ok("image/png", png(2)));
    app.clock.advance(Duration::from_secs(1));
    refresh_icons(&app).await;
    let second = icon_url(&app, feed).await.expect("an icon");
    assert_ne!(first, second);
    assert_eq!(app.get(&first).await.status, StatusCode::NOT_FOUND, "nobody shows the old one any more");

    server.on("/favicon.ico", FeedReply::status(500));
    app.clock.advance(WEEK);
    refresh_icons(&app).await;
    assert_eq!(icon_url(&app, feed).await, Some(second));
    app.finish().await;
}

#[tokio::test]
async fn other_content_than_an_icon_is_refused_without_failing_the_feed() {
    let (server, app) = (FeedServer::start().await, TestApp::start().await);
    let mut large = png(1);
    large.resize(100_001, 0);
    let svg = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    server.on("/f", FeedReply::feed(feed_of(&server.url("/"))));
    let feed = subscribe(&app, &server.url("/f")).await;
    for reply in [
        FeedReply::ok("image/svg+xml", svg),
        FeedReply::ok("image/png", "<!doctype html><p>Not found"),
        FeedReply::ok("image/png", large),
        FeedReply::redirect(302, "http://10.0.0.1/favicon.ico"),
        FeedReply::redirect(302, "file:///etc/passwd"),
        FeedReply::status(404),
    ] {
        server.on("/favicon.ico", reply);
        app.clock.advance(WEEK);
        refresh_icons(&app).await;
        assert_eq!(icon_url(&app, feed).await, None);
    }
    let health = subscriptions::load_feed(&app.app, feed.into()).await.expect("there").health;
    assert_eq!((health.state, health.failures), (FeedState::Ok, 0));
    app.finish().await;
}
