//! The API of Google Reader, as FreshRSS and Miniflux speak it (docs/spec/client-apis.md "Google Reader"): at the root for clients
//! of Google Reader and Miniflux, and below `/api/greader.php` for those of FreshRSS.

mod account;
mod caller;
pub(super) mod error;
mod folders;
mod item;
mod item_id;
mod list_query;
mod lists;
mod marks;
mod moment;
mod opml;
mod streams;
mod subscriptions;

use crate::{error::AppError, server::state::App};
use axum::{
    Router,
    routing::{any, get, post},
};
use error::GreaderError;

/// The address that clients of FreshRSS are given.
const FRESHRSS_PATH: &str = "/api/greader.php";

/// Every route of the API, at both places.
pub fn router() -> Router<App> {
    Router::new()
        .merge(routes())
        // Liferea requests the address itself first.
        .route("/api/greader.php", get("OK"))
        .route("/api/greader.php/", get("OK"))
        .route("/api/greader.php/{*rest}", any(not_found))
        .nest(FRESHRSS_PATH, routes())
        .method_not_allowed_fallback(not_found)
}

fn routes() -> Router<App> {
    Router::new()
        .route("/accounts/ClientLogin", get(account::log_in).post(account::log_in))
        .route("/accounts/", any(not_found))
        .route("/accounts/{*rest}", any(not_found))
        .route("/reader/api/0/token", get(account::show_token))
        .route("/reader/api/0/user-info", get(account::show_user))
        .route("/reader/api/0/preference/list", get(account::list_preferences))
        .route("/reader/api/0/preference/stream/list", get(account::list_stream_preferences))
        .route("/reader/api/0/friend/list", get(account::list_friends))
        .route("/reader/api/0/tag/list", get(subscriptions::list_tags))
        .route("/reader/api/0/subscription/list", get(subscriptions::list))
        .route("/reader/api/0/subscription/edit", post(subscriptions::edit))
        .route("/reader/api/0/subscription/quickadd", post(subscriptions::quick_add))
        .route("/reader/api/0/subscription/export", get(opml::export))
        .route("/reader/api/0/subscription/import", post(opml::import))
        .route("/reader/api/0/unread-count", get(subscriptions::count_unread))
        .route("/reader/api/0/stream/items/ids", get(lists::list_ids).post(lists::list_ids))
        .route("/reader/api/0/stream/items/contents", get(lists::show_items).post(lists::show_items))
        .route("/reader/api/0/stream/contents", get(lists::list_contents).post(lists::list_contents))
        .route("/reader/api/0/stream/contents/", get(lists::list_contents).post(lists::list_contents))
        .route(
            "/reader/api/0/stream/contents/{*stream}",
            get(lists::list_contents_of_path).post(lists::list_contents_of_path),
        )
        .route("/reader/api/0/edit-tag", post(marks::edit_tag))
        .route("/reader/api/0/mark-all-as-read", post(marks::mark_all_read))
        .route("/reader/api/0/rename-tag", post(folders::rename))
        .route("/reader/api/0/disable-tag", post(folders::remove))
        .route("/reader/", any(not_found))
        .route("/reader/{*rest}", any(not_found))
        .method_not_allowed_fallback(not_found)
}

async fn not_found() -> GreaderError {
    GreaderError(AppError::not_found("There is no such call."))
}
