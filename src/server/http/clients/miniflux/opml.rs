//! Export and import of subscriptions.

use super::{caller::MinifluxCaller, error::MinifluxError};
use crate::server::{services::subscriptions, state::App};
use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use serde_json::{Value, json};

/// `GET /v1/export`: OPML.
pub async fn export(State(app): State<App>, _caller: MinifluxCaller) -> Result<impl IntoResponse, MinifluxError> {
    let document = subscriptions::export_opml(&app).await?;
    Ok(([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], document))
}

/// `POST /v1/import`: OPML as the body; 201. The feeds are fetched in the background.
pub async fn import(
    State(app): State<App>,
    _caller: MinifluxCaller,
    document: Bytes,
) -> Result<(StatusCode, Json<Value>), MinifluxError> {
    let report = subscriptions::import_opml(&app, &document).await?;
    let message = format!("Feeds imported successfully: {} new, {} known.", report.added, report.duplicates);
    Ok((StatusCode::CREATED, Json(json!({ "message": message }))))
}
