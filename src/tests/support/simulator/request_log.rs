//! The recorded requests and how they ended.

use axum::http::HeaderMap;
use gleaner::server::clock::Clock;
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestOutcome {
    /// It has not ended yet.
    Running,
    /// The whole answer was handed to the connection.
    Answered,
    /// The client left before.
    Left,
}

/// A received request.
#[derive(Clone, Debug)]
pub struct RecordedRequest {
    /// The HTTP method.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body's bytes as text.
    pub text: String,
    /// The body as JSON; null when it is none.
    pub body: Value,
    /// Milliseconds of the simulator's clock at arrival, and at the end.
    pub at_ms: i64,
    /// Milliseconds of the simulator's clock at the end.
    pub ended_ms: Option<i64>,
    /// How it ended.
    pub outcome: RequestOutcome,
}

#[derive(Debug, Default)]
pub(super) struct RequestLog {
    all: Mutex<Vec<RecordedRequest>>,
    /// Counts changes; waiting looks anew at each.
    changes: watch::Sender<u64>,
}

impl RequestLog {
    fn lock(&self) -> MutexGuard<'_, Vec<RecordedRequest>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn all(&self) -> Vec<RecordedRequest> {
        self.lock().clone()
    }

    pub(super) async fn wait_until(&self, enough: impl Fn(&[RecordedRequest]) -> bool) {
        let mut changes = self.changes.subscribe();
        // The sender lives as long as `self`, so the error of a closed channel cannot come.
        let _ = changes.wait_for(|_| enough(&self.lock())).await;
    }

    fn changed(&self) {
        self.changes.send_modify(|n| *n += 1);
    }
}

/// Completes its record when dropped: as answered after [`InFlightRequest::answered`], else as abandoned by the client.
#[derive(Debug)]
pub(super) struct InFlightRequest {
    records: Arc<RequestLog>,
    clock: Clock,
    index: usize,
    outcome: RequestOutcome,
}

impl InFlightRequest {
    pub(super) fn new(records: &Arc<RequestLog>, clock: &Clock, record: RecordedRequest) -> Self {
        let mut all = records.lock();
        all.push(record);
        let index = all.len() - 1;
        drop(all);
        records.changed();
        Self { records: records.clone(), clock: clock.clone(), index, outcome: RequestOutcome::Left }
    }

    pub(super) fn answered(&mut self) {
        self.outcome = RequestOutcome::Answered;
    }
}

impl Drop for InFlightRequest {
    fn drop(&mut self) {
        if let Some(record) = self.records.lock().get_mut(self.index) {
            record.outcome = self.outcome;
            record.ended_ms = i64::try_from(self.clock.millis()).ok();
        }
        self.records.changed();
    }
}
