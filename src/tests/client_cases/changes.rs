//! Cases 58–60: what is taken off the disk, and what is known of it.

use super::{client, json};
use crate::support::model::with;
use gleaner::server::{
    demo::ollama::{Act, Call, Simulator},
    ollama::client::Deleted,
    services::models,
};

#[tokio::test]
async fn case_58_deleting_twice_is_a_success_and_refusals_are_not() {
    let sim = Simulator::start().await.expect("a simulator");
    let ollama = client(&sim.url);
    assert_eq!(ollama.delete("qwen3:8b").await, Ok(Deleted::Now));
    assert_eq!(ollama.delete("qwen3:8b").await, Ok(Deleted::Before));
    sim.script(Call::Delete, super::raw(405, "text/plain", "405 method not allowed"));
    assert_eq!(ollama.delete("qwen3:8b").await.map_err(|error| error.word()), Err("not_ollama"));
}

#[tokio::test]
async fn case_59_a_loaded_model_is_unloaded_before_it_is_deleted() {
    let sim = Simulator::start().await.expect("a simulator");
    let test = with(&sim).await;
    models::load(&test.app, "qwen3:8b").await.expect("loaded");
    models::delete(&test.app, "qwen3:8b", true).await.expect("deleted");
    let changes: Vec<String> = sim
        .requests()
        .iter()
        .filter(|r| matches!(Call::of(&r.method, &r.path), Some(Call::Chat | Call::Delete)))
        .map(|r| format!("{} {}", r.path, r.body["keep_alive"]))
        .collect();
    assert_eq!(changes, ["/api/chat \"15m\"", "/api/chat 0", "/api/delete null"]);
    assert!(sim.loaded().is_empty() && sim.installed().is_empty());
}

#[tokio::test]
async fn case_60_what_is_known_of_a_model_is_trimmed_and_names_no_paths() {
    let sim = Simulator::start().await.expect("a simulator");
    let ollama = client(&sim.url);
    let license = "word ".repeat(400_000);
    let body = serde_json::json!({
        "license": license, "modelfile": "FROM /srv/models/blobs/sha256-1", "details": {"parent_model": "/srv/models/x", "family": "qwen3"},
        "model_info": {"general.architecture": "qwen3", "qwen3.context_length": 40_960, "tokenizer.ggml.tokens": null},
    });
    sim.script(Call::Show, json(&body.to_string()));
    let show = ollama.show("qwen3:8b").await.expect("read");
    assert_eq!(show.figure("context_length"), Some(40_960));
    let kept = format!("{show:?}");
    assert!(!kept.contains("/srv/models") && kept.len() < 1_000, "{kept}");
    sim.script(Call::Show, json(r#"{"model_info":{}}"#));
    assert_eq!(ollama.show("qwen3:8b").await.expect("read").figure("context_length"), None);
    sim.script(Call::Show, Act::Status(500, String::new()));
    assert!(ollama.show("qwen3:8b").await.is_err());
}
