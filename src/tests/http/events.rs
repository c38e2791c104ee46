//! The event stream, read as a browser reads it.

use crate::support::test_app::TestApp;
use gleaner::domain::{ids::ArticleId, live_event::LiveEvent};
use reqwest::Method;
use std::time::Duration;

/// Reads a stream piece by piece.
struct EventStream(reqwest::Response, String);

impl EventStream {
    async fn open(app: &TestApp) -> Self {
        let response = app.request(Method::GET, "/api/events").send().await.expect("a stream");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["x-accel-buffering"], "no", "nginx passes events on as they come");
        Self(response, String::new())
    }

    /// The next event with its fields, `None` at the end of the stream.
    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some((event, rest)) = self.1.split_once("\n\n") {
                let event = event.to_owned();
                self.1 = rest.to_owned();
                return Some(event);
            }
            let piece = tokio::time::timeout(Duration::from_secs(10), self.0.chunk()).await.expect("in time");
            self.1.push_str(std::str::from_utf8(&piece.expect("no break")?).expect("UTF-8"));
        }
    }

    async fn named(&mut self, name: &str) -> String {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if event.lines().any(|line| line == format!("event: {name}")) {
                return event;
            }
        }
    }
}

#[tokio::test]
async fn a_page_hears_the_state_and_then_the_news_until_the_server_stops() {
    let app = TestApp::start().await;
    let mut stream = EventStream::open(&app).await;
    let first = stream.named("feeds").await;
    assert!(first.contains("data: {\"new_articles\":0}"), "{first}");
    assert!(first.contains("retry: 3000") && first.contains("id: "), "{first}");

    app.app.publish(LiveEvent::Article { id: ArticleId(7) });
    assert!(stream.named("article").await.contains("data: {\"id\":7}"));
    app.app.publish(LiveEvent::Feeds { new_articles: 3 });
    let second = stream.named("feeds").await;
    assert!(second.contains("data: {\"new_articles\":3}"), "{second}");
    let id = |event: &str| event.lines().find_map(|line| line.strip_prefix("id: ").map(str::to_owned));
    assert_ne!(id(&first), id(&second));

    app.app.lifecycle.soft_stop.cancel();
    assert_eq!(stream.next().await, None);
    app.finish().await;
}

#[tokio::test]
async fn a_quiet_stream_says_that_it_is_still_there() {
    let app = TestApp::start().await;
    let mut stream = EventStream::open(&app).await;
    stream.named("feeds").await;
    // The stream may not have begun to wait when the clock moves first; it will have when it moves again.
    let said = async {
        loop {
            app.clock.advance(Duration::from_secs(15));
            if let Ok(said) = tokio::time::timeout(Duration::from_millis(100), stream.next()).await {
                return said;
            }
        }
    };
    assert_eq!(
        tokio::time::timeout(Duration::from_secs(10), said).await.expect("in time").as_deref(),
        Some(": still here\nevent: alive\ndata: {}"),
        "a comment for proxies, an event for scripts"
    );
    app.app.publish(LiveEvent::Article { id: ArticleId(7) });
    assert!(stream.named("article").await.contains("data: {\"id\":7}"), "and goes on");
}

#[tokio::test]
async fn a_page_that_fell_behind_is_told_the_state_again() {
    let app = TestApp::start().await;
    let mut stream = EventStream::open(&app).await;
    stream.named("feeds").await;
    // All at once, on this thread's only task: the stream gets no turn in between and misses the first ones.
    for id in 0..2_000 {
        app.app.publish(LiveEvent::Article { id: ArticleId(id) });
    }
    let again = stream.named("feeds").await;
    assert!(again.contains("data: {\"new_articles\":0}"), "{again}");
}
