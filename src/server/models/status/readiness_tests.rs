use super::Snapshot;
use crate::{
    domain::{
        model::{ModelConfig, ModelConfigSource, ModelOptions, SettingSource},
        readiness::{ModelReadiness, ModelState},
        time::Timestamp,
    },
    server::models::{
        ollama::{
            error::OllamaError,
            wire::{InstalledModel, RunningModel},
        },
        status::event::{CallEvent, CallId, PollAnswer, StatusEvent},
    },
};
use std::time::Duration;

fn installed(name: &str, capabilities: &[&str]) -> InstalledModel {
    InstalledModel {
        name: name.into(),
        capabilities: capabilities.iter().map(|c| (*c).to_owned()).collect(),
        ..InstalledModel::default()
    }
}

fn in_use(model: &str) -> ModelConfig {
    ModelConfig {
        categorization_model: model.into(),
        scoring_model: model.into(),
        use_separate_models: false,
        options: ModelOptions::default(),
        saved: Vec::new(),
        source: ModelConfigSource {
            categorization_model: SettingSource::Default,
            scoring_model: SettingSource::Default,
        },
        fallbacks: Vec::new(),
    }
}

/// A snapshot that events are applied to, one second after the other.
struct Story {
    snapshot: Snapshot,
    second: i64,
}

impl Story {
    fn new() -> Self {
        Self { snapshot: Snapshot::new("http://x".into(), Timestamp(0)), second: 0 }
    }

    fn apply(&mut self, event: StatusEvent<'_>) {
        self.second += 1;
        self.snapshot.apply(event, i128::from(self.second) * 1000);
    }

    fn call(&mut self, call: u64, event: CallEvent<'_>) {
        self.apply(StatusEvent::Call { model: &"m".into(), call: CallId(call), event });
    }

    /// A poll that finds the model `m`, in memory or not.
    fn poll(&mut self, running: Option<&[&str]>) {
        let row = |name: &&str| RunningModel { name: (*name).into(), ..RunningModel::default() };
        self.apply(StatusEvent::Polled(Ok(PollAnswer {
            installed: vec![installed("m:latest", &[])],
            running: running.map(|names| names.iter().map(row).collect()),
            ..PollAnswer::default()
        })));
    }

    fn readiness(&self, model: &str) -> ModelReadiness {
        self.snapshot.model_readiness(&model.into(), &in_use(model), Timestamp(self.second))
    }

    fn state(&self) -> ModelState {
        self.readiness("m").state
    }
}

const ANSWERED: CallEvent<'static> = CallEvent::Answered { keep_alive: None, load: None };

#[test]
fn what_a_poll_alone_says_about_a_model() {
    let models = || {
        vec![
            installed("qwen3:8b", &["completion"]),
            installed("old:latest", &[]),
            installed("embed:latest", &["embedding"]),
        ]
    };
    let unpolled = Story::new();
    let mut up = Story::new();
    up.apply(StatusEvent::Polled(Ok(PollAnswer { installed: models(), ..PollAnswer::default() })));
    let mut down = Story::new();
    down.apply(StatusEvent::Polled(Ok(PollAnswer { installed: models(), ..PollAnswer::default() })));
    down.apply(StatusEvent::Polled(Err(OllamaError::Refused)));
    let mut broken = Story::new();
    broken.apply(StatusEvent::Polled(Ok(PollAnswer { installed: models(), ..PollAnswer::default() })));
    broken.apply(StatusEvent::BreakerOpened(OllamaError::Dns));
    for (story, model, state, reason) in [
        (&unpolled, "qwen3:8b", ModelState::Unreachable, Some("not_asked")),
        (&up, "Qwen3:8B", ModelState::Installed, None),
        (&up, "old", ModelState::Installed, None),
        (&up, "gpt-oss:120b-cloud", ModelState::Installed, None),
        (&up, "embed", ModelState::Failed, Some("chat_unsupported")),
        (&up, "qwen3", ModelState::Missing, Some("model_missing")),
        (&down, "qwen3:8b", ModelState::Unreachable, Some("refused")),
        (&broken, "qwen3:8b", ModelState::Unreachable, Some("dns")),
    ] {
        let readiness = story.readiness(model);
        assert_eq!((readiness.state, readiness.reason.as_deref()), (state, reason), "{model}");
        assert_eq!((readiness.message.is_some(), readiness.hint.is_some()), (reason.is_some(), reason.is_some()));
        assert!(!readiness.health, "{model}");
    }
}

#[test]
fn what_requests_add() {
    let mut story = Story::new();
    story.poll(Some(&["m"]));
    assert_eq!(story.state(), ModelState::Installed, "in memory, but not proven");
    story.poll(Some(&[]));
    story.call(1, CallEvent::Started);
    assert_eq!(story.state(), ModelState::Loading);
    story.call(1, CallEvent::FirstToken);
    assert_eq!(story.state(), ModelState::Installed);
    story.call(1, ANSWERED);
    assert_eq!(story.state(), ModelState::Ready);
    story.call(2, CallEvent::Started);
    assert_eq!(story.state(), ModelState::Ready, "busy is ready");
    let crashed = OllamaError::RunnerCrashed("x".into());
    story.call(2, CallEvent::Failed(&crashed));
    assert_eq!(story.state(), ModelState::Failed);
    story.call(3, CallEvent::Started);
    assert_eq!(story.state(), ModelState::Loading, "it is tried again");
    story.call(3, CallEvent::Abandoned);
    assert_eq!(story.state(), ModelState::Failed);
    let missing = OllamaError::ModelMissing("m".into());
    story.call(4, CallEvent::Started);
    story.call(4, CallEvent::Failed(&missing));
    assert_eq!(story.state(), ModelState::Missing, "before the next poll knows it");
    story.call(5, CallEvent::Started);
    story.call(5, ANSWERED);
    story.poll(Some(&[]));
    assert_eq!(story.state(), ModelState::Installed, "it left memory");
}

/// Badge (`readiness`), `health` and list (`is_loaded`) after each event.
#[test]
fn badge_health_and_list_agree_after_every_event() {
    let mut story = Story::new();
    story.poll(Some(&[]));
    let expect = |story: &Story, state: ModelState, is_loaded: bool, what: &str| {
        let readiness = story.readiness("m");
        let row = story.snapshot.installed_rows(&in_use("m")).into_iter().next();
        assert_eq!((readiness.state, readiness.health), (state, state == ModelState::Ready), "{what}");
        assert_eq!(row.map(|row| row.is_loaded), Some(is_loaded), "{what}");
        assert_eq!(story.snapshot.needs_no_load(&"m".into()), is_loaded, "{what}");
    };
    story.call(1, CallEvent::Started);
    expect(&story, ModelState::Loading, false, "being loaded");
    story.call(1, CallEvent::Loaded(Duration::from_secs(9)));
    expect(&story, ModelState::Installed, true, "loaded by hand");
    story.call(2, CallEvent::Started);
    story.call(2, ANSWERED);
    expect(&story, ModelState::Ready, true, "answered");
    story.poll(Some(&["m"]));
    expect(&story, ModelState::Ready, true, "polled");
    story.apply(StatusEvent::Unloaded(&"M".into()));
    expect(&story, ModelState::Installed, false, "unloaded");
    story.call(3, CallEvent::Started);
    expect(&story, ModelState::Loading, false, "being loaded again, though it answered a moment ago");
    story.call(3, ANSWERED);
    story.apply(StatusEvent::Deleted(&"m".into()));
    let gone = story.readiness("m");
    assert_eq!((gone.state, gone.health, story.snapshot.installed.len()), (ModelState::Missing, false, 0));
}

#[test]
fn a_missing_model_that_is_being_pulled_says_so() {
    let mut story = Story::new();
    story.apply(StatusEvent::Polled(Ok(PollAnswer::default())));
    let hint = |story: &Story| story.readiness("m").hint.unwrap_or_default();
    assert!(hint(&story).contains("Pull it"));
    story.apply(StatusEvent::PullStarted(&"M:latest".into()));
    assert_eq!(hint(&story), "It is being downloaded now.");
    story.apply(StatusEvent::PullEnded);
    assert!(hint(&story).contains("Pull it"));
}

#[test]
fn a_server_that_lists_nothing_in_memory_is_believed_until_the_keep_alive_ends() {
    let mut story = Story::new();
    story.poll(None);
    story.call(1, CallEvent::Started);
    story.call(1, CallEvent::Answered { keep_alive: Some(Duration::from_secs(5)), load: None });
    story.poll(None);
    assert_eq!(story.state(), ModelState::Ready);
    story.second += 60;
    story.poll(None);
    assert_eq!(story.state(), ModelState::Installed);
}

#[test]
fn a_state_lasts_since_it_began() {
    let mut story = Story::new();
    story.poll(Some(&[]));
    let since = |story: &Story| story.readiness("m").since;
    assert_eq!(since(&story), Timestamp(1));
    story.poll(Some(&[]));
    assert_eq!(since(&story), Timestamp(1), "the same state");
    story.call(1, CallEvent::Started);
    story.poll(Some(&[]));
    assert_eq!((story.state(), since(&story)), (ModelState::Loading, Timestamp(3)));
    story.call(1, CallEvent::Loaded(Duration::from_secs(40)));
    assert_eq!((story.state(), since(&story)), (ModelState::Installed, Timestamp(5)));
    story.apply(StatusEvent::Polled(Err(OllamaError::Refused)));
    assert_eq!((since(&story), story.readiness("never-seen").since), (Timestamp(6), Timestamp(6)));
    story.poll(Some(&[]));
    story.call(2, CallEvent::Started);
    assert_eq!(story.readiness("m").expected_seconds, Some(40));
}

#[test]
fn a_missing_model_names_those_that_are_installed() {
    let mut story = Story::new();
    let sized = |name: &str, size| InstalledModel { size, ..installed(name, &["completion"]) };
    let mut models = vec![sized("small:1b", 1), sized("large:8b", 8), installed("embed", &["embedding"])];
    let poll = |story: &mut Story, installed: &[InstalledModel]| {
        let installed = installed.to_vec();
        story.apply(StatusEvent::Polled(Ok(PollAnswer { installed, ..PollAnswer::default() })));
        story.readiness("m").hint.unwrap_or_default()
    };
    let hint = poll(&mut story, &models);
    assert!(hint.contains("`gleaner models use large:8b`: large:8b, small:1b."), "{hint}");
    models.extend([sized("a", 0), sized("b", 0)]);
    let hint = poll(&mut story, &models);
    assert!(hint.ends_with("large:8b, small:1b, a and 1 more."), "{hint}");
}

#[test]
fn a_model_in_memory_reads_its_first_prompt() {
    let mut story = Story::new();
    story.poll(Some(&[]));
    story.call(1, CallEvent::Started);
    let message = |story: &Story| story.readiness("m").message;
    assert!(message(&story).is_some_and(|message| message.contains("being loaded")));
    story.poll(Some(&["m"]));
    assert_eq!(story.state(), ModelState::Installed);
    assert_eq!(message(&story).as_deref(), Some("m is in memory and reads its first prompt: 1 s so far."));
    story.call(1, CallEvent::FirstToken);
    assert_eq!(message(&story), None);
    story.call(1, ANSWERED);
    story.call(2, CallEvent::Started);
    assert_eq!((story.state(), message(&story)), (ModelState::Ready, None), "only the first one");
}
