//! Subscribing: to a feed, to a site, and to what is neither.

use crate::support::{
    feed_server::{FeedReply, FeedServer, rss_document},
    test_app::TestApp,
};
use gleaner::{
    domain::{article::ListQuery, feed::SubscribeOutcome},
    error::ErrorKind,
    server::services::{reading, subscriptions},
};

#[tokio::test]
async fn a_feed_comes_with_its_articles_in_one_request() {
    let server = FeedServer::start().await;
    server.on(
        "/feed",
        FeedReply::feed(rss_document("A &amp; B", &[("1", "One", "<p>Hello <a href='/x'>x</a>"), ("2", "Two", "")])),
    );
    let app = TestApp::start().await;
    let Ok(SubscribeOutcome::Added(id)) = subscriptions::subscribe(&app.app, &server.url("/feed"), None).await else {
        panic!("added")
    };
    let feed = subscriptions::load_feed(&app.app, id).await.expect("the feed");
    assert_eq!((feed.title.as_str(), feed.unread, feed.total), ("A & B", 2, 2));
    assert_eq!(feed.site_url.as_deref(), Some("https://example.org/"));
    let page = reading::list(&app.app, &ListQuery { limit: 10, ..ListQuery::default() }).await.expect("a page");
    let one = page.rows.iter().find(|r| r.title == "One").expect("the article");
    assert_eq!(one.url.as_deref(), Some("https://example.org/1"));
    let article = reading::load_article(&app.app, one.id).await.expect("the article");
    assert!(article.content_html.contains("href=\"https://example.org/x\""), "{}", article.content_html);

    let asked = server.asked();
    assert_eq!(asked.len(), 1, "adding a feed asks once");
    for header in ["cookie", "referer", "if-none-match"] {
        assert_eq!(asked[0].header(header), None);
    }
    assert!(asked[0].header("user-agent").is_some_and(|agent| agent.starts_with("Gleaner/")));
    assert!(asked[0].header("accept-encoding").is_some_and(|e| e.contains("gzip")));
    let again = subscriptions::subscribe(&app.app, &server.url("/feed"), None).await.expect_err("once is enough");
    assert_eq!(again.kind, ErrorKind::Conflict);
    app.finish().await;
}

#[tokio::test]
async fn a_site_offers_its_feeds() {
    let server = FeedServer::start().await;
    let link = |href: &str| format!("<link rel=alternate type=application/rss+xml href={href}>");
    server.on("/posts", FeedReply::feed(rss_document("Posts", &[("1", "One", "x")])));
    server.on("/talk", FeedReply::feed(rss_document("Talk", &[("1", "a", "x"), ("2", "b", "x")])));
    server.on("/one", FeedReply::ok("text/html", format!("<!doctype html><html><head>{}</head>", link("/posts"))));
    server.on(
        "/two",
        FeedReply::ok("text/html", format!("<html><head>{}{}{}", link("/posts"), link("/talk"), link("/broken"))),
    );
    let app = TestApp::start().await;
    let Ok(SubscribeOutcome::Candidates(offers)) = subscriptions::subscribe(&app.app, &server.url("/two"), None).await
    else {
        panic!("a choice")
    };
    let offers: Vec<_> = offers.iter().map(|o| (o.title.as_str(), o.items)).collect();
    assert_eq!(offers, [("Posts", Some(1)), ("Talk", Some(2))]);
    assert!(matches!(
        subscriptions::subscribe(&app.app, &server.url("/one"), None).await,
        Ok(SubscribeOutcome::Added(_))
    ));
    let feeds = subscriptions::list_feeds(&app.app).await.expect("feeds");
    assert_eq!(feeds[0].url, server.url("/posts"));
}

#[tokio::test]
async fn a_site_without_links_is_asked_at_the_usual_places() {
    let server = FeedServer::start().await;
    server.on("/", FeedReply::ok("text/html", "<html><body>Hello"));
    server.on("/feed.xml", FeedReply::feed(rss_document("Hidden", &[])));
    let app = TestApp::start().await;
    assert!(matches!(subscriptions::subscribe(&app.app, &server.url("/"), None).await, Ok(SubscribeOutcome::Added(_))));
}

#[tokio::test]
async fn what_is_no_feed_is_refused_with_a_reason_and_nothing_is_kept() {
    let server = FeedServer::start().await;
    server.on("/page", FeedReply::ok("text/html", "<html><body>Nothing here"));
    server.on("/empty", FeedReply::feed("<?xml version='1.0'?><rss version='2.0'><channel></channel></rss>"));
    server.on("/nothing", FeedReply::feed(""));
    server.on("/text", FeedReply::ok("text/plain", server.url("/page")));
    server.on("/json", FeedReply::ok("application/json", "{\"hello\": 1}"));
    server.on("/gone", FeedReply::status(410));
    server.on("/loop", FeedReply::redirect(302, &server.url("/loop")));
    server.on("/nowhere", FeedReply::status(301));
    server.on("/large", FeedReply::feed("x".repeat(2 << 20)));
    server.on("/slow", FeedReply::hang());
    let app = TestApp::with(|c| {
        c.fetch.max_bytes = 1 << 20;
        c.fetch.timeout = std::time::Duration::from_millis(300);
    })
    .await;
    for (path, message) in [
        ("/page", "offers no feed"),
        ("/empty", "feed is empty"),
        ("/nothing", "response was empty"),
        ("/text", "neither RSS nor Atom"),
        ("/json", "not a JSON Feed"),
        ("/gone", "removed permanently"),
        ("/missing", "did not find the feed"),
        ("/loop", "redirects more than"),
        ("/nowhere", "without a target"),
        ("/large", "more than 1 MiB"),
        ("/slow", "did not respond"),
    ] {
        let refused = subscriptions::subscribe(&app.app, &server.url(path), None).await.expect_err(path);
        assert!(refused.message.contains(message), "{path}: {refused}");
        assert_eq!(refused.kind, ErrorKind::Invalid, "{path}");
        assert!(refused.hint.is_some_and(|hint| hint.ends_with('.')), "{path}");
    }
    for address in ["", "not a url", "ftp://example.org/feed", "http://127.0.0.1:1/feed"] {
        let refused = subscriptions::subscribe(&app.app, address, None).await.expect_err(address);
        assert_eq!(refused.kind, ErrorKind::Invalid, "{address}");
    }
    assert!(subscriptions::list_feeds(&app.app).await.expect("feeds").is_empty());
    assert_eq!(server.requests_for("/text").len(), 1);
    assert_eq!(server.requests_for("/page").len(), 1, "a body that is an address is never opened");
}
