//! A panic ends one request, not the server; whoever asked gets a sentence, the log gets the cause.

use super::answer::any_error;
use crate::error::AppError;
use axum::{
    extract::Request,
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::any::Any;

/// Marks an answer that takes the place of a panic.
#[derive(Clone, Copy)]
struct Panicked;

/// Logs the cause; [`explain`] gives the answer its shape.
pub fn caught(cause: Box<dyn Any + Send>) -> Response {
    let cause = cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    tracing::error!(cause = cause.unwrap_or("unknown"), "a request ended in a panic; this is a fault of Gleaner's");
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(Panicked);
    response
}

/// The layer around the one that catches.
pub async fn explain(request: Request, next: Next) -> Response {
    let (path, headers) = (request.uri().path().to_owned(), request.headers().clone());
    let response = next.run(request).await;
    if response.extensions().get::<Panicked>().is_some() {
        return any_error(&AppError::internal(), &path, &headers);
    }
    response
}
