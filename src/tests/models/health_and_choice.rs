//! Health with its causes, the list of models, stored choices, readiness.

use crate::support::simulator::{Endpoint, ModelSpec, ScriptedReply, Simulator};
use crate::support::test_app::TestApp;
use gleaner::{
    domain::{
        live_event::LiveEvent,
        model::{HealthProblemKind, SettingSource},
        model_options::OptionKey,
        readiness::ModelState,
    },
    error::ErrorKind,
    server::services::models::{self, ModelChoice},
};

async fn app_with(sim: &Simulator) -> TestApp {
    let host = sim.url.parse().expect("a URL");
    TestApp::with(|config| config.ollama.host = host).await
}

#[tokio::test]
async fn health_is_what_was_last_seen() {
    let mut sim = Simulator::start().await.expect("a simulator");
    let test = app_with(&sim).await;
    let unseen = models::health(&test.app);
    assert_eq!((unseen.connected, unseen.problem, unseen.checked_at), (false, None, None));
    assert_eq!(models::list_installed(&test.app).await.map_err(|e| e.kind).map(drop), Err(ErrorKind::Unavailable));
    assert!(models::queue_readiness(&test.app).await.expect("known").ready, "unknown is not a no");

    let mut events = test.app.events.subscribe();
    let seen = models::poll_now(&test.app).await;
    assert_eq!((seen.connected, seen.version.as_deref()), (true, Some("0.33.0")));
    assert!(matches!(events.try_recv(), Ok(LiveEvent::Health(_))));
    models::poll_now(&test.app).await;
    assert!(events.try_recv().is_err(), "nothing changed");

    sim.shut_down().await;
    assert!(models::health(&test.app).connected, "the cache does not ask");
    let down = models::poll_now(&test.app).await;
    assert_eq!(down.problem.map(|p| p.kind), Some(HealthProblemKind::Refused));
    assert!(matches!(events.try_recv(), Ok(LiveEvent::Health(_))));
    let queue = models::queue_readiness(&test.app).await.expect("known");
    assert_eq!((queue.ready, queue.reason.as_deref()), (false, Some("refused")));
    let error = models::list_installed(&test.app).await.expect_err("down");
    assert!(error.kind == ErrorKind::Unavailable && error.hint.is_some());

    sim.restart().await.expect("the same port");
    assert!(models::poll_now(&test.app).await.connected);
    assert!(models::queue_readiness(&test.app).await.expect("known").ready);
    test.finish().await;
}

#[tokio::test]
async fn causes_of_unreachability_are_distinguished() {
    let sim = Simulator::start().await.expect("a simulator");
    let test = app_with(&sim).await;
    let raw = |status, content_type: &str, body: &str| ScriptedReply::Raw {
        status,
        content_type: content_type.into(),
        body: body.into(),
        retry_after: None,
    };
    for (act, kind) in [
        (raw(401, "text/html", "<h1>Login"), HealthProblemKind::Auth),
        (raw(403, "", ""), HealthProblemKind::ForbiddenHost),
        (raw(200, "text/html", "<h1>My printer"), HealthProblemKind::NotOllama),
        (raw(404, "text/plain", "nothing here"), HealthProblemKind::NotOllama),
        (raw(200, "application/json", "[]"), HealthProblemKind::BadAnswer),
        (raw(502, "text/html", "<h1>Bad gateway"), HealthProblemKind::Timeout),
    ] {
        sim.script(Endpoint::Version, act.clone());
        let problem = models::poll_now(&test.app).await.problem.expect("a problem");
        assert_eq!(problem.kind, kind, "{act:?}");
        let words = format!("{} {}", problem.message, problem.hint);
        assert!(!words.contains('<') && problem.message.ends_with('.') && !problem.hint.is_empty(), "{words}");
    }
}

#[tokio::test]
async fn polls_at_the_same_time_are_shared() {
    let sim = Simulator::start().await.expect("a simulator");
    let test = app_with(&sim).await;
    let joined = futures::future::join_all((0..10).map(|_| models::poll_if_stale(&test.app))).await;
    assert!(joined.iter().all(|health| health.connected));
    assert_eq!(sim.requests_of(Endpoint::Version).len(), 1, "the poll under way is waited for");
    let anew = futures::future::join_all((0..10).map(|_| models::poll_now(&test.app))).await;
    assert!(anew.iter().all(|health| health.connected));
    assert_eq!(
        sim.requests_of(Endpoint::Version).len(),
        3,
        "nine begin one poll after the one under way, and share it"
    );
}

#[tokio::test]
async fn choices_are_kept_apart_and_survive() {
    let sim = Simulator::start().await.expect("a simulator");
    sim.install(ModelSpec::recommended("gemma3:4b"));
    sim.install(ModelSpec::new("embedder", 1000).with_capabilities(&["embedding"]));
    let test = app_with(&sim).await;
    let first = models::load_config(&test.app).await.expect("a configuration");
    assert_eq!((first.categorization_model.as_str(), first.scoring_model.as_str()), ("qwen3:8b", "qwen3:8b"));
    assert_eq!((first.use_separate_models, first.source.scoring_model), (false, SettingSource::Default));

    models::poll_now(&test.app).await;
    let separate = ModelChoice {
        scoring_model: Some("gemma3:4b".into()),
        use_separate_models: Some(true),
        ..ModelChoice::default()
    };
    let saved = models::save_choice(&test.app, separate).await.expect("saved");
    assert_eq!((saved.categorization_model.as_str(), saved.scoring_model.as_str()), ("qwen3:8b", "gemma3:4b"));
    assert_eq!(
        (saved.source.categorization_model, saved.source.scoring_model),
        (SettingSource::Default, SettingSource::Saved)
    );

    let options = vec![(OptionKey::NumCtx, "4096".to_owned())];
    let saved = models::save_choice(&test.app, ModelChoice { options, ..ModelChoice::default() }).await.expect("saved");
    assert_eq!(
        (saved.options.num_ctx, saved.scoring_model.as_str()),
        (4096, "gemma3:4b"),
        "saving one thing changes nothing else"
    );

    for (name, word) in
        [("nosuch", "not installed"), ("embedder", "embedding model"), ("a b", "cannot contain"), ("", "Type the name")]
    {
        let choice = ModelChoice { scoring_model: Some(name.into()), ..ModelChoice::default() };
        let error = models::save_choice(&test.app, choice).await.expect_err("refused");
        assert!(error.kind == ErrorKind::Invalid && error.message.contains(word), "{name}: {error}");
    }
    sim.remove("gemma3:4b");
    models::poll_now(&test.app).await;
    let gone = models::model_readiness(&test.app, &"gemma3:4b".into()).await.expect("known");
    assert_eq!((gone.state, gone.reason.as_deref()), (ModelState::Missing, Some("model_missing")));
    let again = models::save_choice(
        &test.app,
        ModelChoice { scoring_model: Some("gemma3:4b".into()), ..ModelChoice::default() },
    )
    .await;
    assert_eq!(
        again.map(|c| c.scoring_model),
        Ok("gemma3:4b".into()),
        "a vanished choice is not replaced, nor in the way"
    );

    let host = sim.url.parse().expect("a URL");
    let test = TestApp::on(test.finish().await, |config| config.ollama.host = host).await;
    let kept = models::load_config(&test.app).await.expect("a configuration");
    assert_eq!(
        (kept.scoring_model.as_str(), kept.use_separate_models, kept.options.num_ctx),
        ("gemma3:4b", true, 4096)
    );
}

#[tokio::test]
async fn the_list_says_what_is_in_memory_and_what_for() {
    let sim = Simulator::start().await.expect("a simulator");
    sim.install(ModelSpec::recommended("gemma3:4b"));
    let test = app_with(&sim).await;
    test.app
        .ollama
        .load(&"qwen3:8b".into(), Default::default(), gleaner::server::models::ollama::wire::KeepAlive::Seconds(-1))
        .await
        .expect("loaded");
    models::poll_now(&test.app).await;
    let all = models::list_installed(&test.app).await.expect("a list");
    let qwen = all.iter().find(|m| m.name == "qwen3:8b".into()).expect("listed");
    assert!(qwen.is_loaded && qwen.expires_at.is_some_and(|t| t.to_string().starts_with("23")));
    assert_eq!(qwen.used_for, ["categorization", "scoring"]);
    let gemma = all.iter().find(|m| m.name == "gemma3:4b".into()).expect("listed");
    assert!(!gemma.is_loaded && gemma.used_for.is_empty() && gemma.can_chat());
    assert_eq!(models::manifest_digest(&test.app, &"Gemma3:4B".into()).as_deref(), Some(gemma.digest.as_str()));
}
