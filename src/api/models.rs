//! Ollama and the models in use. Everything shown comes from the observer's cache; only "check now" asks Ollama.

use crate::{
    domain::{
        memory::Footprints,
        model::{InstalledModel, ModelConfig},
        readiness::Standing,
        time::Timestamp,
    },
    error::AppError,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the page about Ollama shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OllamaOverview {
    pub standing: Standing,
    /// Or why they are not known.
    pub installed: Result<Vec<InstalledModel>, AppError>,
    pub config: ModelConfig,
    pub footprints: Footprints,
    /// When this was read.
    pub now: Timestamp,
}

/// Ollama as it was last seen, and how far the models in use are from answering.
#[server(prefix = "/fn", endpoint = "ollama/standing")]
pub async fn load_standing() -> Result<Standing, AppError> {
    use crate::server::{services::models, state::App};
    models::standing(&expect_context::<App>()).await
}

/// Connection, models and choices; each usable while another fails.
#[server(prefix = "/fn", endpoint = "ollama/overview")]
pub async fn load_ollama() -> Result<OllamaOverview, AppError> {
    use crate::server::{services::models, state::App};
    let app = expect_context::<App>();
    Ok(OllamaOverview {
        standing: models::standing(&app).await?,
        installed: models::installed(&app).await,
        config: models::config(&app).await?,
        footprints: models::footprints(&app),
        now: app.clock.now(),
    })
}

/// Asks Ollama now.
#[server(name = CheckOllama, prefix = "/fn", endpoint = "ollama/check")]
pub async fn check_ollama() -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::reply, services::models, state::App},
    };
    models::check_now(&expect_context::<App>()).await;
    reply::done("/settings/ollama#connection", Notice::OllamaChecked);
    Ok(())
}

/// Saves which model categorises and which scores; without `use_separate_models` the first does both. Options stay as they
/// are.
#[server(name = SaveModels, prefix = "/fn", endpoint = "ollama/models")]
pub async fn save_models(
    categorization_model: String,
    #[server(default)] scoring_model: Option<String>,
    #[server(default)] use_separate_models: bool,
) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{
            http::reply,
            services::models::{self, Choice},
            state::App,
        },
    };
    let choice = Choice {
        scoring_model: scoring_model.filter(|_| use_separate_models).or_else(|| Some(categorization_model.clone())),
        categorization_model: Some(categorization_model),
        use_separate_models: Some(use_separate_models),
        options: None,
    };
    models::save(&expect_context::<App>(), choice)
        .await
        .map_err(|error| reply::refused::<SaveModels>("/settings/ollama#models", &[], error))?;
    reply::done("/settings/ollama#models", Notice::ModelsSaved);
    Ok(())
}

/// Saves what is sent along with every request; which model does what stays as it is. The numbers come as they were typed.
#[server(name = SaveOptions, prefix = "/fn", endpoint = "ollama/options")]
pub async fn save_options(
    num_ctx: String,
    keep_alive: String,
    num_predict: String,
    temperature: String,
    #[server(default)] think: bool,
) -> Result<(), AppError> {
    use crate::{
        domain::{model::ModelOptions, notice::Notice},
        server::{
            http::reply,
            services::models::{self, Choice},
            state::App,
        },
    };
    let options = ModelOptions::read(&num_ctx, &keep_alive, &num_predict, &temperature, think);
    let app = expect_context::<App>();
    let saved = match options {
        Ok(options) => models::save(&app, Choice { options: Some(options), ..Choice::default() }).await,
        Err(bad) => Err(AppError::invalid(bad.to_string())),
    };
    saved.map_err(|error| {
        let typed = [
            ("num_ctx", num_ctx.as_str()),
            ("keep_alive", &keep_alive),
            ("num_predict", &num_predict),
            ("temperature", &temperature),
            ("think", if think { "true" } else { "" }),
        ];
        reply::refused::<SaveOptions>("/settings/ollama#options", &typed, error)
    })?;
    reply::done("/settings/ollama#options", Notice::OptionsSaved);
    Ok(())
}
