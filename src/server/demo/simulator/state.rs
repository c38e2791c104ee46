//! Disk, memory and registry of the simulated server.

use super::{models::ModelSpec, settings::SimulatorSettings};
use crate::domain::model_name::ModelName;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::Semaphore;

/// Ollama's own default.
const DEFAULT_KEEP_ALIVE_MS: i64 = 5 * 60 * 1000;
/// The time that real servers use for "for ever": 292 years.
const FOREVER_MS: i64 = 9_223_372_036_854;

/// The state of the simulated server.
#[derive(Debug)]
pub struct SimulatorState {
    /// Its settings.
    pub settings: SimulatorSettings,
    state: Mutex<ModelStore>,
    /// One load at a time.
    pub(super) loading: tokio::sync::Mutex<()>,
    /// Free places in the queue for loads.
    pub(super) queue: Arc<Semaphore>,
    /// Requests in progress.
    pub(super) slots: Arc<Semaphore>,
}

impl SimulatorState {
    /// A server with the models of `settings` on its disk and none in memory.
    pub fn new(settings: SimulatorSettings) -> Self {
        let mut state = ModelStore { pace: (settings.pull_tick, settings.pull_step), ..ModelStore::default() };
        for model in settings.library.iter().chain(&settings.models) {
            state.offer(model.clone());
        }
        for (age, model) in settings.models.iter().enumerate() {
            let modified_ms = i64::try_from(settings.clock.millis()).unwrap_or(0) - 86_400_000 * (age as i64 + 1);
            state.install(ModelSpec { modified_ms, ..model.clone() });
        }
        Self {
            state: Mutex::new(state),
            loading: tokio::sync::Mutex::default(),
            queue: Arc::new(Semaphore::new(settings.max_queue + 1)),
            slots: Arc::new(Semaphore::new(settings.parallel)),
            settings,
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, ModelStore> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a model on the disk, or replaces it.
    pub fn install(&self, model: ModelSpec) {
        self.state().install(model);
    }

    /// Deletes a model, as another program would.
    pub fn remove(&self, name: &str) {
        self.state().remove(name);
    }

    /// Adds a model that can be pulled.
    pub fn offer(&self, model: ModelSpec) {
        self.state().offer(model);
    }

    /// Deletes the downloaded parts of a model.
    pub fn discard_blobs(&self, model: &ModelSpec) {
        let mut state = self.state();
        for layer in &model.layers {
            state.blobs.remove(&layer.digest);
        }
    }

    /// Sets the time between two lines of a pull and the bytes of each.
    pub fn set_pull_pace(&self, tick: Duration, step: u64) {
        self.state().pace = (tick, step);
    }

    /// The short names of the installed models.
    pub fn installed(&self) -> Vec<String> {
        self.state().installed_names()
    }

    /// The short names of the models in memory.
    pub fn loaded(&self) -> Vec<String> {
        self.state().loaded_names(self.now_ms())
    }

    /// How often a model was loaded.
    pub fn loads(&self) -> usize {
        self.state().loads
    }

    /// Unloads every model, as a restart does.
    pub fn unload_all(&self) {
        self.state().loaded.clear();
    }

    /// Milliseconds since the epoch, by its own clock.
    pub fn now_ms(&self) -> i64 {
        i64::try_from(self.settings.clock.millis()).unwrap_or(i64::MAX)
    }

    /// Waits by its own clock; returns at once for a time of zero, since a stopped clock would block a test.
    pub async fn pause(&self, time: Duration) {
        if !time.is_zero() {
            self.settings.clock.sleep(time).await;
        }
    }
}

/// A model in memory, keyed by its weights.
#[derive(Clone, Debug)]
pub(super) struct LoadedSpec {
    pub spec: ModelSpec,
    pub num_ctx: i64,
    pub keep_alive_ms: i64,
    pub expires_ms: i64,
    pub in_use: usize,
}

#[derive(Debug, Default)]
pub(super) struct ModelStore {
    /// By canonical key.
    installed: BTreeMap<String, ModelSpec>,
    library: BTreeMap<String, ModelSpec>,
    /// By digest of the weights.
    loaded: HashMap<String, LoadedSpec>,
    /// Bytes on disk of blobs, whole or partial.
    pub blobs: HashMap<String, u64>,
    pub loads: usize,
    /// Between two lines of a pull, and bytes for each.
    pub pace: (Duration, u64),
}

impl ModelStore {
    pub(super) fn install(&mut self, model: ModelSpec) {
        for layer in &model.layers {
            self.blobs.insert(layer.digest.clone(), layer.size);
        }
        self.installed.insert(model_key(&model.name), model);
    }

    pub(super) fn offer(&mut self, model: ModelSpec) {
        self.library.insert(model_key(&model.name), model);
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<ModelSpec> {
        self.installed.remove(&model_key(name))
    }

    pub(super) fn find(&self, name: &str) -> Option<&ModelSpec> {
        self.installed.get(&model_key(name))
    }

    pub(super) fn find_in_library(&self, name: &str) -> Option<&ModelSpec> {
        self.library.get(&model_key(name))
    }

    /// The installed models, newest first, as in `/api/tags`.
    pub(super) fn installed(&self) -> Vec<&ModelSpec> {
        let mut all: Vec<_> = self.installed.values().collect();
        all.sort_by_key(|m| std::cmp::Reverse(m.modified_ms));
        all
    }

    pub(super) fn installed_names(&self) -> Vec<String> {
        self.installed().into_iter().map(ModelSpec::short).collect()
    }

    /// The models in memory at `now_ms` without the expired ones, latest expiry first, as in `/api/ps`.
    pub(super) fn loaded(&mut self, now_ms: i64) -> Vec<LoadedSpec> {
        self.loaded.retain(|_, l| l.in_use > 0 || l.expires_ms > now_ms);
        let mut all: Vec<_> = self.loaded.values().cloned().collect();
        all.sort_by_key(|l| std::cmp::Reverse(l.expires_ms));
        all
    }

    pub(super) fn loaded_names(&mut self, now_ms: i64) -> Vec<String> {
        self.loaded(now_ms).iter().map(|l| l.spec.short()).collect()
    }

    /// Whether `spec` is in memory with this context.
    pub(super) fn is_loaded(&mut self, spec: &ModelSpec, num_ctx: i64, now_ms: i64) -> bool {
        self.loaded(now_ms).iter().any(|l| l.spec.weights() == spec.weights() && l.num_ctx == num_ctx)
    }

    pub(super) fn load(&mut self, spec: &ModelSpec, num_ctx: i64, now_ms: i64) {
        self.loads += 1;
        let expires_ms = now_ms.saturating_add(DEFAULT_KEEP_ALIVE_MS);
        self.loaded.insert(
            spec.weights().to_owned(),
            LoadedSpec { spec: spec.clone(), num_ctx, keep_alive_ms: DEFAULT_KEEP_ALIVE_MS, expires_ms, in_use: 0 },
        );
    }

    pub(super) fn unload(&mut self, spec: &ModelSpec) {
        self.loaded.remove(spec.weights());
    }

    pub(super) fn begin(&mut self, spec: &ModelSpec) {
        if let Some(loaded) = self.loaded.get_mut(spec.weights()) {
            loaded.in_use += 1;
        }
    }

    /// The end of a request; the time in memory counts from here. `keep_alive_ms` `None` leaves the value as it was.
    pub(super) fn finish(&mut self, spec: &ModelSpec, keep_alive_ms: Option<i64>, now_ms: i64) {
        let Some(loaded) = self.loaded.get_mut(spec.weights()) else { return };
        loaded.in_use = loaded.in_use.saturating_sub(1);
        if let Some(keep) = keep_alive_ms {
            loaded.keep_alive_ms = if keep < 0 { FOREVER_MS } else { keep };
        }
        loaded.expires_ms = now_ms.saturating_add(loaded.keep_alive_ms);
    }
}

fn model_key(name: &str) -> String {
    ModelName::parse(name).map_or_else(|_| name.to_owned(), |n| n.key())
}
