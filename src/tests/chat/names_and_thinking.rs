//! The name of a conversation, how much its model thinks, and what a reader waits for.

use crate::support::simulator::{Endpoint, ModelSpec, ScriptedReply, Simulator, SimulatorSettings};
use crate::support::{
    articles::store_plain_articles,
    simulated_model::{app_with, valid_answer},
    test_app::{START_TIME, TestApp},
};
use gleaner::server::{
    clock::{Clock, FakeClock},
    services::{models, scoring},
    worker::scorer,
};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// A conversation whose first answer is complete.
async fn begin_conversation(test: &TestApp, body: &Value) -> Value {
    let begun = test.post("/api/conversations", body).await;
    assert_eq!(begun.status.as_u16(), 201, "{}", begun.body);
    wait_for_answer(test).await;
    test.get("/api/conversations/1").await.json()
}

async fn wait_for_answer(test: &TestApp) {
    test.get("/api/conversations/1/answer").await;
}

/// The values of `think` in the chats so far.
fn sent_think(sim: &Simulator) -> Vec<Value> {
    sim.requests_of(Endpoint::Chat).iter().map(|request| request.body["think"].clone()).collect()
}

#[tokio::test]
async fn a_conversation_is_renamed() {
    let sim = Simulator::start().await.expect("a simulator");
    let test = app_with(&sim).await;
    begin_conversation(&test, &json!({"message": "Why do looms hum?"})).await;
    let page = test.get("/chat/1").await.body;
    assert!(page.contains("Name and options") && page.contains("name=\"title\""), "{page}");
    assert!(page.contains("8192 (default)") && page.contains("task=chat"), "the options of the chat: {page}");

    let renamed = test.post_form("/fn/chat/rename", &[("conversation", "1"), ("title", " Humming\n <looms> ")]).await;
    assert_eq!((renamed.status.as_u16(), renamed.header("location")), (302, "/chat/1?done=chat-renamed"));
    for page in ["/chat", "/chat/1", "/chat/1/delete"] {
        assert!(test.get(page).await.body.contains("Humming &lt;looms&gt;"), "{page}");
    }
    for (title, words) in [("  ", "Give the conversation a name."), (&"x".repeat(121)[..], "at most 120")] {
        let refused = test.post_form("/fn/chat/rename", &[("conversation", "1"), ("title", title)]).await;
        let page = test.get(refused.header("location").split('#').next().expect("a path")).await.body;
        let field = page.split("name=\"title\"").nth(1).and_then(|rest| rest.split('>').next()).unwrap_or_default();
        assert!(page.contains(words) && field.contains("aria-invalid=\"true\""), "{words}: {page}");
        assert!(page.contains("id=\"settings\" open"), "the form can be seen: {page}");
    }

    let renamed = test.json(Method::PATCH, "/api/conversations/1", &json!({"title": "Looms"})).await;
    assert_eq!((renamed.status.as_u16(), &renamed.json()["title"]), (200, &json!("Looms")));
    for (path, body, status) in [
        ("/api/conversations/9", json!({"title": "x"}), 404),
        ("/api/conversations/1", json!({"title": ""}), 422),
        ("/api/conversations/1", json!({}), 422),
    ] {
        assert_eq!(test.json(Method::PATCH, path, &body).await.status.as_u16(), status, "{path} {body}");
    }
    assert_eq!(test.get("/api/conversations/1").await.json()["title"], "Looms", "nothing was lost");
    test.finish().await;
}

#[tokio::test]
async fn the_model_of_a_conversation_thinks_as_much_as_the_reader_says() {
    let sim = Simulator::start().await.expect("a simulator");
    sim.install(ModelSpec::recommended("llama3.2:3b"));
    sim.install(ModelSpec::new("gpt-oss:20b", 13_000_000_000).with_capabilities(&["completion", "thinking"]));
    let test = app_with(&sim).await;
    models::poll_now(&test.app).await;
    let shown = begin_conversation(&test, &json!({"message": "hi", "thinking": "on"})).await;
    assert_eq!(shown["thinking"], "on");
    let page = test.get("/chat/1").await.body;
    assert!(page.contains("<option value=\"on\" selected"), "{page}");
    assert!(page.contains("<option value=\"high\""), "one of the installed models knows levels: {page}");

    // The conversation keeps its level, also for an answer that is generated again, until another one is sent.
    sim.script(Endpoint::Chat, ScriptedReply::Stop(1));
    test.post("/api/conversations/1/messages", &json!({"message": "and?"})).await;
    wait_for_answer(&test).await;
    test.json(Method::POST, "/api/conversations/1/again", &json!({})).await;
    wait_for_answer(&test).await;
    let sent = sent_think(&sim);
    assert!(!sent.is_empty() && sent.iter().all(|think| *think == json!(true)), "{sent:?}");
    for (model, thinking, sent, kept) in [
        ("qwen3:8b", json!("off"), json!(false), json!("off")),
        ("gpt-oss:20b", json!("high"), json!("high"), json!("high")),
        // It knows no levels: its options say how much it thinks.
        ("qwen3:8b", Value::Null, json!(false), Value::Null),
        ("gpt-oss:20b", json!(""), json!("low"), Value::Null),
    ] {
        let body = json!({"message": "more", "model": model, "thinking": thinking});
        assert_eq!(test.post("/api/conversations/1/messages", &body).await.status.as_u16(), 202, "{body}");
        wait_for_answer(&test).await;
        assert_eq!(sent_think(&sim).last(), Some(&sent), "{body}");
        assert_eq!(test.get("/api/conversations/1").await.json()["thinking"], kept, "{body}");
    }

    let before = sent_think(&sim).len();
    for (model, thinking, words) in [
        ("llama3.2:3b", "on", "cannot think"),
        ("qwen3:8b", "high", "only off or on"),
        ("gpt-oss:20b", "off", "only low, medium or high"),
        ("qwen3:8b", "hard", "Thinking is one of"),
    ] {
        let fields = [("message", "Why?"), ("conversation", "1"), ("model", model), ("thinking", thinking)];
        let refused = test.post_form("/fn/chat/ask", &fields).await;
        let page = test.get(refused.header("location").split('#').next().expect("a path")).await.body;
        let field = page.split("name=\"thinking\"").nth(1).and_then(|rest| rest.split('>').next()).unwrap_or_default();
        assert!(page.contains(words) && field.contains("aria-invalid=\"true\""), "{model} {thinking}: {page}");
        assert!(page.contains(">\nWhy?</textarea>"), "what was typed is kept");
        let once = json!({"messages": [{"role": "user", "content": "x"}], "model": model, "thinking": thinking});
        let refused = test.post("/api/chat", &once).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["error"]["field"]), (422, &json!("thinking")), "{once}");
    }
    assert_eq!(sent_think(&sim).len(), before, "no refused question is sent");
    test.finish().await;
}

#[tokio::test]
async fn a_question_of_another_process_knows_what_it_waits_for() {
    let clock = FakeClock::at(START_TIME);
    let settings = SimulatorSettings { clock: Clock::Fake(clock.clone()), ..SimulatorSettings::default() };
    let sim = Simulator::start_with(settings).await.expect("a simulator");
    sim.answer_with(valid_answer);
    let test = app_with(&sim).await;
    store_plain_articles(&test.app, 3).await;
    let before = async |model: &str| scoring::queue_before_reader(&test.app, &model.into()).await.expect("counts");
    assert_eq!(before("qwen3:8b").await, None, "they wait, but no worker asks");
    sim.script(Endpoint::Chat, ScriptedReply::Delay(Duration::from_secs(1)));
    let while_scoring = async {
        sim.wait_until(|all| all.iter().any(|r| r.path == "/api/chat")).await;
        let counts = (before("qwen3:8b").await, before("llama3.2:3b").await);
        clock.advance(Duration::from_secs(1));
        counts
    };
    let ((), counts) = tokio::join!(scorer::drain(&test.app), while_scoring);
    assert_eq!(counts, (Some(3), None), "another model is not waited for");
    assert_eq!(before("qwen3:8b").await, None);
    test.finish().await;
}
