//! Versions of models: what is locked, what registries have, and what is kept.

use crate::server::http::json::{error::ApiError, extract::JsonBody};
use crate::{
    domain::{
        model_name::ModelName,
        model_versions::{self as versions, LockDifferenceKind, UpdateState},
        time::Timestamp,
    },
    error::AppError,
    server::{services::model_versions, state::App},
};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is known of versions.
#[derive(Serialize, ToSchema)]
pub struct ModelVersionsResponse {
    /// When registries were last asked.
    #[schema(value_type = Option<String>, format = DateTime)]
    checked_at: Option<Timestamp>,
    /// Of the versions that are installed.
    updates: Vec<ModelUpdateJson>,
    /// Null: nothing is locked.
    lock: Option<ModelLockJson>,
    /// Why the lock file cannot be read.
    lock_problem: Option<String>,
    /// What differs from the lock on the Ollama of the settings.
    differences: Vec<LockDifferenceJson>,
    /// Earlier versions, kept under other names.
    kept: Vec<KeptVersionJson>,
}

/// What the last check found about an installed model.
#[derive(Serialize, ToSchema)]
struct ModelUpdateJson {
    #[schema(value_type = String)]
    model: ModelName,
    digest: String,
    /// `current`, `available` or `unknown`.
    #[schema(value_type = String, example = "available")]
    state: UpdateState,
    /// Why it is not known.
    problem: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    checked_at: Timestamp,
}

/// The lock file.
#[derive(Serialize, ToSchema)]
struct ModelLockJson {
    #[schema(value_type = String, format = DateTime)]
    locked_at: Timestamp,
    models: Vec<LockedModelJson>,
}

/// The model of one task of one server.
#[derive(Serialize, ToSchema)]
struct LockedModelJson {
    server: String,
    /// `categorization`, `scoring` or `chat`.
    task: String,
    #[schema(value_type = String)]
    model: ModelName,
    digest: String,
    size: i64,
}

/// A difference from the lock.
#[derive(Serialize, ToSchema)]
struct LockDifferenceJson {
    server: String,
    task: String,
    /// As locked.
    #[schema(value_type = String)]
    model: ModelName,
    /// `missing`, `changed`, `other_model` or `unverifiable`.
    #[schema(value_type = String, example = "changed")]
    kind: LockDifferenceKind,
    locked_digest: String,
    installed_digest: Option<String>,
    message: String,
    remedy: String,
}

/// An earlier version of a model.
#[derive(Serialize, ToSchema)]
pub struct KeptVersionJson {
    /// The name it is kept under.
    #[schema(value_type = String)]
    copy: ModelName,
    #[schema(value_type = String)]
    model: ModelName,
    digest: String,
    #[schema(value_type = String, format = DateTime)]
    kept_at: Timestamp,
}

/// A lock that was written.
#[derive(Serialize, ToSchema)]
pub struct LockModelsResponse {
    path: String,
    lock: ModelLockJson,
    /// What could not be locked and why.
    not_locked: Vec<String>,
}

/// What was done about the lock.
#[derive(Serialize, ToSchema)]
pub struct SyncModelsResponse {
    /// Models that are being pulled.
    #[schema(value_type = Vec<String>)]
    queued: Vec<ModelName>,
    refused: Vec<SyncRefusalJson>,
    /// With the models that are being pulled.
    differences: Vec<LockDifferenceJson>,
}

/// A locked model that cannot be pulled.
#[derive(Serialize, ToSchema)]
struct SyncRefusalJson {
    #[schema(value_type = String)]
    model: ModelName,
    message: String,
}

/// Which model to pull again.
#[derive(Deserialize, ToSchema)]
pub struct PullAgainRequest {
    model: String,
}

/// The pull, and what is kept.
#[derive(Serialize, ToSchema)]
pub struct PullAgainResponse {
    #[schema(value_type = String)]
    model: ModelName,
    /// The name of the earlier version; null for a model that no task uses.
    #[schema(value_type = Option<String>)]
    kept: Option<ModelName>,
}

/// Which earlier version.
#[derive(Deserialize, ToSchema)]
pub struct EarlierVersionRequest {
    /// The name it is kept under.
    copy: String,
}

/// What is known of versions; nobody is asked.
#[utoipa::path(get, path = "/api/ollama/versions", tag = "ollama", responses((status = 200, body = ModelVersionsResponse)))]
pub async fn show(State(app): State<App>) -> Result<Json<ModelVersionsResponse>, ApiError> {
    Ok(Json(model_versions::load_versions(&app).await?.into()))
}

/// Compares the installed models with their registries: one request a model, allowed registries only. 409 when
/// `ollama.manifest_lookup` is off.
#[utoipa::path(post, path = "/api/ollama/versions/check", tag = "ollama", responses((status = 200, body = ModelVersionsResponse)))]
pub async fn check(State(app): State<App>) -> Result<Json<ModelVersionsResponse>, ApiError> {
    Ok(Json(model_versions::check_updates(&app).await?.into()))
}

/// Writes the versions of the models in use into the lock file. 409 when one of them is not installed.
#[utoipa::path(post, path = "/api/ollama/versions/lock", tag = "ollama", responses((status = 200, body = LockModelsResponse)))]
pub async fn lock(State(app): State<App>) -> Result<Json<LockModelsResponse>, ApiError> {
    let model_versions::LockReport { path, lock, not_locked } = model_versions::write_lock(&app).await?;
    Ok(Json(LockModelsResponse { path: path.display().to_string(), lock: lock.into(), not_locked }))
}

/// Pulls the locked models that are missing, and says what differs. 409 when nothing is locked.
#[utoipa::path(post, path = "/api/ollama/versions/sync", tag = "ollama", responses((status = 202, body = SyncModelsResponse)))]
pub async fn sync(State(app): State<App>) -> Result<(axum::http::StatusCode, Json<SyncModelsResponse>), ApiError> {
    let model_versions::SyncReport { queued, refused, differences } = model_versions::sync(&app).await?;
    let refused = refused.into_iter().map(|model_versions::SyncRefusal { model, error }| {
        let AppError { message, .. } = error;
        SyncRefusalJson { model, message }
    });
    let response = SyncModelsResponse {
        queued: queued.into_iter().map(|queued| queued.model).collect(),
        refused: refused.collect(),
        differences: differences.into_iter().map(Into::into).collect(),
    };
    Ok((axum::http::StatusCode::ACCEPTED, Json(response)))
}

/// Pulls an installed model again; the version of a model in use is kept under another name. 409 when the new version is known
/// not to fit beside it.
#[utoipa::path(
    post, path = "/api/ollama/versions/pull-again", tag = "ollama", request_body = PullAgainRequest,
    responses((status = 202, body = PullAgainResponse)),
)]
pub async fn pull_again(
    State(app): State<App>,
    JsonBody(request): JsonBody<PullAgainRequest>,
) -> Result<(axum::http::StatusCode, Json<PullAgainResponse>), ApiError> {
    let model_versions::PulledAgain { pull, kept } = model_versions::pull_again(&app, &request.model).await?;
    Ok((axum::http::StatusCode::ACCEPTED, Json(PullAgainResponse { model: pull.model, kept })))
}

/// Puts an earlier version back in place of the installed one.
#[utoipa::path(
    post, path = "/api/ollama/versions/use-earlier", tag = "ollama", request_body = EarlierVersionRequest,
    responses((status = 200, body = KeptVersionJson)),
)]
pub async fn use_earlier(
    State(app): State<App>,
    JsonBody(request): JsonBody<EarlierVersionRequest>,
) -> Result<Json<KeptVersionJson>, ApiError> {
    Ok(Json(model_versions::use_earlier(&app, &request.copy).await?.into()))
}

/// Removes an earlier version: the installed one is accepted.
#[utoipa::path(
    post, path = "/api/ollama/versions/remove-earlier", tag = "ollama", request_body = EarlierVersionRequest,
    responses((status = 200, body = KeptVersionJson)),
)]
pub async fn remove_earlier(
    State(app): State<App>,
    JsonBody(request): JsonBody<EarlierVersionRequest>,
) -> Result<Json<KeptVersionJson>, ApiError> {
    Ok(Json(model_versions::remove_earlier(&app, &request.copy).await?.into()))
}

impl From<versions::ModelVersions> for ModelVersionsResponse {
    fn from(found: versions::ModelVersions) -> Self {
        let update = |versions::ModelUpdate { model, digest, state, problem, checked_at }| ModelUpdateJson {
            model,
            digest,
            state,
            problem,
            checked_at,
        };
        Self {
            checked_at: found.checked_at(),
            updates: found.updates.into_iter().map(update).collect(),
            lock: found.lock.map(Into::into),
            lock_problem: found.lock_problem,
            differences: found.differences.into_iter().map(Into::into).collect(),
            kept: found.kept.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<versions::ModelLock> for ModelLockJson {
    fn from(lock: versions::ModelLock) -> Self {
        let models = lock.models.into_iter().map(|locked| {
            let versions::LockedModel { server, task, model, digest, size } = locked;
            LockedModelJson { server, task, model, digest, size }
        });
        Self { locked_at: lock.locked_at, models: models.collect() }
    }
}

impl From<versions::LockDifference> for LockDifferenceJson {
    fn from(found: versions::LockDifference) -> Self {
        Self {
            message: found.message(),
            remedy: found.remedy(),
            server: found.locked.server,
            task: found.locked.task,
            model: found.locked.model,
            kind: found.kind,
            locked_digest: found.locked.digest,
            installed_digest: found.installed_digest,
        }
    }
}

impl From<versions::KeptVersion> for KeptVersionJson {
    fn from(kept: versions::KeptVersion) -> Self {
        let versions::KeptVersion { copy, model, digest, kept_at } = kept;
        Self { copy, model, digest, kept_at }
    }
}
