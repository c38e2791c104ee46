//! Cases 39–48, 52 and 54: scoring.

use super::chat_request;
use crate::support::simulator::{Endpoint, ModelSpec, ScriptedReply, Simulator};
use crate::support::{
    articles::{article_record, article_records, new_article, store_articles, store_plain_articles},
    simulated_model::{app_with, is_categorization, valid_answer},
    test_app::TestApp,
};
use gleaner::{
    domain::scoring::ScoringPhase,
    server::{
        scoring::answer::{self, AnswerError},
        services::{models, scoring},
        worker::scorer,
    },
};
use serde_json::{Value, json};
use std::time::Duration;

async fn simulator_and_app() -> (Simulator, TestApp) {
    let sim = Simulator::start().await.expect("a simulator");
    sim.answer_with(valid_answer);
    let test = app_with(&sim).await;
    (sim, test)
}

/// One article, whose first answers are these: its state, its attempts, and how often Ollama was asked about the first step.
async fn state_after_replies(acts: Vec<ScriptedReply>) -> (String, i64, usize) {
    let (sim, test) = simulator_and_app().await;
    let id = store_plain_articles(&test.app, 1).await[0];
    acts.into_iter().for_each(|act| sim.script(Endpoint::Chat, act));
    scorer::drain(&test.app).await;
    let asked = sim.requests_of(Endpoint::Chat).iter().filter(|r| is_categorization(&r.body)).count();
    let look = article_record(&test.app, id).await;
    (look.state, look.attempts, asked)
}

fn bad_request(text: &str) -> ScriptedReply {
    ScriptedReply::Status(400, text.into())
}

#[tokio::test]
async fn case_39_cut_json_is_asked_for_at_double_length_and_then_given_up_cleanly() {
    assert_eq!(state_after_replies(vec![ScriptedReply::Length(1)]).await, ("scored".into(), 0, 2));
    let (sim, test) = simulator_and_app().await;
    let id = store_plain_articles(&test.app, 1).await[0];
    sim.always(Endpoint::Chat, ScriptedReply::Length(1));
    scorer::drain(&test.app).await;
    let lengths: Vec<i64> =
        sim.requests_of(Endpoint::Chat)[..2].iter().filter_map(|r| r.body["options"]["num_predict"].as_i64()).collect();
    assert_eq!(lengths[1], 2 * lengths[0]);
    let look = article_record(&test.app, id).await;
    assert_eq!((look.state.as_str(), look.attempts), ("failed", 3), "{look:?}");
}

#[tokio::test]
async fn case_40_whole_json_at_the_limit_is_taken() {
    let answer = json!({"categories": ["AI"], "new_categories": []}).to_string();
    let body = format!(
        "{}\n",
        json!({"message": {"content": answer}, "done": true, "done_reason": "length", "prompt_eval_count": 10})
    );
    assert_eq!(state_after_replies(vec![super::ndjson_reply(&body)]).await, ("scored".into(), 0, 1));
}

#[tokio::test]
async fn case_41_thinking_without_an_answer_changes_the_request() {
    let (sim, test) = simulator_and_app().await;
    store_plain_articles(&test.app, 1).await;
    sim.script(Endpoint::Chat, ScriptedReply::Think("hmm".into(), String::new()));
    scorer::drain(&test.app).await;
    let asked = sim.requests_of(Endpoint::Chat);
    assert_ne!(asked[0].body.get("think"), asked[1].body.get("think"));
    assert_eq!(article_records(&test.app).await[0].state, "scored");
}

#[test]
fn case_42_answers_are_repaired_or_refused_by_rule() {
    let good = r#"{"evidence":[],"explanation":"About looms.","interest":8,"quality":6}"#;
    for text in [good.to_owned(), format!("```json\n{good}\n```"), format!("Sure! {good} Anything else?")] {
        let judgment = answer::parse_judgment(&text, false).expect(&text).answer;
        assert_eq!((judgment.interest, judgment.quality), (8, 6));
    }
    // A number out of its range is no answer: clamped, it would look like one.
    assert!(answer::parse_judgment(&good.replace(":8", ":150"), true).is_err());
    assert_eq!(answer::parse_judgment("I like it", true), Err(AnswerError::NotJson));
}

#[tokio::test]
async fn case_43_unsupported_thinking_is_requested_once() {
    let (sim, test) = simulator_and_app().await;
    store_plain_articles(&test.app, 2).await;
    sim.script(Endpoint::Chat, bad_request("\"qwen3:8b\" does not support thinking"));
    scorer::drain(&test.app).await;
    let wished: Vec<bool> = sim.requests_of(Endpoint::Chat).iter().map(|r| r.body.get("think").is_some()).collect();
    assert!(wished[0] && wished[1..].iter().all(|wish| !wish), "remembered: {wished:?}");
}

#[tokio::test]
async fn case_44_an_article_that_is_too_long_is_shortened_once() {
    for text in [
        "the input length exceeds the context length",
        "the prompt is longer than the context length currently available to the model; raise it",
        r#"{"error":{"code":400,"message":"too long","type":"exceed_context_size_error","n_ctx":4096}}"#,
    ] {
        let (sim, test) = simulator_and_app().await;
        let long = new_article("Long", &format!("<p>{}</p>", "A long sentence about looms. ".repeat(2_000)));
        store_articles(&test.app, &[long]).await;
        sim.script(Endpoint::Chat, bad_request(text));
        scorer::drain(&test.app).await;
        let asked = sim.requests_of(Endpoint::Chat);
        assert!(
            asked[1].text.len() < asked[0].text.len() * 6 / 10,
            "{text}: {} {}",
            asked[0].text.len(),
            asked[1].text.len()
        );
        assert_eq!(article_records(&test.app).await[0].state, "scored", "{text}");
    }
}

/// Every article still waits, none of them blamed.
async fn assert_all_queued(test: &TestApp, count: usize) {
    let all = article_records(&test.app).await;
    assert_eq!(all.len(), count);
    assert!(all.iter().all(|l| l.state == "queued" && l.attempts == 0 && !l.leased), "{all:?}");
}

#[tokio::test]
async fn case_45_a_model_that_was_deleted_meanwhile_pauses_the_work() {
    let (sim, test) = simulator_and_app().await;
    models::poll_now(&test.app).await;
    store_plain_articles(&test.app, 3).await;
    sim.remove("qwen3:8b");
    scorer::drain(&test.app).await;
    assert_all_queued(&test, 3).await;
    let status = scoring::load_status(&test.app).await.expect("known");
    assert_eq!((status.phase, status.readiness.reason.as_deref()), (ScoringPhase::Waiting, Some("model_missing")));
    models::poll_now(&test.app).await;
    assert!(models::list_installed(&test.app).await.expect("a list").is_empty(), "the list is fresh");
    let asked = sim.requests_of(Endpoint::Chat).len();
    for _ in 0..3 {
        scorer::drain(&test.app).await;
    }
    assert_eq!(sim.requests_of(Endpoint::Chat).len(), asked, "no prompt is sent for a model that is not in the list");
    assert_all_queued(&test, 3).await;
    sim.install(ModelSpec::recommended("qwen3:8b"));
    test.clock.advance(Duration::from_secs(6));
    scorer::drain(&test.app).await;
    assert!(
        article_records(&test.app).await.iter().all(|article| article.state == "scored"),
        "another program pulled it"
    );
}

#[tokio::test]
async fn case_46_a_busy_server_loses_nothing() {
    let (sim, test) = simulator_and_app().await;
    store_plain_articles(&test.app, 3).await;
    sim.always(
        Endpoint::Chat,
        ScriptedReply::Status(503, "server busy, please try again.  maximum pending requests exceeded".into()),
    );
    scorer::drain(&test.app).await;
    assert_all_queued(&test, 3).await;
    sim.always(Endpoint::Chat, None);
    scorer::drain(&test.app).await;
    assert!(article_records(&test.app).await.iter().all(|l| l.state == "scored"));
}

#[tokio::test]
async fn case_47_too_little_memory_is_no_hot_loop() {
    let (sim, test) = simulator_and_app().await;
    store_plain_articles(&test.app, 5).await;
    sim.always(
        Endpoint::Chat,
        ScriptedReply::Status(500, "model requires more system memory (9 GiB) than is available (8 GiB)".into()),
    );
    scorer::drain(&test.app).await;
    assert_eq!(sim.requests_of(Endpoint::Chat).len(), 1, "asked once, and the others are not tried");
    assert_all_queued(&test, 5).await;
    let message = scoring::load_status(&test.app).await.expect("known").readiness.message.expect("a reason");
    assert!(message.contains("memory") && message.contains("smaller model"), "{message}");
}

#[tokio::test]
async fn case_48_a_single_crash_costs_no_attempt() {
    let (sim, test) = simulator_and_app().await;
    store_plain_articles(&test.app, 2).await;
    sim.script(
        Endpoint::Chat,
        ScriptedReply::Fail(1, "an error was encountered while running the model: unexpected EOF".into()),
    );
    for _ in 0..2 {
        scorer::drain(&test.app).await;
    }
    let all = article_records(&test.app).await;
    assert!(all.iter().all(|l| l.state == "scored" && l.attempts == 0), "{all:?}");
}

#[tokio::test]
async fn case_52_a_warm_up_does_not_make_the_model_load_again() {
    let (sim, test) = simulator_and_app().await;
    models::load(&test.app, "qwen3:8b").await.expect("loaded");
    store_plain_articles(&test.app, 1).await;
    scorer::drain(&test.app).await;
    test.app.ollama.chat(&chat_request()).await.expect("an answer");
    let asked = sim.requests_of(Endpoint::Chat);
    let of_runner = |body: &Value| (body["options"]["num_ctx"].clone(), body["keep_alive"].clone());
    assert!(asked.iter().all(|r| of_runner(&r.body) == of_runner(&asked[0].body)), "what a runner is started with");
    assert_eq!(sim.loads(), 1);
}

#[tokio::test]
async fn case_54_the_instructions_are_the_same_for_every_article() {
    let (sim, test) = simulator_and_app().await;
    store_plain_articles(&test.app, 4).await;
    scorer::drain(&test.app).await;
    let asked = sim.requests_of(Endpoint::Chat);
    for first_step in [true, false] {
        let of_step: Vec<_> = asked.iter().filter(|r| is_categorization(&r.body) == first_step).collect();
        assert_eq!(of_step.len(), 4);
        assert!(of_step.iter().all(|r| r.body["messages"][0] == of_step[0].body["messages"][0]));
        assert_eq!(of_step[0].body["messages"][0]["role"], "system");
    }
}
