//! Pulls of models: jobs of the server, one at a time, which belong to no tab. Asking, cancelling, and how they stand;
//! `worker::pulls` does them.

mod follow;
mod record;

pub use follow::{View, follow};
pub use record::{Pulling, Running, begin, end, next, note};

use crate::{
    domain::{
        event::Event,
        model_name::ModelName,
        pull::{Downloads, LastPull, PullOutcome},
        time::Timestamp,
    },
    error::AppError,
    server::{
        state::App,
        storage::jobs::{self, Job},
    },
};
use record::{KIND, Progress, Request};

/// More than this wait for nobody's benefit.
const MOST_QUEUED: usize = 20;

/// A pull that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Of the job; see [`follow`].
    pub id: i64,
    /// The model's canonical name.
    pub model: String,
    /// It was being pulled, or waited for it, already.
    pub joined: bool,
}

/// Queues the pull of a model, or joins the one that is on its way. 422 for what is no name, and for a registry that is not
/// allowed: nothing is sent to Ollama then.
pub async fn ask(app: &App, name: &str) -> Result<Asked, AppError> {
    let name = checked(app, name)?;
    let (key, model) = (name.key(), name.to_string());
    let mut db = app.db.write().await?;
    if let Some(id) = jobs::about(&mut *db, KIND, &key).await? {
        return Ok(Asked { id, model, joined: true });
    }
    if jobs::unfinished(&mut *db, KIND).await?.len() > MOST_QUEUED {
        return Err(AppError::conflict(format!("{MOST_QUEUED} models are waiting to be pulled already."))
            .hint("Wait for some of them, or cancel some."));
    }
    let id = jobs::queue(&mut db, KIND, &key, &Request { model: model.clone() }.to_json(), app.clock.now()).await?;
    db.commit().await?;
    app.pulls_bell.notify_one();
    tell(app).await;
    Ok(Asked { id, model, joined: false })
}

/// Reads a name and checks where it would come from: Ollama fetches from any address that a name holds.
fn checked(app: &App, name: &str) -> Result<ModelName, AppError> {
    let name = ModelName::parse(name).map_err(|reason| AppError::invalid(format!("model: {reason}")))?;
    let allowed = &app.config.ollama.pull_registries;
    if name.is_from(allowed) {
        return Ok(name);
    }
    Err(AppError::invalid(format!("model: the registry {} is not allowed.", name.host()))
        .hint(format!("Allowed are {}; ollama.pull_registries says so.", allowed.join(", "))))
}

/// Cancels a pull: the one named, else the one that runs. The connection to Ollama is closed when this answers. 409 when
/// there is nothing to cancel. The model's canonical name.
pub async fn cancel(app: &App, name: Option<&str>) -> Result<String, AppError> {
    let wanted = name.map(ModelName::parse).transpose();
    let wanted = wanted.map_err(|reason| AppError::invalid(format!("model: {reason}")))?;
    let mut db = app.db.write().await?;
    let unfinished = jobs::unfinished(&mut *db, KIND).await?;
    let found = match &wanted {
        Some(name) => unfinished.into_iter().find(|job| {
            let model = ModelName::parse(&Request::of(job).model);
            model.is_ok_and(|model| model.key() == name.key())
        }),
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
        // The sender lives as long as the app. The worker lets go at once; a stop of the server lets go of it too.
        tokio::select! {
            _ = pulls.wait_for(|now| now.running.as_ref().is_none_or(|running| running.id != job.id)) => {}
            () = app.lifecycle.soft.cancelled() => {}
        }
    } else {
        let model = Request::of(&job).model;
        let last = LastPull {
            model,
            outcome: PullOutcome::Cancelled,
            error: None,
            finished_at: app.clock.now(),
            dismissed: false,
        };
        app.pulls.send_modify(|pulls| pulls.remember(job.id, last));
        tell(app).await;
    }
    Ok(Request::of(&job).model)
}

/// The reader has seen how the last pull ended; pages show it no more.
pub async fn dismiss(app: &App) -> Result<(), AppError> {
    let mut db = app.db.write().await?;
    if let Some(job) = jobs::last_finished(&mut *db, KIND).await? {
        let progress = Progress { dismissed: true, ..Progress::of(&job) };
        jobs::note_after(&mut db, job.id, &progress.to_json()).await?;
    }
    db.commit().await?;
    tell(app).await;
    Ok(())
}

/// All pulls at this moment.
pub async fn downloads(app: &App) -> Result<Downloads, AppError> {
    let last = jobs::last_finished(&app.db.read, KIND).await?.map(|job| last_pull(&job));
    let mut unfinished = jobs::unfinished(&app.db.read, KIND).await?.into_iter();
    let Some(first) = unfinished.next() else { return Ok(Downloads { last, ..Downloads::default() }) };
    let name = |job: &Job| Request::of(job).model;
    let queued: Vec<String> = unfinished.map(|job| name(&job)).collect();
    let stored = Progress::of(&first);
    // Of this process, to the quarter of a second; of another one, as it noted it last.
    let live = app.pulls.borrow().running.as_ref().filter(|running| running.id == first.id).cloned();
    let (progress, retry) = live.map_or((stored.progress.at_rest(), stored.retry), |live| (live.progress, live.retry));
    Ok(Downloads { model: Some(name(&first)), progress, retry, queued, last })
}

/// Tells open pages how pulls stand. What cannot be read was logged where it happened; the next change tells it.
pub async fn tell(app: &App) {
    if let Ok(downloads) = downloads(app).await {
        app.tell(Event::Pull(downloads.to_json()));
    }
}

/// How a job that has ended ended.
fn last_pull(job: &Job) -> LastPull {
    LastPull {
        model: Request::of(job).model,
        outcome: match job.state.as_str() {
            "done" => PullOutcome::Success,
            "cancelled" => PullOutcome::Cancelled,
            _ => PullOutcome::Error,
        },
        error: job.error.as_deref().and_then(|error| serde_json::from_str(error).ok()),
        finished_at: Timestamp(job.finished_at.unwrap_or_default()),
        dismissed: Progress::of(job).dismissed,
    }
}
