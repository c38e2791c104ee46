//! The preview of a download, the history of downloads, and the order of queued ones.

use crate::support::{
    feed_server::{FeedReply, FeedServer},
    pulls::{download_status, post_pull, simulator_and_app, wait_until_ended, wait_until_pulls},
    simulator::{Endpoint, ScriptedReply},
    test_app::TestApp,
};
use gleaner::server::services::pulls;
use serde_json::{Value, json};

const MANIFEST: &str = r#"{"schemaVersion":2,"config":{"mediaType":"application/vnd.docker.container.image.v1+json","digest":"sha256:c","size":400},
    "layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:a","size":3000000000},
              {"mediaType":"application/vnd.ollama.image.license","digest":"sha256:b","size":11000}]}"#;

async fn look_up(test: &TestApp, name: &str) -> (u16, Value) {
    let answer = test.get(&format!("/api/ollama/manifest?model={name}")).await;
    (answer.status.as_u16(), answer.json())
}

#[tokio::test]
async fn a_model_is_looked_up_in_allowed_registries_only() {
    let registry = FeedServer::start().await;
    registry.on("/v2/ns/tiny/manifests/1b", FeedReply::ok("application/json", MANIFEST));
    registry.on("/v2/ns/tiny/blobs/sha256:b", FeedReply::ok("text/plain", "\n   Apache License\n   Version 2.0\n"));
    registry.on("/v2/ns/page/manifests/latest", FeedReply::ok("text/html", "<h1>Log in"));
    registry.on("/v2/ns/gone/manifests/latest", FeedReply::status(404));
    let address = registry.url("/");
    let host = address.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let allowed = vec![host.clone()];
    let test = TestApp::with(|config| {
        config.ollama.manifest_lookup = true;
        config.ollama.pull_registries = allowed;
    })
    .await;
    let (status, found) = look_up(&test, &format!("{host}/ns/tiny:1b")).await;
    assert_eq!(
        (status, &found["size"], &found["license"]),
        (200, &json!(3_000_011_400_i64), &json!("Apache License")),
        "{found}"
    );
    assert_eq!((&found["layers"][0]["kind"], &found["layers"][2]["kind"]), (&json!("model"), &json!("config")));
    assert!(found["needed_memory_bytes"].as_i64() > Some(3_000_000_000) && found["is_installed"] == false, "{found}");
    let page = test.get(&format!("/settings/ollama?look_up={host}/ns/tiny:1b")).await.body;
    assert!(page.contains("Apache License") && page.contains(&format!("Pull {host}/ns/tiny:1b")));
    for (name, wanted) in [
        (format!("{host}/ns/gone"), 404),
        (format!("{host}/ns/page"), 502),
        ("qwen3:8b".to_owned(), 422),
        ("127.0.0.1:9/ns/other".to_owned(), 422),
    ] {
        let (status, refused) = look_up(&test, &name).await;
        assert_eq!(status, wanted, "{name}: {refused}");
    }
    let data = test.finish().await;
    let test = TestApp::on(data, |config| config.ollama.pull_registries = vec![host.clone()]).await;
    let asked = registry.asked().len();
    assert_eq!(look_up(&test, &format!("{host}/ns/tiny:1b")).await.0, 409, "switched off");
    assert_eq!(registry.asked().len(), asked, "and nobody was asked");
    test.finish().await;
}

#[tokio::test]
async fn downloads_stay_in_the_history_and_the_queue_can_be_reordered() {
    let (sim, test) = simulator_and_app().await;
    assert!(post_pull(&test, "nosuch").await.body.contains("unknown_model"));
    sim.script(Endpoint::Pull, ScriptedReply::Stall(1));
    let first = pulls::enqueue(&test.app, "qwen3:4b").await.expect("asked");
    wait_until_pulls(&test, |pulls| pulls.running.is_some()).await;
    let (second, third) =
        (pulls::enqueue(&test.app, "gemma3:4b").await, pulls::enqueue(&test.app, "llama3.2:3b").await);
    assert_eq!(download_status(&test).await["last"], Value::Null, "hidden since another was asked for");
    let moved = test.post("/api/ollama/models/pull/first", &json!({"model": "llama3.2:3b"})).await;
    assert_eq!(moved.status.as_u16(), 200, "{}", moved.body);
    let now = download_status(&test).await;
    assert_eq!((&now["model"], &now["queued"]), (&json!("qwen3:4b"), &json!(["llama3.2:3b", "gemma3:4b"])));
    let running = test.post("/api/ollama/models/pull/first", &json!({"model": "qwen3:4b"})).await;
    assert_eq!(running.status.as_u16(), 409, "the one that runs does not wait");
    pulls::cancel(&test.app, None).await.expect("cancelled");
    for asked in [second, third] {
        wait_until_ended(&test, asked.expect("asked").id).await;
    }
    let past = test.get("/api/ollama/pulls").await.json();
    let mut past: Vec<_> = past.as_array().expect("a list").clone();
    past.sort_by_key(|pull| pull["id"].as_i64());
    let told: Vec<_> = past.iter().map(|pull| (pull["model"].as_str(), pull["outcome"].as_str())).collect();
    let wanted =
        [("nosuch:latest", "error"), ("qwen3:4b", "cancelled"), ("gemma3:4b", "success"), ("llama3.2:3b", "success")];
    assert_eq!(told, wanted.map(|(model, outcome)| (Some(model), Some(outcome))));
    assert_eq!(past[0]["error"]["cause"], "unknown_model");
    assert!(past[2]["completed"].as_i64() > Some(0) && past[1]["id"].as_i64() == Some(first.id));
    let page = test.get("/settings/ollama").await.body;
    assert!(page.contains("Earlier downloads") && page.contains("Pull nosuch:latest again"));
    let left_partial = |pull: &&Value| pull["outcome"] != "success" && pull["completed"].as_i64() > Some(0);
    let told_of_partial = page.matches("Ollama keeps what it has downloaded").count();
    assert_eq!(told_of_partial, past.iter().filter(left_partial).count(), "{past:?}");
    test.finish().await;
}
