//! `GET /out/SECRET.atom`, `.json`, `.rss` and `.opml`: feeds of saved searches. The secret in the address is all that is asked for;
//! cookies are not read.

use crate::{
    domain::outgoing_feed::OutgoingFormat,
    error::AppError,
    server::{
        http::{access::current::RequestSite, assets::matches_etag, error_response::json_error_response},
        secrets,
        services::outgoing_feeds,
        state::App,
    },
};
use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

/// The route.
pub fn router(app: App) -> Router {
    Router::new().route("/out/{file}", get(serve_outgoing_feed)).with_state(app)
}

/// A path as logs show it: without the secret of an outgoing feed.
pub fn hide_secret(path: &str) -> &str {
    if path.starts_with("/out/") { "/out/…" } else { path }
}

async fn serve_outgoing_feed(
    State(app): State<App>,
    Path(file): Path<String>,
    site: RequestSite,
    headers: HeaderMap,
) -> Response {
    let answer = match render(&app, &file, &site).await {
        Ok((format, document)) => document_response(format, document, &headers),
        Err(error) => json_error_response(&error),
    };
    // No search engine lists it when its address becomes known.
    ([(HeaderName::from_static("x-robots-tag"), "noindex")], answer).into_response()
}

async fn render(app: &App, file: &str, site: &RequestSite) -> Result<(OutgoingFormat, String), AppError> {
    let named = file.split_once('.').and_then(|(secret, ending)| Some((secret, OutgoingFormat::parse(ending)?)));
    let (secret, format) = named.ok_or_else(|| AppError::not_found("There is no feed at this address."))?;
    Ok((format, outgoing_feeds::render(app, secret, format, site.as_requested()).await?))
}

/// The document, or 304 when the reader has it. The tag is a weak one, since the answer may be compressed.
fn document_response(format: OutgoingFormat, document: String, request: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex::encode(&secrets::sha256(&document)[..16]));
    let etag = [(header::ETAG, format!("W/{tag}"))];
    if matches_etag(request, &tag) {
        return (StatusCode::NOT_MODIFIED, etag).into_response();
    }
    (etag, [(header::CONTENT_TYPE, format.media_type())], document).into_response()
}
