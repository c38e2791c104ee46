//! Names of variants: each model gets one name of its own, whatever the order and the metadata of what is imported.

use crate::support::{
    corpora::{corpus_json, json_array},
    fixtures::fixture_rows,
    registry::{all_variants, import_text},
    test_app::TestApp,
};
use gleaner::domain::model_name::ModelName;
use std::collections::{BTreeMap, BTreeSet};

/// A saved `/api/tags` answer; `quantization` is the metadata that must not matter.
fn tags_json(names: &[String], quantization: Option<&str>) -> String {
    let models = names.iter().map(|name| match quantization {
        Some(q) => serde_json::json!({"name": name, "model": name, "size": 5, "details": {"quantization_level": q, "family": "bert"}}),
        None => serde_json::json!({ "name": name }),
    });
    serde_json::json!({"models": models.collect::<Vec<_>>()}).to_string()
}

async fn names_by_key(test: &TestApp) -> BTreeMap<String, String> {
    let named = all_variants(test).await.into_iter();
    named.map(|v| (ModelName::parse(&v.served_model_id).expect("an identifier").key(), v.name)).collect()
}

#[tokio::test]
async fn every_model_gets_one_name() {
    check_names(&fixture_rows("model-names.tsv")).await;
}

#[tokio::test]
#[ignore = "GLEANER_CORPORA is not set"]
async fn every_model_of_the_corpus_gets_one_name() {
    let corpus = corpus_json("ollama/names.json");
    let cases = json_array(&corpus, "cases").iter();
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    let rows: Vec<_> = cases.map(|case| [text(&case["name"]), text(&case["full"]).to_ascii_lowercase()]).collect();
    check_names(&rows).await;
}

/// Imports names, each given with the key it must have, and compares what the variants are called.
async fn check_names(rows: &[[String; 2]]) {
    for [name, key] in rows {
        assert_eq!(ModelName::parse(name).map(|parsed| parsed.key()).as_ref(), Ok(key), "{name}");
    }
    let mut names: Vec<String> = rows.iter().map(|[name, _]| name.clone()).collect();
    let keys: BTreeSet<String> = rows.iter().map(|[_, key]| key.clone()).collect();

    let test = TestApp::start().await;
    let report = import_text(&test, &tags_json(&names, None)).await.expect("imported");
    assert_eq!((report.added.len(), report.skipped.len()), (keys.len(), 0));
    let named = names_by_key(&test).await;
    assert_eq!(named.keys().cloned().collect::<BTreeSet<_>>(), keys, "total");
    assert_eq!(named.values().collect::<BTreeSet<_>>().len(), keys.len(), "injective");
    for name in named.values() {
        assert!(
            name.contains("-ollama-gguf") && !name.contains(['/', ':', ' ']) && *name == name.to_lowercase(),
            "{name}"
        );
    }

    names.reverse();
    import_text(&test, &tags_json(&names, Some("Q8_0"))).await.expect("imported");
    assert_eq!(names_by_key(&test).await, named, "stable, whatever is reported");
    let other = TestApp::start().await;
    import_text(&other, &tags_json(&names, Some("Q4_K_M"))).await.expect("imported");
    assert_eq!(names_by_key(&other).await, named, "in any order");
    println!("{} identifiers, {} models, as many names", names.len(), keys.len());
}

#[tokio::test]
async fn a_name_once_given_stays_when_another_model_would_have_it() {
    let test = TestApp::start().await;
    import_text(&test, &tags_json(&["a_b:latest".into()], None)).await.expect("imported");
    import_text(&test, &tags_json(&["a-b:latest".into(), "a_b:latest".into()], None)).await.expect("imported");
    let named = names_by_key(&test).await;
    assert_eq!(named["registry.ollama.ai/library/a_b:latest"], "a-b-ollama-gguf");
    let newcomer = &named["registry.ollama.ai/library/a-b:latest"];
    let digits = newcomer.strip_prefix("a-b-ollama-gguf-").expect("marked");
    assert!(digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()), "{newcomer}");
    test.finish().await;
}
