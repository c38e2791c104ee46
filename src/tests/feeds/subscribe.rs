//! Subscribing to feeds, sites and other addresses.

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
    assert_eq!(feeds[0].url.as_str(), server.url("/posts"));
}

#[tokio::test]
async fn a_site_without_links_is_searched_at_the_usual_paths() {
    let server = FeedServer::start().await;
    server.on("/", FeedReply::ok("text/html", "<html><body>Hello"));
    server.on("/feed.xml", FeedReply::feed(rss_document("Hidden", &[])));
    let app = TestApp::start().await;
    assert!(matches!(subscriptions::subscribe(&app.app, &server.url("/"), None).await, Ok(SubscribeOutcome::Added(_))));
}

#[tokio::test]
async fn other_documents_than_feeds_are_refused_with_a_reason_and_nothing_is_stored() {
    let server = FeedServer::start().await;
    server.on("/page", FeedReply::ok("text/html", "<html><body>Nothing here"));
    server.on("/empty", FeedReply::feed("<?xml version='1.0'?><rss version='2.0'><channel></channel></rss>"));
    server.on("/nothing", FeedReply::feed(""));
    server.on("/text", FeedReply::ok("text/plain", server.url("/page")));
    server.on("/json", FeedReply::ok("application/json", "{\"hello\": 1}"));
    server.on("/gone", FeedReply::status(410));
    server.on("/loop", FeedReply::redirect(302, &server.url("/loop")));
    server.on("/no-target", FeedReply::status(301));
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
        ("/no-target", "without a target"),
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

#[tokio::test]
async fn a_named_feed_that_fails_ends_the_search_with_its_error() {
    let page = |head: &str| FeedReply::ok("text/html", format!("<!doctype html><html><head>{head}</head>"));
    let named = "<link rel=alternate type=application/rss+xml href=/named>";
    for (name, site, reply, message) in [
        ("429", page(named), FeedReply::status(429).header("retry-after", "600"), "limits the rate"),
        ("500", page(named), FeedReply::status(500), "server error"),
        ("404", page(named), FeedReply::status(404), "did not find"),
        ("a page", page(named), page(""), "a web page, not a feed"),
        (
            "in HTTP",
            page("").header("link", "</named>; rel=\"alternate\"; type=\"application/rss+xml\""),
            FeedReply::status(403),
            "denies access",
        ),
        (
            "linked",
            FeedReply::ok("text/html", "<html><a href=/named>x</a> <a href=/rss>RSS</a>"),
            FeedReply::status(404),
            "offers no feed",
        ),
    ] {
        let server = FeedServer::start().await;
        server.on("/", site);
        server.on("/named", reply);
        let app = TestApp::start().await;
        let refused = subscriptions::subscribe(&app.app, &server.url("/"), None).await.expect_err(name);
        assert!(refused.message.contains(message), "{name}: {refused}");
        assert_eq!(refused.message.contains("/named as its feed"), name != "linked", "{name}: {refused}");
        assert!(refused.hint.is_some_and(|hint| !hint.contains("Gleaner retries")), "{name}");
        // What a page only links may be no feed; then the usual places are tried.
        assert_eq!(server.asked().len() == 2, name != "linked", "{name}: {:?}", server.asked());
    }
}

#[tokio::test]
async fn feeds_are_found_in_http_and_at_usual_places_below_the_page() {
    let feed = || FeedReply::feed(rss_document("F", &[("1", "One", "x")]));
    let page = || FeedReply::ok("text/html", "<html><body>Hello");
    let link = "</in-http>; rel=alternate; type=application/atom+xml; title=\"In HTTP\"";
    for (path, site, feed_path) in [
        ("/", page().header("link", link), "/in-http"),
        ("/blog", page(), "/blog/feed.xml"),
        ("/blog/", page(), "/blog/atom.xml"),
        ("/blog/today.html", page(), "/blog/rss"),
        ("/blog/", page(), "/index.xml"),
        ("/blog/", page(), "/feeds/posts/default"),
    ] {
        let server = FeedServer::start().await;
        server.on(path, site);
        server.on(feed_path, feed());
        let app = TestApp::start().await;
        let added = subscriptions::subscribe(&app.app, &server.url(path), None).await;
        assert!(matches!(added, Ok(SubscribeOutcome::Added(_))), "{path} {feed_path}: {added:?}");
        let feeds = subscriptions::list_feeds(&app.app).await.expect("feeds");
        assert_eq!(feeds[0].url.as_str(), server.url(feed_path), "{path}");
    }
}

#[tokio::test]
async fn the_search_ends_when_the_site_asks_for_a_pause() {
    let server = FeedServer::start().await;
    server.on("/", FeedReply::ok("text/html", "<html><body>Hello"));
    server.on("/rss", FeedReply::status(429));
    server.on("/feed.xml", FeedReply::feed(rss_document("F", &[])));
    let app = TestApp::start().await;
    let refused = subscriptions::subscribe(&app.app, &server.url("/"), None).await.expect_err("limited");
    assert!(refused.message.contains("limits the rate"), "{refused}");
    let paths: Vec<String> = server.asked().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/", "/feed", "/rss"]);
}

#[tokio::test]
async fn no_further_feed_is_requested_after_a_refusal() {
    let server = FeedServer::start().await;
    let links: String = (0..9).map(|n| format!("<link rel=alternate type=application/rss+xml href=/{n}>")).collect();
    server.on("/", FeedReply::ok("text/html", format!("<!doctype html><html><head>{links}</head>")));
    (0..9).for_each(|n| server.on(&format!("/{n}"), FeedReply::status(429)));
    let app = TestApp::start().await;
    let refused = subscriptions::subscribe(&app.app, &server.url("/"), None).await.expect_err("limited");
    assert!(refused.message.contains("limits the rate"), "{refused}");
    assert_eq!(server.asked().len(), 2, "{:?}", server.asked());
}

#[tokio::test]
async fn addresses_are_understood_in_many_spellings() {
    for spelling in
        ["<{}>", "feed:{}", "feed:feed:{}", "http://feed:{}", "\"{}\"", "feed://http://{host}/f", "feed://{host}/f"]
    {
        let server = FeedServer::start().await;
        server.on("/f", FeedReply::feed(rss_document("F", &[])));
        let typed = spelling.replace("{}", &server.url("/f")).replace("{host}", &server.addr.to_string());
        let typed = typed.replace("http://feed:http:", "http://feed://http:");
        let app = TestApp::start().await;
        let added = subscriptions::subscribe(&app.app, &typed, None).await;
        assert!(matches!(added, Ok(SubscribeOutcome::Added(_))), "{typed}: {added:?}");
    }
}
