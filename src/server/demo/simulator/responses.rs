//! The forms of an answer.

use crate::server::demo::simulator::request_log::InFlightRequest;
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::{Value, json};

/// Marks the request as answered: the body is whole and small.
pub(super) fn finish_with(mut ticket: InFlightRequest, response: Response) -> Response {
    ticket.answered();
    response
}

/// An answer without a body.
pub(super) fn empty_response(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// An answer with a text of the given type.
pub(super) fn text_response(status: StatusCode, content_type: &str, body: &str) -> Response {
    let mut response = Response::new(Body::from(body.to_owned()));
    *response.status_mut() = status;
    if let Ok(value) = HeaderValue::from_str(content_type) {
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    response
}

/// An answer as a script gives it.
pub(super) fn raw_response(status: u16, content_type: &str, body: &str, retry_after: Option<u64>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response =
        if content_type.is_empty() { empty_response(status) } else { text_response(status, content_type, body) };
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// An answer in JSON.
pub(super) fn json_response(status: StatusCode, body: &Value) -> Response {
    text_response(status, "application/json; charset=utf-8", &body.to_string())
}

/// `{"error": text}`.
pub(super) fn error_response(status: u16, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    json_response(status, &json!({ "error": message }))
}
