//! A Gleaner with a simulated model, and its answers.

use crate::support::simulator::Simulator;
use crate::support::test_app::TestApp;
use serde_json::{Value, json};

pub async fn app_with(sim: &Simulator) -> TestApp {
    app_with_concurrency(sim, 1).await
}

pub async fn app_with_concurrency(sim: &Simulator, concurrency: usize) -> TestApp {
    let url = sim.url.parse().expect("an address");
    TestApp::with(|config| {
        config.ollama.host = url;
        config.ollama.concurrency = concurrency;
    })
    .await
}

/// The last message of a request: the article between its delimiters.
pub fn article_prompt(body: &Value) -> &str {
    body["messages"].as_array().and_then(|m| m.last()).and_then(|m| m["content"].as_str()).unwrap_or_default()
}

pub fn is_categorization(body: &Value) -> bool {
    body["format"]["properties"].get("categories").is_some()
}

/// A valid answer to either step.
pub fn valid_answer(body: &Value) -> String {
    if is_categorization(body) {
        json!({"categories": ["AI"], "new_categories": []}).to_string()
    } else {
        json!({"evidence": [], "explanation": "It is about looms.", "interest": 8, "quality": 6}).to_string()
    }
}
