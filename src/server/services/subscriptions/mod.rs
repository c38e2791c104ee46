//! Subscribing, refreshing, folders, OPML.

mod articles;
mod check;
mod document;
mod folders;
mod opml;
mod store;
mod subscribe;

pub use check::{FeedCheck, check_feed};
pub use folders::{create_folder, delete_folder, list_folders, rename_folder};
pub use opml::{export_opml, import_opml};
pub use store::store_checks;
pub use subscribe::{subscribe, subscribe_to_all};

use crate::{
    domain::{
        feed::{Feed, FeedChange, FeedEvent},
        ids::FeedId,
    },
    error::AppError,
    server::{state::App, storage},
};

/// All subscriptions, by display title.
#[tracing::instrument(name = "subscriptions.list_feeds", level = "debug", skip_all)]
pub async fn list_feeds(app: &App) -> Result<Vec<Feed>, AppError> {
    Ok(storage::feeds::select(&app.db.read, None).await?)
}

/// One subscription. 404.
#[tracing::instrument(name = "subscriptions.load_feed", level = "debug", skip_all, fields(%id))]
pub async fn load_feed(app: &App, id: FeedId) -> Result<Feed, AppError> {
    storage::feeds::select(&app.db.read, Some(id)).await?.pop().ok_or_else(no_such_feed)
}

/// Renames or moves a subscription. A blank title gives the publisher's back. 404, also for the folder.
#[tracing::instrument(name = "subscriptions.update_feed", level = "debug", skip_all, fields(%id))]
pub async fn update_feed(app: &App, id: FeedId, mut change: FeedChange) -> Result<Feed, AppError> {
    if let Some(title) = &mut change.custom_title {
        *title = title.take().map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
    }
    if let Some(Some(folder)) = change.folder_id {
        folders::load_folder(app, folder).await?;
    }
    let mut tx = app.db.write().await?;
    if !storage::feeds::update(&mut tx, id, &change).await? {
        return Err(no_such_feed());
    }
    tx.commit().await?;
    load_feed(app, id).await
}

/// Removes a subscription with its articles. 404.
#[tracing::instrument(name = "subscriptions.unsubscribe", level = "debug", skip_all, fields(%id))]
pub async fn unsubscribe(app: &App, id: FeedId) -> Result<(), AppError> {
    let mut tx = app.db.write().await?;
    if !storage::feeds::delete(&mut tx, id).await? {
        return Err(no_such_feed());
    }
    Ok(tx.commit().await?)
}

/// Makes every feed due now and wakes the scheduler; how many that is. Feeds whose server asked for a pause keep it.
#[tracing::instrument(name = "subscriptions.refresh_all", level = "debug", skip_all)]
pub async fn refresh_all(app: &App) -> Result<i64, AppError> {
    let mut tx = app.db.write().await?;
    let due = storage::feeds::make_all_due(&mut tx, app.clock.now()).await?;
    tx.commit().await?;
    app.feeds_wakeup.notify_one();
    Ok(due)
}

/// The audit trail of a feed, newest first.
#[tracing::instrument(name = "subscriptions.list_feed_events", level = "debug", skip_all, fields(%id))]
pub async fn list_feed_events(app: &App, id: FeedId) -> Result<Vec<FeedEvent>, AppError> {
    Ok(storage::feeds::list_events(&app.db.read, id).await?)
}

/// Fetches one feed now, conditionally, whatever its schedule; the feed as it is afterwards (its health tells how it went).
/// A server that asked to be left alone until later is not asked. 404.
#[tracing::instrument(name = "subscriptions.refresh_feed", level = "debug", skip_all, fields(%id))]
pub async fn refresh_feed(app: &App, id: FeedId) -> Result<Feed, AppError> {
    let source = storage::checks::load_source(&app.db.read, id).await?.ok_or_else(no_such_feed)?;
    if source.not_before.is_none_or(|t| t <= app.clock.now()) {
        let finding = check_feed(app, source).await;
        store_checks(app, &[finding]).await?;
    }
    load_feed(app, id).await
}

fn no_such_feed() -> AppError {
    AppError::not_found("There is no such feed.").hint("It may have been removed in another tab.")
}
