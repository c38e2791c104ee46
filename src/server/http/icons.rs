//! `GET /icons/{hash}`: icons of sites, from the address of Gleaner itself. An icon never changes under its address. Everybody gets
//! them, also pages of other origins: readers fetch them without a login (docs/spec/access.md "States").

use crate::server::{http::error_response::json_error_response, services::icons, state::App};
use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderName, header},
    response::{IntoResponse, Response},
    routing::get,
};

/// The strict policy of answers that are no pages comes from `http::headers`, like everywhere.
pub fn router(app: App) -> Router {
    Router::new().route("/icons/{hash}", get(serve_icon)).with_state(app)
}

async fn serve_icon(State(app): State<App>, Path(hash): Path<String>) -> Response {
    match icons::load_icon(&app, &hash).await {
        Ok(icon) => {
            let headers = [
                (header::CONTENT_TYPE, icon.mime_type.as_str()),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
                (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
            ];
            (headers, icon.data).into_response()
        }
        Err(error) => json_error_response(&error),
    }
}
