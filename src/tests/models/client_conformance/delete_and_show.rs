//! Cases 58–60: deleting and showing models.

use super::{client, json_reply};
use crate::support::simulated_model::app_with;
use crate::support::simulator::{Endpoint, ScriptedReply, Simulator};
use gleaner::server::{models::ollama::client::DeleteOutcome, services::models};

#[tokio::test]
async fn case_58_deleting_twice_is_a_success_and_refusals_are_not() {
    let sim = Simulator::start().await.expect("a simulator");
    let ollama = client(&sim.url);
    assert_eq!(ollama.delete(&"qwen3:8b".into()).await, Ok(DeleteOutcome::Deleted));
    assert_eq!(ollama.delete(&"qwen3:8b".into()).await, Ok(DeleteOutcome::AlreadyGone));
    sim.script(Endpoint::Delete, super::raw_reply(405, "text/plain", "405 method not allowed"));
    assert_eq!(ollama.delete(&"qwen3:8b".into()).await.map_err(|error| error.code()), Err("not_ollama"));
}

#[tokio::test]
async fn case_59_a_loaded_model_is_unloaded_before_it_is_deleted() {
    let sim = Simulator::start().await.expect("a simulator");
    let test = app_with(&sim).await;
    models::load(&test.app, "qwen3:8b").await.expect("loaded");
    models::delete(&test.app, "qwen3:8b", true).await.expect("deleted");
    let changes: Vec<String> = sim
        .requests()
        .iter()
        .filter(|r| matches!(Endpoint::of(&r.method, &r.path), Some(Endpoint::Chat | Endpoint::Delete)))
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
    sim.script(Endpoint::Show, json_reply(&body.to_string()));
    let show = ollama.show(&"qwen3:8b".into()).await.expect("read");
    assert_eq!(show.architecture_value("context_length"), Some(40_960));
    let kept = format!("{show:?}");
    assert!(!kept.contains("/srv/models") && kept.len() < 1_000, "{kept}");
    sim.script(Endpoint::Show, json_reply(r#"{"model_info":{}}"#));
    assert_eq!(ollama.show(&"qwen3:8b".into()).await.expect("read").architecture_value("context_length"), None);
    sim.script(Endpoint::Show, ScriptedReply::Status(500, String::new()));
    assert!(ollama.show(&"qwen3:8b".into()).await.is_err());
}
