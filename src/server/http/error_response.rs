//! An [`AppError`] as an answer, in the format that the client expects.

use super::{
    access::routes::{RouteAccess, access_of},
    assets,
    clients::layer_error::layer_error_response,
    headers,
};
use crate::{
    app,
    error::{AppError, ErrorKind},
};
use axum::{
    Json,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

/// The JSON of http-api.md "Errors".
pub fn json_error_response(error: &AppError) -> Response {
    (status_code(error.kind), Json(serde_json::json!({ "error": error }))).into_response()
}

/// JSON for programs, a page for people, and for other readers what their API has.
pub fn negotiated_error_response(error: &AppError, path: &str, headers: &HeaderMap) -> Response {
    if let Some(response) = layer_error_response(error, path) {
        return response;
    }
    let asks_for_html = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    if is_api_path(path) || access_of(path) == RouteAccess::ClientApi || !asks_for_html {
        return json_error_response(error);
    }
    let policy = [(header::CONTENT_SECURITY_POLICY, headers::scriptless_csp())];
    (status_code(error.kind), policy, Html(app::render_error_document(error, &assets::asset_names()))).into_response()
}

/// Whether an address belongs to the JSON API.
pub fn is_api_path(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

fn status_code(kind: ErrorKind) -> StatusCode {
    StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
