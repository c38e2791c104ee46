//! What requests for one feed carry, sealed.

use crate::domain::ids::{ArticleId, FeedId};
use sqlx::{SqliteConnection, SqlitePool};

/// A row as it is stored.
#[derive(Clone, Debug)]
pub struct SealedRequest {
    /// The feed.
    pub feed: FeedId,
    /// Scheme, host and port that it is for.
    pub origin: String,
    /// The sealed content.
    pub sealed: Vec<u8>,
}

/// That of a feed.
pub async fn load(db: &SqlitePool, feed: FeedId) -> sqlx::Result<Option<SealedRequest>> {
    sqlx::query!("SELECT origin, sealed FROM feed_requests WHERE feed_id = ?", feed.0)
        .map(|r| SealedRequest { feed, origin: r.origin, sealed: r.sealed })
        .fetch_optional(db)
        .await
}

/// That of the feed of an article.
pub async fn load_of_article(db: &SqlitePool, article: ArticleId) -> sqlx::Result<Option<SealedRequest>> {
    sqlx::query!(
        "SELECT r.feed_id, r.origin, r.sealed FROM articles a JOIN feed_requests r ON r.feed_id = a.feed_id WHERE a.id = ?",
        article.0
    )
    .map(|r| SealedRequest { feed: FeedId(r.feed_id), origin: r.origin, sealed: r.sealed })
    .fetch_optional(db)
    .await
}

/// Stores one in place of what was there.
pub async fn store(db: &mut SqliteConnection, request: &SealedRequest) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO feed_requests (feed_id, origin, sealed) VALUES (?1, ?2, ?3)
         ON CONFLICT (feed_id) DO UPDATE SET origin = ?2, sealed = ?3",
        request.feed.0,
        request.origin,
        request.sealed
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets that of a feed.
pub async fn remove(db: &mut SqliteConnection, feed: FeedId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM feed_requests WHERE feed_id = ?", feed.0).execute(db).await?;
    Ok(())
}
