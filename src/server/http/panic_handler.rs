//! A panic ends one request, not the server; the client gets a sentence, the log gets the cause.

use crate::error::AppError;
use crate::server::http::error_response::negotiated_error_response;
use axum::{
    extract::Request,
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::any::Any;

/// Marks an answer that takes the place of a panic.
#[derive(Clone, Copy)]
struct PanicMarker;

/// Logs the cause; [`render_panic`] gives the answer its shape.
pub fn handle_panic(cause: Box<dyn Any + Send>) -> Response {
    let cause = cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    tracing::error!(cause = cause.unwrap_or("unknown"), "a request ended in a panic; this is a fault of Gleaner's");
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(PanicMarker);
    response
}

/// The layer around the one that catches panics: renders the error as a page or as JSON.
pub async fn render_panic(request: Request, next: Next) -> Response {
    let (path, headers) = (request.uri().path().to_owned(), request.headers().clone());
    let response = next.run(request).await;
    if response.extensions().get::<PanicMarker>().is_some() {
        return negotiated_error_response(&AppError::internal(), &path, &headers);
    }
    response
}
