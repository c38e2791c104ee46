//! Disk, memory and registry of the simulated server.

use super::{models::ModelSpec, script::ReplyScripts, settings::SimulatorSettings};
use crate::domain::model_name::ModelName;
use crate::server::demo::simulator::request_log::RequestLog;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};
use tokio::sync::Semaphore;

/// Ollama's own default.
const DEFAULT_KEEP_ALIVE_MS: i64 = 5 * 60 * 1000;
/// "For ever", as real servers say it: 292 years.
const FOREVER_MS: i64 = 9_223_372_036_854;

#[derive(Debug)]
pub(super) struct SimulatorState {
    pub settings: SimulatorSettings,
    pub records: Arc<RequestLog>,
    scripts: Mutex<ReplyScripts>,
    state: Mutex<ModelStore>,
    /// One load at a time.
    pub loading: tokio::sync::Mutex<()>,
    /// Places in the queue of loads.
    pub queue: Arc<Semaphore>,
    /// Requests being worked on.
    pub slots: Arc<Semaphore>,
    /// Where commands are taken, if anywhere.
    control: OnceLock<String>,
}

impl SimulatorState {
    pub(super) fn new(settings: SimulatorSettings) -> Self {
        let mut state = ModelStore { pace: (settings.pull_tick, settings.pull_step), ..ModelStore::default() };
        for model in settings.library.iter().chain(&settings.models) {
            state.offer(model.clone());
        }
        for (age, model) in settings.models.iter().enumerate() {
            let modified_ms = i64::try_from(settings.clock.millis()).unwrap_or(0) - 86_400_000 * (age as i64 + 1);
            state.install(ModelSpec { modified_ms, ..model.clone() });
        }
        Self {
            records: Arc::default(),
            scripts: Mutex::default(),
            state: Mutex::new(state),
            loading: tokio::sync::Mutex::default(),
            queue: Arc::new(Semaphore::new(settings.max_queue + 1)),
            slots: Arc::new(Semaphore::new(settings.parallel)),
            control: OnceLock::new(),
            settings,
        }
    }

    pub(super) fn scripts(&self) -> MutexGuard<'_, ReplyScripts> {
        self.scripts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, ModelStore> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The address of the control, once.
    pub(super) fn set_control_url(&self, address: String) {
        // There is only one; a second one changes nothing.
        let _ = self.control.set(address);
    }

    pub(super) fn control(&self) -> Option<&str> {
        self.control.get().map(String::as_str)
    }

    pub(super) fn now_ms(&self) -> i64 {
        i64::try_from(self.settings.clock.millis()).unwrap_or(i64::MAX)
    }

    /// Nothing for no time at all: a clock that stands still must not hold up a test.
    pub(super) async fn pause(&self, time: Duration) {
        if !time.is_zero() {
            self.settings.clock.sleep(time).await;
        }
    }

    pub(super) fn unload_all(&self) {
        self.state().loaded.clear();
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

    /// Newest first, as the list goes.
    pub(super) fn installed(&self) -> Vec<&ModelSpec> {
        let mut all: Vec<_> = self.installed.values().collect();
        all.sort_by_key(|m| std::cmp::Reverse(m.modified_ms));
        all
    }

    pub(super) fn installed_names(&self) -> Vec<String> {
        self.installed().into_iter().map(ModelSpec::short).collect()
    }

    /// What is in memory at `now_ms`; forgets what has expired. Latest expiry first, as the list goes.
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
