//! Removing feeds with their articles: marked first, then article by article, so that no other write waits long.

use crate::domain::{ids::FeedId, time::Timestamp};
use sqlx::{SqliteConnection, SqlitePool};

/// Hides a feed and frees its address; its articles are still there. `false`: there is no such feed.
pub async fn mark_removed(db: &mut SqliteConnection, id: FeedId, now: Timestamp) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE feeds SET removed_at = ?2, url = 'removed:' || id, state = 'gone', folder_id = NULL
         WHERE id = ?1 AND removed_at IS NULL",
        id.0,
        now.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The feeds that are marked and not yet deleted.
pub async fn list_removed(db: &SqlitePool) -> sqlx::Result<Vec<FeedId>> {
    let ids = sqlx::query_scalar!(r#"SELECT id AS "id!" FROM feeds WHERE removed_at IS NOT NULL ORDER BY id"#)
        .fetch_all(db)
        .await?;
    Ok(ids.into_iter().map(FeedId).collect())
}

/// Removes at most `max_articles` articles of a marked feed, kept identities likewise, and the feed itself after the last of them. `true`: the feed is
/// deleted.
pub async fn remove_articles(db: &mut SqliteConnection, id: FeedId, max_articles: i64) -> sqlx::Result<bool> {
    let marked = sqlx::query!(
        "UPDATE feeds SET articles_revision = articles_revision + 1 WHERE id = ? AND removed_at IS NOT NULL",
        id.0
    );
    if marked.execute(&mut *db).await?.rows_affected() == 0 {
        return Ok(true);
    }
    let removed = sqlx::query!(
        "DELETE FROM articles WHERE id IN (SELECT id FROM articles WHERE feed_id = ? LIMIT ?)",
        id.0,
        max_articles
    );
    if removed.execute(&mut *db).await?.rows_affected() >= max_articles.unsigned_abs() {
        return Ok(false);
    }
    let identities = sqlx::query!(
        "DELETE FROM removed_articles WHERE id IN (SELECT id FROM removed_articles WHERE feed_id = ? LIMIT ?)",
        id.0,
        max_articles
    );
    if identities.execute(&mut *db).await?.rows_affected() >= max_articles.unsigned_abs() {
        return Ok(false);
    }
    sqlx::query!("DELETE FROM feeds WHERE id = ?", id.0).execute(db).await?;
    Ok(true)
}
