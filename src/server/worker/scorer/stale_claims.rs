//! Ends the claims of the process before this one.

use crate::{
    error::AppError,
    server::{services::storage_health, state::App, storage::queue},
};

/// Puts back into the queue whatever the process before this one had claimed; returns how many articles.
pub async fn release_stale_claims(app: &App) -> Result<u64, AppError> {
    let mut db = app.db.write().await?;
    let articles = queue::release_leases(&mut db, queue::LeaseScope::All).await?;
    db.commit().await?;
    Ok(articles)
}

/// As [`release_stale_claims`], repeated until it succeeds or the server stops: claimed articles would wait for hours.
pub async fn release_until_stored(app: &App) {
    while !app.lifecycle.soft_stop.is_cancelled() {
        match release_stale_claims(app).await {
            Ok(0) => return,
            Ok(articles) => {
                tracing::info!(articles, "articles that were being scored are back in the queue");
                return;
            }
            Err(error) => {
                tracing::error!(%error, "articles that were being scored could not be put back into the queue");
                storage_health::wait_after_failed_write(app).await;
            }
        }
    }
}
