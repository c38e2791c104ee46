//! The JSON API: everything the pages do, described by an OpenAPI document made from these handlers.
//!
//! A handler reads its request with the extractors of [`read`], calls one service and answers with a body of its own file, so
//! that the services' types can change without the API noticing.

mod articles;
mod categories;
mod changes;
mod chat;
mod conversations;
mod document;
mod failure;
mod feeds;
mod folders;
mod marks;
mod models;
mod ollama;
mod opml;
mod preferences;
mod pulls;
mod read;
mod scoring;

pub use articles::{Article, ArticlePage, FullArticle};
pub use document::document;

use super::events;
use crate::{
    error::{AppError, ErrorKind},
    server::state::App,
};
use axum::{Router, extract::DefaultBodyLimit, routing::any};
use failure::Failure;
use std::sync::Arc;
use utoipa::OpenApi as _;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The largest JSON body, in bytes.
const MAX_BODY: usize = 1024 * 1024;
/// The largest OPML document, in bytes.
const MAX_OPML: usize = 15 * 1024 * 1024;

/// Every route under `/api`. What is not among them falls to the whole router's "not found".
pub fn router(app: App) -> Router {
    let (api, mut document) = routes().split_for_parts();
    document::finish(&mut document);
    api.layer(axum::Extension(Arc::new(document))).method_not_allowed_fallback(not_allowed).with_state(app)
}

fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(document::frame())
        .routes(routes!(articles::list))
        .routes(routes!(articles::counts))
        .routes(routes!(articles::show, articles::update))
        .routes(routes!(marks::mark_read))
        .routes(routes!(marks::undo))
        .routes(routes!(feeds::list, feeds::subscribe))
        .routes(routes!(feeds::refresh_all))
        .routes(routes!(feeds::show, feeds::update, feeds::remove))
        .routes(routes!(feeds::refresh))
        .routes(routes!(folders::list, folders::create))
        .routes(routes!(folders::rename, folders::remove))
        .routes(routes!(categories::list, categories::create))
        .routes(routes!(categories::update, categories::remove))
        .routes(routes!(categories::merge))
        .routes(routes!(preferences::show, preferences::save))
        .routes(routes!(scoring::status))
        .routes(routes!(scoring::agreement))
        .routes(routes!(scoring::rescore))
        .routes(routes!(scoring::pause))
        .routes(routes!(scoring::resume))
        .routes(routes!(models::list))
        .routes(routes!(ollama::health))
        .routes(routes!(ollama::models))
        .routes(routes!(ollama::config, ollama::save))
        .routes(routes!(ollama::prompts))
        .routes(routes!(pulls::pull))
        .routes(routes!(pulls::cancel))
        .routes(routes!(pulls::status))
        .merge(changes())
        .routes(routes!(chat::chat))
        .routes(routes!(conversations::index, conversations::begin))
        .routes(routes!(conversations::show, conversations::remove))
        .routes(routes!(conversations::say))
        .routes(routes!(conversations::again))
        .routes(routes!(conversations::halt))
        .routes(routes!(conversations::answer))
        .routes(routes!(events::events))
        .routes(routes!(document::serve))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .merge(OpenApiRouter::new().routes(routes!(opml::export, opml::import)).layer(DefaultBodyLimit::max(MAX_OPML)))
}

/// A name with slashes takes the rest of the path, which the document cannot say; so route and document are given apart.
fn changes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(changes::Described::openapi()).route("/api/ollama/models/{*name}", any(changes::call))
}

async fn not_allowed() -> Failure {
    let message = "This address does not take that method.";
    Failure(
        AppError::new(ErrorKind::MethodNotAllowed, message)
            .hint("The Allow header of this answer says which it takes."),
    )
}
