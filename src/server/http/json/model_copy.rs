//! Copying models.

use crate::domain::model_name::ModelName;
use crate::server::{
    http::json::{error::ApiError, extract::JsonBody},
    services::models,
    state::App,
};
use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which model to copy.
#[derive(Deserialize, ToSchema)]
pub struct CopyModelRequest {
    #[schema(example = "qwen3:8b")]
    source: String,
    #[schema(example = "qwen3:mine")]
    destination: String,
}

/// A copy.
#[derive(Serialize, ToSchema)]
pub struct CopyModelResponse {
    #[schema(value_type = String)]
    source: ModelName,
    #[schema(value_type = String)]
    destination: ModelName,
}

/// Gives a model a second name. 409 when there is a model of that name: it is never overwritten.
#[utoipa::path(
    post, path = "/api/ollama/copy", tag = "ollama", request_body = CopyModelRequest,
    responses((status = 201, body = CopyModelResponse)),
)]
pub async fn copy(
    State(app): State<App>,
    JsonBody(request): JsonBody<CopyModelRequest>,
) -> Result<(StatusCode, Json<CopyModelResponse>), ApiError> {
    let models::CopiedModel { source, destination } = models::copy(&app, &request.source, &request.destination).await?;
    Ok((StatusCode::CREATED, Json(CopyModelResponse { source, destination })))
}
