//! The JSON API: everything the pages do, described by an OpenAPI document made from these handlers.
//!
//! A handler reads its request with the extractors of `extract`, calls one service and answers with a body of its own file, so
//! that the services' types can change without the API noticing.

mod articles;
mod categories;
mod category_suggestions;
mod chat;
mod conversations;
mod error;
mod example_article;
mod extract;
mod feed_exchanges;
mod feed_requests;
mod feeds;
mod first_run;
mod folders;
mod full_text;
mod full_text_status;
mod marks;
mod media_positions;
mod model_actions;
mod model_copy;
mod model_options;
mod model_runs;
mod model_versions;
mod models;
mod ollama;
mod openapi;
mod openapi_limits;
mod opml;
mod preferences;
mod pull_history;
mod pulls;
mod registry;
mod retention;
mod rules;
mod saved_searches;
mod scoring;
mod servers;
mod starter_packs;
mod variants;

pub use articles::{ArticleDetailResponse, ArticlePageResponse, ArticleResponse};
pub use categories::CategoryResponse;
pub use category_suggestions::CategorySuggestionResponse;
pub use feed_exchanges::FeedExchangeResponse;
pub use feed_requests::{FeedRequestResponse, SaveFeedRequestRequest};
pub use retention::{RetentionPreviewResponse, RetentionResponse, RetentionRunResponse};
pub use rules::{RulePreviewResponse, RuleResponse};
pub use saved_searches::{OutgoingFeedResponse, SavedSearchResponse};

use super::events;
use crate::server::{feed::opml::MAX_OPML_BYTES, http::json::error::method_not_allowed, state::App};
use axum::{Router, extract::DefaultBodyLimit, routing::any};
use std::sync::Arc;
use utoipa::{
    OpenApi as _,
    openapi::{OpenApi, Server},
};
use utoipa_axum::{router::OpenApiRouter, routes};

/// The largest JSON body, in bytes.
const MAX_JSON_BODY_BYTES: usize = 1024 * 1024;

/// Every route under `/api`. What is not among them falls to the whole router's "not found".
pub fn router(app: App) -> Router {
    let (api, mut document) = routes().split_for_parts();
    openapi::add_shared_parts(&mut document);
    let base = app.config.access.base_path.as_str();
    document.servers = (!base.is_empty()).then(|| vec![Server::new(base)]);
    api.layer(axum::Extension(Arc::new(document))).method_not_allowed_fallback(method_not_allowed).with_state(app)
}

fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::base_document())
        .routes(routes!(articles::list))
        .routes(routes!(articles::show_counts))
        .routes(routes!(articles::show, articles::update))
        .routes(routes!(full_text::fetch_full_text, full_text::show_text))
        .routes(routes!(media_positions::save))
        .routes(routes!(marks::mark_read))
        .routes(routes!(marks::undo_mark_read))
        .routes(routes!(feeds::list, feeds::subscribe))
        .routes(routes!(feeds::refresh_all))
        .routes(routes!(feeds::show, feeds::update, feeds::remove))
        .routes(routes!(feeds::refresh))
        .routes(routes!(feed_exchanges::list))
        .routes(routes!(feed_requests::show, feed_requests::save))
        .routes(routes!(first_run::show, first_run::end))
        .routes(routes!(starter_packs::list))
        .routes(routes!(starter_packs::add))
        .routes(routes!(folders::list, folders::create))
        .routes(routes!(folders::rename, folders::remove))
        .routes(routes!(saved_searches::list, saved_searches::create))
        .routes(routes!(saved_searches::update, saved_searches::remove))
        .routes(routes!(saved_searches::show_feed, saved_searches::renew_feed, saved_searches::remove_feed))
        .routes(routes!(retention::show, retention::save))
        .routes(routes!(retention::test))
        .routes(routes!(retention::run))
        .routes(routes!(rules::list, rules::create))
        .routes(routes!(rules::test))
        .routes(routes!(rules::show, rules::update, rules::remove))
        .routes(routes!(rules::apply))
        .routes(routes!(rules::undo))
        .routes(routes!(rules::show_article))
        .routes(routes!(categories::list, categories::create))
        .routes(routes!(categories::update, categories::remove))
        .routes(routes!(categories::acknowledge))
        .routes(routes!(categories::merge))
        .routes(routes!(category_suggestions::list))
        .routes(routes!(category_suggestions::accept))
        .routes(routes!(category_suggestions::merge))
        .routes(routes!(category_suggestions::refuse))
        .routes(routes!(preferences::show, preferences::save))
        .routes(routes!(scoring::show_status))
        .routes(routes!(scoring::show_agreement))
        .routes(routes!(scoring::rescore))
        .routes(routes!(scoring::cancel_rescore))
        .routes(routes!(scoring::pause))
        .routes(routes!(scoring::resume))
        .routes(routes!(models::list))
        .routes(routes!(ollama::show_health))
        .routes(routes!(ollama::check))
        .routes(routes!(ollama::list_models))
        .routes(routes!(ollama::show_config, ollama::save_config))
        .routes(routes!(ollama::show_prompts))
        .routes(routes!(model_options::show, model_options::save))
        .routes(routes!(pulls::pull))
        .routes(routes!(pulls::cancel))
        .routes(routes!(pulls::dismiss))
        .routes(routes!(pulls::show_library))
        .routes(routes!(pulls::show_status))
        .routes(routes!(servers::list, servers::create))
        .routes(routes!(servers::update, servers::remove))
        .routes(routes!(servers::test))
        .routes(routes!(model_copy::copy))
        .routes(routes!(model_versions::show))
        .routes(routes!(model_versions::check))
        .routes(routes!(model_versions::lock))
        .routes(routes!(model_versions::sync))
        .routes(routes!(model_versions::pull_again))
        .routes(routes!(model_versions::use_earlier))
        .routes(routes!(model_versions::remove_earlier))
        .routes(routes!(pull_history::list_past))
        .routes(routes!(pull_history::preview))
        .routes(routes!(pull_history::move_to_front))
        .merge(model_action_routes())
        .routes(routes!(registry::list))
        .routes(routes!(registry::show, registry::update))
        .routes(routes!(registry::import))
        .routes(routes!(registry::verify))
        .routes(routes!(registry::backfill))
        .routes(routes!(chat::chat))
        .routes(routes!(conversations::list_conversations, conversations::create))
        .routes(routes!(conversations::show, conversations::change, conversations::remove))
        .routes(routes!(conversations::create_message))
        .routes(routes!(conversations::regenerate_answer))
        .routes(routes!(conversations::stop_answer))
        .routes(routes!(conversations::stream_answer))
        .routes(routes!(events::stream_events))
        .routes(routes!(openapi::serve_openapi))
        .layer(DefaultBodyLimit::max(MAX_JSON_BODY_BYTES))
        .merge(
            OpenApiRouter::new()
                .routes(routes!(opml::export, opml::import))
                .layer(DefaultBodyLimit::max(MAX_OPML_BYTES)),
        )
}

/// A name with slashes takes the rest of the path, which the document cannot say; so route and document are given apart.
fn model_action_routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(model_actions::ModelActionsDoc::openapi())
        .route("/api/ollama/models/{*name}", any(model_actions::dispatch))
}

/// The whole document, as `/api/openapi.json` shows it.
pub fn openapi_document() -> OpenApi {
    let mut document = routes().into_openapi();
    openapi::add_shared_parts(&mut document);
    document
}
