//! An error as the API answers it.

use crate::{error::AppError, server::http::error_response::json_error_response};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// What a handler fails with; becomes status and [`ErrorResponse`].
#[derive(Debug)]
pub struct ApiError(pub AppError);

impl<E: Into<AppError>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        json_error_response(&self.0)
    }
}

/// Every answer with a status of 400 and above.
#[derive(Serialize, ToSchema)]
pub struct ErrorResponse {
    error: ErrorJson,
}

/// What happened, and what to do about it.
#[derive(Serialize, ToSchema)]
pub struct ErrorJson {
    /// A word for programs, such as `not_found`.
    pub(super) kind: String,
    /// A sentence for people.
    pub(super) message: String,
    /// A way out.
    pub(super) hint: Option<String>,
}
