//! Unsubscribing: the feed is gone at once, its articles in short transactions, which a restart goes on with.

use super::no_such_feed;
use crate::{
    domain::ids::FeedId,
    error::AppError,
    server::{services::slices::SliceSize, state::App, storage::feed_removal},
};

/// Removes a subscription with its articles. 404. When the caller goes away or the process stops, the feed is removed all the same.
#[tracing::instrument(name = "subscriptions.unsubscribe", level = "debug", skip_all, fields(%id))]
pub async fn unsubscribe(app: &App, id: FeedId) -> Result<(), AppError> {
    let mut tx = app.db.write().await?;
    if !feed_removal::mark_removed(&mut tx, id, app.clock.now()).await? {
        return Err(no_such_feed());
    }
    tx.commit().await?;
    let removal = {
        let app = app.clone();
        async move { remove_articles(&app, id).await }
    };
    app.lifecycle.finish(removal).await.unwrap_or(Ok(()))
}

/// Goes on with the removal of feeds that an end of the process interrupted.
#[tracing::instrument(name = "subscriptions.finish_removals", level = "debug", skip_all)]
pub async fn finish_removals(app: &App) -> Result<(), AppError> {
    for id in feed_removal::list_removed(&app.db.read).await? {
        remove_articles(app, id).await?;
    }
    Ok(())
}

/// Removes the articles of a marked feed until the feed is gone, or the soft stop.
async fn remove_articles(app: &App, id: FeedId) -> Result<(), AppError> {
    let mut size = SliceSize::first();
    while !app.lifecycle.soft_stop.is_cancelled() {
        let mut tx = app.db.write().await?;
        let began_ms = app.clock.monotonic_ms();
        let is_gone = feed_removal::remove_articles(&mut tx, id, i64::from(size.rows())).await?;
        tx.commit().await?;
        if is_gone {
            break;
        }
        size = size.after(app.clock.monotonic_ms() - began_ms);
    }
    Ok(())
}
