//! What requests for one feed carry.

use crate::server::http::json::{
    error::ApiError,
    extract::{JsonBody, PathId},
};
use crate::{
    domain::feed_request_summary::{FeedRequestInput, FeedRequestSummary},
    server::{services::feed_requests, state::App},
};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What is stored, without anything secret.
#[derive(Serialize, ToSchema)]
pub struct FeedRequestResponse {
    /// Scheme, host and port that it is sent to; null when nothing is stored.
    origin: Option<String>,
    user_agent: Option<String>,
    has_password: bool,
    has_cookie: bool,
    header_names: Vec<String>,
}

/// What requests carry; all of it replaces what is stored.
#[derive(Deserialize, ToSchema)]
pub struct SaveFeedRequestRequest {
    /// In place of Gleaner's own.
    #[serde(default)]
    user_agent: String,
    /// Of HTTP basic authentication.
    #[serde(default)]
    username: String,
    /// Of HTTP basic authentication.
    #[serde(default)]
    password: String,
    #[serde(default)]
    cookie: String,
    /// Further headers by their names.
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// What requests for a feed carry, without anything secret.
#[utoipa::path(
    get, path = "/api/feeds/{id}/request", tag = "reading", params(("id" = i64, Path)),
    responses((status = 200, body = FeedRequestResponse)),
)]
pub async fn show(State(app): State<App>, PathId(id): PathId) -> Result<Json<FeedRequestResponse>, ApiError> {
    Ok(Json(feed_requests::show_request(&app, id.into()).await?.into()))
}

/// Stores what requests to the origin of a feed carry, in place of what was stored; nothing when all of it is empty.
#[utoipa::path(
    put, path = "/api/feeds/{id}/request", tag = "reading", params(("id" = i64, Path)), request_body = SaveFeedRequestRequest,
    responses((status = 200, body = FeedRequestResponse)),
)]
pub async fn save(
    State(app): State<App>,
    PathId(id): PathId,
    JsonBody(request): JsonBody<SaveFeedRequestRequest>,
) -> Result<Json<FeedRequestResponse>, ApiError> {
    feed_requests::save_request(&app, id.into(), request.into()).await?;
    Ok(Json(feed_requests::show_request(&app, id.into()).await?.into()))
}

impl From<SaveFeedRequestRequest> for FeedRequestInput {
    fn from(request: SaveFeedRequestRequest) -> Self {
        let SaveFeedRequestRequest { user_agent, username, password, cookie, headers } = request;
        let headers: Vec<String> = headers.into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
        Self { user_agent, username, password, cookie, headers: headers.join("\n") }
    }
}

impl From<FeedRequestSummary> for FeedRequestResponse {
    fn from(summary: FeedRequestSummary) -> Self {
        let FeedRequestSummary { origin, user_agent, has_password, has_cookie, header_names } = summary;
        let origin = Some(origin).filter(|origin| !origin.is_empty());
        Self { origin, user_agent, has_password, has_cookie, header_names }
    }
}
