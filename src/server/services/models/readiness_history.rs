//! Noting what became of the models in use: for open pages, for the next start, for the history.

use super::readiness::{NOT_POLLED_CODE, status};
use crate::server::services::models::poll;
use crate::{
    domain::{
        live_event::LiveEvent,
        readiness::{ModelStateResponse, OllamaStatus, ReadinessChange},
        time::Timestamp,
    },
    error::AppError,
    server::{
        models::{
            ollama::error::OllamaError,
            status::tracker::{self, ModelLoad},
        },
        state::App,
        storage::readiness,
    },
};
use std::collections::BTreeMap;

/// How long changes are kept, in seconds: the page shows a day, somebody who looks for a pattern asks for some.
const HISTORY_RETENTION_SECONDS: i64 = 7 * 86_400;
/// How far back the page looks.
const HISTORY_WINDOW_SECONDS: i64 = 86_400;

/// What was noted last.
#[derive(Debug, Default)]
pub struct RecordedReadiness {
    /// State and reason of each model in use.
    published: Vec<(String, ModelStateResponse, Option<String>)>,
    loads: BTreeMap<String, ModelLoad>,
    /// The last row of the history, once it was read.
    last_stored: Option<(ModelStateResponse, String)>,
}

/// Tells open pages when a model in use came into another state, keeps that in the history, and keeps how long loads took. For
/// one loop, with its own memory.
pub async fn record_changes(app: &App, noted: &mut RecordedReadiness) -> Result<(), AppError> {
    poll_for_missing(app).await;
    store_load_times(app, noted).await?;
    let standing = status(app).await?;
    if standing.models.iter().all(|model| model.reason.as_deref() == Some(NOT_POLLED_CODE)) {
        return Ok(());
    }
    let now = standing.models.iter().map(|m| (m.name.clone(), m.state, m.reason.clone())).collect();
    if noted.published != now {
        publish_status(app, &standing);
        store_change(app, noted, &standing).await?;
        noted.published = now;
    }
    Ok(())
}

/// Tells open pages how Ollama and the models in use stand.
pub(super) fn publish_status(app: &App, standing: &OllamaStatus) {
    if let Ok(standing) = serde_json::to_value(standing) {
        app.publish(LiveEvent::Health(standing));
    }
}

/// The changes of the last day, oldest first, beginning with the state at its start.
pub async fn load_history(app: &App) -> Result<Vec<ReadinessChange>, AppError> {
    let since = Timestamp(app.clock.now().0 - HISTORY_WINDOW_SECONDS);
    Ok(readiness::changes_since(&app.db.read, since).await?)
}

/// A call was told that a model is not there, though the list has it: the list is out of date.
async fn poll_for_missing(app: &App) {
    let is_outdated = {
        let (observed, seen) = (app.models_snapshot.borrow(), app.ollama.tracker().borrow());
        observed.installed.iter().any(|tag| {
            let failed = seen.get(&tag.name).and_then(|record| record.last_error.as_ref());
            matches!(failed, Some(OllamaError::ModelMissing(_)))
        })
    };
    if is_outdated {
        poll::poll_now(app).await;
    }
}

async fn store_load_times(app: &App, noted: &mut RecordedReadiness) -> Result<(), AppError> {
    let loads: BTreeMap<String, ModelLoad> =
        app.ollama.tracker().borrow().loads().map(|(model, load)| (model.to_owned(), load)).collect();
    if loads == noted.loads {
        return Ok(());
    }
    let mut db = app.db.write().await?;
    for (model, load) in loads.iter().filter(|(model, load)| noted.loads.get(*model) != Some(load)) {
        readiness::save_load_time(&mut db, model, load.duration, load.at).await?;
    }
    db.commit().await?;
    noted.loads = loads;
    Ok(())
}

/// One line for all models in use: the one that stands worst.
async fn store_change(app: &App, noted: &mut RecordedReadiness, standing: &OllamaStatus) -> Result<(), AppError> {
    let Some(worst) = standing.worst_model() else { return Ok(()) };
    if noted.last_stored.is_none() {
        let kept = load_history(app).await?;
        noted.last_stored = kept.last().map(|change| (change.state, tracker::model_key(&change.model)));
    }
    let state = (worst.state, tracker::model_key(&worst.name));
    if noted.last_stored.as_ref() == Some(&state) {
        return Ok(());
    }
    let at = app.clock.now();
    let message = worst.message.clone().filter(|_| worst.state.needs_attention());
    let change = ReadinessChange { at, state: worst.state, model: worst.name.clone(), message };
    let mut db = app.db.write().await?;
    readiness::append_change(&mut db, &change, Timestamp(at.0 - HISTORY_RETENTION_SECONDS)).await?;
    db.commit().await?;
    noted.last_stored = Some(state);
    Ok(())
}
