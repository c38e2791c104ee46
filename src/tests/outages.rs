//! When the model does not answer, or answers badly, and the article is not at fault.

use crate::support::{
    articles::{broken_promises, entry, look, looks, store, store_many},
    model::{article_of, good, is_first_step, with, with_concurrency},
    test_app::TestApp,
};
use gleaner::{
    domain::{
        ids::ArticleId,
        scoring::{Phase, RescoreScope},
    },
    server::{
        demo::ollama::{Act, Call, Settings, Simulator},
        services::scoring,
        worker::scorer,
    },
};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn remedies_are_tried_before_an_attempt_is_counted() {
    let answer = json!({"categories": ["AI"], "new_categories": []}).to_string();
    let blank = |kind: &str| Act::Status(400, kind.to_owned());
    for (what, acts, calls) in [
        // Tried again without a wait, which a clock at rest would never end.
        ("cut off", vec![Act::Stop(1)], 2),
        ("length", vec![Act::Length(1)], 2),
        ("thinking only", vec![Act::Think("hmm".into(), String::new())], 2),
        ("no thinking", vec![blank("\"qwen3:8b\" does not support thinking")], 2),
        ("overflow", vec![blank("the input length exceeds the context length")], 2),
        (
            "overflow, nested",
            vec![blank(r#"{"error":{"code":400,"message":"too long","type":"exceed_context_size_error"}}"#)],
            2,
        ),
        ("cut off and length", vec![Act::Stop(1), Act::Length(1)], 3),
        ("prose around it", vec![Act::Text(format!("Well: {answer} Bye."))], 1),
    ] {
        let sim = Simulator::start().await.expect("a simulator");
        let url = sim.url.parse().expect("an address");
        let app = TestApp::with(|config| {
            config.ollama.host = url;
            config.ollama.retries = 1;
        })
        .await;
        let id = store_many(&app.app, 1).await[0];
        sim.answer_with(good);
        for act in acts {
            sim.script(Call::Chat, act);
        }
        scorer::drain(&app.app).await;
        let look = look(&app.app, id).await;
        assert_eq!((look.state.as_str(), look.attempts), ("scored", 0), "{what}: {look:?}");
        let first = sim.requests_of(Call::Chat).iter().filter(|r| is_first_step(&r.body)).count();
        assert_eq!(first, calls, "{what}");
    }
}

#[tokio::test]
async fn what_a_model_cannot_do_is_remembered() {
    let sim = Simulator::start().await.expect("a simulator");
    let app = with(&sim).await;
    store_many(&app.app, 3).await;
    sim.answer_with(good);
    sim.script(Call::Chat, Act::Status(400, "\"qwen3:8b\" does not support thinking".into()));
    scorer::drain(&app.app).await;
    let requests = sim.requests_of(Call::Chat);
    assert_eq!(requests.len(), 7, "refused once, not once an article");
    assert!(requests[1..].iter().all(|r| r.body.get("think").is_none()));
}

/// Causes that are nobody's fault: no attempt, the article back in the queue, the reason on the status.
#[tokio::test]
async fn outages_cost_no_attempt_and_say_why() {
    for (act, reason) in [
        (Act::Status(503, "server busy, please try again.  maximum pending requests exceeded".into()), "busy"),
        (
            Act::Status(500, "model requires more system memory (9 GiB) than is available (1 GiB)".into()),
            "out_of_memory",
        ),
        (Act::Status(404, "model 'qwen3:8b' not found".into()), "model_missing"),
        (Act::Status(500, "llama runner process has terminated: exit status 2".into()), "runner_crashed"),
        (Act::Fail(1, "an error was encountered while running the model: unexpected EOF".into()), "runner_crashed"),
        (Act::Status(429, "slow down".into()), "gateway"),
        (Act::Status(401, "unauthorized".into()), "auth"),
        (Act::Status(500, "429 and 503 and 404 in a text".into()), "server"),
        (Act::Cut(1), "cut_off"),
        (Act::Stop(1), "cut_off"),
    ] {
        let sim = Simulator::start().await.expect("a simulator");
        let app = with(&sim).await;
        store_many(&app.app, 5).await;
        sim.always(Call::Chat, act);
        scorer::drain(&app.app).await;
        let looks = looks(&app.app).await;
        assert!(looks.iter().all(|l| l.state == "queued" && l.attempts == 0 && !l.leased), "{reason}: {looks:?}");
        let status = scoring::status(&app.app).await.expect("a status");
        assert_eq!((status.phase, status.readiness.reason.as_deref()), (Phase::Waiting, Some(reason)));
        assert!(status.since.is_some() && status.readiness.message.is_some_and(|m| m.len() > 20));
    }
}

/// Waits for something in the database without sleeping: the worker tells of every change.
async fn until(app: &TestApp, what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let mut events = app.app.events.subscribe();
    let waited = tokio::time::timeout(Duration::from_secs(20), async {
        while !holds().await {
            let _ = events.recv().await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("never: {what}"));
}

#[tokio::test]
async fn after_an_hour_without_ollama_it_goes_on_within_two_seconds() {
    let mut sim = Simulator::start().await.expect("a simulator");
    let app = with(&sim).await;
    store_many(&app.app, 10).await;
    sim.answer_with(good);
    sim.go_down().await;
    app.app.lifecycle.spawn(scorer::run(app.app.clone()));
    let mut worker = app.app.worker.subscribe();
    let started = app.app.clock.now();
    worker.wait_for(|w| w.phase == Phase::Waiting).await.expect("told");
    for _ in 0..3600 {
        app.clock.advance(Duration::from_secs(1));
        // Lets a knock on the closed door come back before its own limit of three seconds has passed.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
    let status = scoring::status(&app.app).await.expect("a status");
    assert_eq!((status.phase, status.readiness.reason.as_deref()), (Phase::Waiting, Some("refused")));
    assert!(status.since.is_some_and(|since| since.since(started) <= 1), "since the beginning of the outage");
    assert!(looks(&app.app).await.iter().all(|l| l.state == "queued" && l.attempts == 0), "nothing was consumed");

    sim.come_back().await.expect("back");
    for _ in 0..2 {
        app.clock.advance(Duration::from_secs(1));
    }
    until(&app, "scored again", async || looks(&app.app).await.iter().all(|l| l.state == "scored")).await;
    app.finish().await;
}

/// Runs the worker with a clock that never stands still until `holds`.
async fn work_until(app: &TestApp, what: &str, holds: impl AsyncFnMut() -> bool) {
    let running = tokio::spawn(scorer::run(app.app.clone()));
    let clock = app.clock.clone();
    let ticking = tokio::spawn(async move {
        loop {
            clock.advance(Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
    });
    until(app, what, holds).await;
    ticking.abort();
    app.app.lifecycle.soft.cancel();
    running.await.expect("it ends");
}

fn crash() -> Act {
    Act::Status(500, "llama runner process has terminated: exit status 2".into())
}

#[tokio::test]
async fn a_model_that_crashed_blames_no_article() {
    let sim = Simulator::start().await.expect("a simulator");
    let app = with(&sim).await;
    store_many(&app.app, 4).await;
    sim.answer_with(good);
    for _ in 0..4 {
        sim.script(Call::Chat, crash());
    }
    work_until(&app, "all scored", async || looks(&app.app).await.iter().all(|l| l.state == "scored")).await;
    assert!(looks(&app.app).await.iter().all(|l| l.attempts == 0));
}

#[tokio::test]
async fn an_article_that_always_crashes_the_model_fails_and_the_others_go_on() {
    // Alone in the queue, among others, and with others at the model when it crashes.
    for (others, concurrency) in [(0, 1), (5, 1), (8, 4)] {
        let sim = Simulator::start_with(Settings { parallel: concurrency, ..Settings::default() })
            .await
            .expect("a simulator");
        let app = with_concurrency(&sim, concurrency).await;
        let mut entries = vec![entry("Poison", "<p>Looms.</p>")];
        entries.extend((0..others).map(|n| entry(&format!("Article {n}"), "<p>Looms.</p>")));
        let poison = store(&app.app, &entries).await[0];
        sim.answer_with(good);
        sim.act_on(Call::Chat, |body| article_of(body).contains("Title: Poison").then(crash));
        let done = async || looks(&app.app).await.iter().all(|l| matches!(l.state.as_str(), "scored" | "failed"));
        work_until(&app, "an end", done).await;
        let looks = looks(&app.app).await;
        assert_eq!(broken_promises(&looks), Vec::<String>::new());
        for l in &looks {
            let (state, attempts) = if l.id() == poison { ("failed", 3) } else { ("scored", 0) };
            assert_eq!(
                (l.state.as_str(), l.attempts),
                (state, attempts),
                "{others} others, {concurrency} at once: {l:?}"
            );
        }
        let reason = looks.iter().find(|l| l.id() == poison).and_then(|l| l.last_error.clone()).unwrap_or_default();
        assert!(reason.contains("again and again on this article"), "{reason}");
        let crashes = sim.requests_of(Call::Chat).iter().filter(|r| article_of(&r.body).contains("Poison")).count();
        assert!(crashes <= 5, "{crashes} crashes are too many for one article");
    }
}

#[tokio::test]
async fn failed_articles_are_retried_in_bulk_with_their_reason_shown_until_then() {
    let sim = Simulator::start().await.expect("a simulator");
    let app = with(&sim).await;
    store_many(&app.app, 5).await;
    sim.answer_with(|_| "nonsense".into());
    scorer::drain(&app.app).await;
    let failed = looks(&app.app).await;
    assert!(
        failed.iter().all(|l| l.state == "failed" && l.attempts == 3 && l.last_error.is_some()),
        "no default score"
    );
    assert_eq!(sim.requests_of(Call::Chat).len(), 15);

    let dry = scoring::rescore(&app.app, RescoreScope::Failed, None, true).await.expect("counted");
    assert_eq!(dry.rescore_queued, 5);
    assert_eq!(looks(&app.app).await, failed, "a dry run changes nothing");
    scoring::rescore(&app.app, RescoreScope::Failed, None, false).await.expect("queued");
    sim.answer_with(good);
    scorer::drain(&app.app).await;
    assert!(looks(&app.app).await.iter().all(|l| l.state == "scored" && l.attempts == 0 && l.last_error.is_none()));
}

#[tokio::test]
async fn changing_a_weight_while_the_model_is_asked_blocks_at_once_and_drops_the_answer() {
    use gleaner::domain::{
        category::{CategoryChange, Weight},
        ids::CategoryId,
    };
    let sim = Simulator::start().await.expect("a simulator");
    let app = with(&sim).await;
    let id: ArticleId = store_many(&app.app, 1).await[0];
    sim.answer_with(good);
    sim.script(Call::Chat, Act::Text(json!({"categories": ["AI"], "new_categories": []}).to_string()));
    sim.script(Call::Chat, Act::Stall(1));
    app.app.lifecycle.spawn(scorer::run(app.app.clone()));
    sim.wait_until(|all| all.iter().filter(|r| r.path == "/api/chat").count() == 2).await;
    assert_eq!(look(&app.app, id).await.state, "scoring");
    let ai = gleaner::server::services::categories::categories(&app.app)
        .await
        .expect("listed")
        .into_iter()
        .find(|c| c.name == "AI")
        .map_or(CategoryId(0), |c| c.id);
    let weigh = |weight| CategoryChange { weight: Some(Some(weight)), ..CategoryChange::default() };
    gleaner::server::services::categories::update(&app.app, ai, weigh(Weight::Block)).await.expect("weighed");
    assert_eq!(look(&app.app, id).await.state, "blocked");
    gleaner::server::services::categories::update(&app.app, ai, weigh(Weight::Max)).await.expect("weighed");
    let freed = look(&app.app, id).await;
    assert!(matches!(freed.state.as_str(), "queued" | "scoring"), "it has no score yet: {freed:?}");
}
