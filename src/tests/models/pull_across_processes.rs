//! Pulls of the real program across processes: killed, cancelled by another process, followed in a second tab.

use crate::support::gleaner_binary::{ServerProcess, gleaner_command, output_texts};
use crate::support::simulator::{Endpoint, RequestOutcome, ScriptedReply, Simulator, SimulatorSettings};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};
use tempfile::TempDir;

const WAIT_TIMEOUT: Duration = Duration::from_secs(40);

/// As fast as a good line: sixteen lines a second, 4 GB in a bit more than a minute.
async fn slow_simulator() -> Simulator {
    let settings = SimulatorSettings {
        pull_tick: Duration::from_millis(62),
        pull_step: 4_000_000,
        ..SimulatorSettings::default()
    };
    Simulator::start_with(settings).await.expect("a simulator")
}

fn start_server(home: &Path, sim: &Simulator) -> ServerProcess {
    let mut command = gleaner_command(home);
    command.args(["--data-dir", "data", "--ollama-host", &sim.url]);
    command.env("GLEANER_OLLAMA__MANIFEST_LOOKUP", "false");
    ServerProcess::start(command)
}

fn http_client() -> Client {
    Client::builder().no_proxy().build().expect("a client")
}

async fn post_pull(url: &str, model: &str) -> Response {
    let request =
        http_client().post(format!("{url}/api/ollama/models/pull")).header("content-type", "application/json");
    request.body(json!({ "model": model }).to_string()).send().await.expect("a stream")
}

/// Reads a stream until one of its `data:` lines is as wanted.
async fn wait_for_event(stream: &mut Response, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut text = String::new();
    let reading = async {
        loop {
            let piece = stream.chunk().await.expect("readable").expect("it goes on");
            text.push_str(&String::from_utf8_lossy(&piece));
            while let Some((line, rest)) = text.split_once('\n') {
                let data = line.strip_prefix("data: ").and_then(|data| serde_json::from_str::<Value>(data).ok());
                text = rest.to_owned();
                if let Some(data) = data.filter(&wanted) {
                    return data;
                }
            }
        }
    };
    tokio::time::timeout(WAIT_TIMEOUT, reading).await.expect("it comes to that")
}

async fn wait_for_pulls(sim: &Simulator, enough: impl Fn(usize, RequestOutcome) -> bool) {
    let waited = sim.wait_until(|all| {
        let pulls: Vec<_> = all.iter().filter(|r| r.path == "/api/pull").collect();
        pulls.last().is_some_and(|last| enough(pulls.len(), last.outcome))
    });
    tokio::time::timeout(WAIT_TIMEOUT, waited).await.expect("it comes to that");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_goes_on_by_itself_after_its_server_was_killed() {
    let sim = slow_simulator().await;
    let home = TempDir::new().expect("a folder");
    let first = start_server(home.path(), &sim);
    let mut stream = post_pull(&first.url, "qwen3:4b").await;
    wait_for_event(&mut stream, |moment| moment["completed"].as_i64() > Some(10_000_000)).await;
    first.signal("KILL");
    drop(first);
    wait_for_pulls(&sim, |pulls, outcome| pulls == 1 && outcome == RequestOutcome::Left).await;

    let again = start_server(home.path(), &sim);
    // Nobody asks; it is the server that remembers.
    wait_for_pulls(&sim, |pulls, _| pulls == 2).await;
    let status: Value = {
        let answer =
            http_client().get(format!("{}/api/ollama/download-status", again.url)).send().await.expect("an answer");
        serde_json::from_str(&answer.text().await.expect("readable")).expect("JSON")
    };
    assert_eq!((&status["active"], &status["model"]), (&json!(true), &json!("qwen3:4b")), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_cancels_what_a_command_pulls() {
    let sim = slow_simulator().await;
    // Not even a line comes any more: the other process must not depend on one.
    sim.script(Endpoint::Pull, ScriptedReply::Stall(5));
    let home = TempDir::new().expect("a folder");
    let mut command = gleaner_command(home.path());
    command.args(["--data-dir", "data", "--ollama-host", &sim.url, "models", "pull", "qwen3:4b"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    wait_for_pulls(&sim, |pulls, _| pulls == 1).await;

    let server = start_server(home.path(), &sim);
    let watched =
        http_client().get(format!("{}/api/ollama/download-status", server.url)).send().await.expect("an answer");
    let watched: Value = serde_json::from_str(&watched.text().await.expect("readable")).expect("JSON");
    assert_eq!(watched["model"], "qwen3:4b", "it is seen from here: {watched}");
    let cancel = http_client()
        .post(format!("{}/api/ollama/models/pull/cancel", server.url))
        .header("content-type", "application/json")
        .body("{}");
    let answer = cancel.send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 200);
    let output = tokio::task::spawn_blocking(move || child.wait_with_output()).await.expect("joined").expect("it ends");
    let (_, complained) = output_texts(&output);
    assert!(output.status.code() == Some(1) && complained.contains("was cancelled"), "{complained}");
    wait_for_pulls(&sim, |pulls, outcome| pulls == 1 && outcome == RequestOutcome::Left).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_tab_sees_progress_within_a_second() {
    let sim = slow_simulator().await;
    let home = TempDir::new().expect("a folder");
    let server = start_server(home.path(), &sim);
    let mut first = post_pull(&server.url, "qwen3:4b").await;
    wait_for_event(&mut first, |moment| moment["completed"].as_i64() > Some(0)).await;
    let mut second = http_client().get(format!("{}/api/events", server.url)).send().await.expect("a stream");
    let (mut seen, mut gaps) = (0, Vec::new());
    // The first is the state of things; those after it are news.
    for _ in 0..8 {
        let began = Instant::now();
        let moment = wait_for_event(&mut second, |event| event["completed"].as_i64() > Some(seen)).await;
        seen = moment["completed"].as_i64().expect("bytes");
        gaps.push(began.elapsed());
    }
    gaps.sort();
    // Of most of them: a crowded machine may hold up one or another.
    assert!(gaps[gaps.len() / 2] < Duration::from_secs(1), "{gaps:?}");
}

/// The share of one core that a pull may take in a debug build; docs/performance.md has the figure of a release build.
const MAX_CPU_SHARE: f64 = 0.25;

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_takes_little_processor_time() {
    let sim = slow_simulator().await;
    let home = TempDir::new().expect("a folder");
    let server = start_server(home.path(), &sim);
    let mut stream = post_pull(&server.url, "qwen3:4b").await;
    wait_for_event(&mut stream, |moment| moment["completed"].as_i64() > Some(0)).await;
    let (began, before) = (Instant::now(), server.cpu());
    // About three seconds of progress lines.
    wait_for_event(&mut stream, |moment| moment["completed"].as_i64() > Some(200_000_000)).await;
    let share = (server.cpu() - before).as_secs_f64() / began.elapsed().as_secs_f64();
    assert!(share < MAX_CPU_SHARE, "{:.1} % of a core", share * 100.0);
}
