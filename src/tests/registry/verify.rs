//! Verifying the registry: four results, and no changes.

use crate::support::simulator::{ModelSpec, Simulator};
use crate::support::{
    ollama_store,
    registry::{app_with, export, import, import_text},
    test_app::TestApp,
};
use gleaner::{
    domain::registry::{VerifyReport, VerifyStatus},
    error::ErrorKind,
    server::services::{
        models,
        registry::{VerifySource, verify},
    },
};
use tempfile::TempDir;

fn verdicts(report: &VerifyReport) -> Vec<(&str, VerifyStatus)> {
    report.results.iter().map(|r| (r.served_model_id.as_str(), r.verdict)).collect()
}

#[tokio::test]
async fn four_verdicts_from_a_running_ollama() {
    let sim = Simulator::start().await.expect("a simulator");
    for name in ["gone:1b", "other:1b"] {
        sim.install(ModelSpec::new(name, 7_000));
    }
    let test = app_with(&sim).await;
    import(&test).await;
    // A table without digests adds one that cannot be compared, and calls none of the others missing for long.
    import_text(
        &test,
        "NAME SIZE MODIFIED\nbare:1b 1 KB now\nqwen3:8b 5.2 GB now\ngone:1b 7 KB now\nother:1b 7 KB now\n",
    )
    .await
    .expect("imported");
    sim.install(ModelSpec::new("bare:1b", 1_000));
    sim.remove("gone:1b");
    sim.install(ModelSpec { digest: "e".repeat(64), ..ModelSpec::new("other:1b", 7_000) });
    let before = export(&test).await;

    let expected = [
        ("bare:1b", VerifyStatus::Unverifiable),
        ("gone:1b", VerifyStatus::Missing),
        ("other:1b", VerifyStatus::Changed),
        ("qwen3:8b", VerifyStatus::Ok),
    ];
    let report = verify(&test.app, &[], VerifySource::Now).await.expect("verdicts");
    assert_eq!(verdicts(&report), expected);
    assert!(report.has_failures() && report.evidence.as_deref().is_some_and(|e| e.contains(&sim.url)));
    let note = |n: usize| report.results[n].note.clone().unwrap_or_default();
    assert!(note(0).contains("no digest is on record") && note(2).contains("eeeeeeeeeeee found"), "{report:?}");

    let only = verify(&test.app, &["qwen3:8b".into()], VerifySource::Now).await.expect("a verdict");
    assert!(only.results.len() == 1 && !only.has_failures());
    let error = verify(&test.app, &["qwen3:9b".into()], VerifySource::Now).await.expect_err("unknown");
    assert!(error.kind == ErrorKind::NotFound && error.hint.is_some_and(|h| h.contains("qwen3:8b")));
    assert_eq!(export(&test).await, before, "nothing changed by looking");
    assert_eq!(sim.loads(), 0);

    models::poll_now(&test.app).await;
    let report = verify(&test.app, &[], VerifySource::Observer).await.expect("verdicts");
    let wrong: Vec<_> = verdicts(&report).into_iter().filter(|(_, verdict)| *verdict != VerifyStatus::Ok).collect();
    assert_eq!(wrong, [("gone:1b", VerifyStatus::Missing)], "a poll brings the registry in step");
    test.finish().await;
}

#[tokio::test]
async fn the_store_is_compared_while_ollama_is_down() {
    let store = TempDir::new().expect("a folder");
    let here = ollama_store::write_model(store.path(), "registry.ollama.ai/library/here/1b", "weights");
    let torn = ollama_store::write_model(store.path(), "registry.ollama.ai/library/torn/1b", "more weights");
    let other = ollama_store::write_model(store.path(), "registry.ollama.ai/library/other/1b", "other weights");
    let test = TestApp::with(|config| config.ollama.models_dir = Some(store.path().to_owned())).await;
    let rows = [("here:1b", &here.digest), ("torn:1b", &torn.digest), ("gone:1b", &other.digest)]
        .map(|(name, digest)| format!("{name} {} 1 KB now\n", &digest[..12]));
    let table = format!(
        "NAME ID SIZE MODIFIED\n{}other:1b 0123456789ab 1 KB now\nfar:1b-cloud 0123456789ab - now\n",
        rows.concat()
    );
    import_text(&test, &table).await.expect("imported");
    std::fs::remove_file(torn.weights).expect("removed");
    let report = verify(&test.app, &[], VerifySource::Now).await.expect("verdicts");
    assert_eq!(
        verdicts(&report),
        [
            ("far:1b-cloud", VerifyStatus::Unverifiable),
            ("gone:1b", VerifyStatus::Missing),
            ("here:1b", VerifyStatus::Ok),
            ("other:1b", VerifyStatus::Changed),
            ("torn:1b", VerifyStatus::Missing),
        ]
    );
    assert!(here.manifest.exists() && report.evidence.is_some_and(|e| e.contains("store")));
    test.finish().await;
}

#[tokio::test]
async fn with_nothing_to_compare_nothing_is_called_missing() {
    let empty_folder = TempDir::new().expect("a folder");
    let test = TestApp::with(|config| config.ollama.models_dir = Some(empty_folder.path().to_owned())).await;
    import_text(&test, "NAME ID SIZE MODIFIED\nx:1b 0123456789ab 1 KB now\n").await.expect("imported");
    let report = verify(&test.app, &[], VerifySource::Now).await.expect("verdicts");
    assert_eq!(verdicts(&report), [("x:1b", VerifyStatus::Unverifiable)]);
    assert!(report.evidence.is_none() && report.results[0].note.is_some());
    test.finish().await;
}
