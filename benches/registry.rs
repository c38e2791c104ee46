//! The model registry with 10,000 variants: listing, planning an import, verifying. Each should stay below 200 ms.

#![allow(clippy::expect_used, reason = "a bench may fail loudly")]

use gleaner::{
    domain::{
        model_name::ModelName,
        registry::{Registry, VariantFilter, VariantList},
        time::Timestamp,
    },
    server::{
        registry::{
            import_plan,
            listed_model::{ListedModel, ListedSize},
            verification::{self, VerifyEvidence},
        },
        storage::{self, Db, variants},
    },
};
use std::{collections::HashMap, sync::LazyLock};

const VARIANT_COUNT: usize = 10_000;
const NOW: Timestamp = Timestamp(1_772_366_400);

fn main() {
    divan::main();
}

/// A database with 10,000 variants, and the list they came from.
struct RegistryFixture {
    runtime: tokio::runtime::Runtime,
    db: Db,
    registry: Registry,
    listed: Vec<ListedModel>,
    evidence: VerifyEvidence,
    _folder: tempfile::TempDir,
}

static FIXTURE: LazyLock<RegistryFixture> = LazyLock::new(|| {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::TempDir::new().expect("a folder");
    let listed: Vec<ListedModel> = (0..VARIANT_COUNT).map(listed_model).collect();
    let (db, registry) = runtime.block_on(async {
        let db = storage::open(folder.path()).await.expect("a database");
        let plan = import_plan::plan(&Registry::default(), listed.clone(), false, NOW);
        let mut tx = db.write().await.expect("a transaction");
        variants::upsert(&mut tx, &plan.writes).await.expect("written");
        tx.commit().await.expect("committed");
        let registry = variants::load(&db.read).await.expect("loaded");
        (db, registry)
    });
    let digests: HashMap<String, String> =
        listed.iter().map(|row| (row.id.key(), row.digest.clone().expect("known"))).collect();
    RegistryFixture { runtime, db, registry, listed, evidence: VerifyEvidence::Listed(digests), _folder: folder }
});

/// Names of all kinds; every twentieth collides with the one before.
fn listed_model(n: usize) -> ListedModel {
    let name = match n % 4 {
        0 => format!("hf.co/user{}/Model_{n}-GGUF:UD-Q4_K_XL", n % 97),
        1 => format!("model-{}:{}b-instruct-q4_K_M", n / 20, n % 70),
        2 => format!("team{}/model_{n}:latest", n % 50),
        _ => format!("localhost:5000/ns/model-{n}:q8_0"),
    };
    let mut row = ListedModel::named(&name).expect("a name");
    row.id = ModelName::parse(&name).expect("a name");
    row.digest = Some(format!("{n:064x}"));
    row.size = Some(ListedSize::Exact(4_000_000_000 + i64::try_from(n).expect("small")));
    row.quantization = Some("Q4_K_M".into());
    row.capabilities = Some(vec!["completion".into(), "tools".into()]);
    row
}

/// From the database to the list of the page.
#[divan::bench]
fn list(bencher: divan::Bencher) {
    let ground = &*FIXTURE;
    bencher.bench(|| {
        let registry = ground.runtime.block_on(variants::load(&ground.db.read)).expect("loaded");
        VariantList::filtered(registry.variants, &VariantFilter::default())
    });
}

/// An import without changes.
#[divan::bench]
fn import_plan_again(bencher: divan::Bencher) {
    let ground = &*FIXTURE;
    bencher.with_inputs(|| ground.listed.clone()).bench_values(|listed| {
        let plan = import_plan::plan(&ground.registry, listed, false, NOW);
        assert!(plan.report.is_unchanged());
        plan
    });
}

/// An import into an empty registry.
#[divan::bench]
fn import_plan_first(bencher: divan::Bencher) {
    let ground = &*FIXTURE;
    bencher
        .with_inputs(|| ground.listed.clone())
        .bench_values(|listed| import_plan::plan(&Registry::default(), listed, false, NOW));
}

/// From the database to the results, with the list of Ollama given.
#[divan::bench]
fn verify(bencher: divan::Bencher) {
    let ground = &*FIXTURE;
    bencher.bench(|| {
        let registry = ground.runtime.block_on(variants::load(&ground.db.read)).expect("loaded");
        registry
            .variants
            .iter()
            .map(|variant| verification::verify_variant(variant, &ground.evidence))
            .collect::<Vec<_>>()
    });
}
