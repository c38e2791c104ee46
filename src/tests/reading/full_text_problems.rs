//! Failures of full text: the feed's text stays, and the article shows the reason.

use super::full_text::{feed, fetch_due, first, page, queued, subscribe};
use crate::support::{
    feed_server::{FeedReply, FeedServer},
    test_app::TestApp,
};
use gleaner::server::services::reading;
use std::time::Duration;

const LOGIN: &str = "<html><title>Log in</title><body><main><h1>Welcome back</h1><p>Log in to read this article.</p>\
                     <form method=post><input name=user><input type=password name=password><button>Log in</button></form></main></body></html>";
const COOKIE_WALL: &str = "<html><title>Consent</title><body><div><h1>We value your privacy</h1><p>We and our 812 partners store cookies on your \
                           device. With your consent we use cookies for tracking. You can change your privacy settings at any time.</p>\
                           <button>Accept all cookies</button></div></body></html>";

/// A Gleaner with a time limit that a test can wait for.
async fn start() -> TestApp {
    TestApp::with(|config| {
        config.fetch.full_text = true;
        config.fetch.timeout = Duration::from_millis(400);
    })
    .await
}

#[tokio::test]
async fn the_text_of_the_feed_stays_and_the_article_says_why() {
    let robots = |rules: &str| ("/robots.txt", FeedReply::ok("text/plain", rules));
    /// Name, replies by path, problem, part of its sentence, further tries.
    type ProblemCase<'a> = (&'a str, Vec<(&'a str, FeedReply)>, &'a str, &'a str, i64);
    let cases: [ProblemCase<'_>; 14] = [
        ("slow", vec![("/a", FeedReply::hang())], "timeout", "did not respond in time", 1),
        ("403", vec![("/a", FeedReply::status(403))], "denied", "denies access to the page", 0),
        ("404", vec![], "missing", "does not have the page any more", 0),
        ("503", vec![("/a", FeedReply::status(503))], "server", "reports a server error", 1),
        ("429", vec![("/a", FeedReply::status(429))], "too_often", "limits the rate of requests", 1),
        (
            "40 MB",
            vec![("/a", FeedReply::ok("text/html", vec![b'x'; 40 << 20]))],
            "too_large",
            "larger than Gleaner reads",
            0,
        ),
        ("login", vec![("/a", FeedReply::ok("text/html", LOGIN))], "login", "asks for a login", 0),
        (
            "redirected to a login",
            vec![
                ("/a", FeedReply::redirect(302, "/account/login")),
                ("/account/login", FeedReply::ok("text/html", LOGIN)),
            ],
            "login",
            "asks for a login",
            0,
        ),
        ("cookies", vec![("/a", FeedReply::ok("text/html", COOKIE_WALL))], "consent", "asks for consent to cookies", 0),
        ("a file", vec![("/a", FeedReply::ok("application/pdf", "%PDF-1.7"))], "not_a_page", "leads to a file", 0),
        (
            "an app",
            vec![("/a", FeedReply::ok("text/html", "<html><div id=app></div></html>"))],
            "no_text",
            "found no text of an article",
            0,
        ),
        ("private", vec![("/a", FeedReply::redirect(302, "http://10.0.0.1/"))], "private", "is not a public host", 0),
        (
            "robots",
            vec![("/a", FeedReply::ok("text/html", page("Ulm"))), robots("User-agent: *\nDisallow: /a")],
            "robots",
            "does not let programs fetch this page",
            0,
        ),
        (
            "robots that cannot be had",
            vec![("/a", FeedReply::ok("text/html", page("Ulm"))), ("/robots.txt", FeedReply::status(500))],
            "server",
            "reports a server error",
            1,
        ),
    ];
    for (name, replies, problem, sentence, still_queued) in cases {
        let (server, app) = (FeedServer::start().await, start().await);
        for (path, reply) in replies {
            server.on(path, reply);
        }
        subscribe(&app, &server, feed(&[(&server.url("/a"), "Bridge", "The text of the feed")])).await;
        fetch_due(&app).await;
        let id = first(&app).await;
        let article = app.get(&format!("/api/articles/{id}")).await.json();
        assert_eq!(article["full_text"]["problem"], problem, "{name}: {article}");
        assert!(article["content_html"].as_str().is_some_and(|html| html.contains("The text of the feed")), "{name}");
        let reader = app.get(&format!("/articles/{id}")).await.body;
        assert!(reader.contains(sentence) && reader.contains("The text of the feed"), "{name}: {reader}");
        assert_eq!(queued(&app).await, still_queued, "{name}: tried again only where that may help");
        let holds: i64 = sqlx::query_scalar("SELECT count(holds_scoring_until) FROM full_text_queue")
            .fetch_one(&app.app.db.read)
            .await
            .expect("counted");
        assert_eq!(holds, 0, "{name}: models go on");
        assert!(
            !name.starts_with("robots") || server.requests_for("/a").is_empty(),
            "{name}: the page was not asked for"
        );
    }
}

#[tokio::test]
async fn a_passing_failure_is_tried_again_three_times_in_all() {
    let (server, app) = (FeedServer::start().await, start().await);
    server.on("/a", FeedReply::status(500));
    subscribe(&app, &server, feed(&[(&server.url("/a"), "Bridge", "Short")])).await;
    for (attempts, seconds) in [(1, 3_600), (2, 6 * 3_600), (3, 86_400)] {
        fetch_due(&app).await;
        assert_eq!(server.requests_for("/a").len(), attempts);
        app.clock.advance(Duration::from_secs(seconds - 1));
        fetch_due(&app).await;
        assert_eq!(server.requests_for("/a").len(), attempts, "not before its time");
        app.clock.advance(Duration::from_secs(1));
    }
    fetch_due(&app).await;
    assert_eq!((server.requests_for("/a").len(), queued(&app).await), (3, 0));
    assert_eq!(server.requests_for("/robots.txt").len(), 1, "asked once a day");
    let detail = reading::load_article(&app.app, first(&app).await).await.expect("there");
    assert_eq!(detail.full_text.problem.map(|problem| problem.as_str()), Some("server"));
    app.finish().await;
}
