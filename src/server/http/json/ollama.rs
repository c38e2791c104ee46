//! The server that runs the models: its health, what is installed, which model does what.

use crate::domain::model_name::ModelName;
use crate::server::http::json::{
    error::ApiError,
    extract::JsonBody,
    model_options::{ModelOptionsJson, UpdateModelOptionsJson},
};
use crate::{
    domain::{
        loaded_memory::LoadedMemory,
        model::{self, HealthProblemKind, ModelFallback, OllamaHealth, SettingSource},
        registry::ModelRole,
        score::RescoreMode,
        scoring::RescoreScope,
        time::Timestamp,
    },
    server::{
        services::{models, models::ModelChoice, scoring},
        state::App,
    },
};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether Ollama can be reached, and why not.
#[derive(Serialize, ToSchema)]
pub struct OllamaHealthResponse {
    connected: bool,
    version: Option<String>,
    latency_ms: Option<i64>,
    /// Its address without credentials.
    host: String,
    problem: Option<OllamaProblemJson>,
    #[schema(value_type = Option<String>, format = DateTime)]
    checked_at: Option<Timestamp>,
}

/// Why Ollama cannot be used.
#[derive(Serialize, ToSchema)]
struct OllamaProblemJson {
    /// `refused`, `dns`, `timeout`, `tls`, `auth`, `forbidden_host`, `not_ollama`, `bad_answer` or `too_old`.
    #[schema(value_type = String, example = "refused")]
    kind: HealthProblemKind,
    message: String,
    hint: String,
}

/// A model that Ollama has.
#[derive(Serialize, ToSchema)]
pub struct InstalledModelResponse {
    #[schema(value_type = String)]
    name: ModelName,
    /// Bytes on disk.
    size: i64,
    parameter_size: Option<String>,
    quantization_level: Option<String>,
    is_loaded: bool,
    digest: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    modified_at: Option<Timestamp>,
    size_vram: Option<i64>,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Tokens of context it was trained with.
    context_length: Option<i64>,
    /// Tokens of context it is loaded with; null while it is not in memory.
    loaded_context_length: Option<i64>,
    /// What it takes of memory; null while it is not there.
    memory: Option<LoadedMemoryJson>,
    capabilities: Vec<String>,
    /// Text sent to it leaves the machine.
    is_cloud: bool,
    /// `categorization`, `scoring`.
    used_for: Vec<String>,
}

/// What a loaded model takes of memory, beside its estimate.
#[derive(Serialize, ToSchema)]
pub(super) struct LoadedMemoryJson {
    /// Bytes in memory, as the server measured them.
    size: i64,
    /// Bytes of them on the GPU.
    size_vram: Option<i64>,
    /// The share on the CPU in percent; null when the server does not tell.
    cpu_percent: Option<i64>,
    /// Tokens of context it is loaded with.
    context_length: Option<i64>,
    /// Bytes that its files say: weights, KV cache as far as it is known, buffers.
    estimated_bytes: i64,
    /// The same, corrected by measurements of the model or its family.
    corrected_bytes: i64,
    /// How many measurements corrected it.
    measurements: i64,
    /// For people.
    message: String,
}

impl From<LoadedMemory> for LoadedMemoryJson {
    fn from(memory: LoadedMemory) -> Self {
        Self {
            cpu_percent: memory.cpu_percent(),
            message: format!("{} {}", memory.message(), memory.placement()),
            estimated_bytes: memory.estimate.uncorrected_bytes(),
            corrected_bytes: memory.estimate.total_bytes,
            measurements: memory.estimate.correction.map_or(0, |correction| correction.measurements),
            size: memory.size,
            size_vram: memory.size_vram,
            context_length: memory.context_length,
        }
    }
}

/// Which model does what.
#[derive(Serialize, ToSchema)]
pub struct ModelConfigResponse {
    #[schema(value_type = String)]
    categorization_model: ModelName,
    #[schema(value_type = String)]
    scoring_model: ModelName,
    use_separate_models: bool,
    /// The general options; those of a task or a model may differ (`/api/ollama/options`).
    options: ModelOptionsJson,
    source: ModelConfigSourceJson,
    /// Tasks whose chosen model is not installed and that another one serves.
    fallbacks: Vec<ModelFallbackJson>,
}

/// A task that another model than the chosen one serves (`ollama.fallback`).
#[derive(Serialize, ToSchema)]
struct ModelFallbackJson {
    /// `categorization` or `scoring`.
    #[schema(value_type = String, example = "scoring")]
    task: ModelRole,
    #[schema(value_type = String)]
    chosen: ModelName,
    #[schema(value_type = String)]
    serving: ModelName,
}

/// Where each name comes from: `default` or `saved`.
#[derive(Serialize, ToSchema)]
struct ModelConfigSourceJson {
    #[schema(value_type = String, example = "default")]
    categorization_model: SettingSource,
    #[schema(value_type = String, example = "saved")]
    scoring_model: SettingSource,
}

/// A choice to save; what is absent stays.
#[derive(Deserialize, ToSchema)]
pub struct UpdateModelConfigRequest {
    categorization_model: Option<String>,
    scoring_model: Option<String>,
    use_separate_models: Option<bool>,
    /// Also evaluate the unread articles again.
    rescore: Option<bool>,
    options: Option<UpdateModelOptionsJson>,
}

/// The saved configuration, and what was queued.
#[derive(Serialize, ToSchema)]
pub struct UpdateModelConfigResponse {
    #[serde(flatten)]
    config: ModelConfigResponse,
    rescore_queued: i64,
    /// `full` or `score_only`; null when nothing was asked for.
    #[schema(value_type = Option<String>, example = "full")]
    rescore_mode: Option<RescoreMode>,
}

/// The prompt, with placeholders for the article.
#[derive(Serialize, ToSchema)]
pub struct PromptsResponse {
    categorization_prompt: String,
    scoring_prompt: String,
    /// Changes whenever one of the two does.
    version: String,
    /// Stored with the articles that were categorized with it.
    categorization_version: String,
    /// Stored with the articles that were scored with it.
    scoring_version: String,
    /// Estimated, without the article.
    categorization_tokens: i64,
    scoring_tokens: i64,
}

/// Whether Ollama can be reached. Always 200.
#[utoipa::path(get, path = "/api/ollama/health", tag = "ollama", responses((status = 200, body = OllamaHealthResponse)))]
pub async fn show_health(State(app): State<App>) -> Json<OllamaHealthResponse> {
    Json(models::poll_if_stale(&app).await.into())
}

/// Asks Ollama now whether it can be reached. Always 200.
#[utoipa::path(post, path = "/api/ollama/check", tag = "ollama", responses((status = 200, body = OllamaHealthResponse)))]
pub async fn check(State(app): State<App>) -> Json<OllamaHealthResponse> {
    Json(models::poll_now(&app).await.into())
}

/// The installed models; 503 when Ollama cannot be reached.
#[utoipa::path(get, path = "/api/ollama/models", tag = "ollama", responses((status = 200, body = Vec<InstalledModelResponse>)))]
pub async fn list_models(State(app): State<App>) -> Result<Json<Vec<InstalledModelResponse>>, ApiError> {
    models::poll_if_stale(&app).await;
    Ok(Json(models::list_installed(&app).await?.into_iter().map(Into::into).collect()))
}

/// Which model does what.
#[utoipa::path(get, path = "/api/ollama/config", tag = "ollama", responses((status = 200, body = ModelConfigResponse)))]
pub async fn show_config(State(app): State<App>) -> Result<Json<ModelConfigResponse>, ApiError> {
    Ok(Json(models::load_config(&app).await?.into()))
}

/// Chooses models; holds from the next batch on. A model that is not installed: 422. Another model while Ollama does not
/// answer: 503.
#[utoipa::path(put, path = "/api/ollama/config", tag = "ollama", request_body = UpdateModelConfigRequest, responses((status = 200, body = UpdateModelConfigResponse)))]
pub async fn save_config(
    State(app): State<App>,
    JsonBody(change): JsonBody<UpdateModelConfigRequest>,
) -> Result<Json<UpdateModelConfigResponse>, ApiError> {
    let choice = ModelChoice {
        categorization_model: change.categorization_model,
        scoring_model: change.scoring_model,
        use_separate_models: change.use_separate_models,
        options: change.options.map(|options| options.to_changes()).unwrap_or_default(),
    };
    let config = models::save_choice(&app, choice).await?.into();
    if !change.rescore.unwrap_or(false) {
        return Ok(Json(UpdateModelConfigResponse { config, rescore_queued: 0, rescore_mode: None }));
    }
    let report = scoring::rescore(&app, RescoreScope::Unread, None, false).await?;
    Ok(Json(UpdateModelConfigResponse {
        config,
        rescore_queued: report.rescore_queued,
        rescore_mode: Some(report.rescore_mode),
    }))
}

/// Exactly the text that is sent.
#[utoipa::path(get, path = "/api/ollama/prompts", tag = "ollama", responses((status = 200, body = PromptsResponse)))]
pub async fn show_prompts(State(app): State<App>) -> Result<Json<PromptsResponse>, ApiError> {
    let prompts = scoring::preview_prompts(&app).await?;
    Ok(Json(PromptsResponse {
        categorization_prompt: prompts.categorization_prompt,
        scoring_prompt: prompts.scoring_prompt,
        version: prompts.version,
        categorization_version: prompts.categorization_version,
        scoring_version: prompts.scoring_version,
        categorization_tokens: prompts.categorization_tokens,
        scoring_tokens: prompts.scoring_tokens,
    }))
}

impl From<OllamaHealth> for OllamaHealthResponse {
    fn from(health: OllamaHealth) -> Self {
        Self {
            connected: health.connected,
            version: health.version,
            latency_ms: health.latency_ms,
            host: health.host,
            problem: health.problem.map(|p| OllamaProblemJson { kind: p.kind, message: p.message, hint: p.hint }),
            checked_at: health.checked_at,
        }
    }
}

impl From<model::InstalledModelRow> for InstalledModelResponse {
    fn from(model: model::InstalledModelRow) -> Self {
        Self {
            name: model.name,
            size: model.size,
            parameter_size: model.parameter_size,
            quantization_level: model.quantization_level,
            is_loaded: model.is_loaded,
            digest: model.digest,
            modified_at: model.modified_at,
            size_vram: model.size_vram,
            expires_at: model.expires_at,
            context_length: model.context_length,
            loaded_context_length: model.loaded_context_length,
            memory: model.memory.map(Into::into),
            capabilities: model.capabilities,
            is_cloud: model.is_cloud,
            used_for: model.used_for,
        }
    }
}

impl From<model::ModelConfig> for ModelConfigResponse {
    fn from(config: model::ModelConfig) -> Self {
        Self {
            categorization_model: config.categorization_model,
            scoring_model: config.scoring_model,
            use_separate_models: config.use_separate_models,
            options: config.options.into(),
            source: ModelConfigSourceJson {
                categorization_model: config.source.categorization_model,
                scoring_model: config.source.scoring_model,
            },
            fallbacks: config.fallbacks.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<ModelFallback> for ModelFallbackJson {
    fn from(fallback: ModelFallback) -> Self {
        Self { task: fallback.task, chosen: fallback.chosen, serving: fallback.serving }
    }
}
