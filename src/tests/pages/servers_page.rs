//! `/settings/servers` and its API: a server is added, tested, changed and removed by plain forms, and its token is never shown.

use crate::support::{
    openai_simulator::{Engine, OpenAiSimulator, SERVED_MODEL},
    test_app::{TestApp, TestResponse},
};
use serde_json::json;

async fn follow(app: &TestApp, answer: &TestResponse) -> String {
    let location = answer.header("location");
    let path = location.strip_prefix(&app.url).unwrap_or(location).to_owned();
    app.get(&path).await.body
}

fn fields<'a>(name: &'a str, kind: &'a str, address: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("name", name),
        ("kind", kind),
        ("address", address),
        ("token", "t0ps3cret"),
        ("slots", "3"),
        ("categorizes", "true"),
        ("scores", "true"),
    ]
}

#[tokio::test]
async fn a_server_is_added_tested_changed_and_removed() {
    let sim = OpenAiSimulator::start(Engine::llama_cpp()).await;
    let app = TestApp::start().await;
    let page = app.get("/settings/servers").await.body;
    assert!(page.contains("<h2 id=\"server-1\">Ollama"), "{page}");
    let added = app.post_form("/fn/servers/add", &fields("GPU", "openai", &sim.url)).await;
    assert!(follow(&app, &added).await.contains("GPU"), "{added:?}");
    let tested = app.post_form("/fn/servers/test", &[("id", "2")]).await;
    let page = follow(&app, &tested).await;
    assert!(page.contains(SERVED_MODEL) && page.contains("json_schema") && page.contains("4096 tokens"), "{page}");
    assert!(sim.requests().iter().all(|request| request.authorization.as_deref() == Some("Bearer t0ps3cret")));
    let mut changed = fields("Cellar", "openai", &sim.url);
    changed.retain(|(name, _)| *name != "token");
    changed.extend([("id", "2"), ("token", "")]);
    let saved = app.post_form("/fn/servers/save", &changed).await;
    assert!(follow(&app, &saved).await.contains("Cellar"));
    let listed = app.get("/api/servers").await;
    assert_eq!(listed.json()[1]["name"], "Cellar");
    assert_eq!((&listed.json()[1]["has_token"], &listed.json()[1]["slots"]), (&json!(true), &json!(3)));
    assert_eq!(listed.json()[1]["response_format"], "json_schema", "kept");
    assert!(!listed.body.contains("t0ps3cret") && !page.contains("t0ps3cret"));
    let stored: Vec<u8> = sqlx::query_scalar("SELECT sealed_token FROM servers WHERE id = 2")
        .fetch_one(&app.app.db.read)
        .await
        .expect("sealed");
    assert!(!stored.windows(9).any(|window| window == b"t0ps3cret"));
    let removed = app.post_form("/fn/servers/remove", &[("id", "2")]).await;
    assert!(!follow(&app, &removed).await.contains("Cellar"));
    assert_eq!(app.get("/api/servers").await.json().as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn errors_are_shown_beside_their_field() {
    let ollama = OpenAiSimulator::start(Engine::ollama()).await;
    let app = TestApp::start().await;
    for (name, kind, address, slots, field) in [
        ("", "openai", "http://gpu:1", 1, "name"),
        ("Ollama", "openai", "http://127.0.0.1:9", 1, "name"),
        ("GPU", "vllm", "http://gpu:1", 1, "kind"),
        ("GPU", "openai", "ftp://gpu", 1, "address"),
        ("GPU", "openai", "http://me:secret@gpu", 1, "address"),
        ("GPU", "ollama", "", 1, "address"),
        ("GPU", "openai", "http://gpu:1", 0, "slots"),
        ("GPU", "openai", "http://8.8.8.8:1", 1, "consent"),
        ("GPU", "openai", ollama.url.as_str(), 1, "kind"),
    ] {
        let body = json!({ "name": name, "kind": kind, "address": address, "slots": slots, "scores": true });
        let answer = app.post("/api/servers", &body).await;
        assert!(answer.status.is_client_error(), "{body}: {answer:?}");
        assert_eq!(answer.json()["error"]["field"], field, "{body}: {}", answer.body);
    }
    let main = app.json(reqwest::Method::DELETE, "/api/servers/1", &json!({})).await;
    assert_eq!(main.status.as_u16(), 409, "{main:?}");
    let silent = app
        .post(
            "/api/servers",
            &json!({ "name": "GPU", "kind": "openai", "address": "http://127.0.0.1:9", "scores": true }),
        )
        .await;
    assert_eq!(silent.status.as_u16(), 201, "one that does not answer yet can be added: {silent:?}");
    let tested = app.post("/api/servers/2/test", &json!({})).await;
    assert_eq!(tested.status.as_u16(), 503, "{tested:?}");
}
