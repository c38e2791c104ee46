//! The one user, the version, and requests that do not apply to Gleaner.

use super::{
    caller::{MinifluxCaller, parse_id},
    error::MinifluxError,
    responses::{USER_ID, user_response},
};
use crate::{
    error::{AppError, ErrorKind},
    server::{
        services::clients::marks::{self, ClientScope},
        state::App,
    },
};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde_json::{Value, json};

/// The version of Miniflux whose API this is.
const API_VERSION: &str = "2.3.4";

/// `GET /v1/me`.
pub async fn show_me(caller: MinifluxCaller) -> Json<Value> {
    Json(user_response(&caller.device.username))
}

/// `GET /v1/version`.
pub async fn show_version(_caller: MinifluxCaller) -> Json<Value> {
    let commit = format!("gleaner-{}", env!("CARGO_PKG_VERSION"));
    Json(json!({
        "version": API_VERSION, "commit": commit, "build_date": "", "go_version": "", "compiler": "",
        "arch": std::env::consts::ARCH, "os": std::env::consts::OS,
    }))
}

/// `GET /v1/integrations/status`.
pub async fn show_integrations(_caller: MinifluxCaller) -> Json<Value> {
    Json(json!({ "has_integrations": false }))
}

/// `GET /v1/users`.
pub async fn list_users(caller: MinifluxCaller) -> Json<Vec<Value>> {
    Json(vec![user_response(&caller.device.username)])
}

/// `GET /v1/users/{id}`, by number or by name.
pub async fn show_user(caller: MinifluxCaller, Path(id): Path<String>) -> Result<Json<Value>, MinifluxError> {
    if id != USER_ID.to_string() && id != caller.device.username {
        return Err(AppError::not_found("There is no such user.").into());
    }
    Ok(Json(user_response(&caller.device.username)))
}

/// `PUT /v1/users/{id}/mark-all-as-read`; 204.
pub async fn mark_all_read(
    State(app): State<App>,
    caller: MinifluxCaller,
    Path(id): Path<String>,
) -> Result<StatusCode, MinifluxError> {
    if parse_id(&id)? != USER_ID {
        return Err(AppError::not_found("There is no such user.").into());
    }
    marks::mark_list_read(&app, &caller.view, ClientScope::All, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Clients cannot change users and history; 403.
pub async fn refuse_change(_caller: MinifluxCaller) -> MinifluxError {
    MinifluxError(AppError::new(ErrorKind::Forbidden, "An instance has one user, and read entries are kept."))
}
