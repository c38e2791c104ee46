//! What clients asked, and how it ended, for tests to look at.

use axum::http::HeaderMap;
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Running,
    /// The whole answer was handed to the connection.
    Answered,
    /// The client left before.
    Left,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub method: String,
    pub path: String,
    pub headers: HeaderMap,
    /// The body's bytes as text.
    pub text: String,
    /// The body as JSON; null when it is none.
    pub body: Value,
    /// Milliseconds of the simulator's clock at arrival, and at the end.
    pub at_ms: i64,
    pub ended_ms: Option<i64>,
    pub outcome: Outcome,
}

#[derive(Debug, Default)]
pub(super) struct Records {
    all: Mutex<Vec<Recorded>>,
    /// Counts changes; waiting looks anew at each.
    changes: watch::Sender<u64>,
}

impl Records {
    fn lock(&self) -> MutexGuard<'_, Vec<Recorded>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn all(&self) -> Vec<Recorded> {
        self.lock().clone()
    }

    pub(super) async fn wait_until(&self, enough: impl Fn(&[Recorded]) -> bool) {
        let mut changes = self.changes.subscribe();
        // The sender lives as long as `self`, so the error of a closed channel cannot come.
        let _ = changes.wait_for(|_| enough(&self.lock())).await;
    }

    fn changed(&self) {
        self.changes.send_modify(|n| *n += 1);
    }
}

/// Ends its record when dropped: as answered when [`Ticket::answered`] was called, else the client has left.
#[derive(Debug)]
pub(super) struct Ticket {
    records: Arc<Records>,
    clock: crate::server::clock::Clock,
    index: usize,
    outcome: Outcome,
}

impl Ticket {
    pub(super) fn new(records: &Arc<Records>, clock: &crate::server::clock::Clock, record: Recorded) -> Self {
        let mut all = records.lock();
        all.push(record);
        let index = all.len() - 1;
        drop(all);
        records.changed();
        Self { records: records.clone(), clock: clock.clone(), index, outcome: Outcome::Left }
    }

    pub(super) fn answered(&mut self) {
        self.outcome = Outcome::Answered;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(record) = self.records.lock().get_mut(self.index) {
            record.outcome = self.outcome;
            record.ended_ms = i64::try_from(self.clock.millis()).ok();
        }
        self.records.changed();
    }
}
