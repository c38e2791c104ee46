//! Looking after Ollama and its models.

use crate::{
    domain::model::{InstalledModel, ModelConfig, ModelOptions, OllamaHealth},
    error::AppError,
    server::state::App,
};

/// What the observer last saw of Ollama; written by `worker::observer` alone.
#[derive(Clone, Debug, Default)]
pub struct Observed;

/// Health from the observer's cache; never waits for Ollama.
pub fn health(app: &App) -> OllamaHealth {
    todo!()
}

/// Asks Ollama now and updates the cache: the "check now" button.
pub async fn check_now(app: &App) -> OllamaHealth {
    todo!()
}

/// The installed models from the observer's cache; 503 when Ollama was not reachable.
pub async fn installed(app: &App) -> Result<Vec<InstalledModel>, AppError> {
    todo!()
}

/// Which model does what: saved choices over configured defaults.
pub async fn config(app: &App) -> Result<ModelConfig, AppError> {
    todo!()
}

/// A choice to save; `None` leaves a field alone.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    pub categorization_model: Option<String>,
    pub scoring_model: Option<String>,
    pub use_separate_models: Option<bool>,
    pub options: Option<ModelOptions>,
}

/// Saves a choice and wakes the worker. 422 when a model is not installed (while Ollama can be asked).
pub async fn save(app: &App, choice: Choice) -> Result<ModelConfig, AppError> {
    todo!()
}
