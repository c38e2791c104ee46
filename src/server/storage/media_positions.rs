//! How far audio and video were played.

use crate::domain::{ids::ArticleId, publisher_details::MediaPosition, time::Timestamp};
use sqlx::SqliteConnection;

/// Seconds that a file of an article lasts, as far as the publisher says; `None`: the article has no such audio or video.
pub async fn find_duration(db: &mut SqliteConnection, id: ArticleId, url: &str) -> sqlx::Result<Option<Option<i64>>> {
    sqlx::query_scalar!(
        "SELECT duration_seconds FROM article_media WHERE article_id = ? AND url = ? AND kind IN ('audio', 'video')",
        id.0,
        url
    )
    .fetch_optional(db)
    .await
}

/// Stores how far a file was played, in place of what was stored.
pub async fn save(
    db: &mut SqliteConnection,
    id: ArticleId,
    url: &str,
    seconds: i64,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO media_positions (article_id, url, seconds, saved_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (article_id, url) DO UPDATE SET seconds = ?3, saved_at = ?4",
        id.0,
        url,
        seconds,
        now.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Lets a file begin anew.
pub async fn remove(db: &mut SqliteConnection, id: ArticleId, url: &str) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM media_positions WHERE article_id = ? AND url = ?", id.0, url).execute(db).await?;
    Ok(())
}

/// How far the files of an article were played.
pub(super) async fn list(db: &mut SqliteConnection, id: ArticleId) -> sqlx::Result<Vec<MediaPosition>> {
    sqlx::query_as!(MediaPosition, "SELECT url, seconds FROM media_positions WHERE article_id = ?", id.0)
        .fetch_all(db)
        .await
}
