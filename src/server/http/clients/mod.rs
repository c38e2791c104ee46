//! APIs for other readers (docs/spec/client-apis.md): authenticated by credentials in each request, open to pages of any origin,
//! without redirects and cookies.

mod error;
mod fever;
pub mod form;
mod greader;
mod miniflux;

use crate::server::state::App;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderName, Method, StatusCode, header},
    middleware::{Next, from_fn},
    response::Response,
};
use tower_http::cors::{Any, CorsLayer};

/// The largest body, in bytes: ten thousands of ids, or a list of subscriptions.
pub const MAX_CLIENT_BODY_BYTES: usize = 12 * 1024 * 1024;

/// The routes of all client APIs.
pub fn router(app: App) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([header::AUTHORIZATION, HeaderName::from_static("x-auth-token"), header::CONTENT_TYPE]);
    Router::new()
        .merge(fever::router())
        .merge(greader::router())
        .merge(miniflux::router())
        .with_state(app)
        .layer(DefaultBodyLimit::max(MAX_CLIENT_BODY_BYTES))
        .layer(cors)
        .layer(from_fn(answer_preflight))
}

/// Answers preflight requests with 204 instead of 200.
async fn answer_preflight(request: Request, next: Next) -> Response {
    let is_preflight = request.method() == Method::OPTIONS;
    let mut response = next.run(request).await;
    if is_preflight && response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    response
}
