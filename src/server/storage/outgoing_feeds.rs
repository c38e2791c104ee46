//! Outgoing feeds of saved searches.

use super::saved_searches::SavedSearchRow;
use crate::domain::{ids::SavedSearchId, time::Timestamp};
use sqlx::{SqliteConnection, SqliteExecutor, SqlitePool, query};

/// The saved searches with an outgoing feed, each with its sealed secret; all of them, or the one with this id.
pub async fn select(db: &SqlitePool, only: Option<SavedSearchId>) -> sqlx::Result<Vec<(SavedSearchId, Vec<u8>)>> {
    let only = only.map(|id| id.0);
    query!(
        r#"SELECT search_id AS "search_id!", sealed_secret FROM outgoing_feeds WHERE ?1 IS NULL OR search_id = ?1
           ORDER BY search_id"#,
        only
    )
    .map(|r| (SavedSearchId(r.search_id), r.sealed_secret))
    .fetch_all(db)
    .await
}

/// The saved search whose outgoing feed has a secret with this hash, and when the secret was made.
pub async fn find_search(
    db: impl SqliteExecutor<'_>,
    secret_hash: &[u8],
) -> sqlx::Result<Option<(SavedSearchRow, Timestamp)>> {
    query!(
        r#"SELECT s.id AS "id!", s.name, s.query, o.created_at FROM outgoing_feeds o JOIN saved_searches s ON s.id = o.search_id
           WHERE o.secret_hash = ?"#,
        secret_hash
    )
    .map(|r| (SavedSearchRow { id: SavedSearchId(r.id), name: r.name, query: r.query }, Timestamp(r.created_at)))
    .fetch_optional(db)
    .await
}

/// Stores a secret in place of the one there was; false when there is no such saved search.
pub async fn store(
    db: &mut SqliteConnection,
    search: SavedSearchId,
    secret_hash: &[u8],
    sealed_secret: &[u8],
    now: Timestamp,
) -> sqlx::Result<bool> {
    let done = query!(
        "INSERT INTO outgoing_feeds (search_id, secret_hash, sealed_secret, created_at)
         SELECT id, ?2, ?3, ?4 FROM saved_searches WHERE id = ?1
         ON CONFLICT (search_id) DO UPDATE SET secret_hash = excluded.secret_hash, sealed_secret = excluded.sealed_secret,
             created_at = excluded.created_at",
        search.0,
        secret_hash,
        sealed_secret,
        now.0
    );
    Ok(done.execute(db).await?.rows_affected() > 0)
}

/// Forgets the secret of a saved search; false when it has none.
pub async fn delete(db: &mut SqliteConnection, search: SavedSearchId) -> sqlx::Result<bool> {
    let done = query!("DELETE FROM outgoing_feeds WHERE search_id = ?", search.0).execute(db).await?;
    Ok(done.rows_affected() > 0)
}
