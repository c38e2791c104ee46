//! Subscriptions as an OPML document, in and out.

use crate::server::http::json::{error::ApiError, extract::body_error};
use crate::{
    domain::feed,
    error::{AppError, ErrorKind},
    server::{services::subscriptions, state::App},
};
use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Multipart, Request, State, multipart::MultipartError},
    http::{StatusCode, header},
    response::IntoResponse,
};
use serde::Serialize;
use utoipa::ToSchema;

/// What an import did.
#[derive(Serialize, ToSchema)]
pub struct OpmlImportResponse {
    added: i64,
    duplicates: i64,
    invalid: Vec<InvalidOutlineJson>,
}

/// An outline that could not become a subscription.
#[derive(Serialize, ToSchema)]
struct InvalidOutlineJson {
    url: String,
    reason: String,
}

/// All subscriptions as OPML 2.0.
#[utoipa::path(get, path = "/api/opml", tag = "reading", responses((status = 200, content_type = "text/x-opml", body = String)))]
pub async fn export(State(app): State<App>) -> Result<impl IntoResponse, ApiError> {
    let document = subscriptions::export_opml(&app).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/x-opml; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"gleaner.opml\""),
    ];
    Ok((headers, document))
}

/// Subscribes to every feed of a document, sent as the body or as the file of a form; they are fetched in the background.
#[utoipa::path(
    post, path = "/api/opml", tag = "reading",
    request_body(content((String = "text/x-opml"), (String = "multipart/form-data"))),
    responses((status = 200, body = OpmlImportResponse)),
)]
pub async fn import(State(app): State<App>, request: Request) -> Result<Json<OpmlImportResponse>, ApiError> {
    let document = read_document(request).await?;
    Ok(Json(subscriptions::import_opml(&app, &document).await?.into()))
}

async fn read_document(request: Request) -> Result<Bytes, ApiError> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    match kind.unwrap_or("text/x-opml").split(';').next().unwrap_or_default().trim() {
        "multipart/form-data" => {
            let mut form = Multipart::from_request(request, &())
                .await
                .map_err(|_| ApiError(AppError::new(ErrorKind::Malformed, "The form could not be read.")))?;
            let field = form.next_field().await.map_err(form_error)?;
            let field =
                field.ok_or_else(|| ApiError(AppError::new(ErrorKind::Malformed, "The form holds no file.")))?;
            field.bytes().await.map_err(form_error)
        }
        "application/json" => {
            let message = "This endpoint takes an OPML document: as the body, or as the file of a form.";
            Err(ApiError(AppError::new(ErrorKind::UnsupportedMediaType, message)))
        }
        // Browsers and tools name OPML in a dozen ways; what it is, the parser finds out.
        _ => Bytes::from_request(request, &()).await.map_err(body_error),
    }
}

fn form_error(error: MultipartError) -> ApiError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return ApiError(AppError::new(ErrorKind::TooLarge, "The file is too large."));
    }
    ApiError(AppError::new(ErrorKind::Malformed, "The form could not be read."))
}

impl From<feed::OpmlImportReport> for OpmlImportResponse {
    fn from(report: feed::OpmlImportReport) -> Self {
        let invalid = report.invalid.into_iter();
        Self {
            added: report.added,
            duplicates: report.duplicates,
            invalid: invalid.map(|outline| InvalidOutlineJson { url: outline.url, reason: outline.reason }).collect(),
        }
    }
}
