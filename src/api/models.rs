//! Ollama and the models in use. Everything shown comes from the observer's cache; only "check now" asks Ollama.

use crate::{
    domain::{
        model::{InstalledModel, ModelConfig, OllamaHealth},
        readiness::Standing,
    },
    error::AppError,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the page about Ollama shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OllamaOverview {
    pub health: OllamaHealth,
    /// Or why they are not known.
    pub installed: Result<Vec<InstalledModel>, AppError>,
    pub config: ModelConfig,
}

/// Ollama as it was last seen.
#[server(prefix = "/fn", endpoint = "ollama/health")]
pub async fn load_health() -> Result<OllamaHealth, AppError> {
    use crate::server::{services::models, state::App};
    Ok(models::health(&expect_context::<App>()))
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
        health: models::health(&app),
        installed: models::installed(&app).await,
        config: models::config(&app).await?,
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

/// Saves the one model that categorises and scores. Options stay as they are.
#[server(name = SaveModel, prefix = "/fn", endpoint = "ollama/model")]
pub async fn save_model(model: String) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{
            http::reply,
            services::models::{self, Choice},
            state::App,
        },
    };
    let choice = Choice {
        categorization_model: Some(model.clone()),
        scoring_model: Some(model),
        use_separate_models: Some(false),
        options: None,
    };
    models::save(&expect_context::<App>(), choice).await.map_err(reply::failed)?;
    reply::done("/settings/ollama#models", Notice::ModelsSaved);
    Ok(())
}
