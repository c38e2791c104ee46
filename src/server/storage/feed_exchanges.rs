//! The last exchanges of feeds with their servers.

use crate::domain::{
    feed_exchange::{FeedExchange, MAX_FEED_EXCHANGES},
    ids::FeedId,
};
use sqlx::{SqliteConnection, SqlitePool};

/// Adds an exchange; only the last ones of a feed stay.
pub async fn record(db: &mut SqliteConnection, feed: FeedId, exchange: &FeedExchange) -> sqlx::Result<()> {
    let json = serde_json::to_string(exchange).map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query!("INSERT INTO feed_exchanges (feed_id, exchange) VALUES (?, ?)", feed.0, json)
        .execute(&mut *db)
        .await?;
    sqlx::query!(
        "DELETE FROM feed_exchanges WHERE feed_id = ?1 AND id <=
             (SELECT id FROM feed_exchanges WHERE feed_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        feed.0,
        MAX_FEED_EXCHANGES
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The exchanges of a feed, newest first; one that another version stored and this one cannot read is left out.
pub async fn list(db: &SqlitePool, feed: FeedId) -> sqlx::Result<Vec<FeedExchange>> {
    let found = sqlx::query_scalar!("SELECT exchange FROM feed_exchanges WHERE feed_id = ? ORDER BY id DESC", feed.0)
        .fetch_all(db)
        .await?;
    Ok(found.iter().filter_map(|json| serde_json::from_str(json).ok()).collect())
}
