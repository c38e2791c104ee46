//! "Test this model": one question with exactly the options of a task, on the page, in the API and as a command.

use crate::support::{
    gleaner_binary,
    pulls::{simulator_and_app, simulator_and_app_with},
    simulator::{Endpoint, ModelSpec, ScriptedReply, Simulator, SimulatorSettings},
};
use gleaner::server::services::models;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tempfile::TempDir;

#[tokio::test]
async fn the_answer_comes_with_its_time_and_exactly_the_options_of_the_task() {
    let (sim, test) = simulator_and_app().await;
    sim.answer_with(|_| "It collects what you follow.".into());
    for body in
        [json!({"task": "chat", "options": {"temperature": 0.7}}), json!({"model": "qwen3:8b", "options": {"seed": 3}})]
    {
        assert_eq!(test.json(Method::PUT, "/api/ollama/options", &body).await.status.as_u16(), 200);
    }
    for (path, task) in [("", "categorization"), ("?task=chat", "chat"), ("?task=scoring", "scoring")] {
        let tested = test.post(&format!("/api/ollama/models/qwen3:8b/test{path}"), &json!({})).await;
        assert_eq!(tested.status.as_u16(), 200, "{}", tested.body);
        let found = tested.json();
        assert_eq!((&found["task"], &found["answer"]), (&json!(task), &json!("It collects what you follow.")));
        assert!(found["duration_ms"].is_number() && found["tokens_per_second"].is_number(), "{found}");
        let sent = sim.requests_of(Endpoint::Chat).pop().expect("a request").body;
        assert_eq!(sent["messages"][0]["content"], found["question"]);
        let mut options = sent["options"].clone();
        options["keep_alive"] = sent["keep_alive"].clone();
        options["think"] = sent["think"].clone();
        assert_eq!(options, found["options"], "what is told is what was sent");
        let temperature = if task == "chat" { json!(0.7) } else { json!(0.0) };
        assert_eq!((&options["temperature"], &options["seed"]), (&temperature, &json!(3)), "{task}");
    }
    test.finish().await;
}

#[tokio::test]
async fn a_form_shows_the_answer_without_a_script() {
    let (sim, test) = simulator_and_app().await;
    sim.answer_with(|_| "<b>Reads</b> feeds.".into());
    let sent = test.post_form("/fn/ollama/test", &[("name", "qwen3:8b"), ("task", "scoring")]).await;
    let page = sent.header("location").split('#').next().expect("an address").to_owned();
    assert!(page.starts_with("/settings/ollama/options?model=qwen3%3A8b&task=scoring"), "{page}");
    let shown = test.get(&page).await.body;
    for text in ["qwen3:8b answered in", "Asked for scoring", "&lt;b&gt;Reads&lt;/b&gt; feeds.", "num_ctx"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    let missing = test.post_form("/fn/ollama/test", &[("name", "nosuch"), ("task", "")]).await;
    let shown = test.get(missing.header("location").split('#').next().expect("an address")).await.body;
    assert!(shown.contains("Ollama does not have nosuch"), "{shown}");
    test.finish().await;
}

#[tokio::test]
async fn what_cannot_be_tested_is_told() {
    let (sim, test) = simulator_and_app().await;
    sim.install(ModelSpec::new("embedder", 1000).with_capabilities(&["embedding"]));
    models::poll_now(&test.app).await;
    for (path, status, words) in [
        ("nosuch/test", 404, "does not have nosuch"),
        ("a%20b/test", 422, "cannot contain"),
        ("embedder/test", 422, "embedding model"),
        ("qwen3:8b/test?task=cooking", 422, "“cooking” is no task"),
        ("qwen3:8b/test?why=1", 400, ""),
    ] {
        let refused = test.post(&format!("/api/ollama/models/{path}"), &json!({})).await;
        assert_eq!(refused.status.as_u16(), status, "{path}: {}", refused.body);
        assert!(refused.body.contains(words), "{path}: {}", refused.body);
    }
    assert!(sim.requests_of(Endpoint::Chat).is_empty(), "nothing was asked");
    sim.script(
        Endpoint::Chat,
        ScriptedReply::Status(500, "model requires more system memory (9 GiB) than is available (1 GiB)".into()),
    );
    let full = test.post("/api/ollama/models/qwen3:8b/test", &json!({})).await;
    assert!(full.status.as_u16() == 502 && full.body.contains("not have enough memory"), "{}", full.body);
    test.finish().await;

    let slow = SimulatorSettings { load_time: Duration::from_secs(600), ..SimulatorSettings::default() };
    let (sim, test) = simulator_and_app_with(slow).await;
    let body = json!({});
    let (answer, ()) = tokio::join!(test.post("/api/ollama/models/qwen3:8b/test", &body), async {
        sim.wait_until(|all| all.iter().any(|r| r.path == "/api/chat")).await;
        test.clock.advance(Duration::from_secs(121));
    });
    assert!(
        answer.status.as_u16() == 503 && answer.body.contains("has not answered for 120 seconds"),
        "{}",
        answer.body
    );
    test.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_prints_answer_time_and_options() {
    let sim = Simulator::start().await.expect("a simulator");
    sim.answer_with(|_| "It reads.".into());
    let home = TempDir::new().expect("a folder");
    let (host, folder) = (sim.url.clone(), home.path().to_owned());
    let run = move |args: &[&str]| {
        let all = [&["--data-dir", "data", "--ollama-host", &host, "models"], args].concat();
        let output = gleaner_binary::run_gleaner(&folder, &all);
        let (said, complained) = gleaner_binary::output_texts(&output);
        (output.status.code(), said, complained)
    };
    let told = tokio::task::spawn_blocking(move || {
        run(&["options", "qwen3:8b", "num_ctx=4096"]);
        [run(&["test", "qwen3:8b", "--for", "scoring"]), run(&["test", "qwen3:8b", "--json"]), run(&["test", "nosuch"])]
    });
    let [text, json, missing] = told.await.expect("they ran");
    assert_eq!(text.0, Some(0), "{}", text.2);
    for words in ["It reads.\n", "qwen3:8b answered in", "Options of scoring:", "\"num_ctx\":4096"] {
        assert!(text.1.contains(words), "{words}: {}", text.1);
    }
    let found: Value = serde_json::from_str(&json.1).expect("JSON");
    assert!(found["answer"] == "It reads." && found["tokens_per_second"].is_number(), "{found}");
    assert!(missing.0 == Some(1) && missing.2.contains("does not have nosuch"), "{}", missing.2);
}
