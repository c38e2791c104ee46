//! Folders of feeds.

use crate::server::http::json::{
    error::ApiError,
    extract::{JsonBody, PathId},
};
use crate::{
    domain::feed,
    server::{services::subscriptions, state::App},
};
use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A folder of feeds.
#[derive(Serialize, ToSchema)]
pub struct FolderResponse {
    id: i64,
    name: String,
    /// Unread articles in all of its feeds.
    unread: i64,
    feed_count: i64,
}

/// The name of a folder.
#[derive(Deserialize, ToSchema)]
pub struct FolderNameRequest {
    name: String,
}

/// All folders, by name.
#[utoipa::path(get, path = "/api/folders", tag = "reading", responses((status = 200, body = Vec<FolderResponse>)))]
pub async fn list(State(app): State<App>) -> Result<Json<Vec<FolderResponse>>, ApiError> {
    Ok(Json(subscriptions::list_folders(&app).await?.into_iter().map(Into::into).collect()))
}

/// Creates a folder.
#[utoipa::path(post, path = "/api/folders", tag = "reading", request_body = FolderNameRequest, responses((status = 201, body = FolderResponse)))]
pub async fn create(
    State(app): State<App>,
    JsonBody(new): JsonBody<FolderNameRequest>,
) -> Result<(StatusCode, Json<FolderResponse>), ApiError> {
    Ok((StatusCode::CREATED, Json(subscriptions::create_folder(&app, &new.name).await?.into())))
}

/// Renames a folder.
#[utoipa::path(
    patch, path = "/api/folders/{id}", tag = "reading", params(("id" = i64, Path)), request_body = FolderNameRequest,
    responses((status = 200, body = FolderResponse)),
)]
pub async fn rename(
    State(app): State<App>,
    PathId(id): PathId,
    JsonBody(new): JsonBody<FolderNameRequest>,
) -> Result<Json<FolderResponse>, ApiError> {
    Ok(Json(subscriptions::rename_folder(&app, id.into(), &new.name).await?.into()))
}

/// Removes a folder; its feeds stay, without one.
#[utoipa::path(delete, path = "/api/folders/{id}", tag = "reading", params(("id" = i64, Path)), responses((status = 204, description = "Removed.")))]
pub async fn remove(State(app): State<App>, PathId(id): PathId) -> Result<StatusCode, ApiError> {
    subscriptions::delete_folder(&app, id.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<feed::Folder> for FolderResponse {
    fn from(folder: feed::Folder) -> Self {
        Self { id: folder.id.0, name: folder.name, unread: folder.unread, feed_count: folder.feed_count }
    }
}
