//! A Gleaner with a simulated Ollama and the loop of pulls.

use super::test_app::{TestApp, TestResponse};
use crate::support::simulator::{Endpoint, RequestOutcome, Simulator, SimulatorSettings};
use gleaner::server::{live::pulls::LivePulls, worker};
use serde_json::{Value, json};
use std::time::Duration;
use tempfile::TempDir;

/// A timeout for busy machines, after which a test fails.
const WAIT_TIMEOUT: Duration = Duration::from_secs(30);

/// The default simulator and a Gleaner that uses it.
pub async fn simulator_and_app() -> (Simulator, TestApp) {
    simulator_and_app_with(SimulatorSettings::default()).await
}

/// A simulator with these settings and a Gleaner that uses it.
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

/// Waits until the state of pulls is as wanted.
pub async fn wait_until_pulls(test: &TestApp, wanted: impl Fn(&LivePulls) -> bool) {
    let mut pulls = test.app.pulls.subscribe();
    let waited = tokio::time::timeout(WAIT_TIMEOUT, pulls.wait_for(|now| wanted(now))).await;
    waited.expect("it comes to that").expect("the sender lives");
}

/// Advances the clock step by step until the state of pulls is as wanted.
pub async fn advance_until(test: &TestApp, step: Duration, wanted: impl Fn(&LivePulls) -> bool) {
    let mut pulls = test.app.pulls.subscribe();
    let moved = async {
        while !wanted(&pulls.borrow_and_update()) {
            test.clock.advance(step);
            // Tasks that wait for the clock were woken; tasks that wait for the network need real time.
            let _ = tokio::time::timeout(Duration::from_millis(20), pulls.changed()).await;
        }
    };
    tokio::time::timeout(WAIT_TIMEOUT, moved).await.expect("it comes to that");
}

/// Waits until no pull runs or is queued.
pub async fn wait_until_ended(test: &TestApp, id: i64) {
    wait_until_pulls(test, |pulls| pulls.ended(id).is_some()).await;
}

/// POST `models/pull`, read to the end.
pub async fn post_pull(test: &TestApp, model: &str) -> TestResponse {
    test.post("/api/ollama/models/pull", &json!({ "model": model })).await
}

/// The `data:` values of an event stream.
pub fn sse_data(answer: &TestResponse) -> Vec<Value> {
    let lines = answer.body.lines().filter_map(|line| line.strip_prefix("data: "));
    lines.map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// GET `download-status`.
pub async fn download_status(test: &TestApp) -> Value {
    test.get("/api/ollama/download-status").await.json()
}

/// Waits until Ollama received `pulls` requests for pulls, and with `left` until the client closed the last one.
pub async fn wait_for_pull_requests(sim: &Simulator, pulls: usize, left: bool) {
    let waited = sim.wait_until(|all| {
        let of_pulls = all.iter().filter(|r| r.path == "/api/pull");
        let last = of_pulls.clone().next_back();
        of_pulls.count() == pulls && (!left || last.is_some_and(|r| r.outcome == RequestOutcome::Left))
    });
    tokio::time::timeout(WAIT_TIMEOUT, waited).await.expect("it comes to that");
}

/// The number of pull requests that Ollama received.
pub fn pull_request_count(sim: &Simulator) -> usize {
    sim.requests_of(Endpoint::Pull).len()
}
