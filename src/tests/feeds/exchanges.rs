//! Answers of feed servers and the resulting state of the feed: one exchange each, with a separate server.

use crate::support::{
    feed_server::{FeedReply, FeedServer, rss_document},
    test_app::TestApp,
};
use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder, ZlibEncoder},
};
use gleaner::{
    domain::{
        feed::{Feed, FeedState, SubscribeOutcome},
        feed_schedule::CheckReason,
    },
    server::services::subscriptions,
};
use std::{io::Write, time::Duration};

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
/// The clock of the tests stands at 2026-03-01T12:00:00Z.
const NOW: &str = "Sun, 01 Mar 2026 12:00:00 GMT";
const IN_TWO_HOURS: &str = "Sun, 01 Mar 2026 14:00:00 GMT";

/// What is expected after the answer: the interval until the next check in seconds, and which rule made it.
enum Expected {
    Fine(i64, CheckReason),
    /// And a part of the sentence about the failure.
    Failing(i64, CheckReason, &'static str),
    Gone,
}

struct Exchange {
    name: &'static str,
    reply: FeedReply,
    expected: Expected,
}

fn exchange(name: &'static str, reply: FeedReply, expected: Expected) -> Exchange {
    Exchange { name, reply, expected }
}

/// A document that differs from the one that was there before.
fn changed() -> String {
    rss_document("F", &[("1", "One", "x"), ("2", "Two", "y")])
}

/// Sends validators, so that the interval is the hour of the settings.
fn changed_reply() -> FeedReply {
    FeedReply::feed(changed()).header("etag", "\"2\"")
}

fn packed<W: Write>(new: impl Fn(Vec<u8>) -> W, finish: impl Fn(W) -> std::io::Result<Vec<u8>>) -> Vec<u8> {
    let mut packer = new(Vec::new());
    packer.write_all(changed().as_bytes()).expect("written");
    finish(packer).expect("packed")
}

fn documents() -> Vec<Exchange> {
    use CheckReason::{FeedHint, Freshness, NoValidators, Settings};
    use Expected::Fine;
    let with_channel = |extra: &str| {
        let body = changed().replace("<channel>", &format!("<channel>{extra}"));
        FeedReply::feed(body).header("etag", "\"2\"")
    };
    let cached = |cache_control: &str| changed_reply().header("cache-control", cache_control);
    let expires = |at: &str| changed_reply().header("date", NOW).header("expires", at);
    let (level, coding) = (Compression::default(), "content-encoding");
    vec![
        exchange("an ETag", changed_reply(), Fine(HOUR, Settings)),
        exchange("only Last-Modified", FeedReply::feed(changed()).header("last-modified", NOW), Fine(HOUR, Settings)),
        exchange("no validators", FeedReply::feed(changed()), Fine(DAY, NoValidators)),
        exchange("a short max-age", cached("max-age=600"), Fine(HOUR, Settings)),
        exchange("a long max-age", cached("public, max-age=7200"), Fine(2 * HOUR, Freshness)),
        exchange("max-age and Age", cached("max-age=7200").header("age", "1200"), Fine(6_000, Freshness)),
        exchange("older than its max-age", cached("max-age=7200").header("age", "9000"), Fine(HOUR, Settings)),
        exchange("a month", cached("max-age=2592000"), Fine(DAY, Freshness)),
        exchange(
            "a month and no validators",
            FeedReply::feed(changed()).header("cache-control", "max-age=2592000"),
            Fine(DAY, NoValidators),
        ),
        exchange("no-cache", cached("no-cache, max-age=7200"), Fine(HOUR, Settings)),
        exchange("no-store", cached("no-store, max-age=7200"), Fine(HOUR, Settings)),
        exchange("Expires", expires(IN_TWO_HOURS), Fine(2 * HOUR, Freshness)),
        exchange("Expires and Age", expires(IN_TWO_HOURS).header("age", "1200"), Fine(6_000, Freshness)),
        exchange(
            "Expires by a wrong clock",
            expires(IN_TWO_HOURS).header("date", "Sun, 01 Mar 2026 13:30:00 GMT"),
            Fine(HOUR, Settings),
        ),
        exchange("Expires in the past", expires("Thu, 01 Jan 1970 00:00:00 GMT"), Fine(HOUR, Settings)),
        exchange("Expires that is no date", expires("0"), Fine(HOUR, Settings)),
        exchange("ttl", with_channel("<ttl>180</ttl>"), Fine(3 * HOUR, FeedHint)),
        exchange("a short ttl", with_channel("<ttl>5</ttl>"), Fine(HOUR, Settings)),
        exchange("an update period", with_channel("<sy:updatePeriod>daily</sy:updatePeriod>"), Fine(DAY, FeedHint)),
        exchange("not modified", FeedReply::status(304), Fine(HOUR, Settings)),
        exchange(
            "not modified, for hours",
            FeedReply::status(304).header("cache-control", "max-age=7200"),
            Fine(2 * HOUR, Freshness),
        ),
        exchange(
            "gzip",
            FeedReply::feed(packed(|out| GzEncoder::new(out, level), GzEncoder::finish))
                .header("etag", "2")
                .header(coding, "gzip"),
            Fine(HOUR, Settings),
        ),
        exchange(
            "gzip that HTTP does not name",
            FeedReply::feed(packed(|out| GzEncoder::new(out, level), GzEncoder::finish)).header("etag", "2"),
            Fine(HOUR, Settings),
        ),
        exchange(
            "deflate",
            FeedReply::feed(packed(|out| ZlibEncoder::new(out, level), ZlibEncoder::finish))
                .header("etag", "2")
                .header(coding, "deflate"),
            Fine(HOUR, Settings),
        ),
        exchange(
            "raw deflate",
            FeedReply::feed(packed(|out| DeflateEncoder::new(out, level), DeflateEncoder::finish))
                .header("etag", "2")
                .header(coding, "Deflate"),
            Fine(HOUR, Settings),
        ),
        exchange("a wrong media type", FeedReply::ok("text/html", changed()).header("etag", "2"), Fine(HOUR, Settings)),
    ]
}

fn redirects() -> Vec<Exchange> {
    use CheckReason::{Failures, Settings};
    use Expected::{Failing, Fine};
    let fine = || Fine(HOUR, Settings);
    let failing = |sentence| Failing(HOUR, Failures, sentence);
    vec![
        exchange("301", FeedReply::redirect(301, "/changed"), fine()),
        exchange("302", FeedReply::redirect(302, "/changed"), fine()),
        exchange("303", FeedReply::redirect(303, "changed"), fine()),
        exchange("307", FeedReply::redirect(307, "./changed#top"), fine()),
        exchange("308", FeedReply::redirect(308, "/changed"), fine()),
        exchange("a target in UTF-8", FeedReply::redirect(302, "/größe"), fine()),
        exchange("a target in ISO-8859-1", FeedReply::status(302).header_bytes("location", b"/gr\xf6\xdfe"), fine()),
        exchange("no target", FeedReply::status(302), failing("without a target")),
        exchange("another scheme", FeedReply::redirect(302, "mailto:me@example.org"), failing("unusable URL")),
        exchange("a circle", FeedReply::redirect(302, "/feed"), failing("redirects more than")),
    ]
}

fn failures() -> Vec<Exchange> {
    use CheckReason::{Failures, RetryAfter};
    use Expected::{Failing, Gone};
    let failing = |sentence| Failing(HOUR, Failures, sentence);
    let wish = |status, retry_after: &str| FeedReply::status(status).header("retry-after", retry_after);
    vec![
        exchange("400", FeedReply::status(400), failing("HTTP 400")),
        exchange("401", FeedReply::status(401), failing("denies access")),
        exchange("403", FeedReply::status(403), failing("denies access")),
        exchange("404", FeedReply::status(404), failing("did not find the feed")),
        exchange("410", FeedReply::status(410), Gone),
        exchange("429", FeedReply::status(429), failing("limits the rate")),
        exchange("429 for a minute", wish(429, "60"), failing("limits the rate")),
        exchange("429 for two hours", wish(429, "7200"), Failing(2 * HOUR, RetryAfter, "limits the rate")),
        exchange("429 until a moment", wish(429, IN_TWO_HOURS), Failing(2 * HOUR, RetryAfter, "limits the rate")),
        exchange("429 for a year", wish(429, "31536000"), Failing(7 * DAY, RetryAfter, "limits the rate")),
        exchange("429 with nonsense", wish(429, "later"), failing("limits the rate")),
        exchange("503 for two hours", wish(503, "7200"), Failing(2 * HOUR, RetryAfter, "HTTP 503")),
        exchange("500", FeedReply::status(500), failing("HTTP 500")),
        exchange("a web page", FeedReply::ok("text/html", "<!doctype html><html><p>Hello"), failing("web page")),
        exchange("nothing", FeedReply::feed(""), failing("response was empty")),
        exchange("text", FeedReply::ok("text/plain", "Hello"), failing("neither RSS nor Atom")),
        exchange("too much", FeedReply::feed("x".repeat(2 << 20)), failing("more than 1 MiB")),
        exchange("too much, packed", too_much_packed(), failing("more than 1 MiB")),
        exchange("no answer", FeedReply::hang(), failing("did not respond")),
    ]
}

fn too_much_packed() -> FeedReply {
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::best());
    packer.write_all("x".repeat(2 << 20).as_bytes()).expect("written");
    FeedReply::feed(packer.finish().expect("packed")).header("content-encoding", "deflate")
}

#[tokio::test]
async fn every_answer_sets_state_and_next_check() {
    let app = TestApp::with(|config| {
        config.fetch.max_bytes = 1 << 20;
        config.fetch.timeout = Duration::from_secs(3);
    })
    .await;
    let exchanges: Vec<Exchange> = documents().into_iter().chain(redirects()).chain(failures()).collect();
    assert!(exchanges.len() >= 40, "{}", exchanges.len());
    // Kept to the end, so that no port is given twice: pauses hold for a host and its port.
    let (mut wrong, mut servers) = (Vec::new(), Vec::new());
    for Exchange { name, reply, expected } in exchanges {
        let server = FeedServer::start().await;
        server.on("/feed", FeedReply::feed(rss_document("F", &[("1", "One", "x")])).header("etag", "\"1\""));
        for target in ["/changed", "/gr%C3%B6%C3%9Fe", "/gr%F6%DFe"] {
            server.on(target, changed_reply());
        }
        let Ok(SubscribeOutcome::Added(id)) = subscriptions::subscribe(&app.app, &server.url("/feed"), None).await
        else {
            panic!("{name}: subscribed")
        };
        let is_unchanged = name.starts_with("not modified");
        server.on("/feed", reply);
        let feed = subscriptions::refresh_feed(&app.app, id).await.expect(name);
        wrong.extend(difference(&feed, &expected, is_unchanged).map(|what| format!("{name}: {what}")));
        servers.push(server);
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn difference(feed: &Feed, expected: &Expected, is_unchanged: bool) -> Option<String> {
    let health = &feed.health;
    let message = health.message.clone().unwrap_or_default();
    let found = (health.state, feed.check_interval, feed.check_reason, feed.total);
    let (wanted, sentence) = match *expected {
        Expected::Fine(interval, reason) => {
            ((FeedState::Ok, Some(interval), Some(reason), if is_unchanged { 1 } else { 2 }), "")
        }
        Expected::Failing(interval, reason, sentence) => {
            ((FeedState::Failing, Some(interval), Some(reason), 1), sentence)
        }
        Expected::Gone => return (health.state != FeedState::Gone).then(|| format!("{found:?}")),
    };
    (found != wanted || !message.contains(sentence))
        .then(|| format!("{found:?} {message:?}, expected {wanted:?} {sentence:?}"))
}
