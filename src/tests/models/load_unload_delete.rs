//! Deleting, loading and unloading models; the calls of the contract with their fields and statuses.

use crate::support::simulator::{Endpoint, ModelSpec, ScriptedReply, Simulator, SimulatorSettings};
use crate::support::{
    gleaner_binary,
    pulls::{download_status, simulator_and_app, simulator_and_app_with},
    test_app::{TestApp, TestResponse},
};
use gleaner::server::services::models;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tempfile::TempDir;

async fn delete_model(test: &TestApp, path: &str) -> TestResponse {
    test.send(test.request(Method::DELETE, &format!("/api/ollama/models/{path}"))).await
}

async fn post_change(test: &TestApp, path: &str) -> TestResponse {
    test.send(test.request(Method::POST, &format!("/api/ollama/models/{path}"))).await
}

fn changing_paths(sim: &Simulator) -> Vec<String> {
    let changing = ["/api/chat", "/api/delete"];
    sim.requests().into_iter().map(|r| r.path).filter(|path| changing.contains(&path.as_str())).collect()
}

#[tokio::test]
async fn a_model_in_use_is_deleted_only_by_force_and_its_task_waits() {
    let (sim, test) = simulator_and_app().await;
    sim.install(ModelSpec::recommended("gemma3:4b"));
    let choice = json!({"categorization_model": "qwen3:8b", "scoring_model": "gemma3:4b", "use_separate_models": true});
    let saved = test.json(Method::PUT, "/api/ollama/config", &choice).await;
    assert_eq!(saved.status.as_u16(), 200, "{}", saved.body);

    let refused = delete_model(&test, "gemma3:4b").await;
    assert_eq!((refused.status.as_u16(), &refused.json()["error"]["kind"]), (409, &json!("conflict")));
    assert!(refused.body.contains("in use for scoring"), "{}", refused.body);
    assert!(sim.installed().contains(&"gemma3:4b".to_owned()));

    let forced = delete_model(&test, "Gemma3:4B?force=true").await;
    assert_eq!(forced.status.as_u16(), 200, "{}", forced.body);
    let told = forced.json();
    assert_eq!((&told["status"], &told["name"]), (&json!("success"), &json!("gemma3:4b")));
    assert_eq!(told["fell_back"], json!([{"task": "scoring", "model": "gemma3:4b"}]), "it waits for its model");
    assert!(!sim.installed().contains(&"gemma3:4b".to_owned()));
    let config = test.get("/api/ollama/config").await.json();
    assert_eq!((&config["scoring_model"], &config["fallbacks"]), (&json!("gemma3:4b"), &json!([])));
    assert_eq!(delete_model(&test, "gemma3:4b").await.status.as_u16(), 404, "unknown the second time");
    test.finish().await;
}

#[tokio::test]
async fn names_with_slashes_are_deleted_and_a_loaded_model_is_unloaded_first() {
    let (sim, test) = simulator_and_app().await;
    sim.install(ModelSpec::new("hf.co/u/r:Q4_K_M", 1_000_000));
    let loaded = post_change(&test, "hf.co/u/r:Q4_K_M/load").await;
    assert_eq!((loaded.status.as_u16(), loaded.json()), (200, json!({"state": "ready"})), "{}", loaded.body);
    assert_eq!(sim.loaded(), ["hf.co/u/r:Q4_K_M"]);
    let deleted = delete_model(&test, "hf.co%2Fu%2Fr:Q4_K_M").await;
    assert_eq!(deleted.status.as_u16(), 200, "{}", deleted.body);
    assert_eq!(changing_paths(&sim), ["/api/chat", "/api/chat", "/api/delete"], "load, unload, then delete");
    assert!(sim.loaded().is_empty());
    let by_form = test.post_form("/fn/ollama/delete", &[("name", "hf.co/u/r:Q4_K_M")]).await;
    assert!(by_form.header("location").contains("done=model-deleted"), "pressed twice: {}", by_form.body);
    test.finish().await;
}

#[tokio::test]
async fn loading_uses_the_options_of_the_real_calls_and_does_not_wait_for_ever() {
    let settings = SimulatorSettings { load_time: Duration::from_secs(600), ..SimulatorSettings::default() };
    let (sim, test) = simulator_and_app_with(settings).await;
    let asking = post_change(&test, "qwen3:8b/load");
    let (answer, ()) = tokio::join!(asking, async {
        sim.wait_until(|all| all.iter().any(|r| r.path == "/api/chat")).await;
        test.clock.advance(Duration::from_secs(11));
    });
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({"state": "loading"})), "{}", answer.body);
    let sent = sim.requests_of(Endpoint::Chat).remove(0).body;
    assert_eq!((&sent["options"]["num_ctx"], &sent["keep_alive"]), (&json!(8192), &json!("15m")));
    test.finish().await;

    let (sim, test) = simulator_and_app().await;
    post_change(&test, "qwen3:8b/load").await;
    assert_eq!(post_change(&test, "qwen3/8b/unload").await.status.as_u16(), 404);
    assert_eq!(post_change(&test, "qwen3:8b/unload").await.json(), json!({"state": "installed"}));
    assert!(sim.loaded().is_empty());
    sim.install(ModelSpec::new("embedder", 1000).with_capabilities(&["embedding"]));
    assert_eq!(post_change(&test, "embedder/load").await.status.as_u16(), 422);
    sim.script(
        Endpoint::Chat,
        ScriptedReply::Status(500, "model requires more system memory (9 GiB) than is available (1 GiB)".into()),
    );
    let full = post_change(&test, "qwen3:8b/load").await;
    assert!(full.status.as_u16() == 502 && full.body.contains("not have enough memory"), "{}", full.body);
    test.finish().await;
}

#[tokio::test]
async fn impossible_changes_are_refused() {
    let (mut sim, test) = simulator_and_app().await;
    for (method, path, status) in [
        ("DELETE", "nosuch", 404),
        ("DELETE", "a%20b", 422),
        ("DELETE", "qwen3:8b?force=maybe", 422),
        ("DELETE", "qwen3:8b?really=1", 400),
        ("GET", "qwen3:8b", 405),
        ("POST", "qwen3:8b", 405),
        ("DELETE", "pull", 405),
        ("POST", "nosuch/load", 404),
        ("POST", "nosuch/unload", 404),
        ("GET", "qwen3:8b/load", 405),
    ] {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let answer = test.send(test.request(method.clone(), &format!("/api/ollama/models/{path}"))).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}: {}", answer.body);
        assert!(answer.json()["error"]["message"].is_string());
    }
    assert_eq!(changing_paths(&sim), Vec::<String>::new());
    sim.shut_down().await;
    for (method, path) in
        [(Method::DELETE, "qwen3:8b"), (Method::POST, "qwen3:8b/load"), (Method::POST, "qwen3:8b/unload")]
    {
        let answer = test.send(test.request(method, &format!("/api/ollama/models/{path}"))).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["error"]["kind"]), (503, &json!("unavailable")), "{path}");
    }
    test.finish().await;
}

fn assert_fields(value: &Value, fields: &[&str]) {
    for field in fields {
        assert!(value.get(field).is_some(), "{field} is missing: {value}");
    }
}

#[tokio::test]
async fn the_calls_have_the_fields_that_the_contract_names() {
    let (mut sim, test) = simulator_and_app().await;
    let health = test.get("/api/ollama/health").await.json();
    assert_fields(&health, &["connected", "version", "latency_ms", "host", "problem"]);
    assert_eq!(health["connected"], true);
    let all = test.get("/api/ollama/models").await.json();
    let fields =
        ["name", "size", "parameter_size", "quantization_level", "is_loaded", "digest", "modified_at", "size_vram"];
    assert_fields(&all[0], &fields);
    assert_fields(
        &all[0],
        &["expires_at", "context_length", "loaded_context_length", "capabilities", "is_cloud", "used_for"],
    );
    let now = download_status(&test).await;
    assert_fields(
        &now,
        &["active", "model", "completed", "total", "status", "percent", "bytes_per_second", "eta_seconds"],
    );
    assert_fields(&now, &["stalled", "queued", "last"]);
    let config = test.get("/api/ollama/config").await.json();
    assert_fields(&config, &["categorization_model", "scoring_model", "use_separate_models", "options", "source"]);
    assert_fields(&config["options"], &["num_ctx", "temperature", "keep_alive", "num_predict", "think"]);
    let prompts = test.get("/api/ollama/prompts").await.json();
    assert_fields(&prompts, &["categorization_prompt", "scoring_prompt", "version"]);
    assert!(prompts["scoring_prompt"].as_str().is_some_and(|text| text.len() > 100));

    let put = |body: Value| async { test.json(Method::PUT, "/api/ollama/config", &{ body }).await };
    let plain =
        put(json!({"categorization_model": "qwen3:8b", "scoring_model": "qwen3:8b", "use_separate_models": false}))
            .await;
    assert_eq!((&plain.json()["rescore_queued"], &plain.json()["rescore_mode"]), (&json!(0), &Value::Null));
    let again = put(json!({"scoring_model": "qwen3:8b", "rescore": true})).await.json();
    assert_eq!(
        (&again["rescore_queued"], &again["rescore_mode"]),
        (&json!(0), &json!("score_only")),
        "nothing changed"
    );
    let missing = put(json!({"scoring_model": "nosuch:1b"})).await;
    assert_eq!(
        (missing.status.as_u16(), &missing.json()["error"]["kind"]),
        (422, &json!("invalid")),
        "{}",
        missing.body
    );
    sim.install(ModelSpec::new("fresh:1b", 1_000));
    test.clock.advance(Duration::from_secs(6));
    assert_eq!(put(json!({"scoring_model": "fresh:1b"})).await.status.as_u16(), 200, "what came a moment ago is seen");

    sim.shut_down().await;
    test.clock.advance(Duration::from_secs(6));
    assert_eq!(test.get("/api/ollama/models").await.status.as_u16(), 503);
    let down = test.get("/api/ollama/health").await;
    assert_eq!((down.status.as_u16(), &down.json()["problem"]["kind"]), (200, &json!("refused")));
    test.finish().await;
}

#[tokio::test]
async fn the_memory_that_models_need_is_known_without_asking() {
    let (sim, test) = simulator_and_app().await;
    models::poll_now(&test.app).await;
    let estimate = || models::footprints(&test.app).estimate(&[&"qwen3:8b".into()], 8_192);
    let before = estimate();
    assert_eq!((before.models.len(), before.models[0].kv_cache_bytes), (1, None));
    models::fetch_architectures(&test.app).await;
    models::fetch_architectures(&test.app).await;
    assert_eq!(sim.requests_of(Endpoint::Show).len(), 1, "asked once");
    let known = estimate();
    assert_eq!(known.models[0].kv_cache_bytes, Some(36 * 8 * 256 * 2 * 8192));
    assert!(
        known.total_bytes > known.models[0].weights_bytes && known.machine_memory_bytes.is_some_and(|bytes| bytes > 0)
    );
    test.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_pull_load_and_delete() {
    let sim = Simulator::start().await.expect("a simulator");
    let home = TempDir::new().expect("a folder");
    let host = sim.url.clone();
    let folder = home.path().to_owned();
    let models = move |args: &[&str]| {
        let output = gleaner_binary::run_gleaner(
            &folder,
            &[&["--data-dir", "data", "--ollama-host", &host, "models"], args].concat(),
        );
        let (said, complained) = gleaner_binary::output_texts(&output);
        (output.status.code(), said, complained)
    };
    let told = tokio::task::spawn_blocking(move || {
        [
            models(&["pull", "qwen3:4b"]),
            models(&["pull", "nosuch", "--json"]),
            models(&["pull", "10.0.0.5:80/a/b"]),
            models(&["load", "qwen3:4b"]),
            models(&["unload", "qwen3:4b", "--json"]),
            models(&["rm", "qwen3:8b"]),
            models(&["rm", "qwen3:4b", "--json"]),
            models(&["rm", "qwen3:4b"]),
        ]
    });
    let [pulled, unknown, refused, loaded, unloaded, in_use, deleted, gone] = told.await.expect("they ran");
    assert_eq!((pulled.0, pulled.1.as_str()), (Some(0), "qwen3:4b is installed.\n"), "{}", pulled.2);
    let json = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    assert_eq!((unknown.0, &json(&unknown.1)["error"]["cause"]), (Some(1), &json!("unknown_model")), "{}", unknown.2);
    assert!(refused.0 == Some(1) && refused.2.contains("not allowed"), "{}", refused.2);
    assert_eq!((loaded.0, loaded.1.as_str()), (Some(0), "qwen3:4b is in memory.\n"), "{}", loaded.2);
    assert_eq!((unloaded.0, &json(&unloaded.1)["state"]), (Some(0), &json!("installed")), "{}", unloaded.2);
    assert!(in_use.0 == Some(1) && in_use.2.contains("in use for categorization and scoring"), "{}", in_use.2);
    assert_eq!((deleted.0, &json(&deleted.1)["name"]), (Some(0), &json!("qwen3:4b")), "{}", deleted.2);
    assert!(gone.0 == Some(1) && gone.2.contains("does not have"), "{}", gone.2);
    assert_eq!(sim.installed(), ["qwen3:8b"]);
}
