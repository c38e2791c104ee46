//! The server that runs the models: its health, what is installed, which model does what.

use super::{failure::Failure, read::Body};
use crate::{
    domain::{
        model::{self, HealthProblemKind, ModelOptions, OllamaHealth, Source},
        score::RescoreMode,
        scoring::RescoreScope,
        time::Timestamp,
    },
    server::{
        services::{models, models::Choice, scoring},
        state::App,
    },
};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether Ollama can be reached, and why not.
#[derive(Serialize, ToSchema)]
pub struct Health {
    connected: bool,
    version: Option<String>,
    latency_ms: Option<i64>,
    /// Its address without credentials.
    host: String,
    problem: Option<Problem>,
    #[schema(value_type = Option<String>, format = DateTime)]
    checked_at: Option<Timestamp>,
}

/// What stands in the way.
#[derive(Serialize, ToSchema)]
struct Problem {
    /// `refused`, `dns`, `timeout`, `tls`, `auth`, `forbidden_host`, `not_ollama` or `bad_answer`.
    #[schema(value_type = String, example = "refused")]
    kind: HealthProblemKind,
    message: String,
    hint: String,
}

/// A model that Ollama has.
#[derive(Serialize, ToSchema)]
pub struct InstalledModel {
    name: String,
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
    context_length: Option<i64>,
    capabilities: Vec<String>,
    /// Text sent to it leaves the machine.
    is_cloud: bool,
    /// `categorization`, `scoring`.
    used_for: Vec<String>,
}

/// Which model does what.
#[derive(Serialize, ToSchema)]
pub struct Config {
    categorization_model: String,
    scoring_model: String,
    use_separate_models: bool,
    options: Options,
    source: ConfigSource,
}

/// Sent with every request of a task.
#[derive(Serialize, ToSchema)]
struct Options {
    num_ctx: i64,
    temperature: f64,
    keep_alive: String,
    num_predict: i64,
    think: bool,
}

/// Where each name comes from: `default` or `saved`.
#[derive(Serialize, ToSchema)]
struct ConfigSource {
    #[schema(value_type = String, example = "default")]
    categorization_model: Source,
    #[schema(value_type = String, example = "saved")]
    scoring_model: Source,
}

/// A choice to save; what is absent stays.
#[derive(Deserialize, ToSchema)]
pub struct ConfigChange {
    categorization_model: Option<String>,
    scoring_model: Option<String>,
    use_separate_models: Option<bool>,
    /// Also evaluate the unread articles again.
    rescore: Option<bool>,
    options: Option<OptionsChange>,
}

/// Options to save; what is absent stays.
#[derive(Deserialize, ToSchema)]
struct OptionsChange {
    num_ctx: Option<i64>,
    temperature: Option<f64>,
    keep_alive: Option<String>,
    num_predict: Option<i64>,
    think: Option<bool>,
}

/// The saved configuration, and what was queued.
#[derive(Serialize, ToSchema)]
pub struct SavedConfig {
    #[serde(flatten)]
    config: Config,
    rescore_queued: i64,
    /// `full` or `score_only`; null when nothing was asked for.
    #[schema(value_type = Option<String>, example = "full")]
    rescore_mode: Option<RescoreMode>,
}

/// What the model is told, with placeholders for the article.
#[derive(Serialize, ToSchema)]
pub struct Prompts {
    categorization_prompt: String,
    scoring_prompt: String,
    /// Changes whenever one of the two does.
    version: String,
    /// What articles carry that were categorised with it.
    categorization_version: String,
    /// What articles carry that were scored with it.
    scoring_version: String,
    /// Estimated, without the article.
    categorization_tokens: i64,
    scoring_tokens: i64,
}

/// Whether Ollama can be reached. Always 200.
#[utoipa::path(get, path = "/api/ollama/health", tag = "ollama", responses((status = 200, body = Health)))]
pub async fn health(State(app): State<App>) -> Json<Health> {
    Json(models::check_stale(&app).await.into())
}

/// The installed models; 503 when Ollama cannot be reached.
#[utoipa::path(get, path = "/api/ollama/models", tag = "ollama", responses((status = 200, body = Vec<InstalledModel>)))]
pub async fn models(State(app): State<App>) -> Result<Json<Vec<InstalledModel>>, Failure> {
    models::check_stale(&app).await;
    Ok(Json(models::installed(&app).await?.into_iter().map(Into::into).collect()))
}

/// Which model does what.
#[utoipa::path(get, path = "/api/ollama/config", tag = "ollama", responses((status = 200, body = Config)))]
pub async fn config(State(app): State<App>) -> Result<Json<Config>, Failure> {
    Ok(Json(models::config(&app).await?.into()))
}

/// Chooses models; holds from the next batch on. A model that is not installed: 422.
#[utoipa::path(put, path = "/api/ollama/config", tag = "ollama", request_body = ConfigChange, responses((status = 200, body = SavedConfig)))]
pub async fn save(State(app): State<App>, Body(change): Body<ConfigChange>) -> Result<Json<SavedConfig>, Failure> {
    let options = match change.options {
        Some(options) => Some(options.over(models::config(&app).await?.options)),
        None => None,
    };
    let choice = Choice {
        categorization_model: change.categorization_model,
        scoring_model: change.scoring_model,
        use_separate_models: change.use_separate_models,
        options,
    };
    let config = models::save(&app, choice).await?.into();
    if !change.rescore.unwrap_or(false) {
        return Ok(Json(SavedConfig { config, rescore_queued: 0, rescore_mode: None }));
    }
    let report = scoring::rescore(&app, RescoreScope::Unread, None, false).await?;
    Ok(Json(SavedConfig { config, rescore_queued: report.rescore_queued, rescore_mode: Some(report.rescore_mode) }))
}

/// Exactly the text that is sent.
#[utoipa::path(get, path = "/api/ollama/prompts", tag = "ollama", responses((status = 200, body = Prompts)))]
pub async fn prompts(State(app): State<App>) -> Result<Json<Prompts>, Failure> {
    let prompts = scoring::prompts(&app).await?;
    Ok(Json(Prompts {
        categorization_prompt: prompts.categorization_prompt,
        scoring_prompt: prompts.scoring_prompt,
        version: prompts.version,
        categorization_version: prompts.categorization_version,
        scoring_version: prompts.scoring_version,
        categorization_tokens: prompts.categorization_tokens,
        scoring_tokens: prompts.scoring_tokens,
    }))
}

impl OptionsChange {
    fn over(self, saved: ModelOptions) -> ModelOptions {
        ModelOptions {
            num_ctx: self.num_ctx.unwrap_or(saved.num_ctx),
            temperature: self.temperature.unwrap_or(saved.temperature),
            keep_alive: self.keep_alive.unwrap_or(saved.keep_alive),
            num_predict: self.num_predict.unwrap_or(saved.num_predict),
            think: self.think.unwrap_or(saved.think),
        }
    }
}

impl From<OllamaHealth> for Health {
    fn from(health: OllamaHealth) -> Self {
        Self {
            connected: health.connected,
            version: health.version,
            latency_ms: health.latency_ms,
            host: health.host,
            problem: health.problem.map(|p| Problem { kind: p.kind, message: p.message, hint: p.hint }),
            checked_at: health.checked_at,
        }
    }
}

impl From<model::InstalledModel> for InstalledModel {
    fn from(model: model::InstalledModel) -> Self {
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
            capabilities: model.capabilities,
            is_cloud: model.is_cloud,
            used_for: model.used_for,
        }
    }
}

impl From<model::ModelConfig> for Config {
    fn from(config: model::ModelConfig) -> Self {
        let ModelOptions { num_ctx, temperature, keep_alive, num_predict, think } = config.options;
        Self {
            categorization_model: config.categorization_model,
            scoring_model: config.scoring_model,
            use_separate_models: config.use_separate_models,
            options: Options { num_ctx, temperature, keep_alive, num_predict, think },
            source: ConfigSource {
                categorization_model: config.source.categorization_model,
                scoring_model: config.source.scoring_model,
            },
        }
    }
}
