//! The readiness of models: long loads, failures with their hints, the warm-up.

use crate::support::simulator::{Endpoint, ModelSpec, RequestOutcome, ScriptedReply, Simulator, SimulatorSettings};
use crate::support::{
    articles::{article_records, store_plain_articles},
    simulated_model::valid_answer,
    test_app::{START_TIME, TestApp},
};
use gleaner::{
    domain::{
        model_options::OptionKey,
        readiness::{ModelReadiness, ModelState},
        scoring::ScoringPhase,
    },
    server::{
        clock::{Clock, FakeClock},
        config::Config,
        services::{
            models::{self, ModelChoice},
            scoring,
        },
        worker::{readiness, scorer, warm_up},
    },
};
use std::time::Duration;

/// A Gleaner and its Ollama with synchronous clocks.
struct AppWithSimulator {
    app: TestApp,
    sim: Simulator,
    sim_clock: FakeClock,
}

impl AppWithSimulator {
    async fn with(settings: SimulatorSettings, change: impl FnOnce(&mut Config)) -> Self {
        let sim_clock = FakeClock::at(START_TIME);
        let sim = Simulator::start_with(SimulatorSettings { clock: Clock::Fake(sim_clock.clone()), ..settings })
            .await
            .expect("a simulator");
        sim.answer_with(valid_answer);
        let host = sim.url.parse().expect("a URL");
        let app = TestApp::with(|config| {
            config.ollama.host = host;
            change(config);
        })
        .await;
        Self { app, sim, sim_clock }
    }

    fn advance(&self, seconds: u64) {
        self.sim_clock.advance(Duration::from_secs(seconds));
        self.app.clock.advance(Duration::from_secs(seconds));
    }

    async fn qwen(&self) -> ModelReadiness {
        models::model_readiness(&self.app.app, &"qwen3:8b".into()).await.expect("known")
    }

    /// Waits for the events of open pages until the model is in a state.
    async fn until(&self, state: ModelState) -> ModelReadiness {
        let mut events = self.app.app.events.subscribe();
        let waited = tokio::time::timeout(Duration::from_secs(20), async {
            loop {
                let model = self.qwen().await;
                if model.state == state {
                    return model;
                }
                let _ = events.recv().await;
            }
        });
        match waited.await {
            Ok(model) => model,
            Err(_) => panic!("never {state:?}: {:?}", self.qwen().await),
        }
    }

    async fn until_scored(&self) {
        let mut events = self.app.app.events.subscribe();
        let waited = tokio::time::timeout(Duration::from_secs(20), async {
            while !article_records(&self.app.app).await.iter().all(|l| l.state == "scored") {
                let _ = events.recv().await;
            }
        });
        waited.await.expect("scored");
    }

    fn start_recording(&self) {
        self.app.app.lifecycle.spawn(readiness::run(self.app.app.clone()));
    }

    fn start_warming(&self) {
        self.app.app.lifecycle.spawn(warm_up::run(self.app.app.clone()));
    }

    fn start_scoring(&self) {
        self.app.app.lifecycle.spawn(scorer::run(self.app.app.clone()));
    }

    async fn asked(&self, calls: usize) {
        self.sim.wait_until(|all| all.iter().filter(|r| r.path == "/api/chat").count() >= calls).await;
    }
}

#[tokio::test]
async fn a_cold_load_of_ninety_seconds_is_waited_for_and_shown() {
    let pair = AppWithSimulator::with(
        SimulatorSettings { load_time: Duration::from_secs(90), ..SimulatorSettings::default() },
        |_| {},
    )
    .await;
    let app = &pair.app.app;
    store_plain_articles(app, 3).await;
    models::poll_now(app).await;
    assert_eq!(pair.qwen().await.state, ModelState::Installed);
    pair.start_recording();
    pair.start_warming();
    pair.asked(1).await;
    pair.start_scoring();
    pair.asked(2).await;

    pair.until(ModelState::Loading).await;
    pair.advance(12);
    let loading = pair.qwen().await;
    assert_eq!((loading.elapsed_seconds, loading.expected_seconds, loading.health), (Some(12), None, false));
    let status = scoring::load_status(app).await.expect("a status");
    assert_eq!((status.phase, status.readiness.reason.as_deref()), (ScoringPhase::Loading, Some("loading")));
    assert_eq!(status.readiness.message.as_deref(), Some("qwen3:8b is being loaded: 12 s so far."));
    for page in ["/status", "/settings/ollama", "/"] {
        assert_eq!(pair.app.get(page).await.status, 200, "pages do not wait");
    }
    assert!(pair.app.get("/status").await.body.contains("qwen3:8b is being loaded: 12 s so far."));
    models::poll_now(app).await;
    assert_eq!(pair.qwen().await.state, ModelState::Loading, "a look in between changes nothing");

    pair.advance(78);
    let ready = pair.until(ModelState::Ready).await;
    assert!(ready.health && ready.message.is_none());
    pair.until_scored().await;
    let chats = pair.sim.requests_of(Endpoint::Chat);
    assert!(
        pair.sim.loads() == 1 && chats.iter().all(|r| r.outcome == RequestOutcome::Answered),
        "no abort, no second load"
    );

    // The expected time of the next load is that of the last one, also after a restart.
    app.ollama.unload(&"qwen3:8b".into()).await.expect("unloaded");
    models::poll_now(app).await;
    assert_eq!(pair.qwen().await.state, ModelState::Installed);
    assert_eq!(models::last_load_seconds(app, &"Qwen3:8B".into()).await, Ok(Some(90)));
    let loading = models::load(app, "qwen3:8b");
    let told = async {
        pair.until(ModelState::Loading).await;
        pair.advance(30);
        let told = pair.qwen().await.message;
        pair.advance(60);
        told
    };
    let (loaded, told) = tokio::join!(loading, told);
    assert_eq!(told.as_deref(), Some("qwen3:8b is being loaded: 30 s so far, usually 90 s."));
    assert!(loaded.is_ok());
}

#[tokio::test]
async fn a_crash_while_loading_is_retried_twice_and_then_reported() {
    let pair = AppWithSimulator::with(SimulatorSettings::default(), |config| config.ollama.retries = 6).await;
    pair.sim.always(
        Endpoint::Chat,
        ScriptedReply::Status(500, "llama runner process has terminated: exit status 2".into()),
    );
    models::poll_now(&pair.app.app).await;
    pair.start_recording();
    pair.start_warming();
    pair.asked(1).await;
    let ticking = async {
        while pair.sim.requests_of(Endpoint::Chat).len() < 3 {
            pair.advance(1);
            tokio::task::yield_now().await;
        }
    };
    ticking.await;
    let failed = pair.until(ModelState::Failed).await;
    assert_eq!((failed.reason.as_deref(), failed.health), (Some("runner_crashed"), false));
    assert!(failed.message.is_some() && failed.hint.is_some_and(|hint| hint.contains("another model")));
    assert_eq!(pair.sim.requests_of(Endpoint::Chat).len(), 3, "and not again by itself");
    let ready = pair.app.get("/readyz").await;
    assert_eq!((ready.status.as_u16(), ready.json()["checks"]["model"].as_str()), (200, Some("failed")));
    assert_eq!(ready.json()["status"], "degraded");

    pair.sim.always(Endpoint::Chat, None);
    models::load(&pair.app.app, "qwen3:8b").await.expect("loaded");
    assert_eq!(pair.until(ModelState::Installed).await.reason, None, "in memory, and not failed any more");
}

#[tokio::test]
async fn too_little_memory_is_not_tried_again_until_the_options_change() {
    let pair = AppWithSimulator::with(SimulatorSettings { memory_ctx: 4096, ..SimulatorSettings::default() }, |c| {
        c.ollama.retries = 6
    })
    .await;
    let app = &pair.app.app;
    models::poll_now(app).await;
    pair.start_recording();
    pair.start_warming();
    let failed = pair.until(ModelState::Failed).await;
    assert_eq!(failed.reason.as_deref(), Some("out_of_memory"));
    assert!(failed.hint.is_some_and(|hint| hint.contains("smaller model")));
    assert_eq!(pair.sim.requests_of(Endpoint::Chat).len(), 1);
    let queue = models::queue_readiness(app).await.expect("known");
    assert_eq!((queue.ready, queue.reason.as_deref()), (false, Some("out_of_memory")));

    let options = vec![(OptionKey::NumCtx, "2048".to_owned())];
    models::save_choice(app, ModelChoice { options, ..ModelChoice::default() }).await.expect("saved");
    assert!(pair.until(ModelState::Ready).await.health);
    assert_eq!(pair.sim.loads(), 1);
}

#[tokio::test]
async fn a_model_removed_while_in_use_is_missing_and_used_again_once_installed() {
    let pair = AppWithSimulator::with(SimulatorSettings::default(), |_| {}).await;
    let app = &pair.app.app;
    models::poll_now(app).await;
    pair.start_recording();
    pair.sim.remove("qwen3:8b");
    store_plain_articles(app, 2).await;
    pair.start_scoring();
    let missing = pair.until(ModelState::Missing).await;
    assert_eq!(missing.reason.as_deref(), Some("model_missing"));
    assert!(missing.hint.is_some_and(|hint| hint.contains("Pull it")));
    let mut snapshots = app.models.subscribe();
    snapshots.wait_for(|snapshot| snapshot.installed.is_empty()).await.expect("the list was read again");
    assert_eq!((pair.qwen().await.state, pair.qwen().await.size), (ModelState::Missing, 0));
    let mut activity = app.scoring_activity.subscribe();
    activity.wait_for(|activity| activity.phase == ScoringPhase::Waiting).await.expect("told");
    let status = scoring::load_status(app).await.expect("a status");
    assert_eq!(status.readiness.reason.as_deref(), Some("model_missing"));
    assert!(article_records(app).await.iter().all(|l| l.attempts == 0), "no article is to blame");

    pair.sim.install(ModelSpec::recommended("qwen3:8b"));
    models::poll_now(app).await;
    pair.until_scored().await;
    assert_eq!(pair.until(ModelState::Ready).await.reason, None);
}

#[tokio::test]
async fn warm_up_and_real_requests_are_alike_to_the_byte() {
    let pair = AppWithSimulator::with(SimulatorSettings::default(), |_| {}).await;
    let app = &pair.app.app;
    models::poll_now(app).await;
    pair.start_recording();
    pair.start_warming();
    pair.until(ModelState::Ready).await;
    store_plain_articles(app, 1).await;
    scorer::drain(app).await;
    let part = |text: &str, from: &str| {
        let rest = text.split_once(from).map(|(_, rest)| rest.to_owned()).unwrap_or_default();
        rest.split_once(['}', ',']).map(|(part, _)| part.to_owned()).unwrap_or(rest)
    };
    let all: Vec<String> = pair.sim.requests_of(Endpoint::Chat).into_iter().map(|r| r.text).collect();
    assert_eq!(all.len(), 4, "load, probe, two steps");
    let options = |text: &String| text.split_once("\"options\":").map(|(_, o)| o.trim_end_matches('}').to_owned());
    for real in &all[2..] {
        assert_eq!(options(&all[0]), options(real));
        assert_eq!(part(&all[0], "\"keep_alive\":"), part(real, "\"keep_alive\":"));
    }
    assert_eq!(part(&all[1], "\"keep_alive\":"), part(&all[2], "\"keep_alive\":"));
    let one_token = options(&all[2]).map(|o| o.replace("\"num_predict\":450", "\"num_predict\":1"));
    assert_eq!(options(&all[1]), one_token, "the proof is one token long, and else the same");
    assert_eq!(pair.sim.loads(), 1);
}

#[tokio::test]
async fn an_unchosen_model_is_never_loaded() {
    let pair = AppWithSimulator::with(SimulatorSettings::default(), |config| config.ollama.warm_up = false).await;
    models::poll_now(&pair.app.app).await;
    pair.start_recording();
    warm_up::run(pair.app.app.clone()).await;
    assert!(pair.sim.requests_of(Endpoint::Chat).is_empty(), "switched off");

    let pair = AppWithSimulator::with(SimulatorSettings::default(), |_| {}).await;
    models::poll_now(&pair.app.app).await;
    pair.start_recording();
    pair.start_warming();
    pair.until(ModelState::Ready).await;
    let asked = pair.sim.requests_of(Endpoint::Chat).len();
    for _ in 0..12 {
        pair.advance(600);
        models::poll_now(&pair.app.app).await;
        tokio::task::yield_now().await;
    }
    let later = pair.until(ModelState::Installed).await;
    assert!(!later.health && pair.sim.loaded().is_empty(), "its keep-alive is over");
    assert_eq!(pair.sim.requests_of(Endpoint::Chat).len(), asked, "an idle model gets no request");
}

#[tokio::test]
async fn the_readiness_of_a_day_is_stored_and_in_the_api() {
    let mut pair = AppWithSimulator::with(SimulatorSettings::default(), |_| {}).await;
    models::poll_now(&pair.app.app).await;
    pair.start_recording();
    pair.start_warming();
    pair.until(ModelState::Ready).await;
    let told = pair.app.get("/api/models").await.json();
    let first = &told["models"][0];
    assert_eq!((first["name"].as_str(), first["state"].as_str()), (Some("qwen3:8b"), Some("ready")));
    assert_eq!((first["health"].as_bool(), first["message"].is_null()), (Some(true), true));
    assert_eq!(first["roles"], serde_json::json!(["categorization", "scoring"]));
    assert_eq!(pair.app.get("/readyz").await.json()["checks"]["model"], "ready");

    pair.advance(60);
    pair.sim.shut_down().await;
    models::poll_now(&pair.app.app).await;
    pair.until(ModelState::Unreachable).await;
    let mut events = pair.app.app.events.subscribe();
    let states = async || {
        let day = models::load_history(&pair.app.app).await.expect("kept");
        day.into_iter().map(|c| (c.state, c.at.since(START_TIME))).collect::<Vec<_>>()
    };
    while states().await.last().map(|(state, _)| *state) != Some(ModelState::Unreachable) {
        let _ = events.recv().await;
    }
    let day = states().await;
    assert!(day.contains(&(ModelState::Ready, 0)) && day.last() == Some(&(ModelState::Unreachable, 60)), "{day:?}");
    let page = pair.app.get("/status").await.body;
    assert!(page.contains("The last 24 hours") && page.contains("× unreachable") && page.contains("is-ready"));
    pair.advance(86_400);
    assert_eq!(states().await, [(ModelState::Unreachable, 60)], "the state at its start belongs to the day");
}
