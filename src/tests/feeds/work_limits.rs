//! Parsing foreign text ends with its caller and with its time limit, and does not block the async threads.

use crate::support::{
    feed_server::{FeedReply, FeedServer, rss_document},
    test_app::TestApp,
};
use flate2::{Compression, write::GzEncoder, write::ZlibEncoder};
use gleaner::{
    domain::{feed::SubscribeOutcome, feed_error::FeedErrorKind, feed_url::FeedUrl},
    server::{
        feed::{discover, opml, parse},
        services::subscriptions,
        work_limit::WorkLimit,
    },
};
use std::{io::Write, time::Duration};
use url::Url;

const COUNT: usize = 5_000;

fn repeated(before: &str, middle: &str, after: &str) -> Vec<u8> {
    format!("{before}{}{after}", middle.repeat(COUNT)).into_bytes()
}

/// Documents that are read whole within the limit.
fn feeds() -> Vec<(&'static str, Vec<u8>)> {
    let rss = repeated("<rss><channel><title>F</title>", "<item><title>x</title></item>", "</channel></rss>");
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&rss).expect("packed");
    vec![
        ("packed", packed.finish().expect("packed")),
        ("rss", rss),
        ("atom", repeated("<feed xmlns='http://www.w3.org/2005/Atom'>", "<entry><title>x</title></entry>", "</feed>")),
        (
            "json",
            repeated(
                "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"F\",\"items\":[{}",
                ",{\"id\":\"1\"}",
                "]}",
            ),
        ),
        (
            "utf-16",
            [0xfe, 0xff]
                .into_iter()
                .chain("<rss><channel><title>F</title></channel></rss>".bytes().flat_map(|byte| [0, byte]))
                .collect(),
        ),
    ]
}

fn limits_that_are_over() -> [WorkLimit; 2] {
    let cancelled = WorkLimit::default();
    cancelled.cancel();
    [cancelled, WorkLimit::new(Duration::ZERO)]
}

#[test]
fn every_reader_ends_with_its_limit() {
    let base = Url::parse("https://example.org/feed").expect("an address");
    let page = FeedUrl::parse("https://example.org/").expect("an address");
    let list = repeated("<opml><body>", "<outline xmlUrl='https://example.org/f'/>", "</body></opml>");
    let html = String::from_utf8(repeated("", "<a href='/feed.xml'>feed</a>", "")).expect("text");
    for limit in limits_that_are_over() {
        for (name, document) in feeds() {
            let ended = parse::parse_within(&document, None, &base, &limit).expect_err(name);
            assert!(matches!(ended.kind, FeedErrorKind::TooLarge | FeedErrorKind::Empty), "{name}: {ended}");
        }
        assert_eq!(opml::parse_within(&list, &limit).expect_err("ended").kind, FeedErrorKind::TooLarge);
        assert_eq!(discover::discover_feeds(&html, &page, &limit), []);
    }
    for (name, document) in feeds() {
        assert!(parse::parse(&document, None, &base).is_ok(), "{name} is read within the limit");
    }
    assert_eq!(opml::parse(&list).expect("a list").outlines.len(), COUNT);
    assert!(!discover::discover_feeds(&html, &page, &WorkLimit::default()).is_empty());
}

#[tokio::test]
async fn unpacking_hashing_and_decoding_are_work_of_the_pool() {
    let server = FeedServer::start().await;
    let deflated = |text: &str| {
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(text.as_bytes()).expect("packed");
        packed.finish().expect("packed")
    };
    let page = deflated("<html><head><link rel=alternate type=application/rss+xml href=/feed></head></html>");
    server.on("/", FeedReply::ok("text/html", page).header("content-encoding", "deflate"));
    let feed = deflated(&rss_document("Loom", &[("1", "One", "<p>A loom.</p>")]));
    server.on("/feed", FeedReply::feed(feed).header("content-encoding", "deflate"));
    let app = TestApp::start().await;
    let outcome = subscriptions::subscribe(&app.app, &server.url("/"), None).await;
    assert!(matches!(outcome, Ok(SubscribeOutcome::Added(_))), "{outcome:?}");
    let metrics = app.get("/metrics").await.body;
    // Page and feed are unpacked and hashed; both are tried as a feed, and what is new in the feed is prepared.
    for (kind, count) in [("body", 4), ("page", 1), ("feed", 3)] {
        let line = format!("gleaner_parse_seconds_count{{kind=\"{kind}\"}} {count}");
        assert!(metrics.contains(&line), "{line} is missing in {metrics}");
    }
    app.finish().await;
}
