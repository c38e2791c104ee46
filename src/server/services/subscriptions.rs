//! Subscribing, refreshing, folders, OPML.

use crate::{
    domain::{
        feed::{Feed, FeedChange, FeedEvent, Folder, ImportReport, Subscribed},
        ids::{FeedId, FolderId},
    },
    error::AppError,
    server::state::App,
};

/// Subscribes to the feed at `address`, or to the one a site at that address offers; several are offered for choice.
/// Errors: 422 with the reason when it is no feed, 409 when already subscribed.
pub async fn subscribe(app: &App, address: &str, folder: Option<FolderId>) -> Result<Subscribed, AppError> {
    todo!()
}

/// All subscriptions, by display title.
pub async fn feeds(app: &App) -> Result<Vec<Feed>, AppError> {
    todo!()
}

/// One subscription. 404.
pub async fn feed(app: &App, id: FeedId) -> Result<Feed, AppError> {
    todo!()
}

/// Renames or moves a subscription.
pub async fn update_feed(app: &App, id: FeedId, change: FeedChange) -> Result<Feed, AppError> {
    todo!()
}

/// Removes a subscription with its articles. 404.
pub async fn unsubscribe(app: &App, id: FeedId) -> Result<(), AppError> {
    todo!()
}

/// Fetches one feed now, conditionally, whatever its schedule; the feed as it is afterwards (its health tells how it went).
pub async fn refresh(app: &App, id: FeedId) -> Result<Feed, AppError> {
    todo!()
}

/// Makes every feed due now and wakes the scheduler; how many that is.
pub async fn refresh_all(app: &App) -> Result<i64, AppError> {
    todo!()
}

/// The audit trail of a feed, newest first.
pub async fn feed_events(app: &App, id: FeedId) -> Result<Vec<FeedEvent>, AppError> {
    todo!()
}

/// All folders, by name.
pub async fn folders(app: &App) -> Result<Vec<Folder>, AppError> {
    todo!()
}

/// 409 when the name is taken, 422 when it is blank.
pub async fn create_folder(app: &App, name: &str) -> Result<Folder, AppError> {
    todo!()
}

/// As [`create_folder`]; 404.
pub async fn rename_folder(app: &App, id: FolderId, name: &str) -> Result<Folder, AppError> {
    todo!()
}

/// Removes a folder; its feeds stay, without one.
pub async fn delete_folder(app: &App, id: FolderId) -> Result<(), AppError> {
    todo!()
}

/// Subscribes to every feed of an OPML document, leniently; they are fetched in the background.
pub async fn import_opml(app: &App, document: &[u8]) -> Result<ImportReport, AppError> {
    todo!()
}

/// All subscriptions as an OPML 2.0 document.
pub async fn export_opml(app: &App) -> Result<String, AppError> {
    todo!()
}
