//! How often Ollama is polled.

use crate::support::simulator::{Endpoint, Simulator};
use crate::support::test_app::TestApp;
use gleaner::server::worker;
use reqwest::Method;
use std::time::Duration;

const CLOCK_STEP: Duration = Duration::from_secs(5);
/// What waits for the clock was woken; what waits for the network needs its time.
const NETWORK_TIME: Duration = Duration::from_millis(60);

fn poll_count(sim: &Simulator) -> usize {
    sim.requests_of(Endpoint::Version).len()
}

/// Seconds of the clock until the next poll has ended.
async fn seconds_until_next_poll(test: &TestApp, sim: &Simulator) -> u64 {
    let before = poll_count(sim);
    let mut snapshots = test.app.models.subscribe();
    let last_poll = snapshots.borrow_and_update().health().checked_at;
    let mut seconds = 0;
    while poll_count(sim) == before {
        test.clock.advance(CLOCK_STEP);
        seconds += CLOCK_STEP.as_secs();
        let is_polled = sim.wait_until(|all| all.iter().filter(|r| r.path == "/api/version").count() > before);
        let _ = tokio::time::timeout(NETWORK_TIME, is_polled).await;
        assert!(seconds < 600, "it is polled at all");
    }
    // The clock must not move before the poll has ended, since its request has a time limit.
    snapshots.wait_for(|snapshot| snapshot.health().checked_at > last_poll).await.expect("the poll ended");
    seconds
}

#[tokio::test]
async fn ollama_is_polled_rarely_while_no_page_is_open() {
    let sim = Simulator::start().await.expect("a simulator");
    let host = sim.url.parse().expect("a URL");
    let test = TestApp::with(|config| {
        config.ollama.host = host;
        config.ollama.warm_up = false;
    })
    .await;
    let mut snapshots = test.app.models.subscribe();
    worker::start(&test.app);
    let is_quiet = |snapshot: &gleaner::server::models::status::snapshot::Snapshot| {
        snapshot.installed.iter().all(|model| snapshot.has_architecture(&model.digest)) && snapshot.is_connected()
    };
    snapshots.wait_for(|snapshot| is_quiet(snapshot)).await.expect("polled");
    // The poll at the start and the one after it are not timed.
    seconds_until_next_poll(&test, &sim).await;

    let seconds = seconds_until_next_poll(&test, &sim).await;
    assert!(seconds >= 60, "{seconds} s: no page is open, whatever loops run");
    assert!(test.get("/metrics").await.body.contains("gleaner_event_streams 0"));

    let page = test.request(Method::GET, "/api/events").send().await.expect("a stream");
    assert!(test.get("/metrics").await.body.contains("gleaner_event_streams 1"));
    seconds_until_next_poll(&test, &sim).await;
    let seconds = seconds_until_next_poll(&test, &sim).await;
    assert!((20..60).contains(&seconds), "a page is open: {seconds} s");
    drop(page);
}
