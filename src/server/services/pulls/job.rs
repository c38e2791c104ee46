//! The database row of a pull, kept in step with its live state in this process.

use super::{
    downloads::{publish_downloads, to_last_pull},
    job_row::{PULL_JOB_KIND, PullJobProgress, PullJobRequest, render_json},
};
use crate::{
    domain::{
        pull::{FinishedPull, PullFailure, PullOutcome, PullRetry},
        time::Timestamp,
    },
    error::AppError,
    server::{
        live::pulls::RunningPull,
        models::status::event::StatusEvent,
        state::App,
        storage::jobs::{self, Job},
    },
};
use tokio_util::sync::CancellationToken;

/// Whether another pull than `id` could run now.
#[tracing::instrument(name = "pulls.job.has_other_due_pull", level = "debug", skip_all)]
pub async fn has_other_due_pull(app: &App, id: i64) -> Result<bool, AppError> {
    let now = app.clock.now();
    let unfinished = jobs::list_unfinished(&app.db.read, PULL_JOB_KIND).await?;
    Ok(unfinished.iter().any(|job| job.id != id && pending_retry(job, now).is_none()))
}

/// Longest pause before a pull is tried again, in seconds; a later time was stored while the clock was ahead.
pub const MAX_RETRY_PAUSE_SECONDS: i64 = 600;

/// The retry that a pull waits for; `None` when it may run at `now`.
fn pending_retry(job: &Job, now: Timestamp) -> Option<PullRetry> {
    PullJobProgress::of(job).retry.filter(|retry| (1..=MAX_RETRY_PAUSE_SECONDS).contains(&retry.at.since(now)))
}

/// The next pull: one that was interrupted, else the first in the queue, else the one that is tried again first; with its failures
/// in a row so far.
#[tracing::instrument(name = "pulls.job.load_next", level = "debug", skip_all)]
pub async fn load_next(app: &App) -> Result<Option<(RunningPull, u32)>, AppError> {
    let now = app.clock.now();
    let unfinished = jobs::list_unfinished(&app.db.read, PULL_JOB_KIND).await?;
    let job = unfinished.into_iter().min_by_key(|job| pending_retry(job, now).map(|retry| retry.at));
    Ok(job.map(|job| {
        let failures = u32::try_from(job.attempts).unwrap_or(u32::MAX);
        let running = RunningPull {
            id: job.id,
            model: PullJobRequest::of(&job).model,
            progress: PullJobProgress::of(&job).progress.without_rate(),
            retry: pending_retry(&job, now),
            cancel: CancellationToken::new(),
        };
        (running, failures)
    }))
}

/// Records that a pull begins, or goes on after a restart. `false`: it has been cancelled meanwhile.
#[tracing::instrument(name = "pulls.job.start", level = "debug", skip_all)]
pub async fn start(app: &App, running: RunningPull, failures: u32) -> Result<bool, AppError> {
    app.models.apply(StatusEvent::PullStarted(&running.model));
    app.pulls.send_modify(|pulls| pulls.running = Some(running));
    let goes_on = store_progress(app, failures).await?;
    publish_downloads(app).await;
    Ok(goes_on)
}

/// Stores how far the running pull is. `false`: it has been cancelled, perhaps by another process.
#[tracing::instrument(name = "pulls.job.store_progress", level = "debug", skip_all)]
pub async fn store_progress(app: &App, failures: u32) -> Result<bool, AppError> {
    let Some(running) = app.pulls.borrow().running.clone() else { return Ok(false) };
    let progress = PullJobProgress { progress: running.progress, retry: running.retry, dismissed: false };
    let mut db = app.db.write().await?;
    let goes_on =
        jobs::record_progress(&mut db, running.id, &progress.to_json(), i64::from(failures), app.clock.now()).await?;
    db.commit().await?;
    Ok(goes_on)
}

/// Ends the running pull and announces that to its followers.
#[tracing::instrument(name = "pulls.job.finish", level = "debug", skip_all)]
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
        if jobs::finish(&mut db, running.id, state, error.as_deref(), app.clock.now()).await? {
            // Progress is stored seldom; the history tells the bytes of the end.
            let last = PullJobProgress { progress: running.progress.clone(), retry: None, dismissed: false };
            jobs::set_progress(&mut db, running.id, &last.to_json()).await?;
        }
        let job = jobs::find(&mut *db, running.id).await?;
        db.commit().await?;
        Ok::<_, AppError>(job)
    };
    let stored = stored.await;
    let now = app.clock.now();
    // The row decides: another process may have cancelled the pull before.
    let last = match &stored {
        Ok(Some(job)) => to_last_pull(job),
        _ => FinishedPull { model: running.model, outcome, error: failure, finished_at: now, dismissed: false },
    };
    app.metrics.record_pull(last.outcome.as_str());
    app.models.apply(StatusEvent::PullEnded);
    app.pulls.send_modify(|pulls| {
        pulls.running = None;
        pulls.remember(running.id, last);
    });
    publish_downloads(app).await;
    stored.map(drop)
}
