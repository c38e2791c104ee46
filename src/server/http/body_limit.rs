//! A body that a layer refused for its size, before any handler saw it, in the shape that its reader expects.

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

/// The layer around those that limit.
pub async fn render_too_large(request: Request, next: Next) -> Response {
    let (path, headers) = (request.uri().path().to_owned(), request.headers().clone());
    let response = next.run(request).await;
    // What handlers refuse is JSON or a page already; the layers' own words are plain text.
    let is_bare = response.headers().get(CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    // Other readers have error bodies of their own.
    let is_client = access_of(&path) == RouteAccess::ClientApi;
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE && is_bare && !is_client {
        let error = AppError::new(ErrorKind::TooLarge, "The request body is too large.")
            .hint("Nothing was changed. Send less at once.");
        return negotiated_error_response(&error, &path, &headers);
    }
    response
}
