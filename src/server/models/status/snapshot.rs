//! Everything known of one model server as one value, and how events change it. Pure: no clock, no network.

use super::{
    event::{PollAnswer, StatusEvent},
    tracker::{ModelRecord, Tracker, to_timestamp},
};
use crate::{
    domain::{
        memory_estimate::KvCacheParams,
        memory_measurement::MemoryMeasurements,
        model::{HealthProblem, HealthProblemKind, OllamaHealth},
        model_name::ModelName,
        ollama_version::{OllamaVersionSupport, UPDATE_OLLAMA_HINT, ollama_version_support},
        readiness::ModelState,
        time::Timestamp,
    },
    server::models::ollama::{
        error::OllamaError,
        error_message,
        wire::{InstalledModel, RunningModel},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// What is known of the server. Made and changed by [`super::model_status::ModelStatus`] alone.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The server's address without credentials.
    pub(super) host: String,
    /// What the last poll found; `None` before the first.
    polled: Option<OllamaHealth>,
    /// Why the connection breaker is open.
    breaker: Option<OllamaError>,
    /// Failed polls in a row.
    pub failed_polls: u32,
    /// Whether a poll has succeeded in this process.
    is_list_known: bool,
    /// The models on the server's disk, as the last successful poll found them.
    pub installed: Vec<InstalledModel>,
    /// The models in its memory, as the last poll found them; [`Snapshot::is_loaded`] also knows of later calls.
    pub(super) running: Vec<RunningModel>,
    /// The last answer, failure and load of each model.
    pub tracker: Tracker,
    /// By manifest digest; `None` for a model whose file lacks the figures.
    architectures: BTreeMap<String, Option<KvCacheParams>>,
    /// The last load of each model; `None` until they were read from the database.
    stored_load_times: Option<BTreeMap<ModelName, Duration>>,
    /// What models took of memory in this and earlier processes; `None` until it was read from the database.
    measurements: Option<MemoryMeasurements>,
    /// The state of each model and since when it has been in it.
    states_since: BTreeMap<ModelName, (ModelState, Timestamp)>,
    /// When the server became reachable or unreachable, as far as this process knows.
    connection_since: Timestamp,
    /// The model that is being pulled.
    pub(super) pulling: Option<ModelName>,
}

/// What keeps a model from being ready.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Obstacle {
    /// The server has not been asked yet.
    NotPolled,
    /// The server cannot be reached, or is too old.
    Server(HealthProblem),
    /// The server does not have the model.
    NotInstalled,
    /// The last request to the model failed because of the model.
    Failure(OllamaError),
}

impl Snapshot {
    /// Nothing is known of the server at `host`.
    pub(super) fn new(host: String, now: Timestamp) -> Self {
        Self {
            host,
            polled: None,
            breaker: None,
            failed_polls: 0,
            is_list_known: false,
            installed: Vec::new(),
            running: Vec::new(),
            tracker: Tracker::default(),
            architectures: BTreeMap::new(),
            stored_load_times: None,
            measurements: None,
            states_since: BTreeMap::new(),
            connection_since: now,
            pulling: None,
        }
    }

    /// Whether the server can be reached, as the last poll and the connection breaker say.
    pub fn health(&self) -> OllamaHealth {
        let polled = self.polled.clone().unwrap_or_else(|| OllamaHealth {
            connected: false,
            version: None,
            latency_ms: None,
            host: self.host.clone(),
            problem: None,
            checked_at: None,
        });
        match &self.breaker {
            Some(error) if polled.connected || polled.problem.is_none() => OllamaHealth {
                connected: false,
                version: None,
                latency_ms: None,
                problem: Some(error_message::to_health_problem(error, &self.host)),
                ..polled
            },
            _ => polled,
        }
    }

    /// Whether the server can be reached.
    pub fn is_connected(&self) -> bool {
        self.breaker.is_none() && self.polled.as_ref().is_some_and(|health| health.connected)
    }

    /// The installed model that `name` means.
    pub fn find(&self, name: &ModelName) -> Option<&InstalledModel> {
        self.installed.iter().find(|installed| installed.name == *name)
    }

    /// Whether the server has listed its models.
    pub const fn has_list(&self) -> bool {
        self.is_list_known
    }

    /// Whether the server did not have `model` when it last listed its models; `false` before the first list.
    pub fn is_absent(&self, model: &ModelName) -> bool {
        self.is_list_known && !model.is_cloud() && self.find(model).is_none()
    }

    /// The smallest installed model of this server that can chat, by bytes and name.
    pub fn smallest_chat_model(&self) -> Option<&ModelName> {
        let usable = self.installed.iter().filter(|installed| installed.can_chat() && !installed.is_cloud());
        usable.min_by_key(|installed| (installed.size, &installed.name)).map(|installed| &installed.name)
    }

    /// Whether the server answers and does not have `model`.
    pub fn is_missing(&self, model: &ModelName) -> bool {
        self.state_of(model).0 == ModelState::Missing
    }

    /// Installed models that could take the place of `missing`, the largest first.
    pub fn alternatives(&self, missing: &ModelName) -> Vec<&ModelName> {
        let is_usable =
            |installed: &&InstalledModel| installed.can_chat() && !installed.is_cloud() && installed.name != *missing;
        let mut usable: Vec<&InstalledModel> = self.installed.iter().filter(is_usable).collect();
        usable.sort_by_key(|installed| std::cmp::Reverse(installed.size));
        usable.into_iter().map(|installed| &installed.name).collect()
    }

    /// The sha256 of a model's manifest, when the model is installed.
    pub fn manifest_digest(&self, model: &ModelName) -> Option<String> {
        self.find(model).map(|installed| installed.digest.clone()).filter(|digest| !digest.is_empty())
    }

    /// Whether an installed model is in the memory of this server: as the last call or poll, whichever came later, showed it.
    pub fn is_loaded(&self, installed: &InstalledModel) -> bool {
        let recorded = self.tracker.get(&installed.name).map(|record| record.in_memory);
        !installed.is_cloud() && recorded.unwrap_or_else(|| self.running_row(installed).is_some())
    }

    /// Whether a request to `model` needs no load first: the model is in memory, or runs elsewhere.
    pub fn needs_no_load(&self, model: &ModelName) -> bool {
        model.is_cloud()
            || self.find(model).is_some_and(|installed| installed.is_cloud() || self.is_loaded(installed))
            || self.tracker.get(model).is_some_and(|record| record.in_memory)
    }

    /// The row of a model in memory: by name, else by its manifest. Ollama lists two models that share their weights once,
    /// under the name of the first.
    pub(super) fn running_row(&self, installed: &InstalledModel) -> Option<&RunningModel> {
        self.running
            .iter()
            .find(|row| row.name == installed.name)
            .or_else(|| self.running.iter().find(|row| !row.digest.is_empty() && row.digest == installed.digest))
    }

    /// Names of the models on disk and in memory, as the last poll found them.
    pub fn polled_names(&self) -> (Vec<&ModelName>, Vec<&ModelName>) {
        let installed = self.installed.iter().map(|model| &model.name).collect();
        (installed, self.running.iter().map(|row| &row.name).collect())
    }

    /// Whether `/api/show` has been read for the model with this manifest digest.
    pub fn has_architecture(&self, digest: &str) -> bool {
        self.architectures.contains_key(digest)
    }

    /// The figures for the memory estimate of the model with this manifest digest.
    pub(super) fn architecture(&self, digest: &str) -> Option<KvCacheParams> {
        self.architectures.get(digest).copied().flatten()
    }

    /// Whether the load times of earlier processes are known.
    pub fn has_stored_load_times(&self) -> bool {
        self.stored_load_times.is_some()
    }

    /// Whether the measurements of earlier processes are known.
    pub fn has_measurements(&self) -> bool {
        self.measurements.is_some()
    }

    /// What models took of memory when they were loaded.
    pub fn measurements(&self) -> MemoryMeasurements {
        self.measurements.clone().unwrap_or_default()
    }

    /// How long the last load of `model` took, in this process or an earlier one.
    pub fn last_load_time(&self, model: &ModelName) -> Option<Duration> {
        let recorded = self.tracker.get(model).and_then(|record| record.last_load).map(|load| load.duration);
        recorded.or_else(|| self.stored_load_times.as_ref()?.get(model).copied())
    }

    /// The state of `model` and what keeps it from being ready (ollama-api.md §5.6).
    pub(super) fn state_of(&self, model: &ModelName) -> (ModelState, Option<Obstacle>) {
        if self.polled.is_none() && self.breaker.is_none() {
            return (ModelState::Unreachable, Some(Obstacle::NotPolled));
        }
        let health = self.health();
        if let Some(problem) = health.problem {
            let state = if health.connected { ModelState::Failed } else { ModelState::Unreachable };
            return (state, Some(Obstacle::Server(problem)));
        }
        let record = self.tracker.get(model);
        let last_error = record.and_then(|record| record.last_error.as_ref());
        let is_cloud = model.is_cloud();
        let installed = self.find(model);
        if (installed.is_none() && !is_cloud) || matches!(last_error, Some(OllamaError::ModelMissing(_))) {
            return (ModelState::Missing, Some(Obstacle::NotInstalled));
        }
        if installed.is_some_and(|installed| !installed.can_chat()) {
            return (ModelState::Failed, Some(Obstacle::Failure(OllamaError::ChatUnsupported)));
        }
        if record.is_some_and(|record| record.loading_since().is_some()) && !is_cloud {
            return (ModelState::Loading, None);
        }
        if let Some(error) = last_error {
            return (ModelState::Failed, Some(Obstacle::Failure(error.clone())));
        }
        // A cloud model is never in the memory of this server.
        let is_ready = record.is_some_and(|record| (record.in_memory || is_cloud) && record.last_answer.is_some());
        (if is_ready { ModelState::Ready } else { ModelState::Installed }, None)
    }

    /// Since when `model` has been in `state`; for a load, since its first request.
    pub(super) fn state_since(&self, model: &ModelName, state: ModelState) -> Timestamp {
        if let (ModelState::Loading, Some(since_ms)) =
            (state, self.tracker.get(model).and_then(ModelRecord::loading_since))
        {
            return to_timestamp(since_ms);
        }
        match self.states_since.get(model) {
            Some((known, since)) if *known == state => *since,
            // Of a model that was never installed nor asked, the state follows from the connection alone.
            _ => self.connection_since,
        }
    }

    /// Applies one event at `now_ms` (milliseconds of the clock); whether readers of the snapshot need to know.
    pub(super) fn apply(&mut self, event: StatusEvent<'_>, now_ms: i128) -> bool {
        let now = to_timestamp(now_ms);
        let was_connected = self.is_connected();
        match event {
            StatusEvent::Call { model, call, event } => {
                let changed = self.tracker.apply(model, call, event, now_ms);
                self.update_state(model, now);
                return changed;
            }
            StatusEvent::Polled(answer) => self.apply_poll(answer, now),
            StatusEvent::Unloaded(model) => self.tracker.record_unload(model),
            StatusEvent::Deleted(model) => {
                self.tracker.record_unload(model);
                self.tracker.forget(model);
                self.installed.retain(|installed| installed.name != *model);
                self.running.retain(|row| row.name != *model);
            }
            StatusEvent::OptionsChanged(model) => self.tracker.forget(model),
            StatusEvent::PullStarted(model) => self.pulling = Some(model.clone()),
            StatusEvent::PullEnded => self.pulling = None,
            StatusEvent::BreakerOpened(error) => self.breaker = Some(error),
            StatusEvent::BreakerClosed => self.breaker = None,
            StatusEvent::ArchitectureRead { digest, kv_cache } => {
                self.architectures.insert(digest.to_owned(), kv_cache);
            }
            StatusEvent::LoadTimesRead(times) => self.stored_load_times = Some(times),
            StatusEvent::MeasurementsRead(measured) => self.measurements = Some(measured),
        }
        if was_connected != self.is_connected() {
            self.connection_since = now;
        }
        self.update_all_states(now);
        true
    }

    fn apply_poll(&mut self, answer: Result<PollAnswer, OllamaError>, now: Timestamp) {
        let unknown = OllamaHealth {
            connected: false,
            version: None,
            latency_ms: None,
            host: self.host.clone(),
            problem: None,
            checked_at: Some(now),
        };
        match answer {
            Ok(answer) => {
                let PollAnswer { version, latency_ms, installed, running } = answer;
                let problem = version_problem(&version);
                self.polled =
                    Some(OllamaHealth { connected: true, version: Some(version), latency_ms, problem, ..unknown });
                self.installed = installed;
                self.is_list_known = true;
                if self.failed_polls > 0 {
                    self.tracker.record_recovery();
                }
                self.failed_polls = 0;
                let is_list_known = running.is_some();
                self.running = running.unwrap_or_default();
                let loaded = self.installed.iter().filter(|installed| self.running_row(installed).is_some());
                let in_memory: BTreeSet<ModelName> = loaded.map(|installed| installed.name.clone()).collect();
                self.tracker.record_poll(is_list_known.then_some(&in_memory), now);
            }
            Err(error) => {
                let problem = Some(error_message::to_health_problem(&error, &self.host));
                self.polled = Some(OllamaHealth { problem, ..unknown });
                // What is on its disk stays there while it is away; what was in its memory does not.
                self.running = Vec::new();
                self.failed_polls = self.failed_polls.saturating_add(1);
                self.tracker.record_poll(Some(&BTreeSet::new()), now);
            }
        }
    }

    fn update_all_states(&mut self, now: Timestamp) {
        let installed = self.installed.iter().map(|installed| &installed.name);
        let names: BTreeSet<ModelName> =
            installed.chain(self.tracker.models()).chain(self.states_since.keys()).cloned().collect();
        for name in names {
            self.update_state(&name, now);
        }
    }

    fn update_state(&mut self, model: &ModelName, now: Timestamp) {
        let (state, _) = self.state_of(model);
        match self.states_since.get(model) {
            Some((known, _)) if *known == state => {}
            _ => {
                self.states_since.insert(model.clone(), (state, now));
            }
        }
    }
}

/// Why a server of this version cannot be used.
fn version_problem(version: &str) -> Option<HealthProblem> {
    match ollama_version_support(version) {
        OllamaVersionSupport::TooOld(message) => {
            Some(HealthProblem { kind: HealthProblemKind::TooOld, message, hint: UPDATE_OLLAMA_HINT.to_owned() })
        }
        _ => None,
    }
}
