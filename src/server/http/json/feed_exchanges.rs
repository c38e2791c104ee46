//! The last exchanges of a feed with its server.

use crate::server::http::json::{error::ApiError, extract::PathId};
use crate::{
    domain::{feed_exchange::FeedExchange, time::Timestamp},
    server::{services::subscriptions, state::App},
};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

/// A check of a feed.
#[derive(Serialize, ToSchema)]
pub struct FeedExchangeResponse {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The address of the last request.
    url: String,
    /// The redirects before it: status and target.
    redirects: Vec<String>,
    /// At most 32; `(not kept)` in place of what is secret.
    request_headers: Vec<HeaderJson>,
    /// Null: no answer came.
    status: Option<u16>,
    response_headers: Vec<HeaderJson>,
    /// Bytes of the body, decompressed.
    body_bytes: Option<i64>,
    milliseconds: i64,
    /// What came of it, in words.
    decision: String,
    /// The check that was planned then; null when the feed is gone.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_check_at: Option<Timestamp>,
    /// Why then, in words.
    next_check_reason: String,
}

/// A header, shortened to 200 characters.
#[derive(Serialize, ToSchema)]
struct HeaderJson {
    name: String,
    value: String,
}

/// The last five exchanges of a feed with its server, newest first.
#[utoipa::path(
    get, path = "/api/feeds/{id}/exchanges", tag = "reading", params(("id" = i64, Path)),
    responses((status = 200, body = [FeedExchangeResponse])),
)]
pub async fn list(State(app): State<App>, PathId(id): PathId) -> Result<Json<Vec<FeedExchangeResponse>>, ApiError> {
    let exchanges = subscriptions::list_feed_exchanges(&app, id.into()).await?;
    Ok(Json(exchanges.into_iter().map(Into::into).collect()))
}

impl From<FeedExchange> for FeedExchangeResponse {
    fn from(exchange: FeedExchange) -> Self {
        let reason = exchange.next_reason();
        let headers = |headers: Vec<(String, String)>| {
            headers.into_iter().map(|(name, value)| HeaderJson { name, value }).collect::<Vec<_>>()
        };
        let FeedExchange { at, record, decision, next } = exchange;
        Self {
            at,
            url: record.url,
            redirects: record.redirects,
            request_headers: headers(record.request_headers),
            status: record.status,
            response_headers: headers(record.response_headers),
            body_bytes: record.body_bytes,
            milliseconds: record.milliseconds,
            decision,
            next_check_at: next.map(|next| next.at),
            next_check_reason: reason,
        }
    }
}
