//! Ollama and the models in use. Everything shown comes from the snapshot; only "check now" polls Ollama.

use crate::{
    domain::{
        memory_estimate::MemoryProfiles,
        model::{InstalledModelRow, ModelConfig},
        pull_preview::PastPull,
        readiness::OllamaStatus,
        time::Timestamp,
    },
    error::AppError,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the page about Ollama shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OllamaOverview {
    /// Whether Ollama answers, and the readiness of the models in use.
    pub ollama_status: OllamaStatus,
    /// The installed models, or why they are not known.
    pub installed: Result<Vec<InstalledModelRow>, AppError>,
    /// The models chosen and their options.
    pub config: ModelConfig,
    /// The memory profiles of the installed models.
    pub memory_profiles: MemoryProfiles,
    /// The downloads that ended, the last one first.
    pub past_pulls: Vec<PastPull>,
    /// When this was read.
    pub now: Timestamp,
}

/// Connection, models and choices; each available while another fails.
#[server(prefix = "/fn", endpoint = "ollama/overview")]
pub async fn load_ollama_overview() -> Result<OllamaOverview, AppError> {
    use crate::server::{
        services::{models, pulls},
        state::App,
    };
    let app = expect_context::<App>();
    Ok(OllamaOverview {
        ollama_status: models::status(&app).await?,
        installed: models::list_installed(&app).await,
        config: models::load_config(&app).await?,
        memory_profiles: models::footprints(&app),
        past_pulls: pulls::list_past_pulls(&app).await?,
        now: app.clock.now(),
    })
}

/// Polls Ollama now.
#[server(name = CheckOllama, prefix = "/fn", endpoint = "ollama/check")]
pub async fn check_ollama() -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::models, state::App},
    };
    models::poll_now(&expect_context::<App>()).await;
    form_response::redirect_with_notice("/settings/ollama#connection", Notice::OllamaChecked);
    Ok(())
}

/// Saves which model categorizes and which scores; without `use_separate_models` the first does both. Options stay as they
/// are.
#[server(name = SaveModelChoice, prefix = "/fn", endpoint = "ollama/models")]
pub async fn save_model_choice(
    categorization_model: String,
    #[server(default)] scoring_model: Option<String>,
    #[server(default)] use_separate_models: bool,
) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{
            http::form_response,
            services::models::{self, ModelChoice},
            state::App,
        },
    };
    let choice = ModelChoice {
        scoring_model: scoring_model.filter(|_| use_separate_models).or_else(|| Some(categorization_model.clone())),
        categorization_model: Some(categorization_model),
        use_separate_models: Some(use_separate_models),
        options: None,
    };
    form_response::errors_shown_at("/settings/ollama");
    models::save_choice(&expect_context::<App>(), choice).await?;
    form_response::redirect_with_notice("/settings/ollama#models", Notice::ModelChoiceSaved);
    Ok(())
}

/// Saves the options of every request, with numbers as they were typed; the chosen models do not change.
#[server(name = SaveModelOptions, prefix = "/fn", endpoint = "ollama/options")]
pub async fn save_model_options(
    num_ctx: String,
    keep_alive: String,
    num_predict: String,
    temperature: String,
    #[server(default)] think: bool,
) -> Result<(), AppError> {
    use crate::{
        domain::{model::ModelOptions, notice::Notice},
        server::{
            http::form_response,
            services::models::{self, ModelChoice},
            state::App,
        },
    };
    form_response::errors_shown_at("/settings/ollama");
    let options = ModelOptions::parse_form(&num_ctx, &keep_alive, &num_predict, &temperature, think)
        .map_err(|bad| AppError::invalid(bad.message).field(bad.field))?;
    let choice = ModelChoice { options: Some(options), ..ModelChoice::default() };
    models::save_choice(&expect_context::<App>(), choice).await?;
    form_response::redirect_with_notice("/settings/ollama#options", Notice::ModelOptionsSaved);
    Ok(())
}
