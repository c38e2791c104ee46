//! Errors as clients of Miniflux read them: always JSON with `error_message`.

use crate::{
    error::{AppError, ErrorKind},
    server::http::clients::error::status_and_text,
};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// The error of a handler.
#[derive(Clone, Debug)]
pub struct MinifluxError(pub AppError);

impl<E: Into<AppError>> From<E> for MinifluxError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for MinifluxError {
    fn into_response(self) -> Response {
        let (status, message) = status_and_text(self.0);
        let mut response = (status, Json(json!({ "error_message": message }))).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"Gleaner\""));
        }
        response
    }
}

/// 400 with a sentence.
pub fn bad_request(message: impl Into<String>) -> MinifluxError {
    MinifluxError(AppError::new(ErrorKind::Malformed, message))
}
