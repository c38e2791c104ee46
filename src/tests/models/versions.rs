//! Copies, the lock, the check for updates and earlier versions that are kept, over HTTP.

use crate::support::{
    feed_server::{FeedReply, FeedServer},
    ollama_store::write_model,
    simulator::{Endpoint, ModelSpec, Simulator},
    test_app::{TestApp, TestResponse},
};
use gleaner::server::worker;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;
use tempfile::TempDir;

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

fn manifest(weights: &str, size: i64) -> String {
    format!(
        r#"{{"schemaVersion":2,"mediaType":"m","config":{{"mediaType":"c","digest":"sha256:c","size":4}},"layers":[{{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:{weights}","size":{size}}}]}}"#
    )
}

/// A simulator, a registry, and a Gleaner whose model in use comes from that registry.
struct Fixture {
    sim: Simulator,
    registry: FeedServer,
    test: TestApp,
    /// `127.0.0.1:PORT/ns/tiny:1b`
    model: String,
}

impl Fixture {
    async fn start(models_dir: Option<std::path::PathBuf>) -> Self {
        let (sim, registry) = (Simulator::start().await.expect("a simulator"), FeedServer::start().await);
        let host = registry.url("/").trim_start_matches("http://").trim_end_matches('/').to_owned();
        let model = format!("{host}/ns/tiny:1b");
        sim.install(ModelSpec { digest: digest(&manifest("old", 10)), ..ModelSpec::new(&model, 2_000_000) });
        let test = TestApp::on(TempDir::new().expect("a folder"), |config| {
            config.ollama.host = sim.url.parse().expect("a URL");
            config.ollama.manifest_lookup = true;
            config.ollama.models_dir = models_dir;
            config.ollama.pull_registries = vec![host];
            config.ollama.model = model.as_str().into();
        })
        .await;
        test.app.lifecycle.spawn(worker::pulls::run(test.app.clone()));
        Self { sim, registry, test, model }
    }

    /// What the registry serves from now on, and what a pull brings.
    fn publish(&self, weights: &str, size: i64) {
        let text = manifest(weights, size);
        let spec = ModelSpec { digest: digest(&text), ..ModelSpec::new(&self.model, 2_000_000) };
        self.registry.on("/v2/ns/tiny/manifests/1b", FeedReply::ok("application/json", text.as_str()));
        self.sim.offer(spec);
    }

    async fn post(&self, path: &str, body: Value) -> TestResponse {
        self.test.post(&format!("/api/ollama/versions/{path}"), &body).await
    }

    async fn versions(&self) -> Value {
        self.test.get("/api/ollama/versions").await.json()
    }

    /// Pulls the model again and waits for the end, the removal of what need not be kept included.
    async fn pull_again(&self) -> Value {
        let pulled = self.post("pull-again", json!({"model": self.model})).await;
        assert_eq!(pulled.status.as_u16(), 202, "{}", pulled.body);
        let mut pulls = self.test.app.pulls.subscribe();
        loop {
            let past = self.test.get("/api/ollama/pulls").await.json();
            if past[0]["model"] == json!(self.model) {
                return pulled.json();
            }
            let _ = tokio::time::timeout(Duration::from_millis(50), pulls.changed()).await;
        }
    }

    fn digest_of(&self, versions: &Value) -> String {
        versions["updates"][0]["digest"].as_str().unwrap_or_default().to_owned()
    }
}

#[tokio::test]
async fn updates_are_found_through_allowed_registries_only() {
    let fixture = Fixture::start(None).await;
    fixture.publish("old", 10);
    let before = fixture.versions().await;
    assert_eq!((&before["checked_at"], &before["updates"]), (&Value::Null, &json!([])));
    for (weights, state) in [("old", "current"), ("new", "available")] {
        fixture.publish(weights, 10);
        fixture.test.clock.advance(Duration::from_secs(120));
        let checked = fixture.post("check", Value::Null).await;
        assert_eq!(checked.status.as_u16(), 200, "{}", checked.body);
        let found = checked.json();
        assert_eq!(found["updates"].as_array().map(Vec::len), Some(1), "qwen3:8b is of another registry: {found}");
        assert_eq!(found["updates"][0]["state"], state, "{found}");
        assert!(found["checked_at"].is_string());
    }
    let asked = fixture.registry.asked().len();
    assert_eq!(asked, 2, "one request a model and check");
    fixture.post("check", Value::Null).await;
    assert_eq!(fixture.registry.asked().len(), asked, "not again within a minute");
    let page = fixture.test.get("/settings/ollama").await.body;
    assert!(page.contains("Update available") && page.contains(&format!("Pull {} again", fixture.model)), "{page}");

    fixture.registry.on("/v2/ns/tiny/manifests/1b", FeedReply::status(404));
    fixture.test.clock.advance(Duration::from_secs(120));
    let unknown = fixture.post("check", Value::Null).await.json();
    assert_eq!(unknown["updates"][0]["state"], "unknown", "{unknown}");
    assert!(unknown["updates"][0]["problem"].as_str().is_some_and(|why| why.contains("does not know it")));
    fixture.test.finish().await;
}

#[tokio::test]
async fn a_version_in_use_is_kept_until_the_owner_decides() {
    let fixture = Fixture::start(None).await;
    let copy = format!("{}-before-2026-03-01", fixture.model);
    // Nothing new: nothing is kept.
    fixture.publish("old", 10);
    let pulled = fixture.pull_again().await;
    assert_eq!(pulled["kept"], json!(copy));
    fixture.sim.wait_until(|requests| requests.iter().any(|request| request.path == "/api/delete")).await;
    assert!(!fixture.sim.installed().contains(&copy), "{:?}", fixture.sim.installed());

    for (path, word) in [("use-earlier", "used"), ("remove-earlier", "removed")] {
        fixture.publish(word, 10);
        fixture.test.clock.advance(Duration::from_secs(1));
        let before = fixture.test.get("/api/ollama/pulls").await.json().as_array().map(Vec::len);
        let pulled = fixture.post("pull-again", json!({"model": fixture.model})).await;
        assert_eq!((pulled.status.as_u16(), &pulled.json()["kept"]), (202, &json!(copy)), "{}", pulled.body);
        let mut pulls = fixture.test.app.pulls.subscribe();
        while fixture.test.get("/api/ollama/pulls").await.json().as_array().map(Vec::len) == before {
            let _ = tokio::time::timeout(Duration::from_millis(50), pulls.changed()).await;
        }
        assert!(fixture.sim.installed().contains(&copy), "kept");
        let versions = fixture.versions().await;
        assert_eq!(versions["kept"][0]["copy"], json!(copy), "{versions}");
        let page = fixture.test.get("/settings/ollama").await.body;
        assert!(page.contains("Use the earlier version again") && page.contains("An earlier version is kept as"));
        let decided = fixture.post(path, json!({"copy": copy})).await;
        assert_eq!(decided.status.as_u16(), 200, "{}", decided.body);
        assert!(!fixture.sim.installed().contains(&copy));
        assert_eq!(fixture.versions().await["kept"], json!([]));
        let installed = fixture.test.get("/api/ollama/models").await.json();
        let row = installed.as_array().expect("a list").iter().find(|row| row["name"] == json!(fixture.model));
        let wanted = if path == "use-earlier" { digest(&manifest("old", 10)) } else { digest(&manifest(word, 10)) };
        assert_eq!(row.expect("installed")["digest"], json!(wanted), "{path}");
        assert_eq!(fixture.post(path, json!({"copy": copy})).await.status.as_u16(), 404, "decided already");
    }
    // A model that no task uses is pulled without being kept.
    let other = fixture.model.replace("tiny:1b", "other:1b");
    fixture.sim.install(ModelSpec::new(&other, 1_000_000));
    fixture.sim.offer(ModelSpec::new(&other, 1_000_000));
    let pulled = fixture.post("pull-again", json!({"model": other})).await;
    assert_eq!((pulled.status.as_u16(), &pulled.json()["kept"]), (202, &Value::Null), "{}", pulled.body);
    fixture.test.finish().await;
}

#[tokio::test]
async fn a_new_version_that_does_not_fit_is_refused_with_the_reason() {
    let store = TempDir::new().expect("a folder");
    write_model(store.path(), "registry.ollama.ai/library/x/latest", "weights");
    let fixture = Fixture::start(Some(store.path().to_owned())).await;
    fixture.publish("huge", 1 << 60);
    let refused = fixture.post("pull-again", json!({"model": fixture.model})).await;
    assert_eq!(refused.status.as_u16(), 409, "{}", refused.body);
    assert!(refused.body.contains("are free on the disk"), "{}", refused.body);
    assert!(fixture.sim.requests_of(Endpoint::Copy).is_empty() && fixture.sim.requests_of(Endpoint::Pull).is_empty());
    fixture.test.finish().await;
}

#[tokio::test]
async fn the_lock_names_what_differs_and_the_remedy() {
    let fixture = Fixture::start(None).await;
    fixture.publish("old", 10);
    assert_eq!(fixture.post("sync", Value::Null).await.status.as_u16(), 409, "nothing is locked");
    let locked = fixture.post("lock", Value::Null).await;
    assert_eq!(locked.status.as_u16(), 200, "{}", locked.body);
    let tasks: Vec<_> = locked.json()["lock"]["models"].as_array().expect("a list").clone();
    let tasks: Vec<_> = tasks.iter().map(|locked| (locked["task"].as_str(), locked["model"].as_str())).collect();
    let model = Some(fixture.model.as_str());
    assert_eq!(tasks, [(Some("categorization"), model), (Some("chat"), model), (Some("scoring"), model)]);
    let path = fixture.test.app.config.data_dir.join("models.lock.json");
    let text = std::fs::read_to_string(&path).expect("the file");
    assert!(text.contains(&digest(&manifest("old", 10))) && text.contains("\"schema_version\": 1"), "{text}");
    assert_eq!(fixture.versions().await["differences"], json!([]));

    fixture.sim.install(ModelSpec { digest: digest("other"), ..ModelSpec::new(&fixture.model, 2_000_000) });
    fixture.test.post("/api/ollama/check", &Value::Null).await;
    let changed = fixture.versions().await;
    let first = &changed["differences"][0];
    assert_eq!((&first["kind"], &first["model"]), (&json!("changed"), &json!(fixture.model)), "{changed}");
    assert!(first["remedy"].as_str().is_some_and(|remedy| remedy.contains("gleaner models lock")));
    let page = fixture.test.get("/settings/ollama").await.body;
    assert!(page.contains("is not the locked version"), "{page}");

    fixture.sim.remove(&fixture.model);
    let synced = fixture.post("sync", Value::Null).await;
    assert_eq!((synced.status.as_u16(), &synced.json()["queued"]), (202, &json!([fixture.model])), "{}", synced.body);
    assert_eq!(synced.json()["differences"][0]["kind"], "missing");
    let mut pulls = fixture.test.app.pulls.subscribe();
    while !fixture.sim.installed().contains(&fixture.model) {
        let _ = tokio::time::timeout(Duration::from_millis(50), pulls.changed()).await;
    }

    let choice = json!({"categorization_model": "qwen3:8b", "scoring_model": "qwen3:8b"});
    fixture.test.json(Method::PUT, "/api/ollama/config", &choice).await;
    let other = fixture.versions().await;
    assert_eq!(other["differences"][0]["kind"], "other_model", "{other}");

    std::fs::write(&path, "{\"schema_version\": 2}").expect("written");
    let unreadable = fixture.versions().await;
    assert!(unreadable["lock_problem"].as_str().is_some_and(|why| why.contains("cannot be read")), "{unreadable}");
    assert_eq!(fixture.post("lock", Value::Null).await.status.as_u16(), 200, "it is written anew");
    assert_eq!(fixture.versions().await["lock_problem"], Value::Null);
    assert_eq!(fixture.digest_of(&other), "", "no registry was asked");
    fixture.test.finish().await;
}

#[tokio::test]
async fn copies_are_made_under_valid_free_names_and_known_at_once() {
    let fixture = Fixture::start(None).await;
    for (source, destination, status, words) in [
        ("a b", "x", 422, "cannot contain"),
        ("qwen3:8b", "a b", 422, "cannot contain"),
        ("nosuch", "x", 404, "does not have nosuch"),
        ("qwen3:8b", "QWEN3:8b", 409, "already"),
        ("qwen3:8b", "mine:cloud", 422, "cloud"),
        ("Qwen3:8B", "mine", 201, "mine:latest"),
    ] {
        let body = json!({"source": source, "destination": destination});
        let answer = fixture.test.post("/api/ollama/copy", &body).await;
        assert_eq!(answer.status.as_u16(), status, "{source} {destination}: {}", answer.body);
        assert!(answer.body.contains(words), "{source} {destination}: {}", answer.body);
    }
    assert_eq!(fixture.sim.requests_of(Endpoint::Copy).len(), 1, "what Ollama would overwrite or refuse is not sent");
    let installed = fixture.test.get("/api/ollama/models").await.body;
    assert!(installed.contains("\"mine:latest\""), "{installed}");
    let variants = fixture.test.get("/api/registry/variants").await.body;
    assert!(variants.contains("mine-ollama-gguf"), "{variants}");
    fixture.test.finish().await;
}
