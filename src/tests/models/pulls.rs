//! Pulls: jobs of the server that survive tabs and restarts, with messages for failures and validated names.

use crate::support::pulls::{
    advance_until, app_on, download_status, post_pull, pull_request_count, simulator_and_app, simulator_and_app_with,
    sse_data, wait_for_pull_requests, wait_until_ended, wait_until_pulls,
};
use crate::support::simulator::{Endpoint, ModelSpec, ScriptedReply, Simulator, SimulatorSettings};
use gleaner::{
    domain::{live_event::LiveEvent, pull::PullOutcome},
    error::ErrorKind,
    server::{live::pulls::LivePulls, services::pulls},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const CLOCK_STEP: Duration = Duration::from_millis(300);
/// A second on a machine of one's own, some more on a crowded one; the stalled stream itself would hold for ever.
const MAX_CANCEL_TIME: Duration = Duration::from_secs(3);

fn script_stall(sim: &Simulator, lines: usize) {
    sim.script(Endpoint::Pull, ScriptedReply::Stall(lines));
}

#[tokio::test]
async fn a_pull_progresses_to_success_and_is_stored() {
    let settings = SimulatorSettings {
        pull_tick: Duration::from_millis(4),
        pull_step: 25_000_000,
        ..SimulatorSettings::default()
    };
    let (sim, test) = simulator_and_app_with(settings).await;
    let mut events = test.app.events.subscribe();
    let idle = download_status(&test).await;
    assert_eq!((&idle["active"], &idle["last"], &idle["model"]), (&json!(false), &Value::Null, &Value::Null));

    let (answer, ()) = tokio::join!(post_pull(&test, "Qwen3:4b"), async {
        wait_until_pulls(&test, |pulls| pulls.running.is_some()).await;
        advance_until(&test, CLOCK_STEP, |pulls| pulls.running.is_none()).await;
    });
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "text/event-stream"));
    let moments = sse_data(&answer);
    let (last, before) = moments.split_last().expect("something was told");
    assert_eq!(*last, json!({"status": "success"}));
    let fields = ["status", "digest", "completed", "total", "percent", "bytes_per_second", "eta_seconds", "stalled"];
    for moment in before {
        assert!(fields.iter().all(|field| moment.get(field).is_some()), "{moment}");
    }
    for pair in before.windows(2) {
        for field in ["completed", "total", "percent"] {
            assert!(pair[0][field].as_f64() <= pair[1][field].as_f64(), "{field} fell: {} {}", pair[0], pair[1]);
        }
    }
    assert!(before.len() > 5 && before.iter().any(|m| m["bytes_per_second"].as_i64() > Some(0)), "{before:?}");
    assert!(before.iter().all(|m| m["percent"].as_f64() < Some(100.0) || m["phase"] == "done"), "{before:?}");

    assert!(sim.installed().contains(&"Qwen3:4b".to_owned()), "{:?}", sim.installed());
    let end = loop {
        if let LiveEvent::Pull(pulls) = events.recv().await.expect("told")
            && pulls.last.as_ref().is_some_and(|last| last.outcome == PullOutcome::Success)
        {
            break serde_json::to_value(pulls).expect("JSON");
        }
    };
    assert_eq!(end, download_status(&test).await, "an event carries what the status says");
    assert_eq!(end["active"], false);

    let test = app_on(&sim, test.finish().await).await;
    let after = download_status(&test).await;
    assert_eq!((&after["last"]["model"], &after["last"]["outcome"]), (&json!("Qwen3:4b"), &json!("success")));
    pulls::dismiss(&test.app).await.expect("dismissed");
    assert_eq!(download_status(&test).await["last"]["dismissed"], true, "pages show it no more, programs may");
    test.finish().await;
}

#[tokio::test]
async fn one_at_a_time_and_a_second_request_joins() {
    let (sim, test) = simulator_and_app().await;
    script_stall(&sim, 1);
    let first = pulls::enqueue(&test.app, "qwen3:4b").await.expect("asked");
    wait_until_pulls(&test, |pulls| pulls.running.is_some()).await;
    let again = pulls::enqueue(&test.app, "registry.ollama.ai/library/QWEN3:4b").await.expect("asked");
    assert_eq!((again.id, again.joined, first.joined), (first.id, true, false));
    let second = pulls::enqueue(&test.app, "gemma3:4b").await.expect("asked");
    let third = pulls::enqueue(&test.app, "llama3.2:3b").await.expect("asked");
    let now = download_status(&test).await;
    assert_eq!((&now["model"], &now["queued"]), (&json!("qwen3:4b"), &json!(["gemma3:4b", "llama3.2:3b"])));
    wait_for_pull_requests(&sim, 1, false).await;
    assert_eq!(pull_request_count(&sim), 1, "the others wait");

    let cancelled = test.post("/api/ollama/models/pull/cancel", &json!({"model": "llama3.2:3b"})).await;
    assert_eq!(cancelled.json()["status"], "cancelled", "one that waits is cancelled by its name");
    pulls::cancel(&test.app, None).await.expect("cancelled");
    wait_until_ended(&test, second.id).await;
    let outcomes = |id| test.app.pulls.borrow().ended(id).map(|last| last.outcome);
    assert_eq!(outcomes(first.id), Some(PullOutcome::Cancelled));
    assert_eq!((outcomes(second.id), outcomes(third.id)), (Some(PullOutcome::Success), Some(PullOutcome::Cancelled)));
    assert_eq!(pull_request_count(&sim), 2);
    test.finish().await;
}

#[tokio::test]
async fn many_clients_follow_one_request_to_ollama() {
    let (sim, test) = simulator_and_app().await;
    script_stall(&sim, 2);
    let body = json!({"model": "qwen3:4b"}).to_string();
    let request =
        || test.request(reqwest::Method::POST, "/api/ollama/models/pull").header("content-type", "application/json");
    let mut left = request().body(body.clone()).send().await.expect("a stream");
    left.chunk().await.expect("readable").expect("a first moment");
    drop(left);
    advance_until(&test, CLOCK_STEP, |pulls| pulls.running.as_ref().is_some_and(|running| running.progress.total > 0))
        .await;
    assert_eq!(download_status(&test).await["active"], true, "the tab is closed, the pull goes on");
    let cancel = async {
        // Both are there when they have told their first moment; a stalled pull tells no second one.
        let mut first = request().body(body.clone()).send().await.expect("a stream");
        let mut second = request().body(body.clone()).send().await.expect("a stream");
        for stream in [&mut first, &mut second] {
            stream.chunk().await.expect("readable").expect("a moment");
        }
        test.post("/api/ollama/models/pull/cancel", &json!({})).await;
        [first.text().await.expect("an end"), second.text().await.expect("an end")]
    };
    for end in cancel.await {
        assert!(end.trim_end().ends_with("data: {\"status\":\"cancelled\"}"), "{end}");
    }
    assert_eq!(pull_request_count(&sim), 1);
    test.finish().await;
}

#[tokio::test]
async fn cancelling_closes_the_connection_at_once() {
    let (sim, test) = simulator_and_app().await;
    let nothing = test.post("/api/ollama/models/pull/cancel", &json!({})).await;
    assert_eq!((nothing.status.as_u16(), &nothing.json()["error"]["kind"]), (409, &json!("conflict")));
    script_stall(&sim, 3);
    pulls::enqueue(&test.app, "qwen3:4b").await.expect("asked");
    advance_until(&test, CLOCK_STEP, |pulls| pulls.running.as_ref().is_some_and(|running| running.progress.total > 0))
        .await;
    let other = test.post("/api/ollama/models/pull/cancel", &json!({"model": "gemma3:4b"})).await;
    assert_eq!(other.status.as_u16(), 409, "another model's pull continues");

    let tags = sim.requests_of(Endpoint::Tags).len();
    let answer = test.post("/api/ollama/models/pull/cancel", &json!({})).await;
    let answered = Instant::now();
    assert_eq!(answer.json(), json!({"status": "cancelled", "model": "qwen3:4b"}));
    wait_for_pull_requests(&sim, 1, true).await;
    assert!(answered.elapsed() < MAX_CANCEL_TIME, "{:?}", answered.elapsed());
    sim.wait_until(|all| all.iter().filter(|r| r.path == "/api/tags").count() > tags).await;
    let now = download_status(&test).await;
    assert_eq!((&now["active"], &now["last"]["outcome"]), (&json!(false), &json!("cancelled")));
    assert_eq!(now["last"]["error"], Value::Null);

    let again = pulls::enqueue(&test.app, "qwen3:4b").await.expect("asked");
    wait_until_ended(&test, again.id).await;
    assert_eq!(download_status(&test).await["last"]["outcome"], "success", "and it can be asked for again");
    test.finish().await;
}

#[tokio::test]
async fn permanent_failures_end_a_pull_with_a_message() {
    let (sim, test) = simulator_and_app().await;
    let unknown = post_pull(&test, "nosuch:1b").await;
    let last = sse_data(&unknown).pop().expect("an end");
    assert_eq!((&last["status"], &last["error"]["kind"]), (&json!("error"), &json!("not_found")));
    assert_eq!(last["error"]["message"], "The registry does not know nosuch:1b.");
    assert!(last["error"]["hint"].is_string());

    for (words, cause) in [
        ("write /models/blobs/sha256-1-partial: no space left on device", "disk_full"),
        ("pull model manifest: 412: \n\nThe model requires a newer version of Ollama.", "ollama_too_old"),
        ("pull model manifest: 401: {}", "denied"),
        ("pull model manifest: invalid character '<' looking for beginning of value", "portal"),
        ("this model requires MLX support, but the MLX runtime is not available", "unsupported"),
        ("open /models/secret: <b>what</b>", "other"),
    ] {
        let before = pull_request_count(&sim);
        sim.script(Endpoint::Pull, ScriptedReply::Fail(1, words.into()));
        let last = sse_data(&post_pull(&test, "gemma3:4b").await).pop().expect("an end");
        assert_eq!((&last["status"], &last["error"]["cause"]), (&json!("error"), &json!(cause)), "{last}");
        assert_eq!(pull_request_count(&sim), before + 1, "{cause} is not tried again");
        assert!(!last.to_string().contains("/models") && !last.to_string().contains('<'), "{last}");
        assert_eq!(download_status(&test).await["last"]["error"]["cause"], cause, "it stays");
    }
    test.finish().await;
}

#[tokio::test]
async fn transient_failures_are_retried_visibly() {
    let (sim, test) = simulator_and_app().await;
    sim.script(Endpoint::Pull, ScriptedReply::Cut(3));
    sim.script(Endpoint::Pull, ScriptedReply::Fail(2, "context canceled".into()));
    let job = pulls::enqueue(&test.app, "qwen3:4b").await.expect("asked");
    wait_until_pulls(&test, |pulls| pulls.running.as_ref().is_some_and(|running| running.retry.is_some())).await;
    let waiting = download_status(&test).await;
    assert_eq!((&waiting["active"], &waiting["retry"]["error"]["cause"]), (&json!(true), &json!("interrupted")));
    assert_eq!((&waiting["bytes_per_second"], &waiting["eta_seconds"]), (&json!(0), &Value::Null));
    assert_eq!(pull_request_count(&sim), 1, "not before its time");
    advance_until(&test, Duration::from_secs(1), |pulls| pulls.ended(job.id).is_some()).await;
    assert_eq!(download_status(&test).await["last"]["outcome"], "success");
    assert_eq!(pull_request_count(&sim), 3);
    test.finish().await;
}

#[tokio::test]
async fn another_pull_goes_while_one_waits_to_be_tried_again() {
    let (sim, test) = simulator_and_app().await;
    sim.script(Endpoint::Pull, ScriptedReply::Stop(0));
    sim.script(Endpoint::Pull, ScriptedReply::Stop(0));
    sim.script(Endpoint::Pull, ScriptedReply::Stop(0));
    let waiting = pulls::enqueue(&test.app, "qwen3:4b").await.expect("asked");
    let is_waiting = |pulls: &LivePulls| pulls.running.as_ref().is_some_and(|running| running.retry.is_some());
    // Until the pause of the third attempt, 20 seconds.
    advance_until(&test, Duration::from_secs(1), |pulls| is_waiting(pulls) && pull_request_count(&sim) == 3).await;
    let other = pulls::enqueue(&test.app, "gemma3:4b").await.expect("asked");
    // In small steps: the pause of the first one is not over before the other has ended.
    advance_until(&test, CLOCK_STEP, |pulls| {
        assert!(pulls.ended(waiting.id).is_none(), "the other one goes first");
        pulls.ended(other.id).is_some()
    })
    .await;
    assert_eq!(download_status(&test).await["last"]["model"], "gemma3:4b");
    advance_until(&test, Duration::from_secs(1), |pulls| pulls.ended(waiting.id).is_some()).await;
    assert_eq!(download_status(&test).await["last"]["outcome"], "success", "and goes on itself");
    test.finish().await;
}

#[tokio::test]
async fn an_unreachable_ollama_is_awaited_without_a_limit() {
    let (mut sim, test) = simulator_and_app().await;
    sim.script(Endpoint::Pull, ScriptedReply::Stall(3));
    let job = pulls::enqueue(&test.app, "qwen3:4b").await.expect("asked");
    wait_for_pull_requests(&sim, 1, false).await;
    sim.shut_down().await;
    let is_waiting = |pulls: &LivePulls| {
        pulls
            .running
            .as_ref()
            .and_then(|running| running.retry.as_ref())
            .is_some_and(|retry| retry.error.cause == "refused")
    };
    advance_until(&test, Duration::from_secs(1), is_waiting).await;
    let began = test.app.clock.now();
    advance_until(&test, Duration::from_secs(30), |pulls| {
        assert!(pulls.ended(job.id).is_none(), "it is not given up");
        test.app.clock.now().since(began) > 3600
    })
    .await;
    sim.restart().await.expect("the same port");
    advance_until(&test, Duration::from_secs(1), |pulls| pulls.ended(job.id).is_some()).await;
    assert_eq!(download_status(&test).await["last"]["outcome"], "success");
    test.finish().await;
}

#[tokio::test]
async fn retries_are_bounded() {
    let (sim, test) = simulator_and_app().await;
    sim.always(Endpoint::Pull, ScriptedReply::Stop(0));
    let job = pulls::enqueue(&test.app, "qwen3:4b").await.expect("asked");
    advance_until(&test, Duration::from_secs(2), |pulls| pulls.ended(job.id).is_some()).await;
    assert_eq!(pull_request_count(&sim), 6, "once, and five times more");
    assert_eq!(download_status(&test).await["last"]["error"]["cause"], "interrupted");
    test.finish().await;
}

#[tokio::test]
async fn a_pull_that_waits_to_be_tried_again_can_be_cancelled() {
    let (sim, test) = simulator_and_app().await;
    sim.always(Endpoint::Pull, ScriptedReply::Stop(0));
    pulls::enqueue(&test.app, "qwen3:4b").await.expect("asked");
    wait_until_pulls(&test, |pulls| pulls.running.as_ref().is_some_and(|running| running.retry.is_some())).await;
    pulls::cancel(&test.app, Some("qwen3:4b")).await.expect("cancelled");
    assert_eq!(download_status(&test).await["last"]["outcome"], "cancelled");
    assert_eq!(pull_request_count(&sim), 1);
    test.finish().await;
}

#[tokio::test]
async fn a_stall_shows_while_lines_keep_coming() {
    let settings = SimulatorSettings {
        pull_tick: Duration::from_millis(2),
        pull_step: 100_000_000,
        ..SimulatorSettings::default()
    };
    let (sim, test) = simulator_and_app_with(settings).await;
    sim.script(Endpoint::Pull, ScriptedReply::Dry(5, usize::MAX));
    pulls::enqueue(&test.app, "qwen3:4b").await.expect("asked");
    advance_until(&test, Duration::from_secs(2), |pulls| {
        pulls.running.as_ref().is_some_and(|running| running.progress.stalled)
    })
    .await;
    let now = download_status(&test).await;
    assert_eq!((&now["active"], &now["stalled"], &now["bytes_per_second"]), (&json!(true), &json!(true), &json!(0)));
    assert!(now["quiet_seconds"].as_i64() >= Some(40) && now["last"].is_null(), "stalled is not failed: {now}");
    pulls::cancel(&test.app, None).await.expect("cancelled");
    test.finish().await;
}

#[tokio::test]
async fn a_restart_goes_on_by_itself_and_never_lower() {
    let (sim, test) = simulator_and_app().await;
    script_stall(&sim, 4);
    pulls::enqueue(&test.app, "qwen3:4b").await.expect("asked");
    pulls::enqueue(&test.app, "gemma3:4b").await.expect("asked");
    advance_until(&test, CLOCK_STEP, |pulls| pulls.running.as_ref().is_some_and(|running| running.progress.total > 0))
        .await;
    let before = download_status(&test).await;
    let data = test.finish().await;
    wait_for_pull_requests(&sim, 1, true).await;

    script_stall(&sim, 0);
    let test = app_on(&sim, data).await;
    wait_for_pull_requests(&sim, 2, false).await;
    let after = download_status(&test).await;
    assert_eq!((&after["model"], &after["queued"]), (&before["model"], &json!(["gemma3:4b"])));
    for field in ["percent", "completed", "total"] {
        assert!(after[field].as_f64() >= before[field].as_f64(), "{field}: {after} after {before}");
    }
    pulls::cancel(&test.app, None).await.expect("cancelled");
    wait_until_pulls(&test, |pulls| pulls.running.is_none()).await;
    let job = pulls::enqueue(&test.app, "gemma3:4b").await.expect("asked or joined");
    wait_until_ended(&test, job.id).await;
    assert!(sim.installed().contains(&"gemma3:4b".to_owned()), "what waited had its turn");
    test.finish().await;
}

#[tokio::test]
async fn nothing_is_sent_for_a_name_that_is_none_or_a_registry_that_is_not_allowed() {
    let (sim, test) = simulator_and_app().await;
    let long = "m".repeat(81);
    let names =
        ["", "../x", "a b", "x@sha256:abc", "10.0.0.5:80/a/b", "http://x", "x:local:cloud", "evil.example/a/b", &long];
    for name in names {
        let answer = post_pull(&test, name).await;
        let error = &answer.json()["error"];
        assert_eq!((answer.status.as_u16(), &error["kind"]), (422, &json!("invalid")), "{name}: {}", answer.body);
        assert!(error["field"] == "model", "{name}: {error}");
    }
    for body in [json!({"model": "x", "insecure": true}), json!({"name": "x"})] {
        assert_eq!(test.post("/api/ollama/models/pull", &body).await.status.as_u16(), 400, "{body}");
    }
    assert_eq!(pulls::enqueue(&test.app, "a b").await.map_err(|error| error.kind).map(drop), Err(ErrorKind::Invalid));
    assert!(sim.requests().is_empty(), "{:?}", sim.requests());

    sim.offer(ModelSpec::new("hf.co/u/r:Q4_K_M", 1_000_000));
    let hugging = sse_data(&post_pull(&test, "hf.co/u/r:Q4_K_M").await).pop();
    assert_eq!(hugging, Some(json!({"status": "success"})));
    test.finish().await;
}

#[tokio::test]
async fn pulls_are_started_cancelled_and_dismissed_by_forms() {
    let (sim, test) = simulator_and_app().await;
    script_stall(&sim, 1);
    let location = |answer: &crate::support::test_app::TestResponse| answer.header("location").to_owned();
    let requests_for = test.post_form("/fn/ollama/pull", &[("model", "qwen3:4b")]).await;
    assert_eq!(requests_for.status.as_u16(), 302, "{}", requests_for.body);
    assert_eq!(location(&requests_for), "/settings/ollama?done=pull-asked#library");
    wait_until_pulls(&test, |pulls| pulls.running.is_some()).await;
    let cancelled = test.post_form("/fn/ollama/pull/cancel", &[]).await;
    assert_eq!(location(&cancelled), "/settings/ollama?done=pull-cancelled#library", "{}", cancelled.body);
    test.post_form("/fn/ollama/pull/dismiss", &[]).await;
    assert_eq!(download_status(&test).await["last"]["dismissed"], true);
    let refused = test.post_form("/fn/ollama/pull", &[("model", "a b")]).await;
    assert!(location(&refused).starts_with("/settings/ollama?outcome="), "{}", location(&refused));
    test.finish().await;
}
