//! An error as the API answers it.

use crate::{
    error::{AppError, ErrorKind},
    server::http::error_response::json_error_response,
};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// A page of Gleaner where the reader can go on.
#[derive(Serialize, ToSchema)]
pub struct ErrorLinkJson {
    /// The text of the link.
    label: String,
    /// Path and fragment, beginning with `/`.
    href: String,
}

/// What a handler fails with; becomes status and [`ErrorResponse`].
#[derive(Debug)]
pub struct ApiError(pub AppError);

impl<E: Into<AppError>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// What an endpoint answers to a method that it does not have.
pub async fn method_not_allowed() -> ApiError {
    let message = "This endpoint does not support that method.";
    ApiError(AppError::new(ErrorKind::MethodNotAllowed, message).hint("The Allow header lists the supported methods."))
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
    /// What to do about it.
    pub(super) hint: Option<String>,
    /// The property or parameter that the error is about.
    pub(super) field: Option<String>,
    pub(super) link: Option<ErrorLinkJson>,
}
