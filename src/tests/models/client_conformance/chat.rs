//! Cases 36–38, 49–51, 53 and 55–57: chats.

use super::{chat_request, client, json_reply, ndjson_reply, ollama_config, raw_reply};
use crate::support::simulator::{Endpoint, RequestOutcome, ScriptedReply, Simulator, SimulatorSettings};
use crate::support::test_app::START_TIME;
use gleaner::server::{
    clock::{Clock, FakeClock},
    config::Secret,
    models::ollama::{
        client::{ChatAnswer, OllamaClient},
        error::OllamaError,
        error_message,
        metrics::AnswerMetrics,
    },
};
use std::time::Duration;

/// The answer when the server says this.
async fn chat_with_reply(act: ScriptedReply) -> Result<ChatAnswer, OllamaError> {
    let sim = Simulator::start().await.expect("a simulator");
    sim.script(Endpoint::Chat, act);
    client(&sim.url).chat(&chat_request()).await
}

#[tokio::test]
async fn case_36_text_of_the_last_chunk_is_kept() {
    let body = "{\"message\":{\"content\":\"a\"},\"done\":false}\n{\"message\":{\"content\":\"b\"},\"done\":true,\"done_reason\":\"stop\"}\n";
    assert_eq!(chat_with_reply(ndjson_reply(body)).await.map(|answer| answer.content), Ok("ab".into()));
}

#[tokio::test]
async fn case_37_an_error_line_discards_the_answer_so_far() {
    let crash = "an error was encountered while running the model: unexpected EOF";
    assert_eq!(
        chat_with_reply(ScriptedReply::Fail(3, crash.into())).await.map_err(|error| error.code()),
        Err("runner_crashed")
    );
}

#[tokio::test]
async fn case_38_an_answer_without_its_end_is_cut_off() {
    let whole = r#"{"message":{"content":"a"},"done":false}"#;
    for act in [ScriptedReply::Stop(2), ScriptedReply::Cut(2), json_reply(whole)] {
        assert_eq!(chat_with_reply(act).await, Err(OllamaError::CutOff));
    }
}

#[tokio::test]
async fn case_49_eight_minutes_of_loading_are_waited_for_and_can_be_left() {
    let clock = FakeClock::at(START_TIME);
    let settings = SimulatorSettings {
        clock: Clock::Fake(clock.clone()),
        load_time: Duration::from_secs(480),
        ..SimulatorSettings::default()
    };
    let sim = Simulator::start_with(settings).await.expect("a simulator");
    let ollama = OllamaClient::new(&ollama_config(&sim.url), Clock::Fake(clock.clone()));
    let asking = tokio::spawn(async move { ollama.chat(&chat_request()).await });
    sim.wait_until(|all| !all.is_empty()).await;
    for _ in 0..47 {
        clock.advance(Duration::from_secs(10));
        tokio::task::yield_now().await;
    }
    assert!(!asking.is_finished() && sim.requests()[0].outcome != RequestOutcome::Left);
    asking.abort();
    sim.wait_until(|all| all[0].outcome == RequestOutcome::Left).await;
    assert_eq!(sim.loads(), 0, "leaving gives the load up");
}

#[test]
fn case_50_figures_that_are_missing_are_unknown() {
    for metrics in [
        AnswerMetrics::default(),
        AnswerMetrics { eval_count: Some(3), eval_duration: Some(0), ..AnswerMetrics::default() },
    ] {
        assert_eq!(metrics.tokens_per_second(), None);
    }
}

#[test]
fn case_51_the_wait_in_the_queue_is_what_is_left_and_never_negative() {
    let metrics = AnswerMetrics {
        total_duration: Some(10_000_000_000),
        load_duration: Some(1_000_000_000),
        prompt_eval_duration: Some(2_000_000_000),
        eval_duration: Some(4_000_000_000),
        ..AnswerMetrics::default()
    };
    assert_eq!(metrics.queue_wait(), Some(Duration::from_secs(3)));
    assert_eq!(AnswerMetrics { total_duration: Some(5), ..metrics }.queue_wait(), Some(Duration::ZERO));
}

#[tokio::test]
async fn case_53_requests_have_a_length_and_nothing_of_a_browser() {
    let sim = Simulator::start().await.expect("a simulator");
    let mut settings = ollama_config(&sim.url);
    settings.bearer_token = Some(Secret("s3cret".into()));
    let ollama = OllamaClient::new(&settings, Clock::System);
    ollama.chat(&chat_request()).await.expect("an answer");
    let asked = &sim.requests_of(Endpoint::Chat)[0];
    assert_eq!(asked.headers["content-length"].to_str().expect("text"), asked.text.len().to_string());
    assert_eq!(asked.headers["authorization"].to_str().expect("text"), "Bearer s3cret");
    for absent in ["transfer-encoding", "origin", "cookie", "referer"] {
        assert!(!asked.headers.contains_key(absent), "{absent}");
    }
    assert!(!format!("{ollama:?} {settings:?}").contains("s3cret"), "nothing that is logged holds it");
}

#[tokio::test]
async fn case_55_a_flood_of_blanks_ends_at_its_limit() {
    let sim = Simulator::start().await.expect("a simulator");
    sim.always(Endpoint::Chat, ScriptedReply::Text(" \n".repeat(100_000)));
    let answer = client(&sim.url).chat(&chat_request()).await.expect("an answer");
    assert!(!answer.complete && answer.content.trim().is_empty(), "stopped by num_predict");
    assert!(answer.content.len() <= 4 * 400, "{} bytes", answer.content.len());
}

#[tokio::test]
async fn case_56_a_line_that_is_too_long_is_an_error() {
    let act = ndjson_reply(&"x".repeat(16 * 1024 * 1024 + 1));
    assert_eq!(chat_with_reply(act).await.map_err(|error| error.code()), Err("too_large"));
}

#[tokio::test]
async fn case_57_refusals_of_the_cloud_have_their_own_messages() {
    let mut told = Vec::new();
    for (status, body) in [
        (401, r#"{"error":"unauthorized","signin_url":"https://ollama.com/connect?x=1"}"#),
        (401, r#"{"error":"unauthorized","signin_url":"https://evil.example/"}"#),
        (403, r#"{"error":"ollama cloud is disabled: remote model is unavailable"}"#),
        (429, r#"{"error":"too many requests"}"#),
        (502, r#"{"error":"upstream"}"#),
    ] {
        let error = chat_with_reply(raw_reply(status, "application/json", body)).await.expect_err("refused");
        let (message, hint) = error_message::message_and_hint(&error, "http://h");
        told.push((error.code(), format!("{message} {hint}")));
    }
    let words: Vec<&str> = told.iter().map(|(word, _)| *word).collect();
    assert_eq!(words, ["auth", "auth", "forbidden", "gateway", "gateway"]);
    assert!(told[0].1.contains("https://ollama.com/connect") && !told[1].1.contains("evil"), "{told:?}");
}
