//! The list of feeds in and out as a file: what a form uploads and what a link downloads.

use crate::server::http::{
    form_outcomes::{FormOutcomes, OUTCOME_PARAM},
    form_response::{error_url, with_params},
};
use crate::{
    components::forms::form_outcome::{FormOutcome, FormResult},
    error::{AppError, ErrorKind},
    server::{feed::opml::MAX_OPML_BYTES, services::subscriptions, state::App},
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Multipart, State, multipart::MultipartError},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};

/// The action of the form.
const IMPORT_PATH: &str = "/opml/import";

/// The page with the form.
const IMPORT_FORM_PATH: &str = "/feeds#import";

/// `POST /opml/import` and `GET /opml/export`.
pub fn router(app: App, outcomes: FormOutcomes) -> Router {
    Router::new()
        .route(IMPORT_PATH, post(import).layer(DefaultBodyLimit::max(MAX_OPML_BYTES)))
        .route("/opml/export", get(export))
        .with_state((app, outcomes))
}

/// Imports the uploaded file; redirects to the report, or back to the form with the error.
async fn import(State((app, outcomes)): State<(App, FormOutcomes)>, form: Multipart) -> Redirect {
    let report = match read_file_field(form).await {
        Ok(document) => subscriptions::import_opml(&app, &document).await,
        Err(error) => Err(error),
    };
    let keep = |result| {
        let endpoint = IMPORT_PATH.to_owned();
        outcomes.insert(FormOutcome { endpoint, fields: Vec::new(), result, has_own_error: true })
    };
    Redirect::to(&match report {
        Ok(report) => with_params(IMPORT_FORM_PATH, &[(OUTCOME_PARAM, &keep(FormResult::OpmlImported(report)))]),
        Err(error) => error_url(IMPORT_FORM_PATH, &keep(FormResult::Error(error))),
    })
}

async fn export(State((app, _)): State<(App, FormOutcomes)>) -> Response {
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
        return AppError::new(ErrorKind::TooLarge, format!("The file is larger than {} MiB.", MAX_OPML_BYTES >> 20))
            .hint("Is it an OPML file? Ten thousand feeds take about 2 MiB.");
    }
    AppError::new(ErrorKind::Malformed, "The upload was interrupted.").hint("Try again.")
}
