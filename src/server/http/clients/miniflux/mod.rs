//! The API of Miniflux, version 1 (docs/spec/client-apis.md "Miniflux"). Categories are folders: the id of a category is that of its
//! folder plus one, and category 1, "All", holds the feeds in no folder.

mod account;
mod caller;
mod categories;
mod entries;
mod entry_filter;
pub(super) mod error;
mod feeds;
mod opml;
mod responses;

use crate::{error::AppError, server::state::App};
use axum::{
    Router,
    routing::{any, delete, get, post, put},
};
use error::MinifluxError;

/// Every route of the API.
pub fn router() -> Router<App> {
    Router::new()
        .route("/healthcheck", get("OK"))
        .route("/v1/me", get(account::show_me))
        .route("/v1/version", get(account::show_version))
        .route("/v1/integrations/status", get(account::show_integrations))
        .route("/v1/users", get(account::list_users).post(account::refuse_change))
        .route("/v1/users/{id}", get(account::show_user).put(account::refuse_change).delete(account::refuse_change))
        .route("/v1/users/{id}/mark-all-as-read", put(account::mark_all_read))
        .route("/v1/categories", get(categories::list).post(categories::create))
        .route("/v1/categories/{id}", put(categories::rename).delete(categories::remove))
        .route("/v1/categories/{id}/feeds", get(categories::list_feeds))
        .route("/v1/categories/{id}/refresh", put(categories::refresh))
        .route("/v1/categories/{id}/mark-all-as-read", put(categories::mark_all_read))
        .route("/v1/categories/{id}/entries", get(entries::list_of_category))
        .route("/v1/categories/{id}/entries/{entry}", get(entries::show_in))
        .route("/v1/feeds", get(feeds::list).post(feeds::create))
        .route("/v1/feeds/counters", get(feeds::show_counters))
        .route("/v1/feeds/refresh", put(feeds::refresh_all))
        .route("/v1/feeds/{id}", get(feeds::show).put(feeds::update).delete(feeds::remove))
        .route("/v1/feeds/{id}/refresh", put(feeds::refresh))
        .route("/v1/feeds/{id}/icon", get(feeds::show_icon_of_feed))
        .route("/v1/feeds/{id}/mark-all-as-read", put(feeds::mark_all_read))
        .route("/v1/feeds/{id}/entries", get(entries::list_of_feed))
        .route("/v1/feeds/{id}/entries/{entry}", get(entries::show_in))
        .route("/v1/icons/{id}", get(feeds::show_icon))
        .route("/v1/discover", post(feeds::discover))
        .route("/v1/entries", get(entries::list).put(entries::update))
        .route("/v1/entries/ids", get(entries::list_ids))
        .route("/v1/entries/{id}", get(entries::show).put(entries::refuse_edit))
        .route("/v1/entries/{id}/bookmark", put(entries::toggle_star))
        .route("/v1/entries/{id}/star", put(entries::toggle_star))
        .route("/v1/entries/{id}/fetch-content", get(entries::show_content))
        .route("/v1/entries/{id}/save", post(entries::save))
        .route("/v1/export", get(opml::export))
        .route("/v1/import", post(opml::import))
        .route("/v1/flush-history", delete(account::refuse_change).put(account::refuse_change))
        .route("/v1/", any(not_found))
        .route("/v1/{*rest}", any(not_found))
        .method_not_allowed_fallback(not_found)
}

async fn not_found() -> MinifluxError {
    MinifluxError(AppError::not_found("The requested resource was not found."))
}
