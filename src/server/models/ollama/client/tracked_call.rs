//! A request to a model under way, recorded in the snapshot however it ends.

use super::connection::OllamaClient;
use crate::domain::model_name::ModelName;
use crate::server::models::{
    ollama::{error::OllamaError, metrics::AnswerMetrics, wire::KeepAlive},
    status::event::{CallEvent, CallId, StatusEvent},
};
use std::{sync::Arc, time::Duration};

/// Ollama's default, for requests without `keep_alive`.
const DEFAULT_KEEP_ALIVE: Duration = Duration::from_secs(5 * 60);

/// One request with all its attempts. Dropping the last clone ends it; without an outcome by then it was abandoned.
#[derive(Clone, Debug)]
pub(super) struct TrackedCall(Arc<TrackedCallInner>);

#[derive(Debug)]
struct TrackedCallInner {
    client: OllamaClient,
    model: ModelName,
    call_id: CallId,
    /// `None`: for ever.
    keep_alive: Option<Duration>,
}

impl TrackedCall {
    pub(super) fn begin(client: &OllamaClient, model: &ModelName, keep_alive: Option<&KeepAlive>) -> Self {
        let call = Self(Arc::new(TrackedCallInner {
            client: client.clone(),
            model: model.clone(),
            call_id: client.0.status.new_call_id(),
            keep_alive: keep_alive.map_or(Some(DEFAULT_KEEP_ALIVE), KeepAlive::duration),
        }));
        call.0.apply(CallEvent::Started);
        call
    }

    pub(super) fn model(&self) -> &ModelName {
        &self.0.model
    }

    /// The first token arrived.
    pub(super) fn record_first_token(&self) {
        self.0.apply(CallEvent::FirstToken);
    }

    /// The whole answer arrived.
    pub(super) fn record_answer(&self, metrics: &AnswerMetrics) {
        self.0.apply(CallEvent::Answered { keep_alive: self.0.keep_alive, load: metrics.load_time() });
    }

    /// The model is in memory after this time.
    pub(super) fn record_load(&self, duration: Duration) {
        self.0.apply(CallEvent::Loaded(duration));
    }

    /// An attempt failed; another follows.
    pub(super) fn record_retry(&self, error: &OllamaError) {
        self.0.apply(CallEvent::Retried(error));
    }

    /// The last attempt failed.
    pub(super) fn record_failure(&self, error: &OllamaError) {
        self.0.apply(CallEvent::Failed(error));
    }
}

impl TrackedCallInner {
    fn apply(&self, event: CallEvent<'_>) {
        self.client.0.status.apply(StatusEvent::Call { model: &self.model, call: self.call_id, event });
    }
}

impl Drop for TrackedCallInner {
    fn drop(&mut self) {
        self.apply(CallEvent::Abandoned);
    }
}
