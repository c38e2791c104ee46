//! How far audio and video were played.

use crate::server::http::json::{
    error::ApiError,
    extract::{JsonBody, PathId},
};
use crate::{
    domain::publisher_details::MediaPosition,
    server::{services::media_positions, state::App},
};
use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

/// How far a file was played.
#[derive(Deserialize, ToSchema)]
pub struct SaveMediaPositionRequest {
    /// The file, as `media` of the article has it.
    url: String,
    /// Seconds from its beginning; 0 lets it begin anew.
    seconds: i64,
}

/// Stores how far an audio or video file of an article was played; a finished one begins anew.
#[utoipa::path(
    put, path = "/api/articles/{id}/media-position", tag = "reading", params(("id" = i64, Path)),
    request_body = SaveMediaPositionRequest, responses((status = 204)),
)]
pub async fn save(
    State(app): State<App>,
    PathId(id): PathId,
    JsonBody(SaveMediaPositionRequest { url, seconds }): JsonBody<SaveMediaPositionRequest>,
) -> Result<StatusCode, ApiError> {
    media_positions::save(&app, id.into(), &MediaPosition { url, seconds }).await?;
    Ok(StatusCode::NO_CONTENT)
}
