//! A question to a model under way, kept in [`Tracker`] however it ends.

use super::OllamaClient;
use crate::{
    domain::time::Timestamp,
    server::models::{
        ollama::{error::OllamaError, metrics::AnswerMetrics, wire::KeepAlive},
        status::tracker::{CallId, LastAnswer, ModelLoad, Tracker},
    },
};
use std::{sync::Arc, time::Duration};

/// Ollama's own, for requests that do not say.
const DEFAULT_KEEP_ALIVE: Duration = Duration::from_secs(5 * 60);

/// See the module. The last clone to go ends it; what was not told by then was not waited for.
#[derive(Clone, Debug)]
pub(super) struct TrackedCall(Arc<TrackedCallInner>);

#[derive(Debug)]
struct TrackedCallInner {
    client: OllamaClient,
    model: String,
    call_id: CallId,
    /// `None`: for ever.
    keep_alive: Option<Duration>,
}

impl TrackedCall {
    pub(super) fn begin(client: &OllamaClient, model: &str, keep_alive: Option<&KeepAlive>) -> Self {
        let now_ms = client.0.clock.millis();
        let mut call = CallId::default();
        client.0.tracker.send_if_modified(|seen| seen.update(model, |seen| call = seen.record_start(model, now_ms)));
        let keep = keep_alive.map_or(Some(DEFAULT_KEEP_ALIVE), KeepAlive::duration);
        Self(Arc::new(TrackedCallInner { client: client.clone(), model: model.to_owned(), call_id: call, keep_alive: keep }))
    }

    pub(super) fn model(&self) -> &str {
        &self.0.model
    }

    /// The first word came.
    pub(super) fn record_first_token(&self) {
        self.update_tracker(|seen, flight| seen.record_first_token(&flight.model, flight.call_id));
    }

    /// A whole answer came.
    pub(super) fn record_answer(&self, metrics: &AnswerMetrics) {
        let at = self.now();
        let until = self.0.keep_alive.map(|keep| at.plus(i64::try_from(keep.as_secs()).unwrap_or(i64::MAX)));
        self.update_tracker(|seen, flight| seen.record_answer(&flight.model, flight.call_id, LastAnswer { at, in_memory_until: until }, metrics.load_time()));
    }

    /// The model is in memory, which took so long.
    pub(super) fn record_load(&self, took: Duration) {
        let at = self.now();
        self.update_tracker(|seen, flight| seen.record_load(&flight.model, flight.call_id, ModelLoad { duration: took, at }));
    }

    /// An attempt failed; another follows.
    pub(super) fn record_retry(&self, error: &OllamaError) {
        let now_ms = self.0.client.0.clock.millis();
        self.update_tracker(|seen, flight| seen.record_retry(&flight.model, flight.call_id, error, now_ms));
    }

    /// There is no answer.
    pub(super) fn record_failure(&self, error: &OllamaError) {
        self.update_tracker(|seen, flight| seen.record_failure(&flight.model, flight.call_id, error));
    }

    fn now(&self) -> Timestamp {
        self.0.client.0.clock.now()
    }

    fn update_tracker(&self, what: impl FnOnce(&mut Tracker, &TrackedCallInner)) {
        self.0.client.0.tracker.send_if_modified(|seen| seen.update(&self.0.model, |seen| what(seen, &self.0)));
    }
}

impl Drop for TrackedCallInner {
    fn drop(&mut self) {
        self.client.0.tracker.send_if_modified(|seen| seen.update(&self.model, |seen| seen.record_abandoned(&self.model, self.call_id)));
    }
}
