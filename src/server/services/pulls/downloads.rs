//! The state of all pulls, as pages and clients see it.

use super::job_row::{PULL_JOB_KIND, PullJobProgress, PullJobRequest};
use crate::{
    domain::{
        live_event::LiveEvent,
        pull::{FinishedPull, PullOutcome, PullStatus},
        time::Timestamp,
    },
    error::AppError,
    server::{
        state::App,
        storage::jobs::{self, Job},
    },
};

/// The current state of all pulls.
#[tracing::instrument(name = "pulls.load_downloads", level = "debug", skip_all)]
pub async fn load_downloads(app: &App) -> Result<PullStatus, AppError> {
    let last = jobs::find_last_finished(&app.db.read, PULL_JOB_KIND).await?.map(|job| to_last_pull(&job));
    let mut unfinished = jobs::list_unfinished(&app.db.read, PULL_JOB_KIND).await?;
    // The one that runs here goes first; one that waits to be tried again may have been running before it.
    let live_id = app.pulls.borrow().running.as_ref().map(|running| running.id);
    unfinished.sort_by_key(|job| live_id != Some(job.id));
    let mut unfinished = unfinished.into_iter();
    let Some(first) = unfinished.next() else { return Ok(PullStatus { last, ..PullStatus::default() }) };
    let name = |job: &Job| PullJobRequest::of(job).model;
    let queued: Vec<_> = unfinished.map(|job| name(&job)).collect();
    let stored = PullJobProgress::of(&first);
    // The live progress when this process runs the pull, else the progress that was stored last.
    let live = app.pulls.borrow().running.as_ref().filter(|running| running.id == first.id).cloned();
    let (progress, retry) =
        live.map_or((stored.progress.without_rate(), stored.retry), |live| (live.progress, live.retry));
    Ok(PullStatus { running_model: Some(name(&first)), progress, retry, queued, last })
}

/// Publishes the state of all pulls to open pages. What cannot be read was logged where it happened; the next change publishes it.
#[tracing::instrument(name = "pulls.publish_downloads", level = "debug", skip_all)]
pub async fn publish_downloads(app: &App) {
    if let Ok(downloads) = load_downloads(app).await {
        app.publish(LiveEvent::Pull(Box::new(downloads)));
    }
}

/// The outcome of an ended job.
pub(super) fn to_last_pull(job: &Job) -> FinishedPull {
    FinishedPull {
        model: PullJobRequest::of(job).model,
        outcome: match job.state.as_str() {
            "done" => PullOutcome::Success,
            "cancelled" => PullOutcome::Cancelled,
            _ => PullOutcome::Error,
        },
        error: job.error.as_deref().and_then(|error| serde_json::from_str(error).ok()),
        finished_at: Timestamp(job.finished_at.unwrap_or_default()),
        dismissed: PullJobProgress::of(job).dismissed,
    }
}
