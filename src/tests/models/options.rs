//! Options of requests: one function decides them, levels inherit, and what is wrong is refused beside its field.

use crate::support::{
    articles::store_plain_articles,
    gleaner_binary,
    pulls::simulator_and_app,
    simulated_model::valid_answer,
    simulator::{Endpoint, Simulator},
    test_app::TestApp,
};
use futures::StreamExt;
use gleaner::{
    domain::model_options::ModelTask,
    server::{
        models::ollama::wire::Message,
        services::{chat, doctor, models},
        worker::scorer,
    },
};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

async fn put(test: &TestApp, body: Value) -> Value {
    let saved = test.json(Method::PUT, "/api/ollama/options", &body).await;
    assert_eq!(saved.status.as_u16(), 200, "{}", saved.body);
    saved.json()
}

/// The last chat request that had messages; its options, `keep_alive` and `think`.
fn last_sent(sim: &Simulator) -> Value {
    let mut sent = sim.requests_of(Endpoint::Chat).pop().expect("a request").body;
    let mut options = sent["options"].take();
    options["keep_alive"] = sent["keep_alive"].take();
    options["think"] = sent["think"].take();
    options
}

#[tokio::test]
async fn every_request_has_the_options_of_its_task_and_model() {
    let (sim, test) = simulator_and_app().await;
    sim.answer_with(valid_answer);
    models::poll_now(&test.app).await;
    put(&test, json!({"options": {"num_ctx": 4096, "keep_alive": "20m"}})).await;
    put(&test, json!({"task": "scoring", "options": {"num_predict": 600, "top_p": 0.5}})).await;
    put(&test, json!({"task": "chat", "options": {"temperature": 0.7}})).await;
    put(&test, json!({"model": "QWEN3:8b", "options": {"seed": 3}})).await;
    put(&test, json!({"model": "qwen3:8b", "task": "categorization", "options": {"keep_alive": "5m"}})).await;
    let categorization =
        json!({"num_ctx": 4096, "num_predict": 450, "temperature": 0.0, "seed": 3, "keep_alive": "5m", "think": false});
    let scoring = json!({"num_ctx": 4096, "num_predict": 600, "temperature": 0.0, "top_p": 0.5, "seed": 3, "keep_alive": "20m", "think": false});
    let chatting = json!({"num_ctx": 4096, "num_predict": 1024, "temperature": 0.7, "seed": 3, "keep_alive": "20m", "think": false});

    let app = &test.app;
    let wanted = models::warm_up_target(app).await.expect("known").expect("a model");
    models::warm_up(app, &wanted).await.expect("answered");
    let mut one_token = categorization.clone();
    one_token["num_predict"] = json!(1);
    assert_eq!(last_sent(&sim), one_token, "the proof of the warm-up");

    models::load(app, "qwen3:8b").await.expect("loaded");
    let mut load = categorization.clone();
    load["think"] = Value::Null;
    assert_eq!(last_sent(&sim), load, "a load");

    store_plain_articles(app, 1).await;
    scorer::drain(app).await;
    assert_eq!(last_sent(&sim), scoring, "the second step");
    let asked = sim.requests_of(Endpoint::Chat);
    assert_eq!(asked[asked.len() - 2].body["options"]["num_predict"], categorization["num_predict"], "the first step");

    let question = chat::build_question(app, Some("qwen3:8b"), vec![Message::new("user", "Hello?")], None, true)
        .await
        .expect("a question");
    let mut answer = Box::pin(chat::stream_answer(app.clone(), question));
    while answer.next().await.is_some() {}
    assert_eq!(last_sent(&sim), chatting, "a chat");

    doctor::run_checks(app, None, |_| {}).await;
    assert_eq!(last_sent(&sim), categorization, "the doctor's test");
    assert_eq!(sim.loads(), 1, "no task makes Ollama load the model again");

    let stored: Vec<String> =
        sqlx::query_scalar("SELECT options FROM model_runs ORDER BY step").fetch_all(&app.db.read).await.expect("runs");
    let stored: Vec<Value> = stored.iter().map(|text| serde_json::from_str(text).expect("JSON")).collect();
    assert_eq!(stored, [categorization, scoring], "the provenance has the options as sent");
    test.finish().await;
}

#[tokio::test]
async fn what_is_wrong_names_its_field_and_saves_nothing() {
    let (_sim, test) = simulator_and_app().await;
    for (body, field, words) in [
        (
            json!({"options": {"num_ctx": 100}}),
            "num_ctx",
            "Context length (tokens): must be a number from 512 to 1048576.",
        ),
        (
            json!({"options": {"num_predict": 9000}}),
            "num_predict",
            "Max tokens per answer: must be a number from 16 to 8192.",
        ),
        (json!({"options": {"temperature": 2.5}}), "temperature", "Temperature: must be a number from 0 to 2."),
        (json!({"task": "chat", "options": {"top_p": -0.5}}), "top_p", "Top P: must be a number from 0 to 1."),
        (json!({"options": {"seed": -9}}), "seed", "Seed: must be a number from -1 to 2147483647."),
        (json!({"options": {"keep_alive": "5x"}}), "keep_alive", "Keep alive: must be a time such as 15m"),
        (json!({"model": "a b", "options": {}}), "model", "cannot contain"),
        (json!({"task": "cooking", "options": {}}), "task", "“cooking” is no task."),
        (
            json!({"options": {"num_ctx": 512, "num_predict": 512}}),
            "num_predict",
            "an answer of 512 tokens does not fit into a context of 512 tokens",
        ),
        (
            json!({"task": "scoring", "options": {"num_ctx": 600, "num_predict": 4000}}),
            "num_predict",
            "(scoring with qwen3:8b)",
        ),
    ] {
        let refused = test.json(Method::PUT, "/api/ollama/options", &body).await;
        let error = &refused.json()["error"];
        assert_eq!((refused.status.as_u16(), &error["field"]), (422, &json!(field)), "{body}: {}", refused.body);
        assert!(error["message"].as_str().is_some_and(|message| message.contains(words)), "{body}: {error}");
    }
    assert_eq!(test.get("/api/ollama/options").await.json()["levels"], json!([]));
    test.finish().await;
}

#[tokio::test]
async fn null_inherits_again_and_every_source_is_told() {
    let (_sim, test) = simulator_and_app().await;
    put(&test, json!({"options": {"num_ctx": 4096}})).await;
    put(&test, json!({"task": "scoring", "options": {"num_ctx": 2048, "think": true}})).await;
    let told = put(&test, json!({"model": "other:1b", "options": {"num_ctx": 1024}})).await;
    let of = |told: &Value, task: &str| {
        told["effective"].as_array().expect("a list").iter().find(|row| row["task"] == task).cloned().expect("a row")
    };
    let scoring = of(&told, "scoring");
    assert_eq!((&scoring["model"], &scoring["options"]["num_ctx"]), (&json!("other:1b"), &json!(1024)));
    assert_eq!(scoring["sources"]["num_ctx"], "model");
    assert_eq!((&scoring["sources"]["think"], &scoring["sources"]["seed"]), (&json!("task"), &json!("default")));
    assert_eq!(scoring["sources"]["top_p"], "model_default");

    let told = put(&test, json!({"model": "other:1b", "options": {"num_ctx": null}})).await;
    assert_eq!(of(&told, "scoring")["options"]["num_ctx"], 2048);
    assert_eq!(told["levels"].as_array().map(Vec::len), Some(2), "a level at which nothing is saved is no level");
    let config = test.get("/api/ollama/config").await.json();
    assert_eq!(config["options"]["num_ctx"], 4096, "the general ones");

    let kept = TestApp::on(test.finish().await, |_| {}).await;
    let config = models::load_config(&kept.app).await.expect("a configuration");
    assert_eq!(config.options_for(&"qwen3:8b".into(), ModelTask::Scoring).num_ctx, 2048, "after a restart");
    kept.finish().await;
}

#[tokio::test]
async fn the_pages_say_what_is_inherited_and_keep_what_was_typed() {
    let (_sim, test) = simulator_and_app().await;
    models::poll_now(&test.app).await;
    put(&test, json!({"options": {"num_ctx": 4096}})).await;
    let page = test.get("/settings/ollama/options?model=qwen3:8b&task=scoring").await;
    assert!(page.status.as_u16() == 200 && page.body.contains("Inherits: 4096 (settings)."), "{}", page.body);
    assert!(page.body.contains("Options of qwen3:8b for scoring"));
    assert!(test.get("/settings/ollama").await.body.contains("/settings/ollama/options?model=qwen3%3A8b"));

    let fields = [("model", "qwen3:8b"), ("task", "scoring"), ("num_ctx", "2048"), ("think", "on")];
    let saved = test.post_form("/fn/ollama/options", &fields).await;
    let to = saved.header("location").to_owned();
    assert!(to.starts_with("/settings/ollama/options?model=qwen3%3A8b&task=scoring&done=options-saved"), "{to}");
    let page = test.get("/settings/ollama/options?model=qwen3:8b").await.body;
    assert!(page.contains("2048 (this task with this model)") && page.contains("Ollama loads it again"), "{page}");

    let wrong = test.post_form("/fn/ollama/options", &[fields[0], fields[1], ("num_ctx", "much")]).await;
    let refused = test.get(wrong.header("location").split('#').next().expect("an address")).await.body;
    assert!(refused.contains("“much” is not a whole number"), "{refused}");
    let field = refused.split("<input").find(|part| part.contains("name=\"num_ctx\"")).expect("the field");
    assert!(field.contains("value=\"much\"") && field.contains("aria-invalid=\"true\""), "{field}");
    test.finish().await;
}

#[test]
fn the_command_shows_and_saves_options() {
    let home = TempDir::new().expect("a folder");
    let run = |args: &[&str]| {
        let all = [&["--data-dir", "data", "models", "options"], args].concat();
        let output = gleaner_binary::run_gleaner(home.path(), &all);
        let (said, complained) = gleaner_binary::output_texts(&output);
        (output.status.code(), said, complained)
    };
    for (args, code, words) in [
        (&["num_ctx=4096"][..], 0, "4096 (settings)"),
        (&["qwen3:8b", "--for", "chat", "temperature=0.7"], 0, "0.7 (this task with this model)"),
        (&["qwen3:8b"], 0, "Saved for qwen3:8b, chat: temperature=0.7"),
        (&["--for", "scoring", "num_ctx=2048"], 0, "2048 for scoring"),
        (&["qwen3:8b", "num_ctx=x"], 1, "“x” is not a whole number"),
        (&["qwen3:8b", "top_k=1"], 1, "There is no option “top_k”"),
        (&["qwen3:8b", "qwen3:4b"], 1, "“qwen3:4b” is no option"),
        (&["--for", "scoring", "num_ctx="], 0, "4096 (settings)"),
    ] {
        let (exit, said, complained) = run(args);
        assert_eq!(exit, Some(code), "{args:?}: {said}{complained}");
        assert!(format!("{said}{complained}").contains(words), "{args:?}: {said}{complained}");
    }
    let (_, json, _) = run(&["qwen3:8b", "--json"]);
    let told: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(told["saved"][0]["level"], json!({"model": null, "task": null}), "{told}");
    assert_eq!(told["effective"].as_array().map(Vec::len), Some(3), "a row for each task");
}
