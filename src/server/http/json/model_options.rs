//! Options of requests to models, and the level that each comes from.

use crate::domain::model_name::ModelName;
use crate::server::http::json::{
    error::ApiError,
    extract::{JsonBody, QueryParams, nullable},
};
use crate::{
    domain::{
        model::{ModelConfig, ModelOptions},
        model_options::{InheritedOptions, ModelTask, OptionKey, OptionSet, OptionSource},
    },
    server::{
        services::models::{self, OptionChanges},
        state::App,
    },
};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What is saved at each level, and what requests are sent with.
#[derive(Serialize, ToSchema)]
pub struct ModelOptionsResponse {
    /// Only levels at which something is saved.
    levels: Vec<OptionLevelJson>,
    effective: Vec<EffectiveOptionsJson>,
}

/// What is saved for some requests; null is inherited.
#[derive(Serialize, ToSchema)]
struct OptionLevelJson {
    /// Null: every model.
    #[schema(value_type = Option<String>)]
    model: Option<ModelName>,
    /// `categorization`, `scoring` or `chat`; null: every task.
    #[schema(value_type = Option<String>, example = "scoring")]
    task: Option<ModelTask>,
    options: SavedOptionsJson,
}

/// Options saved at a level; null is inherited.
#[derive(Serialize, ToSchema)]
struct SavedOptionsJson {
    num_ctx: Option<i64>,
    num_predict: Option<i64>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    seed: Option<i64>,
    keep_alive: Option<String>,
    think: Option<bool>,
}

/// The options of the requests of a task to a model.
#[derive(Serialize, ToSchema)]
struct EffectiveOptionsJson {
    #[schema(value_type = String)]
    model: ModelName,
    /// `categorization`, `scoring` or `chat`.
    #[schema(value_type = String, example = "scoring")]
    task: ModelTask,
    options: ModelOptionsJson,
    /// Option to `default`, `settings`, `task`, `model`, `model_task`, `loaded_context`, `context` or `model_default`.
    #[schema(value_type = BTreeMap<String, String>)]
    sources: BTreeMap<OptionKey, OptionSource>,
}

/// Sent with every request; null is not sent, so that the model's own default holds.
#[derive(Serialize, ToSchema)]
pub(super) struct ModelOptionsJson {
    num_ctx: i64,
    temperature: Option<f64>,
    top_p: Option<f64>,
    seed: Option<i64>,
    keep_alive: String,
    num_predict: i64,
    think: bool,
}

/// Options to save for some requests.
#[derive(Deserialize, ToSchema)]
pub struct SaveModelOptionsRequest {
    /// Null: every model.
    model: Option<String>,
    /// `categorization`, `scoring` or `chat`; null: every task.
    task: Option<String>,
    options: UpdateModelOptionsJson,
}

/// Options to save; what is absent stays, null is inherited again.
#[derive(Default, Deserialize, ToSchema)]
pub(super) struct UpdateModelOptionsJson {
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>)]
    num_ctx: Option<Option<i64>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<f64>)]
    temperature: Option<Option<f64>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<f64>)]
    top_p: Option<Option<f64>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>)]
    seed: Option<Option<i64>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    keep_alive: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>)]
    num_predict: Option<Option<i64>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<bool>)]
    think: Option<Option<bool>>,
}

/// What is saved at each level, and the options of `model`; without it, of the models in use.
#[utoipa::path(
    get, path = "/api/ollama/options", tag = "ollama",
    params(("model" = Option<String>, Query, description = "The model.")),
    responses((status = 200, body = ModelOptionsResponse)),
)]
pub async fn show(State(app): State<App>, params: QueryParams) -> Result<Json<ModelOptionsResponse>, ApiError> {
    let mut model = None;
    for (_, value) in params.allow_only(&["model"])? {
        model = models::parse_level(value, "")?.model;
    }
    Ok(Json(describe(&models::load_config(&app).await?, model.as_ref())))
}

/// Saves options for every request, for those of a task, for those to a model, or for those of a task to a model. They apply
/// from the next batch.
#[utoipa::path(
    put, path = "/api/ollama/options", tag = "ollama", request_body = SaveModelOptionsRequest,
    responses((status = 200, body = ModelOptionsResponse)),
)]
pub async fn save(
    State(app): State<App>,
    JsonBody(request): JsonBody<SaveModelOptionsRequest>,
) -> Result<Json<ModelOptionsResponse>, ApiError> {
    let (model, task) = (request.model.unwrap_or_default(), request.task.unwrap_or_default());
    let level = models::parse_level(&model, &task)?;
    let config = models::save_options(&app, &level, &request.options.to_changes()).await?;
    Ok(Json(describe(&config, level.model.as_ref())))
}

impl UpdateModelOptionsJson {
    /// As they would be typed.
    pub(super) fn to_changes(&self) -> OptionChanges {
        let text = |value: Option<String>| value.unwrap_or_default();
        [
            (OptionKey::NumCtx, self.num_ctx.map(|value| text(value.map(|number| number.to_string())))),
            (OptionKey::NumPredict, self.num_predict.map(|value| text(value.map(|number| number.to_string())))),
            (OptionKey::Temperature, self.temperature.map(|value| text(value.map(|number| number.to_string())))),
            (OptionKey::TopP, self.top_p.map(|value| text(value.map(|number| number.to_string())))),
            (OptionKey::Seed, self.seed.map(|value| text(value.map(|number| number.to_string())))),
            (OptionKey::KeepAlive, self.keep_alive.clone().map(text)),
            (OptionKey::Think, self.think.map(|value| text(value.map(|is_on| is_on.to_string())))),
        ]
        .into_iter()
        .filter_map(|(key, typed)| Some((key, typed?)))
        .collect()
    }
}

fn describe(config: &ModelConfig, model: Option<&ModelName>) -> ModelOptionsResponse {
    let levels = config.saved.iter().map(|saved| OptionLevelJson {
        model: saved.level.model.clone(),
        task: saved.level.task,
        options: saved.options.clone().into(),
    });
    let asked: Vec<(&ModelName, ModelTask)> = match model {
        Some(model) => ModelTask::ALL.iter().map(|task| (model, *task)).collect(),
        None => config
            .models_in_use()
            .into_iter()
            .flat_map(|m| config.tasks_of(m).into_iter().map(move |t| (m, t)))
            .collect(),
    };
    let effective = asked.into_iter().map(|(model, task)| {
        let InheritedOptions { options, sources } = config.inherited_options(model, task);
        EffectiveOptionsJson { model: model.clone(), task, options: options.into(), sources }
    });
    ModelOptionsResponse { levels: levels.collect(), effective: effective.collect() }
}

impl From<OptionSet> for SavedOptionsJson {
    fn from(saved: OptionSet) -> Self {
        let OptionSet { num_ctx, num_predict, temperature, top_p, seed, keep_alive, think } = saved;
        Self { num_ctx, num_predict, temperature, top_p, seed, keep_alive, think }
    }
}

impl From<ModelOptions> for ModelOptionsJson {
    fn from(options: ModelOptions) -> Self {
        let ModelOptions { num_ctx, temperature, top_p, seed, keep_alive, num_predict, think } = options;
        Self { num_ctx, temperature, top_p, seed, keep_alive, num_predict, think }
    }
}
