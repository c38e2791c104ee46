//! Pulls of models: jobs of the server that run one at a time and go on when the page is closed. Queuing, cancelling and their
//! state; `worker::pulls` runs them.

mod downloads;
mod follow;
mod history;
mod job;
mod job_row;
mod preview;

pub use crate::server::services::pulls::job::{
    MAX_RETRY_PAUSE_SECONDS, finish, has_other_due_pull, load_next, start, store_progress,
};
pub use downloads::{load_downloads, publish_downloads};
pub use follow::{PullView, follow};
pub use history::{list_past_pulls, move_to_front};
pub use preview::{ensure_lookup_is_on, expected_bytes, fetch_manifest, free_disk_bytes, missing_bytes, preview_pull};

use crate::{
    domain::{
        model_name::ModelName,
        pull::{FinishedPull, PullOutcome},
    },
    error::AppError,
    server::{state::App, storage::jobs},
};
use job_row::{PULL_JOB_KIND, PullJobProgress, PullJobRequest};

/// The longest queue of pulls.
const MAX_QUEUED_PULLS: usize = 20;

/// A queued pull.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedPull {
    /// The id of its job; see [`mod@follow`].
    pub id: i64,
    /// The model's canonical name.
    pub model: ModelName,
    /// The model was being pulled or in the queue already.
    pub joined: bool,
}

/// Queues the pull of a model, or joins the unfinished one. 422 for an invalid name, and for a registry that is not allowed:
/// nothing is sent to Ollama then.
#[tracing::instrument(name = "pulls.enqueue", level = "debug", skip_all)]
pub async fn enqueue(app: &App, typed: &str) -> Result<QueuedPull, AppError> {
    let model = parse_allowed_name(app, typed)?;
    let key = model.key();
    let mut db = app.db.write().await?;
    if let Some(id) = jobs::find_unfinished(&mut *db, PULL_JOB_KIND, &key).await? {
        return Ok(QueuedPull { id, model, joined: true });
    }
    if jobs::list_unfinished(&mut *db, PULL_JOB_KIND).await?.len() > MAX_QUEUED_PULLS {
        return Err(AppError::conflict(format!("{MAX_QUEUED_PULLS} models are waiting to be pulled already."))
            .hint("Wait for some of them to finish, or cancel some."));
    }
    let id = jobs::enqueue(
        &mut db,
        PULL_JOB_KIND,
        &key,
        &PullJobRequest { model: model.clone() }.to_json(),
        app.clock.now(),
    )
    .await?;
    db.commit().await?;
    app.pulls_wakeup.notify_one();
    publish_downloads(app).await;
    Ok(QueuedPull { id, model, joined: false })
}

/// Parses a name and checks its registry: Ollama pulls from any host that a name contains. 422 for a registry that is not allowed.
pub fn parse_allowed_name(app: &App, typed: &str) -> Result<ModelName, AppError> {
    let name = ModelName::parse(typed).map_err(|reason| AppError::invalid(reason.to_string()).field("model"))?;
    let allowed = &app.config.ollama.pull_registries;
    if name.is_from(allowed) {
        return Ok(name);
    }
    Err(AppError::invalid(format!("The registry {} is not allowed.", name.host()))
        .field("model")
        .hint(format!("Allowed by ollama.pull_registries: {}.", allowed.join(", "))))
}

/// Whether the pull of a model runs or waits.
#[tracing::instrument(name = "pulls.is_unfinished", level = "debug", skip_all, fields(%model))]
pub async fn is_unfinished(app: &App, model: &ModelName) -> Result<bool, AppError> {
    Ok(jobs::find_unfinished(&app.db.read, PULL_JOB_KIND, &model.key()).await?.is_some())
}

/// Cancels the named pull, else the running one, and returns the model's canonical name. The connection to Ollama is closed when
/// this returns. 409 when there is nothing to cancel.
#[tracing::instrument(name = "pulls.cancel", level = "debug", skip_all)]
pub async fn cancel(app: &App, typed: Option<&str>) -> Result<ModelName, AppError> {
    let wanted = typed.map(ModelName::parse).transpose();
    let wanted = wanted.map_err(|reason| AppError::invalid(reason.to_string()).field("model"))?;
    let mut db = app.db.write().await?;
    let unfinished = jobs::list_unfinished(&mut *db, PULL_JOB_KIND).await?;
    let found = match &wanted {
        Some(name) => unfinished.into_iter().find(|job| PullJobRequest::of(job).model == *name),
        None => unfinished.into_iter().next(),
    };
    let Some(job) = found else {
        return Err(AppError::conflict(match wanted {
            Some(name) => format!("{name} is not being pulled."),
            None => "No model is being pulled.".into(),
        }));
    };
    jobs::finish(&mut db, job.id, "cancelled", None, app.clock.now()).await?;
    db.commit().await?;
    let running = app.pulls.borrow().running.as_ref().filter(|running| running.id == job.id).cloned();
    if let Some(running) = running {
        running.cancel.cancel();
        let mut pulls = app.pulls.subscribe();
        // The sender lives as long as the app. The worker ends the pull at once; a stop of the server ends this wait.
        tokio::select! {
            _ = pulls.wait_for(|now| now.running.as_ref().is_none_or(|running| running.id != job.id)) => {}
            () = app.lifecycle.soft_stop.cancelled() => {}
        }
    } else {
        let model = PullJobRequest::of(&job).model;
        let last = FinishedPull {
            model,
            outcome: PullOutcome::Cancelled,
            error: None,
            finished_at: app.clock.now(),
            dismissed: false,
        };
        app.pulls.send_modify(|pulls| pulls.remember(job.id, last));
        publish_downloads(app).await;
    }
    Ok(PullJobRequest::of(&job).model)
}

/// Hides the outcome of the last pull on pages.
#[tracing::instrument(name = "pulls.dismiss", level = "debug", skip_all)]
pub async fn dismiss(app: &App) -> Result<(), AppError> {
    let mut db = app.db.write().await?;
    if let Some(job) = jobs::find_last_finished(&mut *db, PULL_JOB_KIND).await? {
        let progress = PullJobProgress { dismissed: true, ..PullJobProgress::of(&job) };
        jobs::set_progress(&mut db, job.id, &progress.to_json()).await?;
    }
    db.commit().await?;
    publish_downloads(app).await;
    Ok(())
}
