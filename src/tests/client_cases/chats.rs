//! Cases 36–38, 49–51, 53 and 55–57: an answer on the wire.

use super::{client, config, json, ndjson, question, raw};
use crate::support::test_app::START;
use gleaner::server::{
    clock::{Clock, FakeClock},
    config::Secret,
    demo::ollama::{Act, Call, Outcome, Settings, Simulator},
    ollama::{
        client::{ChatAnswer, Client},
        error::OllamaError,
        metrics::Metrics,
        remedy,
    },
};
use std::time::Duration;

/// The answer when the server says this.
async fn heard(act: Act) -> Result<ChatAnswer, OllamaError> {
    let sim = Simulator::start().await.expect("a simulator");
    sim.script(Call::Chat, act);
    client(&sim.url).chat(&question()).await
}

#[tokio::test]
async fn case_36_text_of_the_last_chunk_is_kept() {
    let body = "{\"message\":{\"content\":\"a\"},\"done\":false}\n{\"message\":{\"content\":\"b\"},\"done\":true,\"done_reason\":\"stop\"}\n";
    assert_eq!(heard(ndjson(body)).await.map(|answer| answer.content), Ok("ab".into()));
}

#[tokio::test]
async fn case_37_an_error_line_takes_back_what_came_before() {
    let crash = "an error was encountered while running the model: unexpected EOF";
    assert_eq!(heard(Act::Fail(3, crash.into())).await.map_err(|error| error.word()), Err("runner_crashed"));
}

#[tokio::test]
async fn case_38_an_answer_without_its_end_is_cut_off() {
    let whole = r#"{"message":{"content":"a"},"done":false}"#;
    for act in [Act::Stop(2), Act::Cut(2), json(whole)] {
        assert_eq!(heard(act).await, Err(OllamaError::CutOff));
    }
}

#[tokio::test]
async fn case_49_eight_minutes_of_loading_are_waited_for_and_can_be_left() {
    let clock = FakeClock::at(START);
    let settings =
        Settings { clock: Clock::Fake(clock.clone()), load_time: Duration::from_secs(480), ..Settings::default() };
    let sim = Simulator::start_with(settings).await.expect("a simulator");
    let ollama = Client::new(&config(&sim.url), Clock::Fake(clock.clone()));
    let asking = tokio::spawn(async move { ollama.chat(&question()).await });
    sim.wait_until(|all| !all.is_empty()).await;
    for _ in 0..47 {
        clock.advance(Duration::from_secs(10));
        tokio::task::yield_now().await;
    }
    assert!(!asking.is_finished() && sim.requests()[0].outcome != Outcome::Left);
    asking.abort();
    sim.wait_until(|all| all[0].outcome == Outcome::Left).await;
    assert_eq!(sim.loads(), 0, "leaving gives the load up");
}

#[test]
fn case_50_figures_that_are_missing_are_unknown() {
    for metrics in [Metrics::default(), Metrics { eval_count: Some(3), eval_duration: Some(0), ..Metrics::default() }] {
        assert_eq!(metrics.tokens_per_second(), None);
    }
}

#[test]
fn case_51_the_wait_in_the_queue_is_what_is_left_and_never_negative() {
    let metrics = Metrics {
        total_duration: Some(10_000_000_000),
        load_duration: Some(1_000_000_000),
        prompt_eval_duration: Some(2_000_000_000),
        eval_duration: Some(4_000_000_000),
        ..Metrics::default()
    };
    assert_eq!(metrics.queue_wait(), Some(Duration::from_secs(3)));
    assert_eq!(Metrics { total_duration: Some(5), ..metrics }.queue_wait(), Some(Duration::ZERO));
}

#[tokio::test]
async fn case_53_requests_have_a_length_and_nothing_of_a_browser() {
    let sim = Simulator::start().await.expect("a simulator");
    let mut settings = config(&sim.url);
    settings.bearer_token = Some(Secret("s3cret".into()));
    let ollama = Client::new(&settings, Clock::System);
    ollama.chat(&question()).await.expect("an answer");
    let asked = &sim.requests_of(Call::Chat)[0];
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
    sim.always(Call::Chat, Act::Text(" \n".repeat(100_000)));
    let answer = client(&sim.url).chat(&question()).await.expect("an answer");
    assert!(!answer.complete && answer.content.trim().is_empty(), "stopped by num_predict");
    assert!(answer.content.len() <= 4 * 400, "{} bytes", answer.content.len());
}

#[tokio::test]
async fn case_56_a_line_without_end_is_given_up() {
    let act = ndjson(&"x".repeat(16 * 1024 * 1024 + 1));
    assert_eq!(heard(act).await.map_err(|error| error.word()), Err("too_large"));
}

#[tokio::test]
async fn case_57_refusals_of_the_cloud_have_words_of_their_own() {
    let mut told = Vec::new();
    for (status, body) in [
        (401, r#"{"error":"unauthorized","signin_url":"https://ollama.com/connect?x=1"}"#),
        (401, r#"{"error":"unauthorized","signin_url":"https://evil.example/"}"#),
        (403, r#"{"error":"ollama cloud is disabled: remote model is unavailable"}"#),
        (429, r#"{"error":"too many requests"}"#),
        (502, r#"{"error":"upstream"}"#),
    ] {
        let error = heard(raw(status, "application/json", body)).await.expect_err("refused");
        let (message, hint) = remedy::words(&error, "http://h");
        told.push((error.word(), format!("{message} {hint}")));
    }
    let words: Vec<&str> = told.iter().map(|(word, _)| *word).collect();
    assert_eq!(words, ["auth", "auth", "forbidden", "gateway", "gateway"]);
    assert!(told[0].1.contains("https://ollama.com/connect") && !told[1].1.contains("evil"), "{told:?}");
}
