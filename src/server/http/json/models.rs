//! How far each model is from answering.

use crate::domain::model_name::ModelName;
use crate::server::http::json::{error::ApiError, ollama::LoadedMemoryJson};
use crate::{
    domain::{
        loaded_memory::LoadedMemory,
        readiness::{ModelReadiness, ModelState},
        time::Timestamp,
    },
    server::{services::models, state::App},
};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

/// The models in use first, then every other one that is installed.
#[derive(Serialize, ToSchema)]
pub struct ModelListResponse {
    models: Vec<ModelReadinessJson>,
}

/// One model.
#[derive(Serialize, ToSchema)]
struct ModelReadinessJson {
    #[schema(value_type = String)]
    name: ModelName,
    /// Whether the state is `ready`.
    health: bool,
    /// `unreachable`, `missing`, `failed`, `loading`, `installed` or `ready`.
    #[schema(value_type = String, example = "ready")]
    state: ModelState,
    /// Since when it has been in this state.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// Loading: seconds so far.
    elapsed_seconds: Option<i64>,
    /// Loading: seconds that its last load took.
    expected_seconds: Option<i64>,
    /// The kind of the problem, for programs, such as `refused` or `out_of_memory`.
    reason: Option<String>,
    /// The problem, as a sentence.
    message: Option<String>,
    /// What to do about it.
    hint: Option<String>,
    /// Bytes on disk; 0 when it is not there.
    size: i64,
    /// Tasks that use it: `categorization`, `scoring`.
    roles: Vec<String>,
    /// What it takes of memory, beside its estimate; null while it is not there.
    memory: Option<LoadedMemoryJson>,
}

/// The state of each model, as last observed; no request is sent to Ollama.
#[utoipa::path(get, path = "/api/models", tag = "ollama", responses((status = 200, body = ModelListResponse)))]
pub async fn list(State(app): State<App>) -> Result<Json<ModelListResponse>, ApiError> {
    models::poll_if_stale(&app).await;
    // Without Ollama none is in its memory.
    let mut installed = models::list_installed(&app).await.unwrap_or_default();
    let answer = models::list_readiness(&app).await?.into_iter().map(|model| {
        let memory = installed.iter_mut().find(|row| row.name == model.name).and_then(|row| row.memory.take());
        ModelReadinessJson::new(model, memory)
    });
    Ok(Json(ModelListResponse { models: answer.collect() }))
}

impl ModelReadinessJson {
    fn new(model: ModelReadiness, memory: Option<LoadedMemory>) -> Self {
        Self {
            memory: memory.map(Into::into),
            name: model.name,
            health: model.health,
            state: model.state,
            since: model.since,
            elapsed_seconds: model.elapsed_seconds,
            expected_seconds: model.expected_seconds,
            reason: model.reason,
            message: model.message,
            hint: model.hint,
            size: model.size,
            roles: model.roles,
        }
    }
}
