//! A Gleaner with a simulated Ollama and the loop that pulls.

use super::test_app::{TestApp, TestResponse};
use crate::support::simulator::{Endpoint, RequestOutcome, Simulator, SimulatorSettings};
use gleaner::server::{live::pulls::LivePulls, worker};
use serde_json::{Value, json};
use std::time::Duration;
use tempfile::TempDir;

/// Long enough for a crowded machine; nothing waits for it to pass.
const WAIT_TIMEOUT: Duration = Duration::from_secs(30);

/// The simulator as it is, and a Gleaner on it.
pub async fn simulator_and_app() -> (Simulator, TestApp) {
    simulator_and_app_with(SimulatorSettings::default()).await
}

/// With the simulator's settings.
pub async fn simulator_and_app_with(settings: SimulatorSettings) -> (Simulator, TestApp) {
    let sim = Simulator::start_with(settings).await.expect("a simulator");
    let test = app_on(&sim, TempDir::new().expect("a folder")).await;
    (sim, test)
}

/// A Gleaner on a data folder that may exist already.
pub async fn app_on(sim: &Simulator, data: TempDir) -> TestApp {
    let host = sim.url.parse().expect("a URL");
    let test = TestApp::on(data, |config| config.ollama.host = host).await;
    test.app.lifecycle.spawn(worker::pulls::run(test.app.clone()));
    test
}

/// Waits until pulls stand so.
pub async fn wait_until_pulls(test: &TestApp, wanted: impl Fn(&LivePulls) -> bool) {
    let mut pulls = test.app.pulls.subscribe();
    let waited = tokio::time::timeout(WAIT_TIMEOUT, pulls.wait_for(|now| wanted(now))).await;
    waited.expect("it comes to that").expect("the sender lives");
}

/// Moves the clock on, a step whenever something has changed or nothing does, until pulls stand so.
pub async fn advance_until(test: &TestApp, step: Duration, wanted: impl Fn(&LivePulls) -> bool) {
    let mut pulls = test.app.pulls.subscribe();
    let moved = async {
        while !wanted(&pulls.borrow_and_update()) {
            test.clock.advance(step);
            // What waits for the clock was woken; what waits for the network needs its time.
            let _ = tokio::time::timeout(Duration::from_millis(20), pulls.changed()).await;
        }
    };
    tokio::time::timeout(WAIT_TIMEOUT, moved).await.expect("it comes to that");
}

/// Until nothing runs or waits.
pub async fn wait_until_ended(test: &TestApp, id: i64) {
    wait_until_pulls(test, |pulls| pulls.ended(id).is_some()).await;
}

/// POST `models/pull`, read to the end.
pub async fn post_pull(test: &TestApp, model: &str) -> TestResponse {
    test.post("/api/ollama/models/pull", &json!({ "model": model })).await
}

/// The `data:` of an event stream.
pub fn sse_data(answer: &TestResponse) -> Vec<Value> {
    let lines = answer.body.lines().filter_map(|line| line.strip_prefix("data: "));
    lines.map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// GET `download-status`.
pub async fn download_status(test: &TestApp) -> Value {
    test.get("/api/ollama/download-status").await.json()
}

/// Waits until Ollama was asked for so many pulls, and the last of them was left when `left` says so.
pub async fn wait_for_pull_requests(sim: &Simulator, pulls: usize, left: bool) {
    let waited = sim.wait_until(|all| {
        let of_pulls = all.iter().filter(|r| r.path == "/api/pull");
        let last = of_pulls.clone().next_back();
        of_pulls.count() == pulls && (!left || last.is_some_and(|r| r.outcome == RequestOutcome::Left))
    });
    tokio::time::timeout(WAIT_TIMEOUT, waited).await.expect("it comes to that");
}

/// How many pulls Ollama was asked for.
pub fn pull_request_count(sim: &Simulator) -> usize {
    sim.requests_of(Endpoint::Pull).len()
}
