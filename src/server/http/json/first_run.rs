//! The checklist of a first visit.

use crate::domain::model_name::ModelName;
use crate::server::http::json::error::ApiError;
use crate::{
    domain::first_run::{FirstRun, FirstRunStep},
    server::{services::first_run, state::App},
};
use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

/// The checklist.
#[derive(Serialize, ToSchema)]
pub struct FirstRunResponse {
    /// Null once it has ended, and for a reader without a model.
    checklist: Option<FirstRunJson>,
}

/// What is there, and the steps.
#[derive(Serialize, ToSchema)]
struct FirstRunJson {
    steps: Vec<FirstRunStepJson>,
    ollama_address: String,
    is_ollama_connected: bool,
    #[schema(value_type = Vec<String>)]
    installed_models: Vec<ModelName>,
    /// The model that scores.
    #[schema(value_type = String)]
    model: ModelName,
    /// Why it cannot score now, with what to do.
    model_problem: Option<String>,
    feed_count: i64,
    /// Articles that wait for the model.
    waiting_count: i64,
}

/// A step.
#[derive(Serialize, ToSchema)]
struct FirstRunStepJson {
    /// `model`, `interests`, `feeds` or `scores`.
    #[schema(value_type = String, example = "model")]
    step: FirstRunStep,
    is_done: bool,
    /// The page that does it.
    page: String,
}

/// What is still to be done until articles are scored.
#[utoipa::path(get, path = "/api/first-run", tag = "reading", responses((status = 200, body = FirstRunResponse)))]
pub async fn show(State(app): State<App>) -> Result<Json<FirstRunResponse>, ApiError> {
    Ok(Json(FirstRunResponse { checklist: first_run::load(&app).await?.map(Into::into) }))
}

/// Dismisses the checklist for good.
#[utoipa::path(delete, path = "/api/first-run", tag = "reading", responses((status = 204)))]
pub async fn end(State(app): State<App>) -> Result<StatusCode, ApiError> {
    first_run::end(&app).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<FirstRun> for FirstRunJson {
    fn from(checklist: FirstRun) -> Self {
        let step = |step: &FirstRunStep| FirstRunStepJson {
            step: *step,
            is_done: checklist.is_done(*step),
            page: step.page().to_owned(),
        };
        Self {
            steps: FirstRunStep::ALL.iter().map(step).collect(),
            ollama_address: checklist.ollama_address,
            is_ollama_connected: checklist.is_ollama_connected,
            installed_models: checklist.installed_models,
            model: checklist.model,
            model_problem: checklist.model_problem,
            feed_count: checklist.feed_count,
            waiting_count: checklist.waiting_count,
        }
    }
}
