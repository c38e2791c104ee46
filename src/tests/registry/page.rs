//! `/models`: the same list and filters as on the command line, every action without JavaScript, its command beside it.

use crate::support::registry::{app_with, import, variant};
use crate::support::simulator::{ModelSpec, Simulator};
use gleaner::{
    domain::registry::ModelRole,
    server::services::{models, registry},
};

#[tokio::test]
async fn filters_details_and_commands() {
    let sim = Simulator::start().await.expect("a simulator");
    sim.install(ModelSpec::new("tiny:q4_0", 7_000));
    let test = app_with(&sim).await;
    let empty = test.get("/models").await;
    assert!(empty.status == 200 && empty.body.contains("No variants to show"), "{}", empty.body);
    import(&test).await;
    registry::set_roles(&test.app, "qwen3:8b", &[ModelRole::Scoring], false).await.expect("given");
    registry::deprecate(&test.app, &["tiny:q4_0".into()], Some("<b>small</b>"), false).await.expect("marked");

    let page = test.get("/models").await.body;
    assert!(page.contains("qwen3-8b-ollama-gguf") && !page.contains("tiny-ollama-gguf-q4_0"));
    assert!(page.contains("1 deprecated hidden") && page.contains("5.2 GB"), "{page}");
    for command in ["gleaner models import", "gleaner models verify", "gleaner models backfill", "gleaner models list"]
    {
        assert!(page.contains(command), "{command}");
    }
    let all = test.get("/models?deprecated=1&sort=size&open=tiny-ollama-gguf-q4_0").await.body;
    assert!(all.contains("&lt;b&gt;small&lt;/b&gt;") && !all.contains("<b>small</b>"), "what others write is text");
    assert!(all.contains("gleaner models undeprecate tiny-ollama-gguf-q4_0"));
    assert!(all.contains("gleaner models list --sort size --show-deprecated"), "{all}");
    let by_role = test.get("/models?role=chat").await.body;
    assert!(by_role.contains("No variants to show"));
    assert_eq!(test.get("/models?role=nonsense&sort=%00").await.status, 200);
    test.finish().await;
}

#[tokio::test]
async fn actions_work_without_javascript() {
    let sim = Simulator::start().await.expect("a simulator");
    let test = app_with(&sim).await;
    let answer = test.post_form("/fn/registry/import", &[]).await;
    assert!(answer.status == 302 && answer.header("location").contains("done=models-imported&n=1"), "{answer:?}");
    let answer = test.post_form("/fn/registry/import", &[("deprecate_placeholders", "true")]).await;
    assert!(answer.header("location").contains("done=models-current"), "{answer:?}");

    let name = ("name", "qwen3-8b-ollama-gguf");
    let answer = test.post_form("/fn/registry/roles", &[name, ("scoring", "true"), ("chat", "true")]).await;
    assert!(answer.header("location").contains("done=variant-roles"), "{answer:?}");
    assert_eq!(variant(&test, "qwen3:8b").await.roles, [ModelRole::Scoring, ModelRole::Chat]);
    let answer = test.post_form("/fn/registry/deprecate", &[name, ("reason", "")]).await;
    assert!(answer.header("location").contains("done=variant-deprecated"), "{answer:?}");
    let marked = variant(&test, "qwen3:8b").await;
    assert_eq!((marked.deprecated, marked.deprecated_reason), (true, None));
    test.post_form("/fn/registry/undeprecate", &[name]).await;
    assert!(!variant(&test, "qwen3:8b").await.deprecated);
    let answer = test.post_form("/fn/registry/deprecate", &[("name", "qwen3-9b-ollama-gguf")]).await;
    assert!(answer.status == 302 && answer.header("location").contains("outcome="), "{answer:?}");

    models::poll_now(&test.app).await;
    let page = test.get("/models?check=1").await.body;
    assert!(page.contains("Verified: 1 ok.") && page.contains("verified: "), "{page}");
    sim.remove("qwen3:8b");
    models::poll_now(&test.app).await;
    assert!(test.get("/models?check=1").await.body.contains("Verified: 1 missing."));
    test.finish().await;
}
