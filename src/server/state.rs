//! What every request and every loop shares.

use super::{clock::Clock, config::Config, feed, lifecycle::Lifecycle, storage::Db};
use crate::domain::live_event::LiveEvent;
use crate::server::{metrics::Metrics, models::ollama};
use std::{ops::Deref, sync::Arc};
use tokio::sync::{Notify, broadcast};

/// The running application. Cheap to clone; services take it by reference.
#[derive(Clone, Debug)]
pub struct App(Arc<AppState>);

/// See the fields.
#[derive(Debug)]
pub struct AppState {
    /// The effective settings.
    pub config: Config,
    /// The clock.
    pub clock: Clock,
    /// The database.
    pub db: Db,
    /// What is counted from the start of the process.
    pub metrics: Metrics,
    /// The only client that leaves for feeds and sites.
    pub feed_client: feed::fetch::FeedClient,
    /// The only client that talks to Ollama.
    pub ollama: ollama::client::OllamaClient,
    /// Who may ask a model next: a reader's question goes before articles.
    pub priority_queue: crate::server::models::resilience::priority_queue::PriorityQueue,
    /// Answers to readers that are being written.
    pub answers: crate::server::services::chat::RunningAnswers,
    /// Told to open pages; see [`Event`].
    pub events: broadcast::Sender<LiveEvent>,
    /// Rung after a commit that put articles into the queue, un-paused it, or changed the models.
    pub scoring_wakeup: Notify,
    /// Rung after a commit that chose other models or options.
    pub choice_wakeup: Notify,
    /// Rung after a commit that made a feed due now.
    pub feeds_wakeup: Notify,
    /// Rung after a commit that changed the interests.
    pub interests_wakeup: Notify,
    /// Rung after a commit that queued a pull.
    pub pulls_wakeup: Notify,
    pub lifecycle: Lifecycle,
    /// What the scoring worker does right now; written by it alone.
    pub worker: tokio::sync::watch::Sender<crate::server::services::scoring::ScoringActivity>,
    /// What is known of Ollama; written by `worker::observer` alone.
    pub models_snapshot: tokio::sync::watch::Sender<crate::server::services::models::ModelsSnapshot>,
    /// The pull that runs in this process, and those that ended a short while ago.
    pub pulls: tokio::sync::watch::Sender<crate::server::services::pulls::LivePulls>,
    /// What the memory that models need follows from, by digest; learnt by `worker::observer`.
    pub architectures: std::sync::RwLock<std::collections::BTreeMap<String, crate::domain::memory_estimate::KvCacheParams>>,
    /// Since when each model has been in the state it is in; kept by `services::models`.
    pub model_states_since: std::sync::RwLock<crate::server::services::models::ModelStatesSince>,
    /// Held while somebody asks Ollama how it is; whoever waits for it takes that answer.
    pub poll_lock: tokio::sync::Mutex<()>,
}

impl App {
    /// Wraps the parts.
    pub fn new(parts: AppState) -> Self {
        Self(Arc::new(parts))
    }

    /// Tells open pages; nobody listening is fine.
    pub fn publish(&self, event: LiveEvent) {
        let _ = self.events.send(event);
    }
}

impl Deref for App {
    type Target = AppState;
    fn deref(&self) -> &AppState {
        &self.0
    }
}
