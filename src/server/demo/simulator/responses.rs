//! Building responses.

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use futures::Stream;
use serde_json::{Value, json};
use std::convert::Infallible;

/// A line of a streamed answer.
pub(super) type StreamLine = Result<Bytes, Infallible>;

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

/// An answer in JSON.
pub(super) fn json_response(status: StatusCode, body: &Value) -> Response {
    text_response(status, "application/json; charset=utf-8", &body.to_string())
}

/// `{"error": text}`.
pub(super) fn error_response(status: u16, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    json_response(status, &json!({ "error": message }))
}

/// An answer with one JSON object per line, each sent at once.
pub(super) fn stream_response(lines: impl Stream<Item = StreamLine> + Send + 'static) -> Response {
    let mut response = text_response(StatusCode::OK, "application/x-ndjson", "");
    *response.body_mut() = Body::from_stream(lines);
    response
}

/// One line of such an answer.
#[expect(clippy::unnecessary_wraps, reason = "a body is made of results")]
pub(super) fn ndjson_line(line: &Value) -> StreamLine {
    Ok(Bytes::from(format!("{line}\n")))
}
