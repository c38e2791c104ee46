//! APIs for other readers (docs/spec/client-apis.md): authenticated by credentials in each request, open to pages of any origin,
//! without redirects and cookies.

mod error;
mod fever;
pub mod form;
mod greader;
pub mod layer_error;
mod miniflux;

use crate::{
    domain::time::Timestamp,
    server::{services::access::ClientInfo, state::App},
};
use axum::{
    Router,
    extract::State,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
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
        .with_state(app.clone())
        .layer(from_fn_with_state(app.clone(), add_date))
        .layer(from_fn_with_state(app, add_retry_after))
        .layer(DefaultBodyLimit::max(MAX_CLIENT_BODY_BYTES))
        .layer(cors)
        .layer(from_fn(answer_preflight))
}

/// Adds the time before the answer was made as `Date`: some clients ask next time for what arrived since, and the moment at which an
/// answer is sent may be a second later than what it holds.
async fn add_date(State(app): State<App>, request: Request, next: Next) -> Response {
    let date = http_date(app.clock.now());
    let mut response = next.run(request).await;
    if let Some(date) = date {
        response.headers_mut().entry(header::DATE).or_insert(date);
    }
    response
}

/// Adds to 429, the answer to guesses of a password, when the next one is looked at.
async fn add_retry_after(State(app): State<App>, request: Request, next: Next) -> Response {
    let address = request.extensions().get::<ClientInfo>().map(|client| client.address);
    let mut response = next.run(request).await;
    if let Some(address) = address.filter(|_| response.status() == StatusCode::TOO_MANY_REQUESTS) {
        let wait = app.access.device_guesses.wait_seconds(address, app.clock.now());
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
    }
    response
}

/// A date of HTTP (RFC 9110, section 5.6.7).
fn http_date(at: Timestamp) -> Option<HeaderValue> {
    let at = jiff::Timestamp::from_second(at.0).ok()?;
    let text = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at).ok()?;
    HeaderValue::from_str(&text).ok()
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
