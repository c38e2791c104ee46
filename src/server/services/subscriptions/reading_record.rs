//! Records which feed is being read, in case that crashes the process.

use crate::{
    error::AppError,
    server::{
        state::App,
        storage::{checks::FeedSource, feed_reading},
    },
};
use tokio::sync::OwnedSemaphorePermit;

/// Crashes of the process after which a feed is no longer read automatically.
const MAX_CRASHES: i64 = 2;

/// A record in the database while a feed is read; removed by [`ReadingRecord::end`], or in the background when it is dropped.
/// There is none for a feed that was removed meanwhile.
pub(super) struct ReadingRecord {
    app: App,
    id: Option<i64>,
    _permit: OwnedSemaphorePermit,
}

impl ReadingRecord {
    /// Waits for a permit, for all of them when the feed crashed the process before, and writes the record.
    pub async fn begin(app: &App, source: &FeedSource) -> Result<Self, AppError> {
        let permit = app.parse_pool.acquire_feed_permit(source.crashes > 0).await?;
        let mut tx = app.db.write().await?;
        let id = feed_reading::begin(&mut tx, source.id, app.clock.now()).await?;
        tx.commit().await?;
        Ok(Self { app: app.clone(), id, _permit: permit })
    }

    /// Removes the record.
    pub async fn end(mut self) {
        if let Some(id) = self.id.take() {
            remove(&self.app, id).await;
        }
    }
}

impl Drop for ReadingRecord {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            let app = self.app.clone();
            self.app.lifecycle.spawn(async move { remove(&app, id).await });
        }
    }
}

async fn remove(app: &App, id: i64) {
    let removed = async {
        let mut tx = app.db.write().await?;
        feed_reading::end(&mut tx, id).await?;
        tx.commit().await
    };
    if let Err(error) = removed.await {
        tracing::warn!(%error, "the record that a feed is being read could not be removed");
    }
}

/// At the start: records the feeds that were being read when the process crashed, and sets aside those with repeated crashes.
#[tracing::instrument(name = "subscriptions.set_crashing_feeds_aside", level = "debug", skip_all)]
pub async fn set_crashing_feeds_aside(app: &App) -> Result<(), AppError> {
    let mut tx = app.db.write().await?;
    let crashes = feed_reading::record_crashes(&mut tx).await?;
    if crashes > 0 {
        let message = format!("Gleaner ended {MAX_CRASHES} times while it was reading this feed.");
        let feeds = feed_reading::set_crashing_aside(&mut tx, MAX_CRASHES, &message).await?;
        tracing::warn!(being_read = crashes, set_aside = feeds, "the last run ended while feeds were being read");
    }
    Ok(tx.commit().await?)
}
