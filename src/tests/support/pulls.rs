//! A Gleaner with a simulated Ollama and the loop that pulls.

use super::test_app::{Answer, TestApp};
use gleaner::server::{
    demo::ollama::{Call, Outcome, Settings, Simulator},
    services::pulls::Pulling,
    worker,
};
use serde_json::{Value, json};
use std::time::Duration;
use tempfile::TempDir;

/// Long enough for a crowded machine; nothing waits for it to pass.
const LIMIT: Duration = Duration::from_secs(30);

/// The simulator as it is, and a Gleaner on it.
pub async fn stage() -> (Simulator, TestApp) {
    stage_with(Settings::default()).await
}

/// With the simulator's settings.
pub async fn stage_with(settings: Settings) -> (Simulator, TestApp) {
    let sim = Simulator::start_with(settings).await.expect("a simulator");
    let test = on(&sim, TempDir::new().expect("a folder")).await;
    (sim, test)
}

/// A Gleaner on a data folder that may exist already.
pub async fn on(sim: &Simulator, data: TempDir) -> TestApp {
    let host = sim.url.parse().expect("a URL");
    let test = TestApp::on(data, |config| config.ollama.host = host).await;
    test.app.lifecycle.spawn(worker::pulls::run(test.app.clone()));
    test
}

/// Waits until pulls stand so.
pub async fn until(test: &TestApp, wanted: impl Fn(&Pulling) -> bool) {
    let mut pulls = test.app.pulls.subscribe();
    let waited = tokio::time::timeout(LIMIT, pulls.wait_for(|now| wanted(now))).await;
    waited.expect("it comes to that").expect("the sender lives");
}

/// Moves the clock on, a step whenever something has changed or nothing does, until pulls stand so.
pub async fn moving(test: &TestApp, step: Duration, wanted: impl Fn(&Pulling) -> bool) {
    let mut pulls = test.app.pulls.subscribe();
    let moved = async {
        while !wanted(&pulls.borrow_and_update()) {
            test.clock.advance(step);
            // What waits for the clock was woken; what waits for the network needs its time.
            let _ = tokio::time::timeout(Duration::from_millis(20), pulls.changed()).await;
        }
    };
    tokio::time::timeout(LIMIT, moved).await.expect("it comes to that");
}

/// Until nothing runs or waits.
pub async fn done(test: &TestApp, id: i64) {
    until(test, |pulls| pulls.ended(id).is_some()).await;
}

/// POST `models/pull`, read to the end.
pub async fn pull(test: &TestApp, model: &str) -> Answer {
    test.post("/api/ollama/models/pull", &json!({ "model": model })).await
}

/// The `data:` of an event stream.
pub fn moments(answer: &Answer) -> Vec<Value> {
    let lines = answer.body.lines().filter_map(|line| line.strip_prefix("data: "));
    lines.map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// GET `download-status`.
pub async fn status(test: &TestApp) -> Value {
    test.get("/api/ollama/download-status").await.json()
}

/// Waits until Ollama was asked for so many pulls, and the last of them was left when `left` says so.
pub async fn heard(sim: &Simulator, pulls: usize, left: bool) {
    let waited = sim.wait_until(|all| {
        let of_pulls = all.iter().filter(|r| r.path == "/api/pull");
        let last = of_pulls.clone().next_back();
        of_pulls.count() == pulls && (!left || last.is_some_and(|r| r.outcome == Outcome::Left))
    });
    tokio::time::timeout(LIMIT, waited).await.expect("it comes to that");
}

/// How many pulls Ollama was asked for.
pub fn asked(sim: &Simulator) -> usize {
    sim.requests_of(Call::Pull).len()
}
