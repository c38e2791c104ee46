//! What a model consists of before it is pulled, the pulls of the past, and the order of those that wait.

use crate::domain::model_name::ModelName;
use crate::server::http::json::{error::ApiError, extract::JsonBody};
use crate::{
    domain::{
        library::MemoryFit,
        pull::{PullFailure, PullOutcome},
        pull_preview::{ManifestLayer, PastPull, PullPreview},
        time::Timestamp,
    },
    server::{services::pulls, state::App},
};
use axum::{
    Json,
    extract::{Query, State},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which model to look up.
#[derive(Deserialize, IntoParams)]
pub struct PullPreviewQuery {
    /// `[registry/][namespace/]model[:tag]`
    model: String,
}

/// Which pull to move.
#[derive(Deserialize, ToSchema)]
pub struct MovePullRequest {
    model: String,
}

/// The pull that goes next.
#[derive(Serialize, ToSchema)]
pub struct MovePullResponse {
    #[schema(value_type = String)]
    model: ModelName,
}

/// A model as its registry describes it.
#[derive(Serialize, ToSchema)]
pub struct PullPreviewResponse {
    #[schema(value_type = String)]
    model: ModelName,
    /// Bytes of all layers.
    size: i64,
    layers: Vec<ManifestLayerJson>,
    /// First line of its license.
    license: Option<String>,
    is_installed: bool,
    /// Bytes of memory with the context in use, estimated.
    needed_memory_bytes: i64,
    /// `fits`, `tight` or `too_large`; null when the machine is not known.
    #[schema(value_type = Option<String>, example = "fits")]
    memory_fit: Option<MemoryFit>,
    /// Bytes free where Ollama keeps its models; null when that is another machine.
    free_disk_bytes: Option<i64>,
    fits_disk: Option<bool>,
}

/// A part of a model.
#[derive(Serialize, ToSchema)]
struct ManifestLayerJson {
    /// `model`, `template`, `params`, `license`, `config` and so on.
    kind: String,
    digest: String,
    /// Bytes.
    size: i64,
}

/// A pull that ended.
#[derive(Serialize, ToSchema)]
pub struct PastPullResponse {
    id: i64,
    #[schema(value_type = String)]
    model: ModelName,
    #[schema(value_type = String, format = DateTime)]
    asked_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    finished_at: Timestamp,
    /// Bytes that were there at the end.
    completed: i64,
    /// `success`, `cancelled` or `error`.
    #[schema(value_type = String, example = "success")]
    outcome: PullOutcome,
    /// Why it failed.
    error: Option<PastPullErrorJson>,
}

/// Why a pull of the past failed.
#[derive(Serialize, ToSchema)]
struct PastPullErrorJson {
    kind: String,
    /// The same more closely, such as `unknown_model` or `disk_full`.
    cause: String,
    message: String,
    hint: Option<String>,
}

/// Asks the registry of a model what it consists of: size, layers, license, and whether it fits memory and disk. Nothing is
/// downloaded. 409 when `ollama.manifest_lookup` is off.
#[utoipa::path(
    get, path = "/api/ollama/manifest", tag = "ollama", params(PullPreviewQuery),
    responses((status = 200, body = PullPreviewResponse)),
)]
pub async fn preview(
    State(app): State<App>,
    Query(query): Query<PullPreviewQuery>,
) -> Result<Json<PullPreviewResponse>, ApiError> {
    Ok(Json(pulls::preview_pull(&app, &query.model).await?.into()))
}

/// The pulls that ended, the last one first; the latest 200 are kept.
#[utoipa::path(get, path = "/api/ollama/pulls", tag = "ollama", responses((status = 200, body = Vec<PastPullResponse>)))]
pub async fn list_past(State(app): State<App>) -> Result<Json<Vec<PastPullResponse>>, ApiError> {
    Ok(Json(pulls::list_past_pulls(&app).await?.into_iter().map(Into::into).collect()))
}

/// Moves a pull that waits to the front of the queue; the one that runs goes on. 409 when it does not wait.
#[utoipa::path(
    post, path = "/api/ollama/models/pull/first", tag = "ollama", request_body = MovePullRequest,
    responses((status = 200, body = MovePullResponse)),
)]
pub async fn move_to_front(
    State(app): State<App>,
    JsonBody(request): JsonBody<MovePullRequest>,
) -> Result<Json<MovePullResponse>, ApiError> {
    Ok(Json(MovePullResponse { model: pulls::move_to_front(&app, &request.model).await? }))
}

impl From<PullPreview> for PullPreviewResponse {
    fn from(preview: PullPreview) -> Self {
        let layer = |ManifestLayer { kind, digest, size }| ManifestLayerJson { kind, digest, size };
        Self {
            fits_disk: preview.fits_disk(),
            model: preview.model,
            size: preview.size,
            layers: preview.layers.into_iter().map(layer).collect(),
            license: preview.license,
            is_installed: preview.is_installed,
            needed_memory_bytes: preview.needed_memory_bytes,
            memory_fit: preview.memory_fit,
            free_disk_bytes: preview.free_disk_bytes,
        }
    }
}

impl From<PastPull> for PastPullResponse {
    fn from(past: PastPull) -> Self {
        let PastPull { id, model, asked_at, finished_at, completed, outcome, error } = past;
        let failure = |PullFailure { kind, cause, message, hint }| PastPullErrorJson { kind, cause, message, hint };
        Self { id, model, asked_at, finished_at, completed, outcome, error: error.map(failure) }
    }
}
