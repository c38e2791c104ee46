//! Outages and invalid answers that are no fault of the article.

use crate::support::simulator::{Endpoint, ScriptedReply, Simulator, SimulatorSettings};
use crate::support::{
    articles::{
        article_record, article_records, invariant_violations, new_article, store_articles, store_plain_articles,
    },
    simulated_model::{app_with, app_with_concurrency, article_prompt, is_categorization, valid_answer},
    test_app::TestApp,
};
use gleaner::{
    domain::{
        ids::ArticleId,
        scoring::{RescoreScope, ScoringPhase},
    },
    server::{services::scoring, worker::scorer},
};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn requests_are_adjusted_before_an_attempt_is_counted() {
    let answer = json!({"categories": ["AI"], "new_categories": []}).to_string();
    let blank = |kind: &str| ScriptedReply::Status(400, kind.to_owned());
    for (what, acts, calls) in [
        // Tried again without a wait, which a clock at rest would never end.
        ("cut off", vec![ScriptedReply::Stop(1)], 2),
        ("length", vec![ScriptedReply::Length(1)], 2),
        ("thinking only", vec![ScriptedReply::Think("hmm".into(), String::new())], 2),
        ("no thinking", vec![blank("\"qwen3:8b\" does not support thinking")], 2),
        ("overflow", vec![blank("the input length exceeds the context length")], 2),
        (
            "overflow, nested",
            vec![blank(r#"{"error":{"code":400,"message":"too long","type":"exceed_context_size_error"}}"#)],
            2,
        ),
        ("cut off and length", vec![ScriptedReply::Stop(1), ScriptedReply::Length(1)], 3),
        ("prose around it", vec![ScriptedReply::Text(format!("Well: {answer} Bye."))], 1),
    ] {
        let sim = Simulator::start().await.expect("a simulator");
        let url = sim.url.parse().expect("an address");
        let app = TestApp::with(|config| {
            config.ollama.host = url;
            config.ollama.retries = 1;
        })
        .await;
        let id = store_plain_articles(&app.app, 1).await[0];
        sim.answer_with(valid_answer);
        for act in acts {
            sim.script(Endpoint::Chat, act);
        }
        scorer::drain(&app.app).await;
        let look = article_record(&app.app, id).await;
        assert_eq!((look.state.as_str(), look.attempts), ("scored", 0), "{what}: {look:?}");
        let first = sim.requests_of(Endpoint::Chat).iter().filter(|r| is_categorization(&r.body)).count();
        assert_eq!(first, calls, "{what}");
    }
}

#[tokio::test]
async fn unsupported_thinking_is_remembered() {
    let sim = Simulator::start().await.expect("a simulator");
    let app = app_with(&sim).await;
    store_plain_articles(&app.app, 3).await;
    sim.answer_with(valid_answer);
    sim.script(Endpoint::Chat, ScriptedReply::Status(400, "\"qwen3:8b\" does not support thinking".into()));
    scorer::drain(&app.app).await;
    let requests = sim.requests_of(Endpoint::Chat);
    assert_eq!(requests.len(), 7, "refused once, not once an article");
    assert!(requests[1..].iter().all(|r| r.body.get("think").is_none()));
}

/// Causes that are nobody's fault: no attempt, the article back in the queue, the reason on the status.
#[tokio::test]
async fn outages_cost_no_attempt_and_say_why() {
    for (act, reason) in [
        (
            ScriptedReply::Status(503, "server busy, please try again.  maximum pending requests exceeded".into()),
            "busy",
        ),
        (
            ScriptedReply::Status(500, "model requires more system memory (9 GiB) than is available (1 GiB)".into()),
            "out_of_memory",
        ),
        (ScriptedReply::Status(404, "model 'qwen3:8b' not found".into()), "model_missing"),
        (ScriptedReply::Status(500, "llama runner process has terminated: exit status 2".into()), "runner_crashed"),
        (
            ScriptedReply::Fail(1, "an error was encountered while running the model: unexpected EOF".into()),
            "runner_crashed",
        ),
        (ScriptedReply::Status(429, "slow down".into()), "gateway"),
        (ScriptedReply::Status(401, "unauthorized".into()), "auth"),
        (ScriptedReply::Status(500, "429 and 503 and 404 in a text".into()), "server"),
        (ScriptedReply::Cut(1), "cut_off"),
        (ScriptedReply::Stop(1), "cut_off"),
    ] {
        let sim = Simulator::start().await.expect("a simulator");
        let app = app_with(&sim).await;
        store_plain_articles(&app.app, 5).await;
        sim.always(Endpoint::Chat, act);
        scorer::drain(&app.app).await;
        let looks = article_records(&app.app).await;
        assert!(looks.iter().all(|l| l.state == "queued" && l.attempts == 0 && !l.leased), "{reason}: {looks:?}");
        let status = scoring::load_status(&app.app).await.expect("a status");
        assert_eq!((status.phase, status.readiness.reason.as_deref()), (ScoringPhase::Waiting, Some(reason)));
        assert!(status.since.is_some() && status.readiness.message.is_some_and(|m| m.len() > 20));
    }
}

/// Waits for something in the database without sleeping: the worker tells of every change.
async fn wait_until(app: &TestApp, what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let mut events = app.app.events.subscribe();
    let waited = tokio::time::timeout(Duration::from_secs(20), async {
        while !holds().await {
            let _ = events.recv().await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("never: {what}"));
}

#[tokio::test]
async fn a_refused_answer_proves_that_the_model_is_loaded() {
    let sim = Simulator::start().await.expect("a simulator");
    let app = app_with(&sim).await;
    store_plain_articles(&app.app, 2).await;
    sim.script(Endpoint::Chat, ScriptedReply::Text("nonsense".into()));
    sim.always(Endpoint::Chat, ScriptedReply::Hang);
    app.app.lifecycle.spawn(scorer::run(app.app.clone()));
    let second = sim.wait_until(|all| all.iter().filter(|r| r.path == "/api/chat").count() == 2);
    tokio::time::timeout(Duration::from_secs(20), second).await.expect("a second request");
    let mut activity = app.app.scoring_activity.subscribe();
    let at_work = activity.wait_for(|activity| activity.phase == ScoringPhase::Categorizing);
    tokio::time::timeout(Duration::from_secs(20), at_work).await.expect("not loading for ever").expect("told");
}

#[tokio::test]
async fn after_an_hour_without_ollama_it_goes_on_within_two_seconds() {
    let mut sim = Simulator::start().await.expect("a simulator");
    let app = app_with(&sim).await;
    store_plain_articles(&app.app, 10).await;
    sim.answer_with(valid_answer);
    sim.shut_down().await;
    app.app.lifecycle.spawn(scorer::run(app.app.clone()));
    let mut activity = app.app.scoring_activity.subscribe();
    let started = app.app.clock.now();
    activity.wait_for(|activity| activity.phase == ScoringPhase::Waiting).await.expect("told");
    for _ in 0..3600 {
        app.clock.advance(Duration::from_secs(1));
        // Lets a probe return before its own limit of three seconds has passed.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
    let status = scoring::load_status(&app.app).await.expect("a status");
    assert_eq!((status.phase, status.readiness.reason.as_deref()), (ScoringPhase::Waiting, Some("refused")));
    assert!(status.since.is_some_and(|since| since.since(started) <= 1), "since the beginning of the outage");
    assert!(
        article_records(&app.app).await.iter().all(|l| l.state == "queued" && l.attempts == 0),
        "nothing was consumed"
    );

    sim.restart().await.expect("back");
    for _ in 0..2 {
        app.clock.advance(Duration::from_secs(1));
    }
    wait_until(&app, "scored again", async || article_records(&app.app).await.iter().all(|l| l.state == "scored"))
        .await;
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
    wait_until(app, what, holds).await;
    ticking.abort();
    app.app.lifecycle.soft_stop.cancel();
    running.await.expect("it ends");
}

fn crash_reply() -> ScriptedReply {
    ScriptedReply::Status(500, "llama runner process has terminated: exit status 2".into())
}

#[tokio::test]
async fn a_single_crash_counts_against_no_article() {
    let sim = Simulator::start().await.expect("a simulator");
    let app = app_with(&sim).await;
    store_plain_articles(&app.app, 4).await;
    sim.answer_with(valid_answer);
    for _ in 0..4 {
        sim.script(Endpoint::Chat, crash_reply());
    }
    work_until(&app, "all scored", async || article_records(&app.app).await.iter().all(|l| l.state == "scored")).await;
    assert!(article_records(&app.app).await.iter().all(|l| l.attempts == 0));
}

#[tokio::test]
async fn an_article_that_always_crashes_the_model_fails_and_the_others_go_on() {
    // Alone in the queue, among others, and with others at the model when it crashes.
    for (others, concurrency) in [(0, 1), (5, 1), (8, 4)] {
        let sim = Simulator::start_with(SimulatorSettings { parallel: concurrency, ..SimulatorSettings::default() })
            .await
            .expect("a simulator");
        let app = app_with_concurrency(&sim, concurrency).await;
        let mut entries = vec![new_article("Poison", "<p>Looms.</p>")];
        entries.extend((0..others).map(|n| new_article(&format!("Article {n}"), "<p>Looms.</p>")));
        let poison = store_articles(&app.app, &entries).await[0];
        sim.answer_with(valid_answer);
        sim.script_with(Endpoint::Chat, |body| article_prompt(body).contains("Title: Poison").then(crash_reply));
        let done =
            async || article_records(&app.app).await.iter().all(|l| matches!(l.state.as_str(), "scored" | "failed"));
        work_until(&app, "an end", done).await;
        let looks = article_records(&app.app).await;
        assert_eq!(invariant_violations(&looks), Vec::<String>::new());
        for l in &looks {
            let (state, attempts) = if l.id() == poison { ("failed", 3) } else { ("scored", 0) };
            assert_eq!(
                (l.state.as_str(), l.attempts),
                (state, attempts),
                "{others} others, {concurrency} at once: {l:?}"
            );
        }
        let reason = looks.iter().find(|l| l.id() == poison).and_then(|l| l.last_error.clone()).unwrap_or_default();
        assert!(reason.contains("repeatedly on this article"), "{reason}");
        let crashes =
            sim.requests_of(Endpoint::Chat).iter().filter(|r| article_prompt(&r.body).contains("Poison")).count();
        assert!(crashes <= 5, "{crashes} crashes are too many for one article");
    }
}

#[tokio::test]
async fn failed_articles_are_retried_in_bulk_with_their_reason_shown_until_then() {
    let sim = Simulator::start().await.expect("a simulator");
    let app = app_with(&sim).await;
    store_plain_articles(&app.app, 5).await;
    sim.answer_with(|_| "nonsense".into());
    scorer::drain(&app.app).await;
    let failed = article_records(&app.app).await;
    assert!(
        failed.iter().all(|l| l.state == "failed" && l.attempts == 3 && l.last_error.is_some()),
        "no default score"
    );
    assert_eq!(sim.requests_of(Endpoint::Chat).len(), 15);

    let dry = scoring::rescore(&app.app, RescoreScope::Failed, None, true).await.expect("counted");
    assert_eq!(dry.rescore_queued, 5);
    assert_eq!(article_records(&app.app).await, failed, "a dry run changes nothing");
    scoring::rescore(&app.app, RescoreScope::Failed, None, false).await.expect("queued");
    sim.answer_with(valid_answer);
    scorer::drain(&app.app).await;
    assert!(
        article_records(&app.app)
            .await
            .iter()
            .all(|l| l.state == "scored" && l.attempts == 0 && l.last_error.is_none())
    );
}

#[tokio::test]
async fn changing_a_weight_while_the_model_is_asked_blocks_at_once_and_drops_the_answer() {
    use gleaner::domain::{
        category::{CategoryChange, CategoryWeight},
        ids::CategoryId,
    };
    let sim = Simulator::start().await.expect("a simulator");
    let app = app_with(&sim).await;
    let id: ArticleId = store_plain_articles(&app.app, 1).await[0];
    sim.answer_with(valid_answer);
    sim.script(Endpoint::Chat, ScriptedReply::Text(json!({"categories": ["AI"], "new_categories": []}).to_string()));
    sim.script(Endpoint::Chat, ScriptedReply::Stall(1));
    app.app.lifecycle.spawn(scorer::run(app.app.clone()));
    sim.wait_until(|all| all.iter().filter(|r| r.path == "/api/chat").count() == 2).await;
    assert_eq!(article_record(&app.app, id).await.state, "scoring");
    let ai = gleaner::server::services::categories::list(&app.app)
        .await
        .expect("listed")
        .into_iter()
        .find(|c| c.name == "AI")
        .map_or(CategoryId(0), |c| c.id);
    let weigh = |weight| CategoryChange { weight: Some(Some(weight)), ..CategoryChange::default() };
    gleaner::server::services::categories::update(&app.app, ai, weigh(CategoryWeight::Block)).await.expect("weighed");
    assert_eq!(article_record(&app.app, id).await.state, "blocked");
    gleaner::server::services::categories::update(&app.app, ai, weigh(CategoryWeight::Max)).await.expect("weighed");
    let freed = article_record(&app.app, id).await;
    assert!(matches!(freed.state.as_str(), "queued" | "scoring"), "it has no score yet: {freed:?}");
}
