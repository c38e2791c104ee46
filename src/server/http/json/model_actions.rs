//! Changing what Ollama has. The name of a model may hold slashes and colons, so these calls share one route.

use crate::domain::{model_name::ModelName, model_options::ModelTask, model_test::ModelTest};
use crate::server::http::json::{
    error::{self, ApiError},
    extract::{QueryParams, parse_flag},
};
use crate::server::{
    services::models::{self, LoadState},
    state::App,
};
use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderValue, Method, header::ALLOW},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

/// A model that was deleted.
#[derive(Serialize, ToSchema)]
pub struct DeleteModelResponse {
    /// `success`
    status: &'static str,
    #[schema(value_type = String)]
    name: ModelName,
    /// Bytes of its layers.
    size: i64,
    /// Tasks that used it.
    fell_back: Vec<FallbackJson>,
}

/// A task, and the model that serves it from now on: the deleted one while it waits.
#[derive(Serialize, ToSchema)]
struct FallbackJson {
    /// `categorization` or `scoring`.
    task: String,
    #[schema(value_type = String)]
    model: ModelName,
}

/// Whether a model is in memory.
#[derive(Serialize, ToSchema)]
pub struct ModelStateResponse {
    /// `installed`, `loading` or `ready`.
    #[schema(example = "ready")]
    state: &'static str,
}

/// What a test of a model found.
#[derive(Serialize, ToSchema)]
pub struct ModelTestResponse {
    #[schema(value_type = String)]
    model: ModelName,
    /// `categorization`, `scoring` or `chat`.
    #[schema(value_type = String, example = "scoring")]
    task: ModelTask,
    /// As sent.
    options: serde_json::Value,
    question: String,
    answer: String,
    /// False: cut off at its maximum length.
    complete: bool,
    duration_ms: i64,
    /// Null: it was in memory.
    load_ms: Option<i64>,
    prompt_tokens: Option<i64>,
    output_tokens: Option<i64>,
    tokens_per_second: Option<f64>,
}

/// Hands the call to the one that method and end of the path mean; these alone are in the document.
pub async fn dispatch(
    State(app): State<App>,
    method: Method,
    Path(path): Path<String>,
    params: QueryParams,
) -> Result<Response, ApiError> {
    if let Some(name) = path.strip_suffix("/load") {
        return if method == Method::POST { load(&app, name).await } else { Ok(method_not_allowed("POST").await) };
    }
    if let Some(name) = path.strip_suffix("/unload") {
        return if method == Method::POST { unload(&app, name).await } else { Ok(method_not_allowed("POST").await) };
    }
    if let Some(name) = path.strip_suffix("/test") {
        return if method == Method::POST {
            test(&app, name, &params).await
        } else {
            Ok(method_not_allowed("POST").await)
        };
    }
    if method == Method::DELETE { delete(&app, &path, &params).await } else { Ok(method_not_allowed("DELETE").await) }
}

/// Deletes a model; the name may hold slashes and colons. One that is loaded is unloaded first. In use for a task: 409,
/// unless forced; the task then waits for a model, or is served as `ollama.fallback` says.
#[utoipa::path(
    delete, path = "/api/ollama/models/{name}", tag = "ollama",
    params(("name" = String, Path, description = "The model."), ("force" = Option<bool>, Query, description = "Also when a task uses it.")),
    responses((status = 200, body = DeleteModelResponse)),
)]
async fn delete(app: &App, name: &str, params: &QueryParams) -> Result<Response, ApiError> {
    let mut force = false;
    for (_, value) in params.allow_only(&["force"])? {
        force = parse_flag("force", value)?;
    }
    let models::DeletedModel { name, size, fell_back } = models::delete(app, name, force).await?;
    let fell_back =
        fell_back.into_iter().map(|models::FallbackTask { task, model }| FallbackJson { task, model }).collect();
    Ok(Json(DeleteModelResponse { status: "success", name, size, fell_back }).into_response())
}

/// Loads a model into memory; `loading` when that is not finished at once: it continues.
#[utoipa::path(
    post, path = "/api/ollama/models/{name}/load", tag = "ollama",
    params(("name" = String, Path, description = "The model.")), responses((status = 200, body = ModelStateResponse)),
)]
async fn load(app: &App, name: &str) -> Result<Response, ApiError> {
    Ok(state_response(models::load(app, name).await?))
}

/// Unloads a model from memory; `ready` while it still answers: it is unloaded afterwards.
#[utoipa::path(
    post, path = "/api/ollama/models/{name}/unload", tag = "ollama",
    params(("name" = String, Path, description = "The model.")), responses((status = 200, body = ModelStateResponse)),
)]
async fn unload(app: &App, name: &str) -> Result<Response, ApiError> {
    Ok(state_response(models::unload(app, name).await?))
}

/// Asks a model one question with exactly the options of a task; loads it first where it is not in memory.
#[utoipa::path(
    post, path = "/api/ollama/models/{name}/test", tag = "ollama",
    params(
        ("name" = String, Path, description = "The model."),
        ("task" = Option<String>, Query, description = "`categorization`, `scoring` or `chat`; else the first that the model serves."),
    ),
    responses((status = 200, body = ModelTestResponse)),
)]
async fn test(app: &App, name: &str, params: &QueryParams) -> Result<Response, ApiError> {
    let mut task = None;
    for (_, value) in params.allow_only(&["task"])? {
        task = models::parse_level("", value)?.task;
    }
    let found = models::test_model(app, name, task).await?;
    let tokens_per_second = found.tokens_per_second();
    let ModelTest {
        model,
        task,
        options,
        question,
        answer,
        complete,
        duration_ms,
        load_ms,
        prompt_tokens,
        output_tokens,
        ..
    } = found;
    Ok(Json(ModelTestResponse {
        model,
        task,
        options: serde_json::from_str(&options).unwrap_or_default(),
        question,
        answer,
        complete,
        duration_ms,
        load_ms,
        prompt_tokens,
        output_tokens,
        tokens_per_second,
    })
    .into_response())
}

fn state_response(presence: LoadState) -> Response {
    Json(ModelStateResponse { state: presence.as_str() }).into_response()
}

async fn method_not_allowed(allowed: &'static str) -> Response {
    let mut response = error::method_not_allowed().await.into_response();
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

/// These calls in the document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(delete, load, unload, test))]
pub struct ModelActionsDoc;
