//! The downloads of the past, and the order of those that wait.

use super::{
    downloads::{publish_downloads, to_last_pull},
    job_row::{PULL_JOB_KIND, PullJobProgress, PullJobRequest},
};
use crate::{
    domain::{model_name::ModelName, pull_preview::PastPull, time::Timestamp},
    error::AppError,
    server::{state::App, storage::jobs},
};

/// The downloads that ended, the last one first.
#[tracing::instrument(name = "pulls.history.list_past_pulls", level = "debug", skip_all)]
pub async fn list_past_pulls(app: &App) -> Result<Vec<PastPull>, AppError> {
    let jobs = jobs::list_finished(&app.db.read, PULL_JOB_KIND).await?;
    let past = jobs.into_iter().map(|job| {
        let last = to_last_pull(&job);
        PastPull {
            id: job.id,
            model: last.model,
            asked_at: Timestamp(job.created_at),
            finished_at: last.finished_at,
            completed: PullJobProgress::of(&job).progress.completed,
            outcome: last.outcome,
            error: last.error,
        }
    });
    Ok(past.collect())
}

/// Moves a download that waits to the front of the queue; the one that runs goes on. 409 when it does not wait.
#[tracing::instrument(name = "pulls.history.move_to_front", level = "debug", skip_all)]
pub async fn move_to_front(app: &App, typed: &str) -> Result<ModelName, AppError> {
    let wanted = ModelName::parse(typed).map_err(|reason| AppError::invalid(reason.to_string()).field("model"))?;
    let mut db = app.db.write().await?;
    let unfinished = jobs::list_unfinished(&mut *db, PULL_JOB_KIND).await?;
    let waiting = unfinished.iter().find(|job| job.state == "queued" && PullJobRequest::of(job).model == wanted);
    let Some(job) = waiting else {
        return Err(AppError::conflict(format!("{wanted} does not wait to be pulled.")));
    };
    let highest = unfinished.iter().map(|job| job.priority).max().unwrap_or_default();
    jobs::set_priority(&mut db, job.id, highest.saturating_add(1)).await?;
    db.commit().await?;
    publish_downloads(app).await;
    Ok(wanted)
}
