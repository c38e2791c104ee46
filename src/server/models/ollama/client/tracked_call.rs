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
    call: CallId,
    /// `None`: for ever.
    keep: Option<Duration>,
}

impl TrackedCall {
    pub(super) fn begin(client: &OllamaClient, model: &str, keep_alive: Option<&KeepAlive>) -> Self {
        let now_ms = client.0.clock.millis();
        let mut call = CallId::default();
        client.0.seen.send_if_modified(|seen| seen.change(model, |seen| call = seen.began(model, now_ms)));
        let keep = keep_alive.map_or(Some(DEFAULT_KEEP_ALIVE), KeepAlive::lasts);
        Self(Arc::new(TrackedCallInner { client: client.clone(), model: model.to_owned(), call, keep }))
    }

    pub(super) fn model(&self) -> &str {
        &self.0.model
    }

    /// The first word came.
    pub(super) fn spoke(&self) {
        self.tell(|seen, flight| seen.spoke(&flight.model, flight.call));
    }

    /// A whole answer came.
    pub(super) fn answered(&self, metrics: &AnswerMetrics) {
        let at = self.now();
        let until = self.0.keep.map(|keep| at.plus(i64::try_from(keep.as_secs()).unwrap_or(i64::MAX)));
        self.tell(|seen, flight| seen.answered(&flight.model, flight.call, LastAnswer { at, until }, metrics.load()));
    }

    /// The model is in memory, which took so long.
    pub(super) fn loaded(&self, took: Duration) {
        let at = self.now();
        self.tell(|seen, flight| seen.loaded(&flight.model, flight.call, ModelLoad { took, at }));
    }

    /// An attempt failed; another follows.
    pub(super) fn waits_again(&self, error: &OllamaError) {
        let now_ms = self.0.client.0.clock.millis();
        self.tell(|seen, flight| seen.waits_again(&flight.model, flight.call, error, now_ms));
    }

    /// There is no answer.
    pub(super) fn failed(&self, error: &OllamaError) {
        self.tell(|seen, flight| seen.failed(&flight.model, flight.call, error));
    }

    fn now(&self) -> Timestamp {
        self.0.client.0.clock.now()
    }

    fn tell(&self, what: impl FnOnce(&mut Tracker, &TrackedCallInner)) {
        self.0.client.0.seen.send_if_modified(|seen| seen.change(&self.0.model, |seen| what(seen, &self.0)));
    }
}

impl Drop for TrackedCallInner {
    fn drop(&mut self) {
        self.client.0.seen.send_if_modified(|seen| seen.change(&self.model, |seen| seen.left(&self.model, self.call)));
    }
}
