//! Pulls of models as this process sees them.

use crate::domain::model_name::ModelName;
use crate::domain::pull::{FinishedPull, PullProgress, PullRetry};
use std::collections::VecDeque;
use tokio_util::sync::CancellationToken;

/// Maximum ended pulls that are kept for a follower that reads late.
const MAX_FINISHED_PULLS: usize = 16;

/// The running pull and the last ended ones; written by `worker::pulls`, and by the service that cancels a queued pull.
#[derive(Clone, Debug, Default)]
pub struct LivePulls {
    /// The pull that runs.
    pub running: Option<RunningPull>,
    /// Jobs that ended a short while ago, oldest first.
    ended: VecDeque<(i64, FinishedPull)>,
}

/// The pull that runs or waits for its next attempt.
#[derive(Clone, Debug)]
pub struct RunningPull {
    /// Id of its job.
    pub id: i64,
    /// Name of the model.
    pub model: ModelName,
    /// How far it is.
    pub progress: PullProgress,
    /// When and why it is tried again.
    pub retry: Option<PullRetry>,
    /// Closes the connection to Ollama.
    pub cancel: CancellationToken,
}

impl LivePulls {
    /// How a job ended, when that was a short while ago.
    pub fn ended(&self, id: i64) -> Option<&FinishedPull> {
        self.ended.iter().find(|(ended, _)| *ended == id).map(|(_, last)| last)
    }

    /// Stores how a job ended.
    pub fn remember(&mut self, id: i64, last: FinishedPull) {
        if self.ended.len() == MAX_FINISHED_PULLS {
            self.ended.pop_front();
        }
        self.ended.push_back((id, last));
    }
}
