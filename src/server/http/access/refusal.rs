//! Answers to refused requests: pages redirect to the login, programs get the error.

use crate::{
    domain::access::AccessMode,
    error::{AppError, ErrorKind},
    server::{
        http::{
            error_response::{is_api_path, json_error_response, negotiated_error_response},
            form_response::{referring_page, with_params},
        },
        services::access,
        state::App,
    },
};
use axum::{
    Json,
    http::request::Parts,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use server_fn::error::SERVER_FN_ERROR_HEADER;

/// The answer to a refused request.
pub(super) async fn refuse(app: &App, error: &AppError, request: &Parts) -> Response {
    let (path, headers) = (request.uri.path(), &request.headers);
    let is_function = path.starts_with("/fn/");
    let is_probe = request.method == Method::HEAD && path == "/";
    let mut response = if is_probe && error.kind == ErrorKind::Unauthorized {
        // Readers check with it whether the server can be reached, before they log in elsewhere.
        StatusCode::OK.into_response()
    } else if error.kind == ErrorKind::Unauthorized && !is_api_path(path) && is_browser(headers) {
        let next = if request.method == Method::GET && !is_function {
            request.uri.path_and_query().map_or("/", |page| page.as_str()).to_owned()
        } else {
            referring_page(headers).unwrap_or_else(|| "/".into())
        };
        let page = match access::mode(app).await {
            Ok(AccessMode::Setup) => "/setup".to_owned(),
            _ if next == "/" => "/login".to_owned(),
            _ => with_params("/login", &[("next", &next)]),
        };
        (StatusCode::FOUND, [(header::LOCATION, page)]).into_response()
    } else if is_function {
        let status = StatusCode::from_u16(error.kind.status()).unwrap_or(StatusCode::UNAUTHORIZED);
        (status, [(SERVER_FN_ERROR_HEADER, path)], Json(error)).into_response()
    } else if is_api_path(path) {
        json_error_response(&api_error(error))
    } else {
        negotiated_error_response(error, path, headers)
    };
    // The refusal is valid only until the login.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if response.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// The same error with a hint for programs, where it has none.
fn api_error(error: &AppError) -> AppError {
    if error.hint.is_some() {
        return error.clone();
    }
    error.clone().hint("Send a token of `gleaner clients add NAME` as Authorization: Bearer gl_…, or log in at /login.")
}

/// Whether a browser requests a page.
fn is_browser(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}
