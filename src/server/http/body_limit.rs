//! Answers to requests whose body a layer refused for its size, in the format that the client expects.

use crate::error::{AppError, ErrorKind};
use crate::server::http::{
    access::routes::{RouteAccess, access_of},
    error_response::negotiated_error_response,
};
use axum::{
    extract::Request,
    http::{StatusCode, header::CONTENT_TYPE},
    middleware::Next,
    response::Response,
};

/// The layer around the body limits: it replaces their plain answers.
pub async fn render_too_large(request: Request, next: Next) -> Response {
    let (path, headers) = (request.uri().path().to_owned(), request.headers().clone());
    let response = next.run(request).await;
    // Refusals of handlers are JSON or a page already; those of the layers are plain text.
    let is_bare = response.headers().get(CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    // The client APIs have error bodies of their own.
    let is_client = access_of(&path) == RouteAccess::ClientApi;
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE && is_bare && !is_client {
        let error = AppError::new(ErrorKind::TooLarge, "The request body is too large.")
            .hint("Nothing was changed. Send less at once.");
        return negotiated_error_response(&error, &path, &headers);
    }
    response
}
