//! Errors as clients of Google Reader read them: text; for a token that is not valid, the headers that make them log in again.

use crate::{
    error::{AppError, ErrorKind},
    server::http::clients::error::status_and_text,
};
use axum::{
    http::{HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};

/// The headers of a refused token: that of Google, and that of FreshRSS.
const BAD_TOKEN_HEADERS: [&str; 2] = ["x-reader-google-bad-token", "google-bad-token"];

/// The error of a handler.
#[derive(Clone, Debug)]
pub struct GreaderError(pub AppError);

impl<E: Into<AppError>> From<E> for GreaderError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for GreaderError {
    fn into_response(self) -> Response {
        let Self(error) = self;
        if error.kind == ErrorKind::Unauthorized {
            let mut response = (StatusCode::UNAUTHORIZED, "Unauthorized").into_response();
            for name in BAD_TOKEN_HEADERS {
                response.headers_mut().insert(name, HeaderValue::from_static("true"));
            }
            return response;
        }
        status_and_text(error).into_response()
    }
}

/// 400 with a sentence.
pub fn bad_request(message: impl Into<String>) -> GreaderError {
    GreaderError(AppError::new(ErrorKind::Malformed, message))
}
