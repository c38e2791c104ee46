//! An error as the API answers it.

use crate::{error::AppError, server::http::answer::json_error};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// What a handler fails with; becomes status and [`ErrorBody`].
#[derive(Debug)]
pub struct Failure(pub AppError);

impl<E: Into<AppError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        json_error(&self.0)
    }
}

/// Every answer with a status of 400 and above.
#[derive(Serialize, ToSchema)]
pub struct ErrorBody {
    error: ErrorDetail,
}

/// What happened, and what to do about it.
#[derive(Serialize, ToSchema)]
pub struct ErrorDetail {
    /// A word for programs, such as `not_found`.
    pub(super) kind: String,
    /// A sentence for people.
    pub(super) message: String,
    /// A way out.
    pub(super) hint: Option<String>,
}
