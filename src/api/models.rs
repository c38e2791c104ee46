//! Ollama and the models in use. Everything shown comes from the snapshot; only "check now" polls Ollama.

#![expect(clippy::too_many_arguments, reason = "the fields of the form of options")]

use crate::{
    domain::{
        memory_estimate::MemoryProfiles,
        model::{InstalledModelRow, ModelConfig},
        model_name::ModelName,
        model_versions::ModelVersions,
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
    /// What is locked, outdated and kept.
    pub versions: ModelVersions,
    /// When this was read.
    pub now: Timestamp,
}

/// What the page about options shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ModelOptionsOverview {
    /// The models chosen, and what is saved at each level.
    pub config: ModelConfig,
    /// The model asked for; `None`: every model.
    pub model: Option<ModelName>,
}

/// The page about options of a task or a model.
pub const MODEL_OPTIONS_PAGE: &str = "/settings/ollama/options";

/// Connection, models and choices; each available while another fails.
#[server(prefix = "/fn", endpoint = "ollama/overview")]
pub async fn load_ollama_overview() -> Result<OllamaOverview, AppError> {
    use crate::server::{
        services::{model_versions, models, pulls},
        state::App,
    };
    let app = expect_context::<App>();
    Ok(OllamaOverview {
        ollama_status: models::status(&app).await?,
        installed: models::list_installed(&app).await,
        config: models::load_config(&app).await?,
        memory_profiles: models::footprints(&app),
        past_pulls: pulls::list_past_pulls(&app).await?,
        versions: model_versions::load_versions(&app).await?,
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
        options: Vec::new(),
    };
    form_response::errors_shown_at("/settings/ollama");
    models::save_choice(&expect_context::<App>(), choice).await?;
    form_response::redirect_with_notice("/settings/ollama#models", Notice::ModelChoiceSaved);
    Ok(())
}

/// The options of requests to `model`, and what is known of it; an empty name: of every model.
#[server(prefix = "/fn", endpoint = "ollama/options/show")]
pub async fn load_model_options(#[server(default)] model: String) -> Result<ModelOptionsOverview, AppError> {
    use crate::server::{services::models, state::App};
    let app = expect_context::<App>();
    let model = models::parse_level(&model, "")?.model;
    Ok(ModelOptionsOverview { config: models::load_config(&app).await?, model })
}

/// Saves the options of a level, as they were typed; an empty one is inherited.
#[server(name = SaveModelOptions, prefix = "/fn", endpoint = "ollama/options")]
pub async fn save_model_options(
    #[server(default)] model: String,
    #[server(default)] task: String,
    #[server(default)] num_ctx: String,
    #[server(default)] num_predict: String,
    #[server(default)] temperature: String,
    #[server(default)] top_p: String,
    #[server(default)] seed: String,
    #[server(default)] keep_alive: String,
    #[server(default)] think: String,
) -> Result<(), AppError> {
    use crate::{
        domain::{model_options::OptionKey, notice::Notice},
        server::{http::form_response, services::models, state::App},
    };
    let page = if model.is_empty() && task.is_empty() {
        "/settings/ollama".to_owned()
    } else {
        form_response::with_params(MODEL_OPTIONS_PAGE, &[("model", &model), ("task", &task)])
    };
    // A page about something that is no model could not show it.
    let level = models::parse_level(&model, &task)?;
    form_response::errors_shown_at(&page);
    let changes = vec![
        (OptionKey::NumCtx, num_ctx),
        (OptionKey::NumPredict, num_predict),
        (OptionKey::Temperature, temperature),
        (OptionKey::TopP, top_p),
        (OptionKey::Seed, seed),
        (OptionKey::KeepAlive, keep_alive),
        (OptionKey::Think, think),
    ];
    models::save_options(&expect_context::<App>(), &level, &changes).await?;
    form_response::redirect_with_notice(&format!("{page}#options"), Notice::ModelOptionsSaved);
    Ok(())
}

/// Asks a model one question with the options of a task; the page shows what came of it. An empty task: the first that the
/// model serves.
#[server(name = TestModel, prefix = "/fn", endpoint = "ollama/test")]
pub async fn test_model(name: String, #[server(default)] task: String) -> Result<(), AppError> {
    use crate::{
        components::forms::form_outcome::FormResult,
        server::{http::form_response, services::models, state::App},
    };
    let page = form_response::with_params(MODEL_OPTIONS_PAGE, &[("model", &name), ("task", &task)]);
    // A page about something that is no model could not show it.
    let level = models::parse_level(&name, &task)?;
    form_response::errors_shown_at(&page);
    let found = models::test_model(&expect_context::<App>(), &name, level.task).await?;
    let fields = [("name", name.as_str()), ("task", task.as_str())];
    form_response::redirect_with_result::<TestModel>(&format!("{page}#test"), &fields, FormResult::ModelTested(found));
    Ok(())
}
