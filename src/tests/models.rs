//! Looking after Ollama: health with its causes, the list of models, choices that survive, readiness.

use crate::support::test_app::TestApp;
use gleaner::{
    domain::{
        event::Event,
        model::{HealthProblemKind, ModelOptions, Source},
        readiness::ModelState,
    },
    error::ErrorKind,
    server::{
        demo::ollama::{Act, Call, ModelSpec, Simulator},
        services::models::{self, Choice},
    },
};

async fn with(sim: &Simulator) -> TestApp {
    let host = sim.url.parse().expect("a URL");
    TestApp::with(|config| config.ollama.host = host).await
}

#[tokio::test]
async fn health_is_what_was_last_seen() {
    let mut sim = Simulator::start().await.expect("a simulator");
    let test = with(&sim).await;
    let unseen = models::health(&test.app);
    assert_eq!((unseen.connected, unseen.problem, unseen.checked_at), (false, None, None));
    assert_eq!(models::installed(&test.app).await.map_err(|e| e.kind).map(drop), Err(ErrorKind::Unavailable));
    assert!(models::of_queue(&test.app).await.expect("known").ready, "unknown is not a no");

    let mut events = test.app.events.subscribe();
    let seen = models::check_now(&test.app).await;
    assert_eq!((seen.connected, seen.version.as_deref()), (true, Some("0.33.0")));
    assert!(matches!(events.try_recv(), Ok(Event::Health(_))));
    models::check_now(&test.app).await;
    assert!(events.try_recv().is_err(), "nothing changed");

    sim.go_down().await;
    assert!(models::health(&test.app).connected, "the cache does not ask");
    let down = models::check_now(&test.app).await;
    assert_eq!(down.problem.map(|p| p.kind), Some(HealthProblemKind::Refused));
    assert!(matches!(events.try_recv(), Ok(Event::Health(_))));
    let queue = models::of_queue(&test.app).await.expect("known");
    assert_eq!((queue.ready, queue.reason.as_deref()), (false, Some("refused")));
    let error = models::installed(&test.app).await.expect_err("down");
    assert!(error.kind == ErrorKind::Unavailable && error.hint.is_some());

    sim.come_back().await.expect("the same port");
    assert!(models::check_now(&test.app).await.connected);
    assert!(models::of_queue(&test.app).await.expect("known").ready);
    test.finish().await;
}

#[tokio::test]
async fn causes_are_told_apart() {
    let sim = Simulator::start().await.expect("a simulator");
    let test = with(&sim).await;
    let raw = |status, content_type: &str, body: &str| Act::Raw {
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
        sim.script(Call::Version, act.clone());
        let problem = models::check_now(&test.app).await.problem.expect("a problem");
        assert_eq!(problem.kind, kind, "{act:?}");
        let words = format!("{} {}", problem.message, problem.hint);
        assert!(!words.contains('<') && problem.message.ends_with('.') && !problem.hint.is_empty(), "{words}");
    }
}

#[tokio::test]
async fn ten_who_ask_at_once_ask_once() {
    let sim = Simulator::start().await.expect("a simulator");
    let test = with(&sim).await;
    let asking = (0..10).map(|_| models::check_now(&test.app));
    let answers = futures::future::join_all(asking).await;
    assert!(answers.iter().all(|h| h.connected));
    assert_eq!(sim.requests_of(Call::Version).len(), 1);
}

#[tokio::test]
async fn choices_are_kept_apart_and_survive() {
    let sim = Simulator::start().await.expect("a simulator");
    sim.install(ModelSpec::recommended("gemma3:4b"));
    sim.install(ModelSpec::new("embedder", 1000).able_to(&["embedding"]));
    let test = with(&sim).await;
    let first = models::config(&test.app).await.expect("a configuration");
    assert_eq!((first.categorization_model.as_str(), first.scoring_model.as_str()), ("qwen3:8b", "qwen3:8b"));
    assert_eq!((first.use_separate_models, first.source.scoring_model), (false, Source::Default));

    models::check_now(&test.app).await;
    let separate =
        Choice { scoring_model: Some("gemma3:4b".into()), use_separate_models: Some(true), ..Choice::default() };
    let saved = models::save(&test.app, separate).await.expect("saved");
    assert_eq!((saved.categorization_model.as_str(), saved.scoring_model.as_str()), ("qwen3:8b", "gemma3:4b"));
    assert_eq!((saved.source.categorization_model, saved.source.scoring_model), (Source::Default, Source::Saved));

    let options = ModelOptions { num_ctx: 4096, ..ModelOptions::default() };
    let saved = models::save(&test.app, Choice { options: Some(options), ..Choice::default() }).await.expect("saved");
    assert_eq!(
        (saved.options.num_ctx, saved.scoring_model.as_str()),
        (4096, "gemma3:4b"),
        "saving one thing changes nothing else"
    );

    for (name, word) in
        [("nosuch", "not installed"), ("embedder", "embeddings"), ("a b", "cannot contain"), ("", "Type the name")]
    {
        let choice = Choice { scoring_model: Some(name.into()), ..Choice::default() };
        let error = models::save(&test.app, choice).await.expect_err("refused");
        assert!(error.kind == ErrorKind::Invalid && error.message.contains(word), "{name}: {error}");
    }
    sim.remove("gemma3:4b");
    models::check_now(&test.app).await;
    let gone = models::readiness(&test.app, "gemma3:4b").await.expect("known");
    assert_eq!((gone.state, gone.reason.as_deref()), (ModelState::Missing, Some("model_missing")));
    let again = models::save(&test.app, Choice { scoring_model: Some("gemma3:4b".into()), ..Choice::default() }).await;
    assert_eq!(
        again.map(|c| c.scoring_model),
        Ok("gemma3:4b".into()),
        "a vanished choice is not replaced, nor in the way"
    );

    let host = sim.url.parse().expect("a URL");
    let test = TestApp::on(test.finish().await, |config| config.ollama.host = host).await;
    let kept = models::config(&test.app).await.expect("a configuration");
    assert_eq!(
        (kept.scoring_model.as_str(), kept.use_separate_models, kept.options.num_ctx),
        ("gemma3:4b", true, 4096)
    );
}

#[tokio::test]
async fn the_list_says_what_is_in_memory_and_what_for() {
    let sim = Simulator::start().await.expect("a simulator");
    sim.install(ModelSpec::recommended("gemma3:4b"));
    let test = with(&sim).await;
    test.app
        .ollama
        .load("qwen3:8b", Default::default(), gleaner::server::ollama::wire::KeepAlive::Seconds(-1))
        .await
        .expect("loaded");
    models::check_now(&test.app).await;
    let all = models::installed(&test.app).await.expect("a list");
    let qwen = all.iter().find(|m| m.name == "qwen3:8b").expect("listed");
    assert!(qwen.is_loaded && qwen.expires_at.is_some_and(|t| t.to_string().starts_with("23")));
    assert_eq!(qwen.used_for, ["categorization", "scoring"]);
    let gemma = all.iter().find(|m| m.name == "gemma3:4b").expect("listed");
    assert!(!gemma.is_loaded && gemma.used_for.is_empty() && gemma.can_chat());
    assert_eq!(models::digest(&test.app, "Gemma3:4B").as_deref(), Some(gemma.digest.as_str()));
}
