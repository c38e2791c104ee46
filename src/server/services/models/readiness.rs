//! How far models are from answering, with the choice of models and the load times that are stored. Never waits for Ollama.

use super::model_config::load_config;
use crate::domain::model_name::ModelName;
use crate::{
    domain::{
        live_event::LiveEvent,
        readiness::{ModelReadiness, OllamaStatus},
        scoring::ScoringReadiness,
    },
    error::AppError,
    server::{
        models::status::{event::StatusEvent, readiness::to_whole_seconds, snapshot::Snapshot},
        state::App,
        storage::readiness,
    },
};
use std::sync::Arc;

/// One model, in any spelling of its name.
#[tracing::instrument(name = "models.readiness.model_readiness", level = "debug", skip_all, fields(model))]
pub async fn model_readiness(app: &App, model: &ModelName) -> Result<ModelReadiness, AppError> {
    let config = load_config(app).await?;
    Ok(load_snapshot(app).await?.model_readiness(model, &config, app.clock.now()))
}

/// Ollama and the models in use.
#[tracing::instrument(name = "models.readiness.status", level = "debug", skip_all)]
pub async fn status(app: &App) -> Result<OllamaStatus, AppError> {
    let config = load_config(app).await?;
    Ok(load_snapshot(app).await?.readiness_for(&config, app.clock.now()))
}

/// The models in use, then every other installed model.
#[tracing::instrument(name = "models.readiness.list_readiness", level = "debug", skip_all)]
pub async fn list_readiness(app: &App) -> Result<Vec<ModelReadiness>, AppError> {
    let config = load_config(app).await?;
    Ok(load_snapshot(app).await?.list_readiness(&config, app.clock.now()))
}

/// Whether the models in use can take work from the scoring queue. Assumed before the first poll.
#[tracing::instrument(name = "models.readiness.queue_readiness", level = "debug", skip_all)]
pub async fn queue_readiness(app: &App) -> Result<ScoringReadiness, AppError> {
    let config = load_config(app).await?;
    Ok(load_snapshot(app).await?.queue_readiness(&config, app.clock.now()))
}

/// Whether a request to `model` needs no load first: the model is in memory, or runs elsewhere.
pub fn needs_no_load(app: &App, model: &ModelName) -> bool {
    app.models.snapshot().needs_no_load(model)
}

/// How many seconds the last load of `model` took, when that is known.
#[tracing::instrument(name = "models.readiness.last_load_seconds", level = "debug", skip_all, fields(model))]
pub async fn last_load_seconds(app: &App, model: &ModelName) -> Result<Option<i64>, AppError> {
    Ok(load_snapshot(app).await?.last_load_time(model).map(to_whole_seconds))
}

/// Publishes the current state of Ollama and of the models in use. What cannot be read was logged where it happened; the next
/// change publishes it.
pub(super) async fn publish_status(app: &App) {
    if let Ok(current) = status(app).await {
        publish(app, &current);
    }
}

/// Sends a state of Ollama and of the models in use to open pages.
pub(super) fn publish(app: &App, status: &OllamaStatus) {
    app.publish(LiveEvent::Health(status.clone()));
}

/// The snapshot, with the load times that earlier processes stored.
async fn load_snapshot(app: &App) -> Result<Arc<Snapshot>, AppError> {
    if !app.models.snapshot().has_stored_load_times() {
        app.models.apply(StatusEvent::LoadTimesRead(readiness::load_times(&app.db.read).await?));
    }
    Ok(app.models.snapshot())
}
