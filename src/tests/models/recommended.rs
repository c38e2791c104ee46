//! The list of recommended models: the built-in one, a file of the owner, and what is said of a file that cannot be used.

use crate::support::{gleaner_binary, pulls::simulator_and_app, test_app::TestApp};
use gleaner::{
    domain::diagnostics::{DiagnosticCheck, DiagnosticOutcome},
    server::services::{doctor, models},
};
use serde_json::{Value, json};
use std::fs;
use tempfile::TempDir;

const OWN_LIST: &str = r#"
[[model]]
name = "phi4-mini"
size = 2_500_000_000
memory = 3_000_000_000
context = 131_072
languages = "24 languages"
good_for = "A choice of the owner."
speed = "medium"
"#;

fn names(library: &Value) -> Vec<&str> {
    library["models"].as_array().expect("a list").iter().filter_map(|model| model["name"].as_str()).collect()
}

#[tokio::test]
async fn a_file_in_the_data_folder_takes_the_place_of_the_built_in_list() {
    let (_sim, test) = simulator_and_app().await;
    let built_in = test.get("/api/ollama/library").await.json();
    assert_eq!((names(&built_in).len(), &built_in["source"], &built_in["problems"]), (5, &Value::Null, &json!([])));
    let fits: Vec<&str> =
        built_in["models"].as_array().expect("a list").iter().filter_map(|m| m["memory_fit"].as_str()).collect();
    assert!(
        fits.is_sorted_by_key(|fit| ["fits", "tight", "too_large"].iter().position(|known| known == fit)),
        "{fits:?}"
    );

    let file = test.app.config.data_dir.join("models.toml");
    fs::write(&file, OWN_LIST).expect("written");
    let own = test.get("/api/ollama/library").await.json();
    assert_eq!(names(&own), ["phi4-mini:latest"]);
    assert_eq!(own["models"][0]["languages"], "24 languages");
    assert!(own["source"].as_str().is_some_and(|source| source.ends_with("models.toml")), "{own}");
    let page = test.get("/settings/ollama").await.body;
    assert!(page.contains("A choice of the owner.") && page.contains("Recommended by "), "{page}");
    let shown = models::load_recommended(&test.app).await;
    assert_eq!(shown.find(&"phi4-mini:latest".into()).map(|known| known.size), Some(2_500_000_000));

    // A broken file stops nothing: the built-in list is used, and it is said where something is wrong.
    fs::write(&file, OWN_LIST.replace("3_000_000_000", "\"3 GB\"")).expect("written");
    let broken = test.get("/api/ollama/library").await.json();
    assert_eq!((names(&broken).len(), &broken["source"]), (5, &Value::Null));
    let problem = broken["problems"][0].as_str().expect("a problem");
    assert!(
        problem.ends_with("models.toml, line 5, memory: It is a whole number from 1 to 1000000000000000."),
        "{problem}"
    );
    let page = test.get("/settings/ollama").await.body;
    assert!(page.contains("list of recommended models cannot be used") && page.contains("line 5, memory"), "{page}");
    let report = doctor::run_checks(&test.app, None, |_| {}).await;
    let finding = report.results.iter().find(|result| result.topic == DiagnosticCheck::Configuration).expect("checked");
    assert!(finding.outcome == DiagnosticOutcome::Warn && finding.message.contains("line 5, memory"), "{finding:?}");
    test.finish().await;
}

#[tokio::test]
async fn the_setting_names_a_file_that_must_be_there() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("list.toml");
    let named = file.clone();
    let test = TestApp::with(|config| config.ollama.recommended_models = Some(named)).await;
    let missing = test.get("/api/ollama/library").await.json();
    assert!(
        names(&missing).len() == 5 && missing["problems"][0].as_str().is_some_and(|p| p.contains("cannot be read")),
        "{missing}"
    );
    fs::write(&file, OWN_LIST).expect("written");
    assert_eq!(names(&test.get("/api/ollama/library").await.json()), ["phi4-mini:latest"], "without a restart");
    test.finish().await;
}

#[test]
fn the_command_shows_the_list_without_ollama() {
    let home = TempDir::new().expect("a folder");
    let run = |args: &[&str]| {
        let common = ["--data-dir", "data", "--ollama-host", "http://127.0.0.1:9", "models", "recommended"];
        let output = gleaner_binary::run_gleaner(home.path(), &[&common[..], args].concat());
        (output.status.code(), gleaner_binary::output_texts(&output).0)
    };
    let (code, text) = run(&[]);
    assert!(code == Some(0) && text.contains("qwen3:1.7b") && text.contains("Good for"), "{text}");
    let (code, json) = run(&["--json"]);
    let list: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((code, names(&list).len(), &list["problems"]), (Some(0), 5, &json!([])), "{json}");
}
