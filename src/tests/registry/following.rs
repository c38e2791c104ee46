//! Changes of Ollama's models by Gleaner or other programs update the registry without an import.

use crate::support::{
    pulls::{post_pull, simulator_and_app},
    registry::{all_variants, app_with, export, import, variant},
    simulator::{Endpoint, ModelSpec, ScriptedReply, Simulator},
};
use gleaner::server::services::{models, registry};
use reqwest::Method;

#[tokio::test]
async fn pulls_and_deletions_are_in_the_registry_at_once() {
    let (sim, test) = simulator_and_app().await;
    let pulled = post_pull(&test, "qwen3:4b").await;
    assert!(pulled.body.contains("success"), "{}", pulled.body);
    let known = variant(&test, "qwen3:4b").await;
    assert!(known.missing_since.is_none() && known.digest.is_some() && known.size_bytes.is_some(), "{known:?}");
    registry::deprecate(&test.app, &["qwen3:4b".into()], Some("slow"), false).await.expect("known");

    let deleted = test.send(test.request(Method::DELETE, "/api/ollama/models/qwen3:4b")).await;
    assert_eq!(deleted.status.as_u16(), 200, "{}", deleted.body);
    let gone = variant(&test, "qwen3:4b").await;
    assert_eq!((gone.missing_since.is_some(), gone.deprecated_reason.as_deref()), (true, Some("slow")));
    assert!(!test.get("/models").await.body.contains("qwen3-4b-ollama-gguf"), "hidden, as deprecated ones are");

    sim.install(ModelSpec::recommended("qwen3:4b"));
    models::poll_now(&test.app).await;
    let back = variant(&test, "qwen3:4b").await;
    assert_eq!((back.missing_since, back.deprecated), (None, true), "marks stay");
    test.finish().await;
}

#[tokio::test]
async fn changes_by_other_programs_are_imported_and_nothing_else_is_written() {
    let sim = Simulator::start().await.expect("a simulator");
    let test = app_with(&sim).await;
    models::poll_now(&test.app).await;
    let names = |variants: Vec<gleaner::domain::registry::Variant>| -> Vec<(String, bool)> {
        variants.into_iter().map(|v| (v.served_model_id, v.missing_since.is_some())).collect()
    };
    assert_eq!(names(all_variants(&test).await), [("qwen3:8b".into(), false)]);
    let first = export(&test).await;
    test.clock.advance(std::time::Duration::from_secs(60));
    models::poll_now(&test.app).await;
    assert_eq!(export(&test).await, first, "the same list changes nothing");

    sim.install(ModelSpec::new("hf.co/u/r:Q4_K_M", 1_000_000));
    sim.remove("qwen3:8b");
    models::poll_now(&test.app).await;
    assert_eq!(names(all_variants(&test).await), [("hf.co/u/r:Q4_K_M".into(), false), ("qwen3:8b".into(), true)]);
    let followed = export(&test).await;
    assert!(import(&test).await.added.is_empty());
    assert_eq!(export(&test).await, followed, "an import afterwards finds nothing new");

    sim.always(
        Endpoint::Tags,
        ScriptedReply::Raw {
            status: 500,
            content_type: "application/json".into(),
            body: "{}".into(),
            retry_after: None,
        },
    );
    models::poll_now(&test.app).await;
    assert_eq!(export(&test).await, followed, "a list that failed says nothing");
    test.finish().await;
}
