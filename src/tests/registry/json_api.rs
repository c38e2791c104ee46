//! The registry over the JSON API.

use crate::support::simulator::ModelSpec;
use crate::support::{pulls::simulator_and_app, test_app::TestApp};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn the_api_imports_lists_marks_and_verifies_variants() {
    let (sim, test) = simulator_and_app().await;
    let dry = test.post("/api/registry/import", &json!({ "dry_run": true })).await;
    assert_eq!(dry.status.as_u16(), 200, "{}", dry.body);
    assert!(dry.json()["added"].as_array().is_some_and(|added| !added.is_empty()), "{}", dry.body);
    assert_eq!(test.get("/api/registry/variants").await.json()["count"], 0, "a dry run stores nothing");
    test.post("/api/registry/import", &json!({})).await;
    let list = test.get("/api/registry/variants").await.json();
    let name = list["variants"][0]["name"].as_str().expect("a name").to_owned();
    let path = format!("/api/registry/variants/{name}");

    let change = json!({ "deprecated": true, "deprecated_reason": "Slow.", "roles": ["chat"] });
    let marked = test.json(Method::PATCH, &path, &change).await.json();
    assert_eq!((&marked["deprecated"], &marked["deprecated_reason"]), (&json!(true), &json!("Slow.")), "{marked}");
    assert_eq!(marked["roles"], json!(["chat"]));
    assert_eq!(test.get("/api/registry/variants?role=chat").await.json()["hidden_deprecated"], 1);
    assert_eq!(test.get("/api/registry/variants?role=chat&deprecated=true").await.json()["count"], 1);
    let unmarked = test.json(Method::PATCH, &path, &json!({ "deprecated": false })).await.json();
    assert_eq!((&unmarked["deprecated"], &unmarked["roles"]), (&json!(false), &json!(["chat"])));

    let served = marked["served_model_id"].as_str().expect("an id").to_owned();
    assert_eq!(test.post("/api/registry/verify", &json!({})).await.json()["results"][0]["verdict"], "ok");
    sim.remove(&served);
    let gone = test.post("/api/registry/verify", &json!({ "names": [name] })).await.json();
    assert_eq!(gone["results"][0]["verdict"], "missing", "{gone}");
    sim.install(ModelSpec::recommended("gemma3:4b"));
    test.finish().await;
}

#[tokio::test]
async fn requests_about_variants_are_refused_with_their_field() {
    let test = TestApp::start().await;
    for (path, status, field) in [
        ("/api/registry/variants?role=cook", 422, Some("role")),
        ("/api/registry/variants?logical=maybe", 422, Some("logical")),
        ("/api/registry/variants?nope=1", 400, None),
        ("/api/registry/variants/nope", 404, None),
    ] {
        let answer = test.get(path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.body);
        assert_eq!(answer.json()["error"]["field"].as_str(), field, "{path}: {}", answer.body);
    }
    let change = json!({ "deprecated_reason": "Slow." });
    let refused = test.json(Method::PATCH, "/api/registry/variants/x", &change).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["error"]["field"]), (422, &json!("deprecated_reason")));
}

#[tokio::test]
async fn theme_keyboard_and_marks_are_set_by_the_api() {
    let test = TestApp::start().await;
    let change = |body| test.json(Method::PUT, "/api/preferences", body);
    let dark = json!({ "theme": "dark", "keyboard": false });
    assert_eq!(change(&dark).await.json()["theme"], "dark");
    let other = json!({ "interests": "tides" });
    let saved = change(&other).await.json();
    assert_eq!(
        (&saved["theme"], &saved["keyboard"], &saved["interests"]),
        (&json!("dark"), &json!(false), &json!("tides"))
    );
    let system = json!({ "theme": null });
    assert_eq!(change(&system).await.json()["theme"], json!(null));
    let wrong = json!({ "theme": "sepia" });
    let refused = change(&wrong).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["error"]["field"]), (422, &json!("theme")));

    assert_eq!(test.post("/api/categories/acknowledge", &json!({})).await.status.as_u16(), 204);
    assert_eq!(test.post("/api/ollama/check", &json!({})).await.json()["connected"], false);
    assert_eq!(test.post("/api/ollama/models/pull/dismiss", &json!({})).await.json()["active"], false);
    let library = test.get("/api/ollama/library").await.json();
    assert!(library["models"].as_array().is_some_and(|models| !models.is_empty()), "{library}");
}
