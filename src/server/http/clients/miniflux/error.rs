//! Errors as clients of Miniflux read them: always JSON with `error_message`.

use crate::error::{AppError, ErrorKind};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// What a handler fails with.
#[derive(Clone, Debug)]
pub struct MinifluxError(pub AppError);

impl<E: Into<AppError>> From<E> for MinifluxError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for MinifluxError {
    fn into_response(self) -> Response {
        let Self(error) = self;
        // Miniflux knows neither 409 nor 422.
        let status = match error.kind {
            ErrorKind::Invalid | ErrorKind::Conflict => StatusCode::BAD_REQUEST,
            kind => StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        };
        let message = match error.hint {
            Some(hint) => format!("{} {hint}", error.message),
            None => error.message,
        };
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
