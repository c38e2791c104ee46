//! Export and import of subscriptions.

use super::{
    caller::{GreaderCall, GreaderChange},
    error::GreaderError,
    marks::OK,
};
use crate::server::{services::subscriptions, state::App};
use axum::{extract::State, http::header, response::IntoResponse};

/// `GET subscription/export`: OPML.
pub async fn export(State(app): State<App>, _call: GreaderCall) -> Result<impl IntoResponse, GreaderError> {
    let document = subscriptions::export_opml(&app).await?;
    Ok(([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], document))
}

/// `POST subscription/import`: OPML as the body. The feeds are fetched in the background.
pub async fn import(State(app): State<App>, GreaderChange(call): GreaderChange) -> Result<&'static str, GreaderError> {
    subscriptions::import_opml(&app, &call.body).await?;
    Ok(OK)
}
