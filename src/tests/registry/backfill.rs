//! Filling empty fields from Ollama's store without Ollama, and recomputing fields after a backup.

use crate::support::{
    ollama_store,
    registry::{all_variants, export, import_text, variant},
    test_app::TestApp,
};
use gleaner::{
    domain::registry::{ModelFormat, ModelLocation},
    error::ErrorKind,
    server::services::registry::{self, backfill, normalize},
};
use tempfile::TempDir;

const OLLAMA_LIST_TABLE: &str =
    "NAME SIZE MODIFIED\ntiny:q4_0 1 KB now\nLocalhost:5000/ns/big:7b 2 KB now\nelsewhere:1b 3 KB now\n";

#[tokio::test]
async fn empty_fields_are_filled_from_the_store_and_survive_a_restart() {
    let store = TempDir::new().expect("a folder");
    let tiny = ollama_store::write_model(store.path(), "registry.ollama.ai/library/tiny/q4_0", "tiny weights");
    let big = ollama_store::write_model(store.path(), "localhost:5000/ns/Big/7b", "big weights");
    let at_store =
        |config: &mut gleaner::server::config::Config| config.ollama.models_dir = Some(store.path().to_owned());
    let test = TestApp::with(at_store).await;
    import_text(&test, OLLAMA_LIST_TABLE).await.expect("imported");
    let before = export(&test).await;

    let preview = backfill(&test.app, true).await.expect("a preview");
    assert!(preview.dry_run && preview.filled.iter().any(|f| f.change.field == "digest" && f.from == "store"));
    assert_eq!(export(&test).await, before, "a dry run writes nothing");

    let report = backfill(&test.app, false).await.expect("filled");
    assert_eq!(report.filled, preview.filled, "the dry run said exactly what happens");
    assert_eq!(report.store.as_deref(), store.path().to_str());
    assert!(backfill(&test.app, false).await.expect("again").filled.is_empty());

    let data = test.finish().await;
    let test = TestApp::on(data, at_store).await;
    for (name, stored) in [("tiny:q4_0", &tiny), ("localhost:5000/ns/big:7b", &big)] {
        let filled = variant(&test, name).await;
        assert_eq!(filled.path.as_deref(), stored.weights.to_str(), "{name}");
        assert_eq!(filled.digest.as_deref(), Some(stored.digest.as_str()));
        assert_eq!(filled.location, Some(ModelLocation::Local));
    }
    assert_eq!(variant(&test, "tiny:q4_0").await.size_bytes, Some(1_000), "what is on record stays");
    let elsewhere = variant(&test, "elsewhere:1b").await;
    assert_eq!((elsewhere.path.as_deref(), elsewhere.digest), (Some("ollama://elsewhere:1b"), None));
    assert_eq!((elsewhere.location, elsewhere.download_format), (Some(ModelLocation::Ollama), Some(ModelFormat::Gguf)));
    test.finish().await;
}

#[tokio::test]
async fn logical_variants_are_hidden_until_they_have_a_path() {
    let empty_folder = TempDir::new().expect("a folder");
    let test = TestApp::with(|config| config.ollama.models_dir = Some(empty_folder.path().to_owned())).await;
    import_text(&test, "NAME SIZE MODIFIED\ntiny:q4_0 1 KB now\n").await.expect("imported");
    let logical = export(&test).await.replace("\"ollama://tiny:q4_0\"", "null").replace("\"gguf\"", "null");
    registry::restore(&test.app, "models.json", &logical, false).await.expect("restored");
    assert_eq!(export(&test).await, logical, "an export comes back without loss");
    let hidden = registry::list(&test.app, &Default::default()).await.expect("a list");
    assert_eq!((hidden.count, hidden.hidden_logical), (0, 1));
    let report = backfill(&test.app, false).await.expect("filled");
    assert_eq!(report.store, None);
    let filled = variant(&test, "tiny:q4_0").await;
    assert_eq!((filled.path.as_deref(), filled.download_format), (Some("ollama://tiny:q4_0"), Some(ModelFormat::Gguf)));
    assert_eq!(registry::list(&test.app, &Default::default()).await.expect("a list").count, 1);
    test.finish().await;
}

#[tokio::test]
async fn a_damaged_store_is_reported_and_the_rest_is_used() {
    let store = TempDir::new().expect("a folder");
    let tiny = ollama_store::write_model(store.path(), "registry.ollama.ai/library/tiny/q4_0", "tiny weights");
    let big = ollama_store::write_model(store.path(), "localhost:5000/ns/big/7b", "big weights");
    std::fs::remove_file(&tiny.weights).expect("removed");
    std::fs::write(store.path().join("manifests/registry.ollama.ai/library/tiny/broken"), "{").expect("written");
    let test = TestApp::with(|config| config.ollama.models_dir = Some(store.path().to_owned())).await;
    import_text(&test, OLLAMA_LIST_TABLE).await.expect("imported");
    let report = backfill(&test.app, false).await.expect("filled");
    assert!(report.problems.iter().any(|p| p.contains("tiny:broken")), "{:?}", report.problems);
    assert!(report.problems.iter().any(|p| p.contains("pull it again")), "{:?}", report.problems);
    assert_eq!(variant(&test, "tiny:q4_0").await.digest, None, "half a model fills nothing");
    assert_eq!(variant(&test, "localhost:5000/ns/big:7b").await.digest, Some(big.digest));
    test.finish().await;
}

#[tokio::test]
async fn deriving_anew_previews_then_writes_after_a_copy() {
    let store = TempDir::new().expect("a folder");
    let tiny = ollama_store::write_model(store.path(), "registry.ollama.ai/library/tiny/q4_0", "tiny weights");
    let test = TestApp::with(|config| config.ollama.models_dir = Some(store.path().to_owned())).await;
    import_text(&test, OLLAMA_LIST_TABLE).await.expect("imported");
    let crooked =
        export(&test).await.replace("\"family\": \"tiny\"", "\"family\": \"tinny\"").replace("\"q4_0\"", "null");
    registry::restore(&test.app, "models.json", &crooked, false).await.expect("restored");
    let file = test.app.config.data_dir.join(gleaner::server::storage::DATABASE_FILE_NAME);

    let bytes = std::fs::read(&file).expect("readable");
    let preview = normalize(&test.app, true, false).await.expect("a preview");
    let fields: Vec<&str> = preview.changes.iter().map(|change| change.field.as_str()).collect();
    assert_eq!(fields, ["digest", "family", "quantization", "size_bytes"]);
    assert_eq!(preview.problems.len(), 2, "two are not in the store: {:?}", preview.problems);
    assert_eq!((export(&test).await, std::fs::read(&file).expect("readable")), (crooked.clone(), bytes));

    let applied = normalize(&test.app, true, true).await.expect("applied");
    assert_eq!(applied.changes, preview.changes);
    let copy = std::fs::read_to_string(applied.backup.expect("a copy")).expect("readable");
    assert_eq!(copy, crooked, "as it was before");
    let straight = variant(&test, "tiny:q4_0").await;
    assert_eq!((straight.family.as_str(), straight.quantization.as_deref()), ("tiny", Some("q4_0")));
    assert_eq!((straight.digest, straight.size_bytes), (Some(tiny.digest), Some(tiny.size)));
    assert!(normalize(&test.app, true, true).await.expect("again").backup.is_none(), "no change, no copy");
    assert_eq!(all_variants(&test).await.len(), 3);
    test.finish().await;
}

#[tokio::test]
async fn rebuilding_without_a_store_names_the_searched_folders() {
    let empty_folder = TempDir::new().expect("a folder");
    let test = TestApp::with(|config| config.ollama.models_dir = Some(empty_folder.path().to_owned())).await;
    let error = normalize(&test.app, true, false).await.expect_err("no store");
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(error.message.contains(empty_folder.path().to_str().expect("text")), "{error}");
    test.finish().await;
}
