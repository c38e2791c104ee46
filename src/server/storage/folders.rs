//! Folders of feeds.

use crate::domain::{feed::Folder, ids::FolderId, time::Timestamp};
use sqlx::{SqliteConnection, SqlitePool};

/// All folders by name, or the one with this id.
pub async fn select(db: &SqlitePool, only: Option<FolderId>) -> sqlx::Result<Vec<Folder>> {
    let only = only.map(|id| id.0);
    sqlx::query!(
        r#"SELECT d.id AS "id!", d.name, coalesce(sum(c.unread), 0) AS "unread!: i64", count(f.id) AS "feeds!: i64"
           FROM folders d LEFT JOIN feeds f ON f.folder_id = d.id LEFT JOIN feed_counts c ON c.feed_id = f.id
           WHERE ?1 IS NULL OR d.id = ?1
           GROUP BY d.id ORDER BY d.name COLLATE NOCASE"#,
        only
    )
    .map(|r| Folder { id: FolderId(r.id), name: r.name, unread: r.unread, feed_count: r.feeds })
    .fetch_all(db)
    .await
}

/// The folder of that name, whatever its case.
pub async fn find_id(db: &mut SqliteConnection, name: &str) -> sqlx::Result<Option<FolderId>> {
    let id = sqlx::query_scalar!(r#"SELECT id AS "id!" FROM folders WHERE name = ?"#, name).fetch_optional(db).await?;
    Ok(id.map(FolderId))
}

/// Adds a folder; `None` when the name is taken.
pub async fn insert(db: &mut SqliteConnection, name: &str, now: Timestamp) -> sqlx::Result<Option<FolderId>> {
    let id = sqlx::query_scalar!(
        r#"INSERT INTO folders (name, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING id AS "id!""#,
        name,
        now.0
    )
    .fetch_optional(db)
    .await?;
    Ok(id.map(FolderId))
}

/// Renames a folder; false when there is none. The caller has made sure that the name is free.
pub async fn rename(db: &mut SqliteConnection, id: FolderId, name: &str) -> sqlx::Result<bool> {
    let done = sqlx::query!("UPDATE folders SET name = ? WHERE id = ?", name, id.0).execute(db).await?;
    Ok(done.rows_affected() > 0)
}

/// Removes a folder, leaving its feeds without one; false when there is none.
pub async fn delete(db: &mut SqliteConnection, id: FolderId) -> sqlx::Result<bool> {
    let done = sqlx::query!("DELETE FROM folders WHERE id = ?", id.0).execute(db).await?;
    Ok(done.rows_affected() > 0)
}
