//! Loading the model of the first task, and asking it for one token as a proof that it answers.

use super::model_config::load_config;
use crate::domain::{model::ModelConfig, model_name::ModelName, model_options::ModelTask};
use crate::server::services::models::{
    poll,
    request_options::{request_keep_alive, request_options},
    short_question,
};
use crate::{
    domain::model::ModelOptions,
    error::AppError,
    server::{
        models::{ollama::error::OllamaError, resilience::retry_policy::RetryPolicy},
        state::App,
        storage::preferences,
    },
};

/// What is loaded: the same model with other options is another load.
#[derive(Clone, Debug, PartialEq)]
pub struct WarmUpTarget {
    /// Name of the model.
    pub model: ModelName,
    /// Options of the real requests, with which it is loaded.
    pub options: ModelOptions,
}

impl WarmUpTarget {
    /// The model of the first step with the options of its requests.
    pub(super) fn of(config: &ModelConfig) -> Self {
        let model = config.categorization_model.clone();
        Self { options: config.options_for(&model, ModelTask::Categorization), model }
    }
}

/// The model of the first step. With separate models the second is loaded when it is needed: loading it now could push the
/// first one out of memory. `None` while articles are read without a model.
#[tracing::instrument(name = "models.warm_up.warm_up_target", level = "debug", skip_all)]
pub async fn warm_up_target(app: &App) -> Result<Option<WarmUpTarget>, AppError> {
    if preferences::get(&app.db.read).await?.without_model {
        return Ok(None);
    }
    let config = load_config(app).await?;
    Ok(Some(WarmUpTarget::of(&config)))
}

/// Whether the model needs a warm-up: it is installed, can chat, and no request to it is under way or was answered while it has
/// been in memory.
pub fn needs_warm_up(app: &App, wanted: &WarmUpTarget) -> bool {
    let snapshot = app.models.snapshot();
    let Some(installed) = snapshot.find(&wanted.model).filter(|_| snapshot.is_connected()) else { return false };
    let is_asked = snapshot
        .tracker
        .get(&wanted.model)
        .is_some_and(|record| record.loading_since().is_some() || (record.in_memory && record.last_answer.is_some()));
    !installed.is_cloud() && installed.can_chat() && !is_asked
}

/// Loads with exactly the options of the real requests, then asks for one token.
///
/// # Errors
/// Why the model is not ready; the snapshot holds it too.
#[tracing::instrument(name = "models.warm_up.warm_up", level = "debug", skip_all)]
pub async fn warm_up(app: &App, wanted: &WarmUpTarget) -> Result<(), OllamaError> {
    let loaded = app
        .ollama
        .load(&wanted.model, request_options(&wanted.options), request_keep_alive(&wanted.options))
        .await
        .map(drop);
    let proven = match loaded {
        Ok(()) => request_one_token(app, wanted).await,
        Err(error) => Err(error),
    };
    poll::poll_now(app).await;
    proven
}

async fn request_one_token(app: &App, wanted: &WarmUpTarget) -> Result<(), OllamaError> {
    // One token costs a fraction of a second.
    let options = ModelOptions { num_predict: 1, ..wanted.options.clone() };
    short_question::ask(app, &wanted.model, &options, "Say yes.", RetryPolicy::Full).await.map(drop)
}
