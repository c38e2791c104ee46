//! Cases 15–35: pulls.

use super::{client, ndjson_reply, ollama_config, silent_server};
use crate::support::simulator::{Endpoint, ModelSpec, ScriptedReply};
use crate::support::{
    pulls::{
        advance_until, download_status, post_pull, pull_request_count, simulator_and_app, sse_data,
        wait_for_pull_requests, wait_until_ended, wait_until_pulls,
    },
    test_app::START_TIME,
};
use gleaner::{
    domain::pull::{PullPhase, PullProgress},
    server::{
        clock::{Clock, FakeClock},
        models::{
            ollama::{client::OllamaClient, ndjson::NdjsonDecoder},
            pull::{
                error_message::to_pull_failure,
                progress::PullProgressTracker,
                pull_line::{PullError, PullLine},
            },
        },
        services::pulls,
    },
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const GB: i64 = 1_000_000_000;

fn layer_line(digest: &str, total: i64, completed: Option<i64>) -> PullLine {
    PullLine { status: format!("pulling {digest}"), digest: Some(digest.into()), total: Some(total), completed }
}

fn pull_line(json: Value) -> PullLine {
    serde_json::from_value(json).expect("a line")
}

/// The progress after these lines, which come a second apart.
fn progress_after(lines: &[PullLine]) -> PullProgress {
    let mut tracker = PullProgressTracker::new(0);
    let mut now = 0;
    for line in lines {
        now += 1_000;
        tracker.apply_line(line, now);
    }
    tracker.progress_at(now)
}

/// What a pull that ends with this error line comes to.
fn failure_message(text: &str) -> (PullError, String) {
    let error = PullError::from_error_line(&json!(text));
    let told = to_pull_failure(&error, &"qwen3:4b".into(), "http://h");
    let words = format!("{} {}", told.message, told.hint.unwrap_or_default());
    (error, words)
}

#[test]
fn case_15_lines_however_they_are_cut() {
    let body = "{\"status\":\"pulling manifest\"}\r\n\n{\"status\":\"a é\"}\n{\"status\":\"success\"}".as_bytes();
    for size in 1..=body.len() {
        let mut decoder = NdjsonDecoder::default();
        let mut lines: Vec<Value> = Vec::new();
        for piece in body.chunks(size) {
            decoder.push(piece);
            while let Some(line) = decoder.next_line().expect("short lines") {
                lines.push(serde_json::from_slice(line).expect("JSON"));
            }
        }
        lines.extend(decoder.finish().map(|line| serde_json::from_slice::<Value>(&line).expect("JSON")));
        let said: Vec<&str> = lines.iter().filter_map(|line| line["status"].as_str()).collect();
        assert_eq!(said, ["pulling manifest", "a é", "success"], "pieces of {size}");
    }
}

#[test]
fn case_16_a_layer_without_a_counter_is_at_nothing() {
    let progress = progress_after(&[layer_line("sha256:a", 4 * GB, None)]);
    assert_eq!((progress.percent, progress.completed, progress.total, progress.bytes_per_second), (0.0, 0, 4 * GB, 0));
}

#[test]
fn case_17_a_small_second_layer_does_not_start_over() {
    let first = progress_after(&[layer_line("sha256:a", 4 * GB, Some(4 * GB))]);
    let both = progress_after(&[layer_line("sha256:a", 4 * GB, Some(4 * GB)), layer_line("sha256:b", 400, None)]);
    assert!(first.percent <= 100.0 && both.percent >= 99.0 && both.percent <= 100.0, "{first:?} {both:?}");
}

#[test]
fn case_18_a_falling_counter_is_no_negative_speed() {
    let progress = progress_after(&[
        layer_line("sha256:a", GB, Some(100_000_000)),
        layer_line("sha256:a", GB, Some(900_000_000)),
        layer_line("sha256:a", GB, Some(860_000_000)),
    ]);
    assert!(progress.bytes_per_second >= 0 && progress.completed == 900_000_000, "{progress:?}");
}

#[test]
fn case_19_what_was_there_before_is_no_speed() {
    let progress = progress_after(&[layer_line("sha256:a", GB, Some(600_000_000))]);
    assert_eq!((progress.bytes_per_second, progress.completed), (0, 600_000_000));
}

#[tokio::test]
async fn case_20_layers_that_are_all_there_are_a_success() {
    let progress = progress_after(&[
        layer_line("sha256:a", 7, Some(7)),
        layer_line("sha256:b", 0, None),
        pull_line(json!({"status": "success"})),
    ]);
    assert_eq!((progress.percent, progress.phase, progress.bytes_per_second), (100.0, PullPhase::Done, 0));
    let (_sim, test) = simulator_and_app().await;
    // Installed already: every blob is there.
    assert_eq!(sse_data(&post_pull(&test, "qwen3:8b").await).pop(), Some(json!({"status": "success"})));
    test.finish().await;
}

#[test]
fn case_21_an_unknown_model_is_not_tried_again() {
    let (error, words) = failure_message("pull model manifest: file does not exist");
    assert!(!error.is_transient() && words.contains("does not know qwen3:4b"), "{words}");
}

#[test]
fn case_22_a_server_that_is_too_old_is_to_be_upgraded() {
    let text = "pull model manifest: 412: \n\nThe model you are attempting to pull requires a newer version of Ollama.\n\nPlease download";
    let (error, words) = failure_message(text);
    assert!(error == PullError::OllamaTooOld && !error.is_transient() && words.contains("newer"), "{words}");
}

#[test]
fn case_23_a_full_disk_is_not_tried_again() {
    let (error, words) = failure_message("write /models/blobs/sha256-1-partial: no space left on device");
    assert!(error == PullError::DiskFull && !error.is_transient() && words.to_lowercase().contains("disk"), "{words}");
}

#[tokio::test]
async fn case_24_an_interrupted_pull_resumes_by_itself() {
    assert!(failure_message("max retries exceeded: EOF").0.is_transient() && PullError::Interrupted.is_transient());
    let (sim, test) = simulator_and_app().await;
    for act in
        [ScriptedReply::Fail(1, "max retries exceeded: EOF".into()), ScriptedReply::Stop(2), ScriptedReply::Cut(3)]
    {
        sim.script(Endpoint::Pull, act);
    }
    let job = pulls::enqueue(&test.app, "qwen3:4b").await.expect("asked");
    advance_until(&test, Duration::from_secs(2), |pulls| pulls.ended(job.id).is_some()).await;
    assert_eq!((pull_request_count(&sim), &download_status(&test).await["last"]["outcome"]), (4, &json!("success")));
    test.finish().await;
}

#[tokio::test]
async fn case_25_damaged_data_is_downloaded_anew() {
    let text = "digest mismatch, file must be downloaded again: want sha256:a, got sha256:b";
    assert_eq!(failure_message(text).0, PullError::Damaged);
    let (sim, test) = simulator_and_app().await;
    sim.script(Endpoint::Pull, ScriptedReply::Fail(1, text.into()));
    let job = pulls::enqueue(&test.app, "qwen3:4b").await.expect("asked");
    advance_until(&test, Duration::from_secs(2), |pulls| pulls.ended(job.id).is_some()).await;
    assert_eq!((pull_request_count(&sim), &download_status(&test).await["last"]["outcome"]), (2, &json!("success")));
    test.finish().await;
}

#[test]
fn case_26_lines_without_bytes_are_a_stall_and_no_failure() {
    let mut tracker = PullProgressTracker::new(0);
    for now in (0..60_000).step_by(60) {
        tracker.apply_line(&layer_line("sha256:a", GB, Some(1_000)), now);
    }
    let progress = tracker.progress_at(60_000);
    assert!(
        progress.stalled && progress.bytes_per_second == 0 && progress.phase == PullPhase::Downloading,
        "{progress:?}"
    );
}

#[tokio::test]
async fn case_27_hashing_in_silence_is_waited_for() {
    let clock = FakeClock::at(START_TIME);
    let url = silent_server("{\"status\":\"verifying sha256 digest\"}\n").await;
    let ollama = OllamaClient::new(&ollama_config(&url), Clock::Fake(clock.clone()));
    let mut stream = ollama.pull(&"qwen3:4b".into()).await.expect("a stream");
    assert_eq!(
        stream.next().await.expect("a line").map(|line| line.status).as_deref(),
        Some("verifying sha256 digest")
    );
    let waits = tokio::spawn(async move { stream.next().await.map(drop) });
    for _ in 0..30 {
        clock.advance(Duration::from_secs(10));
        tokio::task::yield_now().await;
    }
    assert!(!waits.is_finished(), "five minutes are not too long");
    waits.abort();
}

#[tokio::test]
async fn case_28_cancelling_closes_the_connection_at_once() {
    let (sim, test) = simulator_and_app().await;
    sim.script(Endpoint::Pull, ScriptedReply::Stall(3));
    pulls::enqueue(&test.app, "qwen3:4b").await.expect("asked");
    wait_for_pull_requests(&sim, 1, false).await;
    wait_until_pulls(&test, |pulls| pulls.running.is_some()).await;
    let tags = sim.requests_of(Endpoint::Tags).len();
    pulls::cancel(&test.app, None).await.expect("cancelled");
    let cancelled = Instant::now();
    wait_for_pull_requests(&sim, 1, true).await;
    // A second on a machine of one's own; the stalled stream itself would hold for ever.
    assert!(cancelled.elapsed() < Duration::from_secs(3), "{:?}", cancelled.elapsed());
    sim.wait_until(|all| all.iter().filter(|r| r.path == "/api/tags").count() > tags).await;
    assert_eq!(download_status(&test).await["last"]["outcome"], "cancelled");
    test.finish().await;
}

#[tokio::test]
async fn case_29_a_server_that_is_still_cancelling_is_asked_again_later() {
    assert_eq!(failure_message("context canceled").0, PullError::StillCancelling);
    let (sim, test) = simulator_and_app().await;
    sim.script(Endpoint::Pull, ScriptedReply::Fail(1, "context canceled".into()));
    let job = pulls::enqueue(&test.app, "qwen3:4b").await.expect("asked");
    wait_until_pulls(&test, |pulls| pulls.running.as_ref().is_some_and(|running| running.retry.is_some())).await;
    assert_eq!(pull_request_count(&sim), 1, "not at once");
    advance_until(&test, Duration::from_secs(1), |pulls| pulls.ended(job.id).is_some()).await;
    assert_eq!((pull_request_count(&sim), &download_status(&test).await["last"]["outcome"]), (2, &json!("success")));
    test.finish().await;
}

#[tokio::test]
async fn case_30_tabs_come_and_go_and_ollama_is_asked_once() {
    let (sim, test) = simulator_and_app().await;
    sim.script(Endpoint::Pull, ScriptedReply::Stall(2));
    let first = pulls::enqueue(&test.app, "qwen3:4b").await.expect("asked");
    let second = pulls::enqueue(&test.app, "qwen3:4b").await.expect("asked");
    assert_eq!((first.id, second.joined), (second.id, true));
    wait_for_pull_requests(&sim, 1, false).await;
    assert_eq!((pull_request_count(&sim), &download_status(&test).await["active"]), (1, &json!(true)));
    test.finish().await;
}

#[test]
fn case_31_lines_of_other_versions_are_read() {
    let progress = progress_after(&[pull_line(json!({"digest": "sha256:a", "total": 10, "completed": 5}))]);
    assert_eq!((progress.completed, progress.total), (5, 10));
    assert_eq!(pull_line(json!({"status": 400, "error": "bad"})).status, "");
    assert_eq!(PullError::from_error_line(&json!({"message": "no space left on device"})), PullError::DiskFull);
}

#[tokio::test]
async fn case_32_layers_that_could_not_be_removed_are_no_failure() {
    let (sim, test) = simulator_and_app().await;
    let body = "{\"status\":\"writing manifest\"}\n{\"status\":\"couldn't remove unused layers: busy\"}\n{\"status\":\"success\"}\n";
    sim.script(Endpoint::Pull, ndjson_reply(body));
    assert_eq!(sse_data(&post_pull(&test, "qwen3:4b").await).pop(), Some(json!({"status": "success"})));
    test.finish().await;
}

#[tokio::test]
async fn case_33_a_500_is_judged_like_an_error_line() {
    let (sim, _test) = simulator_and_app().await;
    for (text, error) in [
        ("pull model manifest: file does not exist", PullError::UnknownModel),
        ("no space left on device", PullError::DiskFull),
    ] {
        sim.script(Endpoint::Pull, ScriptedReply::Status(500, text.into()));
        assert_eq!(client(&sim.url).pull(&"qwen3:4b".into()).await.map(drop), Err(error));
    }
}

#[test]
fn case_34_a_model_of_safetensors_is_one_bar() {
    let lines: Vec<PullLine> = [0, 40, 100]
        .map(|done| {
            pull_line(json!({"status": "pulling model", "digest": "sha256:model", "total": 100, "completed": done}))
        })
        .to_vec();
    let progress = progress_after(&lines);
    assert_eq!((progress.completed, progress.total, progress.phase), (100, 100, PullPhase::Downloading));
}

#[tokio::test]
async fn case_35_invalid_names_are_not_sent() {
    let (sim, test) = simulator_and_app().await;
    let long = "m".repeat(81);
    for name in ["../x", "a b", "x@sha256:abc", &long, "10.0.0.5:80/a/b", "http://x", "x:local:cloud"] {
        assert_eq!(post_pull(&test, name).await.status.as_u16(), 422, "{name}");
    }
    assert!(sim.requests().is_empty());
    sim.offer(ModelSpec::new("hf.co/u/r:Q4_K_M", 1_000_000));
    let job = pulls::enqueue(&test.app, "hf.co/u/r:Q4_K_M").await.expect("allowed");
    wait_until_ended(&test, job.id).await;
    assert_eq!(download_status(&test).await["last"]["outcome"], "success");
    test.finish().await;
}
