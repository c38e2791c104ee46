//! Imports: repeated without changes, and without losing known values.

use crate::support::simulator::{Endpoint, ModelSpec, Simulator};
use crate::support::{
    fixtures::fixture_json,
    registry::{all_variants, app_with, export, import, import_text, variant},
    test_app::TestApp,
};
use gleaner::{
    domain::{
        model::SettingSource,
        registry::{Capability, CapabilityOrigin, ModelFormat, ModelLocation, ModelRole},
    },
    error::ErrorKind,
    server::services::{models, registry},
};
use std::time::Duration;

#[tokio::test]
async fn the_second_import_changes_nothing_and_nothing_is_loaded() {
    let sim = Simulator::start().await.expect("a simulator");
    sim.install(ModelSpec::new("hf.co/u/r:UD-Q4_K_XL", 7_000));
    let test = app_with(&sim).await;
    assert_eq!(import(&test).await.added, ["hf.co-u-r-ollama-gguf-ud-q4_k_xl", "qwen3-8b-ollama-gguf"]);
    let (before, known) = (export(&test).await, variant(&test, "qwen3:8b").await);
    assert_eq!((known.size_bytes, known.context_length), (Some(5_225_388_164), Some(40_960)));
    assert_eq!(
        (known.reported_quantization.as_deref(), known.download_format),
        (Some("Q4_K_M"), Some(ModelFormat::Gguf))
    );
    assert!(known.capabilities.iter().all(|c| c.origin == CapabilityOrigin::Reported), "{known:?}");
    test.clock.advance(Duration::from_secs(3600));
    let second = import(&test).await;
    assert!(second.is_unchanged() && second.unchanged == 2, "{second:?}");
    assert_eq!(export(&test).await, before, "byte for byte");
    assert_eq!(
        variant(&test, "qwen3:8b").await.last_seen,
        known.first_seen.plus(3600),
        "the second import saw it all the same"
    );
    assert_eq!(sim.loads(), 0);
    assert_eq!(sim.requests().len(), sim.requests_of(Endpoint::Tags).len(), "only the list was asked for");
    test.finish().await;
}

#[tokio::test]
async fn missing_and_returned_variants_stay_deprecated() {
    let sim = Simulator::start().await.expect("a simulator");
    sim.install(ModelSpec::new("tiny:q4_0", 7_000));
    let test = app_with(&sim).await;
    import(&test).await;
    registry::deprecate(&test.app, &["tiny:q4_0".into()], Some("too small"), false).await.expect("marked");
    sim.remove("tiny:q4_0");
    test.clock.advance(Duration::from_secs(60));
    assert_eq!(import(&test).await.missing, ["tiny-ollama-gguf-q4_0"]);
    let gone = variant(&test, "tiny:q4_0").await;
    assert_eq!(gone.missing_since, Some(gone.first_seen.plus(60)));
    assert!(gone.deprecated && gone.digest.is_some());
    sim.install(ModelSpec::new("tiny:q4_0", 7_000));
    assert_eq!(import(&test).await.returned, ["tiny-ollama-gguf-q4_0"]);
    let back = variant(&test, "tiny:q4_0").await;
    assert_eq!(
        (back.missing_since, back.deprecated, back.deprecated_reason.as_deref()),
        (None, true, Some("too small"))
    );
    test.finish().await;
}

#[tokio::test]
async fn recorded_answers_of_real_servers() {
    for (file, names) in [("tags", 7), ("main-tags", 4)] {
        let recorded: serde_json::Value = fixture_json(&format!("ollama-transcripts/{file}.json"));
        let body = recorded["response"]["chunks"][0]["text"].as_str().expect("a body");
        let test = TestApp::start().await;
        let report = import_text(&test, body).await.expect("imported");
        assert_eq!((report.added.len(), report.skipped.len()), (names, 0), "{file}");
        let tiny = variant(&test, "127.0.0.1:5000/demo/tiny:q8_0").await;
        assert_eq!(tiny.name, "127.0.0.1-5000-demo-tiny-ollama-gguf-q8_0");
        assert_eq!(tiny.digest.map(|d| d.len()), Some(64));
        assert!(import_text(&test, body).await.expect("again").is_unchanged());
    }
}

#[tokio::test]
async fn tables_do_not_erase_known_values() {
    let sim = Simulator::start().await.expect("a simulator");
    let test = app_with(&sim).await;
    import(&test).await;
    let before = export(&test).await;
    let digest = variant(&test, "qwen3:8b").await.digest.expect("known");
    let table =
        format!("NAME        ID              SIZE      MODIFIED\nqwen3:8b    {}    5.2 GB    now\n", &digest[..12]);
    assert!(import_text(&test, &table).await.expect("imported").is_unchanged());
    assert_eq!(export(&test).await, before);
    let cloud =
        format!("{table}gpt-oss:20b-cloud    875e8e3a629a    -    2 days ago\nx:1b    500a1f067a9f    2 PB    now\n");
    import_text(&test, &cloud).await.expect("imported");
    let known = variant(&test, "gpt-oss:20b-cloud").await;
    assert_eq!((known.size_bytes, known.location), (None, Some(ModelLocation::Cloud)));
    assert_eq!(known.capabilities, [Capability { name: "completion".into(), origin: CapabilityOrigin::Guessed }]);
    assert_eq!(variant(&test, "x:1b").await.size_bytes, Some(2_000_000_000_000_000));
    test.finish().await;
}

#[tokio::test]
async fn unreadable_lists_name_the_line_and_change_nothing() {
    let test = TestApp::start().await;
    import_text(&test, "NAME ID SIZE MODIFIED\nx:1b 500a1f067a9f 376 B now\n").await.expect("imported");
    let before = export(&test).await;
    for (text, place) in [
        ("", "it is empty"),
        ("<html>captive portal</html>", "line 1"),
        ("{\"models\": [\n{\"name\": \"x\",}\n]}", "line 2, column"),
        ("{\"error\": \"nope\"}", "no list"),
        ("NAME ID SIZE MODIFIED\nx 500a1f067a9f big now", "line 2: “big” is not a size"),
    ] {
        let error = import_text(&test, text).await.expect_err(text);
        assert!(error.kind == ErrorKind::Invalid && error.message.contains(place) && error.hint.is_some(), "{error:?}");
    }
    let odd = r#"{"models": [{"name": "a b"}, 7, {"name": "y:1b", "new_field": null}]}"#;
    assert_eq!(import_text(&test, odd).await.expect("imported").skipped.len(), 2, "the rest is taken");
    import_text(&test, "NAME ID SIZE MODIFIED\nx:1b 500a1f067a9f 376 B now\n").await.expect("imported");
    assert_ne!(export(&test).await, before, "y:1b is kept, and missing");
    assert_eq!(all_variants(&test).await.len(), 2);
    test.finish().await;
}

#[tokio::test]
async fn without_ollama_an_import_fails_with_a_message() {
    let test = TestApp::start().await;
    let error = registry::import(&test.app, registry::ImportSource::Ollama, registry::ImportOptions::default()).await;
    let error = error.expect_err("nothing to ask");
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(error.hint.is_some_and(|hint| hint.contains("--from")));
    test.finish().await;
}

#[tokio::test]
async fn roles_serve_until_somebody_chooses() {
    let sim = Simulator::start().await.expect("a simulator");
    sim.install(ModelSpec::new("tiny:1b", 7_000));
    sim.install(ModelSpec::new("seer:7b", 9_000).with_capabilities(&["completion", "vision"]));
    let test = app_with(&sim).await;
    import(&test).await;
    let config = models::load_config(&test.app).await.expect("config");
    assert_eq!((config.scoring_model.as_str(), config.source.scoring_model), ("qwen3:8b", SettingSource::Default));

    for (name, roles) in
        [("tiny:1b", &[ModelRole::Scoring, ModelRole::Categorization][..]), ("seer:7b", &[ModelRole::Scoring])]
    {
        registry::set_roles(&test.app, name, roles, false).await.expect("given");
    }
    let config = models::load_config(&test.app).await.expect("config");
    assert_eq!(
        (config.categorization_model.as_str(), config.scoring_model.as_str()),
        ("tiny:1b", "seer:7b"),
        "the first by name"
    );
    let chosen = registry::select_variant(&test.app, ModelRole::Scoring, None).await.expect("one");
    assert_eq!(chosen.served_model_id, config.scoring_model.as_str(), "select tells what scoring uses");
    let seeing = registry::select_variant(&test.app, ModelRole::Chat, Some("vision")).await.expect("one");
    assert_eq!(seeing.name.as_deref(), Some("seer-7b-ollama-gguf"));

    registry::deprecate(&test.app, &["seer:7b".into()], None, false).await.expect("marked");
    let config = models::load_config(&test.app).await.expect("config");
    assert_eq!(config.scoring_model, "tiny:1b".into(), "a deprecated one never serves");
    assert!(
        registry::select_variant(&test.app, ModelRole::Chat, Some("vision"))
            .await
            .is_err_and(|e| e.kind == ErrorKind::NotFound)
    );

    let choice =
        models::ModelChoice { categorization_model: Some("qwen3:8b".into()), ..models::ModelChoice::default() };
    models::save_choice(&test.app, choice).await.expect("saved");
    let config = models::load_config(&test.app).await.expect("config");
    assert_eq!(
        (config.categorization_model.as_str(), config.source.categorization_model),
        ("qwen3:8b", SettingSource::Saved)
    );
    let chosen = registry::select_variant(&test.app, ModelRole::Categorization, None).await.expect("one");
    assert!(chosen.served_model_id == "qwen3:8b" && chosen.why.contains("settings page"), "{chosen:?}");
    test.finish().await;
}
