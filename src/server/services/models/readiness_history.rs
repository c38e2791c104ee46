//! Recording changes of the readiness of the models in use: for open pages, for the next start, for the history.

use super::{
    poll,
    readiness::{publish, status},
};
use crate::domain::model_name::ModelName;
use crate::{
    domain::{
        readiness::{ModelState, OllamaStatus, ReadinessChange},
        time::Timestamp,
    },
    error::AppError,
    server::{
        models::{
            ollama::error::OllamaError,
            status::{readiness::NOT_POLLED_CODE, tracker::ModelLoad},
        },
        state::App,
        storage::readiness,
    },
};
use std::collections::BTreeMap;

/// How long changes are kept, in seconds.
const HISTORY_RETENTION_SECONDS: i64 = 7 * 86_400;
/// How far back the page shows changes, in seconds.
const HISTORY_WINDOW_SECONDS: i64 = 86_400;

/// What was recorded last.
#[derive(Debug, Default)]
pub struct RecordedReadiness {
    /// State and reason of each model in use.
    published: Vec<(ModelName, ModelState, Option<String>)>,
    loads: BTreeMap<ModelName, ModelLoad>,
    /// The last row of the history, once it was read.
    last_stored: Option<(ModelState, ModelName)>,
}

/// Publishes and stores a change of state of the models in use, and stores how long loads took. `recorded` belongs to the one
/// loop that calls this.
#[tracing::instrument(name = "models.readiness_history.record_changes", level = "debug", skip_all)]
pub async fn record_changes(app: &App, recorded: &mut RecordedReadiness) -> Result<(), AppError> {
    poll_for_missing(app).await;
    store_load_times(app, recorded).await?;
    let current = status(app).await?;
    if current.models.iter().all(|model| model.reason.as_deref() == Some(NOT_POLLED_CODE)) {
        return Ok(());
    }
    let now = current.models.iter().map(|m| (m.name.clone(), m.state, m.reason.clone())).collect();
    if recorded.published != now {
        store_change(app, recorded, &current).await?;
        publish(app, &current);
        recorded.published = now;
    }
    Ok(())
}

/// The changes of the last day, oldest first, beginning with the state at its start.
#[tracing::instrument(name = "models.readiness_history.load_history", level = "debug", skip_all)]
pub async fn load_history(app: &App) -> Result<Vec<ReadinessChange>, AppError> {
    let since = Timestamp(app.clock.now().0 - HISTORY_WINDOW_SECONDS);
    Ok(readiness::changes_since(&app.db.read, since).await?)
}

/// Polls when a request failed because its model is missing although the list has it: the list is out of date.
async fn poll_for_missing(app: &App) {
    let is_outdated = {
        let snapshot = app.models.snapshot();
        snapshot.installed.iter().any(|installed| {
            let last_error = snapshot.tracker.get(&installed.name).and_then(|record| record.last_error.as_ref());
            matches!(last_error, Some(OllamaError::ModelMissing(_)))
        })
    };
    if is_outdated {
        poll::poll_now(app).await;
    }
}

async fn store_load_times(app: &App, recorded: &mut RecordedReadiness) -> Result<(), AppError> {
    let loads: BTreeMap<ModelName, ModelLoad> =
        app.models.snapshot().tracker.loads().map(|(model, load)| (model.clone(), load)).collect();
    if loads == recorded.loads {
        return Ok(());
    }
    let mut db = app.db.write().await?;
    for (model, load) in loads.iter().filter(|(model, load)| recorded.loads.get(*model) != Some(load)) {
        readiness::save_load_time(&mut db, model, load.duration, load.at).await?;
    }
    db.commit().await?;
    recorded.loads = loads;
    Ok(())
}

/// Appends one row for all models in use: the one in the worst state.
async fn store_change(app: &App, recorded: &mut RecordedReadiness, current: &OllamaStatus) -> Result<(), AppError> {
    let Some(worst) = current.worst_model() else { return Ok(()) };
    if recorded.last_stored.is_none() {
        let kept = load_history(app).await?;
        recorded.last_stored = kept.last().map(|change| (change.state, change.model.clone()));
    }
    let state = (worst.state, worst.name.clone());
    if recorded.last_stored.as_ref() == Some(&state) {
        return Ok(());
    }
    let at = app.clock.now();
    let message = worst.message.clone().filter(|_| worst.state.needs_attention());
    let change = ReadinessChange { at, state: worst.state, model: worst.name.clone(), message };
    let mut db = app.db.write().await?;
    readiness::append_change(&mut db, &change, Timestamp(at.0 - HISTORY_RETENTION_SECONDS)).await?;
    db.commit().await?;
    recorded.last_stored = Some(state);
    Ok(())
}
