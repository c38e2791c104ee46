//! The event stream, read as a browser reads it.

use crate::support::{pulls::simulator_and_app, test_app::TestApp};
use gleaner::{
    domain::{ids::ArticleId, live_event::LiveEvent},
    server::http::json::openapi_document,
};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

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
async fn a_page_gets_the_state_and_then_events_until_the_server_stops() {
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
async fn an_idle_stream_sends_keepalive_events() {
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
async fn a_page_that_missed_events_gets_the_state_again() {
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

#[tokio::test]
async fn every_event_stream_passes_through_nginx_as_it_comes() {
    let (sim, app) = simulator_and_app().await;
    let answer = app.post_form("/fn/chat/ask", &[("message", "Say yes.")]).await;
    let id: String = answer.header("location").chars().filter(char::is_ascii_digit).collect();
    assert!(!id.is_empty(), "{answer:?}");
    let requests = BTreeMap::from([
        ("/api/events", (Method::GET, "/api/events".to_owned(), Value::Null)),
        ("/api/conversations/{id}/answer", (Method::GET, format!("/api/conversations/{id}/answer"), Value::Null)),
        (
            "/api/chat",
            (Method::POST, "/api/chat".to_owned(), json!({"messages": [{"role": "user", "content": "Say yes."}]})),
        ),
        ("/api/ollama/models/pull", (Method::POST, "/api/ollama/models/pull".to_owned(), json!({"model": "qwen3:4b"}))),
    ]);
    let document = serde_json::to_value(openapi_document()).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    let streams: Vec<_> = paths
        .iter()
        .filter(|(_, methods)| methods.to_string().contains("text/event-stream"))
        .map(|(path, _)| path.as_str())
        .collect();
    assert_eq!(
        streams.iter().copied().collect::<BTreeSet<_>>(),
        requests.keys().copied().collect(),
        "a stream without a request here"
    );
    for (method, path, body) in requests.into_values() {
        let mut request = app.request(method, &path);
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.expect("a stream");
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().expect("text"));
        assert_eq!(
            (header("content-type"), header("x-accel-buffering")),
            (Some("text/event-stream"), Some("no")),
            "{path}"
        );
        assert_eq!(header("content-encoding"), None, "{path}");
    }
    drop(sim);
}
