//! Errors as clients of Fever read them: JSON with the version.

use super::answer::API_VERSION;
use crate::error::AppError;
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// The error of a request.
#[derive(Clone, Debug)]
pub struct FeverError(pub AppError);

impl IntoResponse for FeverError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(json!({ "api_version": API_VERSION, "error": self.0.message }))).into_response()
    }
}
