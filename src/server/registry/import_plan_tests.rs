use super::{ListedModel, ListedSize, Registry, Variant, plan};
use crate::domain::{registry::ModelFormat, time::Timestamp};
use proptest::prelude::*;

const DIGEST: &str = "a80c4f17acd55265feec403c7aef86be0c25983ab279d83f3bcd3abbcb5b8b72";

fn rows(names: &[&str]) -> Vec<ListedModel> {
    names.iter().map(|name| ListedModel::named(name).expect(name)).collect()
}

fn apply(registry: &mut Registry, listed: Vec<ListedModel>, now: i64) -> super::RegistryImportReport {
    let plan = plan(registry, listed, false, Timestamp(now));
    for write in plan.writes {
        registry.variants.retain(|v| v.name != write.name);
        registry.variants.push(write);
    }
    registry.variants.sort_by(|a, b| a.name.cmp(&b.name));
    registry.last_import = Some(Timestamp(now));
    plan.report
}

fn one(registry: &Registry) -> Variant {
    assert_eq!(registry.variants.len(), 1);
    registry.variants[0].clone()
}

#[test]
fn missing_and_returned_variants() {
    let mut registry = Registry::default();
    assert_eq!(apply(&mut registry, rows(&["a:1b"]), 10).added, ["a-1b-ollama-gguf"]);
    assert!(apply(&mut registry, rows(&["a:1b"]), 20).is_unchanged());
    assert_eq!(one(&registry).last_seen, Timestamp(10), "nothing changed, nothing written");
    assert_eq!(apply(&mut registry, vec![], 30).missing, ["a-1b-ollama-gguf"]);
    assert_eq!((one(&registry).missing_since, one(&registry).last_seen), (Some(Timestamp(30)), Timestamp(20)));
    assert!(apply(&mut registry, vec![], 40).is_unchanged());
    assert_eq!(one(&registry).missing_since, Some(Timestamp(30)));
    assert_eq!(apply(&mut registry, rows(&["a:1b"]), 50).returned, ["a-1b-ollama-gguf"]);
    assert_eq!((one(&registry).missing_since, one(&registry).last_seen), (None, Timestamp(50)));
}

#[test]
fn values_missing_from_a_list_stay() {
    let mut registry = Registry::default();
    let mut full = ListedModel::named("a:1b").expect("name");
    full.digest = Some(DIGEST.into());
    full.size = Some(ListedSize::Exact(5_225_388_164));
    full.format = Some(ModelFormat::Safetensors);
    full.quantization = Some("Q4_K_M".into());
    full.context_length = Some(40_960);
    full.capabilities = Some(vec!["completion".into(), "tools".into()]);
    apply(&mut registry, vec![full.clone()], 10);
    let mut table = ListedModel::named("a:1b").expect("name");
    table.digest = Some(DIGEST[..12].into());
    table.size = Some(ListedSize::Rounded(5_200_000_000));
    assert!(apply(&mut registry, vec![table.clone()], 20).is_unchanged(), "a table knows less and takes nothing away");

    let mut registry = Registry::default();
    apply(&mut registry, vec![table.clone()], 10);
    assert_eq!(one(&registry).size_bytes, Some(5_200_000_000));
    assert!(!apply(&mut registry, vec![full], 20).is_unchanged());
    let known = one(&registry);
    assert_eq!((known.digest.as_deref(), known.size_bytes), (Some(DIGEST), Some(5_225_388_164)));

    table.digest = Some("b80c4f17acd5".into());
    table.size = Some(ListedSize::Rounded(9_000_000_000));
    apply(&mut registry, vec![table], 30);
    let other = one(&registry);
    assert_eq!(
        (other.digest.as_deref(), other.size_bytes),
        (Some("b80c4f17acd5"), Some(9_000_000_000)),
        "other content"
    );
}

#[test]
fn names_that_collide() {
    let mut registry = Registry::default();
    let report = apply(&mut registry, rows(&["a_b", "a-b", "x:latest", "x", "X"]), 10);
    assert_eq!(report.added.len(), 3);
    let by_id = |id: &str| registry.variants.iter().find(|v| v.served_model_id == id).map(|v| v.name.clone());
    assert_eq!(by_id("a-b").as_deref(), Some("a-b-ollama-gguf"), "first in byte order");
    assert!(by_id("a_b").is_some_and(|name| name.len() == "a-b-ollama-gguf-".len() + 6));
    let x = registry.variants.iter().find(|v| v.name == "x-ollama-gguf").expect("one model");
    assert_eq!((x.served_model_id.as_str(), x.aliases.clone()), ("X", vec!["x".to_owned(), "x:latest".to_owned()]));

    let before = registry.clone();
    assert!(apply(&mut registry, rows(&["X", "x", "x:latest", "a_b", "a-b"]), 20).is_unchanged());
    assert_eq!(registry.variants, before.variants);

    let mut other = Registry::default();
    apply(&mut other, rows(&["a_b"]), 10);
    apply(&mut other, rows(&["a-b", "a_b"]), 20);
    let keeper = other.variants.iter().find(|v| v.name == "a-b-ollama-gguf").expect("kept");
    assert_eq!(keeper.served_model_id, "a_b", "the one registered first keeps its name");
}

#[test]
fn deprecated_stays_deprecated_and_placeholders_are_marked_on_request() {
    let mut registry = Registry::default();
    apply(&mut registry, rows(&["a:1b"]), 10);
    registry.variants[0].deprecated = true;
    let legacy = Variant { name: "model-ollama-gguf-q4_k_m".into(), deprecated: false, ..one(&registry) };
    registry.variants.push(legacy);
    let plan = plan(&registry, rows(&["a:1b", "b:1b"]), true, Timestamp(20));
    assert_eq!(plan.report.deprecated, ["model-ollama-gguf-q4_k_m"]);
    assert_eq!(plan.report.missing, ["model-ollama-gguf-q4_k_m"], "it stands for nothing that Ollama has");
    assert_eq!(plan.report.added, ["b-1b-ollama-gguf"]);
    assert_eq!(plan.report.unchanged, 1);
}

#[test]
fn a_model_called_model_is_no_placeholder() {
    let mut registry = Registry::default();
    for (at, known) in [(10, "new"), (20, "known")] {
        let plan = plan(&registry, rows(&["model:q4_K_M", "model:latest"]), true, Timestamp(at));
        assert_eq!(plan.report.deprecated, Vec::<String>::new(), "{known}");
        apply(&mut registry, rows(&["model:q4_K_M", "model:latest"]), at);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_model_gets_its_own_variant_whatever_the_order(
        names in prop::collection::vec("(([a-c]{1,2}|localhost:5000)/)?([ab_-]{0,1}[a_]/)?[aA_][a_.-]{0,3}(:(latest|q4_0|q4_K_M|[ab_][ab_-]{0,2}|b-q8_0|UD-Q4_K_XL))?", 1..24),
        seed in any::<u64>(),
    ) {
        let listed: Vec<ListedModel> = names.iter().filter_map(|name| ListedModel::named(name).ok()).collect();
        let keys: std::collections::HashSet<String> = listed.iter().map(|o| o.id.key()).collect();
        let mut registry = Registry::default();
        apply(&mut registry, listed.clone(), 10);
        prop_assert_eq!(registry.variants.len(), keys.len(), "one name a model, one model a name");
        for variant in &registry.variants {
            prop_assert!(variant.name.contains("-ollama-gguf") && !variant.name.starts_with('-'), "{}", variant.name);
        }
        let mut shuffled = listed.clone();
        shuffled.sort_by_key(|o| { use std::hash::{DefaultHasher, Hash, Hasher}; let mut h = DefaultHasher::new(); (seed, &o.spelled).hash(&mut h); h.finish() });
        for row in &mut shuffled {
            row.quantization = Some("Q8_0".into());
        }
        let mut other = Registry::default();
        apply(&mut other, shuffled, 10);
        let names = |r: &Registry| r.variants.iter().map(|v| (v.name.clone(), v.served_model_id.clone())).collect::<Vec<_>>();
        prop_assert_eq!(names(&registry), names(&other));
        prop_assert!(apply(&mut registry, listed, 20).is_unchanged());
    }
}
