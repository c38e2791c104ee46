//! The common part of errors in all client APIs.

use crate::error::{AppError, ErrorKind};
use axum::http::StatusCode;

/// The status of an error for a client that knows neither 409 nor 422, and its message with the hint.
pub fn status_and_text(error: AppError) -> (StatusCode, String) {
    let status = match error.kind {
        ErrorKind::Invalid | ErrorKind::Conflict => StatusCode::BAD_REQUEST,
        kind => StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    };
    let text = match error.hint {
        Some(hint) => format!("{} {hint}", error.message),
        None => error.message,
    };
    (status, text)
}
