//! The checklist of a first visit.

use super::{models, preferences, scoring};
use crate::{
    domain::first_run::FirstRun,
    error::{AppError, ErrorKind},
    server::{
        state::App,
        storage::{self, preferences as store},
    },
};

/// The checklist; `None` once it has ended, and for a reader without a model.
#[tracing::instrument(name = "first_run.load", level = "debug", skip_all)]
pub async fn load(app: &App) -> Result<Option<FirstRun>, AppError> {
    if store::has_first_run_ended(&app.db.read).await? {
        return Ok(None);
    }
    let preferences = preferences::get(app).await?;
    if preferences.without_model {
        return Ok(None);
    }
    let model = models::load_config(app).await?.scoring_model;
    let health = models::health(app);
    let model_problem = if health.checked_at.is_none() {
        Some("Ollama has not been checked yet.".to_owned())
    } else {
        model_wait_reason(app).await?
    };
    let snapshot = app.models.snapshot();
    let (_, feed_count) = storage::sidebar::load_totals(&app.db.read).await?;
    Ok(Some(FirstRun {
        ollama_address: health.host,
        is_ollama_connected: health.connected,
        installed_models: snapshot.installed.iter().map(|installed| installed.name.clone()).collect(),
        is_model_missing: snapshot.is_missing(&model),
        model,
        model_problem,
        has_interests: !preferences.interests.is_empty(),
        feed_count,
        waiting_count: scoring::load_status(app).await?.counts.in_progress_count(),
        has_scores: storage::scores::has_any(&app.db.read).await?,
    }))
}

/// The checklist for a page; one of which every step is done ends here.
pub(super) async fn load_or_end(app: &App) -> Result<Option<FirstRun>, AppError> {
    let checklist = load(app).await?;
    if !checklist.as_ref().is_some_and(FirstRun::is_finished) {
        return Ok(checklist);
    }
    match end(app).await {
        // On a full disk the page can still be read.
        Err(error) if error.kind != ErrorKind::NotWritable => Err(error),
        _ => Ok(None),
    }
}

/// Ends the checklist: it is never shown again.
#[tracing::instrument(name = "first_run.end", level = "debug", skip_all)]
pub async fn end(app: &App) -> Result<(), AppError> {
    let mut tx = app.db.write().await?;
    store::end_first_run(&mut tx, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// Why the model cannot score now, with what to do. The health of Ollama comes first: the worker learns of an outage only with its
/// next request.
pub(super) async fn model_wait_reason(app: &App) -> Result<Option<String>, AppError> {
    if let Some(problem) = models::health(app).problem {
        return Ok(Some(format!("{} {}", problem.message, problem.hint)));
    }
    let readiness = scoring::load_status(app).await?.readiness;
    Ok((!readiness.ready).then(|| readiness.message.unwrap_or_else(|| "The model is not ready.".to_owned())))
}
