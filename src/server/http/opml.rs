//! The list of feeds in and out as a file: what a form uploads and what a link downloads.

use crate::server::http::form_response::{error_url, with_params};
use crate::{
    domain::feed::OpmlImportReport,
    error::{AppError, ErrorKind},
    server::{services::subscriptions, state::App},
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Multipart, State, multipart::MultipartError},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};

/// Where the form posts to.
const IMPORT_PATH: &str = "/opml/import";

/// Where the form stands.
const IMPORT_FORM_PATH: &str = "/feeds#import";

/// The largest file taken, in bytes; ten thousand feeds are about 2 MB.
const MAX_UPLOAD_BYTES: usize = 8 * 1024 * 1024;

/// Refused entries told in the address of the report; the number of all of them is told beside it.
const MAX_REPORTED_OUTLINES: usize = 12;

/// `POST /opml/import` and `GET /opml/export`.
pub fn router(app: App) -> Router {
    Router::new()
        .route(IMPORT_PATH, post(import).layer(DefaultBodyLimit::max(MAX_UPLOAD_BYTES)))
        .route("/opml/export", get(export))
        .with_state(app)
}

/// Reads the uploaded file and leads to the report, or back to the form with the error.
async fn import(State(app): State<App>, form: Multipart) -> Redirect {
    let report = match read_file_field(form).await {
        Ok(document) => subscriptions::import_opml(&app, &document).await,
        Err(error) => Err(error),
    };
    Redirect::to(&match report {
        Ok(report) => report_url(&report),
        Err(error) => error_url(IMPORT_FORM_PATH, IMPORT_PATH, &error),
    })
}

async fn export(State(app): State<App>) -> Response {
    match subscriptions::export_opml(&app).await {
        Ok(document) => {
            let disposition = "attachment; filename=\"gleaner.opml\"";
            (
                [(header::CONTENT_TYPE, "text/x-opml; charset=utf-8"), (header::CONTENT_DISPOSITION, disposition)],
                document,
            )
                .into_response()
        }
        Err(error) => {
            let status = StatusCode::from_u16(error.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, error.message).into_response()
        }
    }
}

/// The content of the field `file`.
async fn read_file_field(mut form: Multipart) -> Result<Vec<u8>, AppError> {
    while let Some(field) = form.next_field().await.map_err(upload_error)? {
        if field.name() == Some("file") {
            let document = field.bytes().await.map_err(upload_error)?;
            if document.is_empty() {
                break;
            }
            return Ok(document.to_vec());
        }
    }
    Err(AppError::invalid("No file was chosen, or it is empty.")
        .hint("Choose the OPML file that the other reader exported."))
}

fn upload_error(error: MultipartError) -> AppError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return AppError::new(ErrorKind::TooLarge, "The file is larger than 8 MiB.")
            .hint("Is it an OPML file? Ten thousand feeds take about 2 MiB.");
    }
    AppError::new(ErrorKind::Malformed, "The upload was interrupted.").hint("Try again.")
}

fn report_url(report: &OpmlImportReport) -> String {
    let told = &report.invalid[..report.invalid.len().min(MAX_REPORTED_OUTLINES)];
    with_params(
        IMPORT_FORM_PATH,
        &[
            ("added", &report.added.to_string()),
            ("duplicates", &report.duplicates.to_string()),
            ("invalid", &report.invalid.len().to_string()),
            ("report", &serde_json::to_string(told).unwrap_or_default()),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::report_url;
    use crate::domain::feed::{InvalidOutline, OpmlImportReport};

    #[test]
    fn the_report_counts_all_and_tells_some() {
        let outline = InvalidOutline { url: "ftp://x".into(), reason: "Not a web address.".into() };
        let report = OpmlImportReport { added: 3, duplicates: 1, invalid: vec![outline; 40] };
        let address = report_url(&report);
        assert!(address.starts_with("/feeds?added=3&duplicates=1&invalid=40&report="), "{address}");
        assert!(address.ends_with("#import") && address.len() < 2_000, "{}", address.len());
    }
}
