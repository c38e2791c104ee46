//! The row of a pull, and its live state within this process.

use super::{publish_downloads, to_last_pull};
use crate::{
    domain::pull::{FinishedPull, PullFailure, PullOutcome, PullProgress, PullRetry},
    error::AppError,
    server::{
        state::App,
        storage::jobs::{self, Job},
    },
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::VecDeque;
use tokio_util::sync::CancellationToken;

/// Of the jobs of this kind.
pub(super) const PULL_JOB_KIND: &str = "pull";
/// Ends that are remembered for whoever follows a pull and is slow to look.
const MAX_FINISHED_PULLS: usize = 16;

/// Pulls as this process sees them; written by `worker::pulls`, and by whoever cancels one that waits.
#[derive(Clone, Debug, Default)]
pub struct LivePulls {
    /// The pull that runs.
    pub running: Option<RunningPull>,
    /// Jobs that ended a short while ago, oldest first.
    ended: VecDeque<(i64, FinishedPull)>,
}

/// The pull that runs, or waits to be tried again.
#[derive(Clone, Debug)]
pub struct RunningPull {
    /// The job.
    pub id: i64,
    /// Name of the model.
    pub model: String,
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

    pub(super) fn remember(&mut self, id: i64, last: FinishedPull) {
        if self.ended.len() == MAX_FINISHED_PULLS {
            self.ended.pop_front();
        }
        self.ended.push_back((id, last));
    }
}

/// What was asked for.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct PullJobRequest {
    pub model: String,
}

/// How far it is, and what survives a restart beside.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct PullJobProgress {
    pub progress: PullProgress,
    pub retry: Option<PullRetry>,
    pub dismissed: bool,
}

impl PullJobRequest {
    pub(super) fn of(job: &Job) -> Self {
        parse_json_or_default(&job.request)
    }

    pub(super) fn to_json(&self) -> String {
        render_json(self)
    }
}

impl PullJobProgress {
    pub(super) fn of(job: &Job) -> Self {
        parse_json_or_default(&job.progress)
    }

    pub(super) fn to_json(&self) -> String {
        render_json(self)
    }
}

/// Rows of a version with other fields read as far as they go.
fn parse_json_or_default<T: DeserializeOwned + Default>(json: &str) -> T {
    serde_json::from_str(json).unwrap_or_default()
}

fn render_json(value: &impl Serialize) -> String {
    serde_json::to_value(value).unwrap_or_default().to_string()
}

/// The pull whose turn it is: one that was interrupted, else the first that waits; with the failures in a row so far.
pub async fn load_next(app: &App) -> Result<Option<(RunningPull, u32)>, AppError> {
    let job = jobs::list_unfinished(&app.db.read, PULL_JOB_KIND).await?.into_iter().next();
    Ok(job.map(|job| {
        let failures = u32::try_from(job.attempts).unwrap_or(u32::MAX);
        let running = RunningPull {
            id: job.id,
            model: PullJobRequest::of(&job).model,
            progress: PullJobProgress::of(&job).progress.without_rate(),
            retry: None,
            cancel: CancellationToken::new(),
        };
        (running, failures)
    }))
}

/// A pull begins, or goes on after a restart. `false`: it has been cancelled meanwhile.
pub async fn start(app: &App, running: RunningPull, failures: u32) -> Result<bool, AppError> {
    app.pulls.send_modify(|pulls| pulls.running = Some(running));
    let goes_on = store_progress(app, failures).await?;
    publish_downloads(app).await;
    Ok(goes_on)
}

/// Stores how far the running pull is. `false`: it has been cancelled, perhaps by another process.
pub async fn store_progress(app: &App, failures: u32) -> Result<bool, AppError> {
    let Some(running) = app.pulls.borrow().running.clone() else { return Ok(false) };
    let progress = PullJobProgress { progress: running.progress, retry: running.retry, dismissed: false };
    let mut db = app.db.write().await?;
    let goes_on =
        jobs::record_progress(&mut db, running.id, &progress.to_json(), i64::from(failures), app.clock.now()).await?;
    db.commit().await?;
    Ok(goes_on)
}

/// Ends the running pull and tells whoever follows it.
pub async fn finish(app: &App, outcome: PullOutcome, failure: Option<PullFailure>) -> Result<(), AppError> {
    let Some(running) = app.pulls.borrow().running.clone() else { return Ok(()) };
    let state = match outcome {
        PullOutcome::Success => "done",
        PullOutcome::Cancelled => "cancelled",
        PullOutcome::Error => "failed",
    };
    let error = failure.as_ref().map(render_json);
    let stored = async {
        let mut db = app.db.write().await?;
        jobs::finish(&mut db, running.id, state, error.as_deref(), app.clock.now()).await?;
        let job = jobs::find(&mut *db, running.id).await?;
        db.commit().await?;
        Ok::<_, AppError>(job)
    };
    let stored = stored.await;
    let now = app.clock.now();
    // The row knows best: whoever cancelled it may have been first.
    let last = match &stored {
        Ok(Some(job)) => to_last_pull(job),
        _ => FinishedPull { model: running.model, outcome, error: failure, finished_at: now, dismissed: false },
    };
    app.metrics.record_pull(last.outcome.as_str());
    app.pulls.send_modify(|pulls| {
        pulls.running = None;
        pulls.remember(running.id, last);
    });
    publish_downloads(app).await;
    stored.map(drop)
}
