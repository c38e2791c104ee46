//! Cases 39–48, 52 and 54: what answers do to the articles they are about.

use super::question;
use crate::support::{
    articles::{entry, look, looks, store, store_many},
    model::{good, is_first_step, with},
    test_app::TestApp,
};
use gleaner::{
    domain::scoring::Phase,
    server::{
        demo::ollama::{Act, Call, Simulator},
        scoring::reply::{self, BadAnswer},
        services::{models, scoring},
        worker::scorer,
    },
};
use serde_json::{Value, json};

async fn stage() -> (Simulator, TestApp) {
    let sim = Simulator::start().await.expect("a simulator");
    sim.answer_with(good);
    let test = with(&sim).await;
    (sim, test)
}

/// One article, whose first answers are these: its state, its attempts, and how often Ollama was asked about the first step.
async fn scored(acts: Vec<Act>) -> (String, i64, usize) {
    let (sim, test) = stage().await;
    let id = store_many(&test.app, 1).await[0];
    acts.into_iter().for_each(|act| sim.script(Call::Chat, act));
    scorer::drain(&test.app).await;
    let asked = sim.requests_of(Call::Chat).iter().filter(|r| is_first_step(&r.body)).count();
    let look = look(&test.app, id).await;
    (look.state, look.attempts, asked)
}

fn refused(text: &str) -> Act {
    Act::Status(400, text.into())
}

#[tokio::test]
async fn case_39_cut_json_is_asked_for_at_double_length_and_then_given_up_cleanly() {
    assert_eq!(scored(vec![Act::Length(1)]).await, ("scored".into(), 0, 2));
    let (sim, test) = stage().await;
    let id = store_many(&test.app, 1).await[0];
    sim.always(Call::Chat, Act::Length(1));
    scorer::drain(&test.app).await;
    let lengths: Vec<i64> =
        sim.requests_of(Call::Chat)[..2].iter().filter_map(|r| r.body["options"]["num_predict"].as_i64()).collect();
    assert_eq!(lengths[1], 2 * lengths[0]);
    let look = look(&test.app, id).await;
    assert_eq!((look.state.as_str(), look.attempts), ("failed", 3), "{look:?}");
}

#[tokio::test]
async fn case_40_whole_json_at_the_limit_is_taken() {
    let answer = json!({"categories": ["AI"], "new_categories": []}).to_string();
    let body = format!(
        "{}\n",
        json!({"message": {"content": answer}, "done": true, "done_reason": "length", "prompt_eval_count": 10})
    );
    assert_eq!(scored(vec![super::ndjson(&body)]).await, ("scored".into(), 0, 1));
}

#[tokio::test]
async fn case_41_thoughts_without_an_answer_are_asked_for_otherwise() {
    let (sim, test) = stage().await;
    store_many(&test.app, 1).await;
    sim.script(Call::Chat, Act::Think("hmm".into(), String::new()));
    scorer::drain(&test.app).await;
    let asked = sim.requests_of(Call::Chat);
    assert_ne!(asked[0].body.get("think"), asked[1].body.get("think"));
    assert_eq!(looks(&test.app).await[0].state, "scored");
}

#[test]
fn case_42_answers_are_repaired_or_refused_by_rule() {
    let good = r#"{"evidence":[],"explanation":"About looms.","interest":8,"quality":6}"#;
    for text in [good.to_owned(), format!("```json\n{good}\n```"), format!("Sure! {good} Anything else?")] {
        let judgement = reply::judgement(&text).expect(&text);
        assert_eq!((judgement.interest, judgement.quality), (8, 6));
    }
    // A number out of its range is no answer: clamped, it would look like one.
    assert!(reply::judgement(&good.replace(":8", ":150")).is_err());
    assert_eq!(reply::judgement("I like it"), Err(BadAnswer::NotJson));
}

#[tokio::test]
async fn case_43_a_model_that_cannot_think_is_told_once() {
    let (sim, test) = stage().await;
    store_many(&test.app, 2).await;
    sim.script(Call::Chat, refused("\"qwen3:8b\" does not support thinking"));
    scorer::drain(&test.app).await;
    let wished: Vec<bool> = sim.requests_of(Call::Chat).iter().map(|r| r.body.get("think").is_some()).collect();
    assert!(wished[0] && wished[1..].iter().all(|wish| !wish), "remembered: {wished:?}");
}

#[tokio::test]
async fn case_44_an_article_that_is_too_long_is_shortened_once() {
    for text in [
        "the input length exceeds the context length",
        "the prompt is longer than the context length currently available to the model; raise it",
        r#"{"error":{"code":400,"message":"too long","type":"exceed_context_size_error","n_ctx":4096}}"#,
    ] {
        let (sim, test) = stage().await;
        let long = entry("Long", &format!("<p>{}</p>", "A long sentence about looms. ".repeat(2_000)));
        store(&test.app, &[long]).await;
        sim.script(Call::Chat, refused(text));
        scorer::drain(&test.app).await;
        let asked = sim.requests_of(Call::Chat);
        assert!(
            asked[1].text.len() < asked[0].text.len() * 6 / 10,
            "{text}: {} {}",
            asked[0].text.len(),
            asked[1].text.len()
        );
        assert_eq!(looks(&test.app).await[0].state, "scored", "{text}");
    }
}

/// Every article still waits, none of them blamed.
async fn nothing_lost(test: &TestApp, count: usize) {
    let all = looks(&test.app).await;
    assert_eq!(all.len(), count);
    assert!(all.iter().all(|l| l.state == "queued" && l.attempts == 0 && !l.leased), "{all:?}");
}

#[tokio::test]
async fn case_45_a_model_that_was_deleted_meanwhile_pauses_the_work() {
    let (sim, test) = stage().await;
    models::check_now(&test.app).await;
    store_many(&test.app, 3).await;
    sim.remove("qwen3:8b");
    scorer::drain(&test.app).await;
    nothing_lost(&test, 3).await;
    let status = scoring::status(&test.app).await.expect("known");
    assert_eq!((status.phase, status.readiness.reason.as_deref()), (Phase::Waiting, Some("model_missing")));
    models::check_now(&test.app).await;
    assert!(models::installed(&test.app).await.expect("a list").is_empty(), "the list is fresh");
}

#[tokio::test]
async fn case_46_a_busy_server_loses_nothing() {
    let (sim, test) = stage().await;
    store_many(&test.app, 3).await;
    sim.always(
        Call::Chat,
        Act::Status(503, "server busy, please try again.  maximum pending requests exceeded".into()),
    );
    scorer::drain(&test.app).await;
    nothing_lost(&test, 3).await;
    sim.always(Call::Chat, None);
    scorer::drain(&test.app).await;
    assert!(looks(&test.app).await.iter().all(|l| l.state == "scored"));
}

#[tokio::test]
async fn case_47_too_little_memory_is_no_hot_loop() {
    let (sim, test) = stage().await;
    store_many(&test.app, 5).await;
    sim.always(
        Call::Chat,
        Act::Status(500, "model requires more system memory (9 GiB) than is available (8 GiB)".into()),
    );
    scorer::drain(&test.app).await;
    assert_eq!(sim.requests_of(Call::Chat).len(), 1, "asked once, and the others are not tried");
    nothing_lost(&test, 5).await;
    let message = scoring::status(&test.app).await.expect("known").readiness.message.expect("a reason");
    assert!(message.contains("memory") && message.contains("smaller model"), "{message}");
}

#[tokio::test]
async fn case_48_a_crash_that_the_next_call_survives_costs_nothing() {
    let (sim, test) = stage().await;
    store_many(&test.app, 2).await;
    sim.script(Call::Chat, Act::Fail(1, "an error was encountered while running the model: unexpected EOF".into()));
    for _ in 0..2 {
        scorer::drain(&test.app).await;
    }
    let all = looks(&test.app).await;
    assert!(all.iter().all(|l| l.state == "scored" && l.attempts == 0), "{all:?}");
}

#[tokio::test]
async fn case_52_a_warm_up_does_not_make_the_model_load_again() {
    let (sim, test) = stage().await;
    models::load(&test.app, "qwen3:8b").await.expect("loaded");
    store_many(&test.app, 1).await;
    scorer::drain(&test.app).await;
    test.app.ollama.chat(&question()).await.expect("an answer");
    let asked = sim.requests_of(Call::Chat);
    let of_runner = |body: &Value| (body["options"]["num_ctx"].clone(), body["keep_alive"].clone());
    assert!(asked.iter().all(|r| of_runner(&r.body) == of_runner(&asked[0].body)), "what a runner is started with");
    assert_eq!(sim.loads(), 1);
}

#[tokio::test]
async fn case_54_the_instructions_are_the_same_for_every_article() {
    let (sim, test) = stage().await;
    store_many(&test.app, 4).await;
    scorer::drain(&test.app).await;
    let asked = sim.requests_of(Call::Chat);
    for first_step in [true, false] {
        let of_step: Vec<_> = asked.iter().filter(|r| is_first_step(&r.body) == first_step).collect();
        assert_eq!(of_step.len(), 4);
        assert!(of_step.iter().all(|r| r.body["messages"][0] == of_step[0].body["messages"][0]));
        assert_eq!(of_step[0].body["messages"][0]["role"], "system");
    }
}
