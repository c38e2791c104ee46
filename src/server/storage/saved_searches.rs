//! Saved searches.

use crate::domain::{ids::SavedSearchId, time::Timestamp};
use sqlx::{SqliteConnection, SqlitePool};

/// A saved search as it is stored.
#[derive(Clone, Debug)]
pub struct SavedSearchRow {
    /// The saved search.
    pub id: SavedSearchId,
    /// Its name.
    pub name: String,
    /// The query as it was typed.
    pub query: String,
}

/// All saved searches in their order, or the one with this id.
pub async fn select(db: &SqlitePool, only: Option<SavedSearchId>) -> sqlx::Result<Vec<SavedSearchRow>> {
    let only = only.map(|id| id.0);
    sqlx::query!(
        r#"SELECT id AS "id!", name, query FROM saved_searches WHERE ?1 IS NULL OR id = ?1 ORDER BY position, id"#,
        only
    )
    .map(|r| SavedSearchRow { id: SavedSearchId(r.id), name: r.name, query: r.query })
    .fetch_all(db)
    .await
}

/// The ids in their order.
pub async fn select_ids(db: &mut SqliteConnection) -> sqlx::Result<Vec<SavedSearchId>> {
    let ids = sqlx::query_scalar!(r#"SELECT id AS "id!" FROM saved_searches ORDER BY position, id"#);
    Ok(ids.fetch_all(db).await?.into_iter().map(SavedSearchId).collect())
}

/// The saved search of that name, whatever its case.
pub async fn find_id(db: &mut SqliteConnection, name: &str) -> sqlx::Result<Option<SavedSearchId>> {
    let id = sqlx::query_scalar!(r#"SELECT id AS "id!" FROM saved_searches WHERE name = ?"#, name);
    Ok(id.fetch_optional(db).await?.map(SavedSearchId))
}

/// A new saved search at the end. The caller has made sure that the name is free.
pub async fn insert(db: &mut SqliteConnection, name: &str, query: &str, now: Timestamp) -> sqlx::Result<SavedSearchId> {
    let id = sqlx::query_scalar!(
        r#"INSERT INTO saved_searches (name, query, position, created_at)
           SELECT ?1, ?2, coalesce(max(position), 0) + 1, ?3 FROM saved_searches RETURNING id AS "id!""#,
        name,
        query,
        now.0
    )
    .fetch_one(db)
    .await?;
    Ok(SavedSearchId(id))
}

/// Changes what is given; false when there is none. The caller has made sure that the name is free.
pub async fn update(
    db: &mut SqliteConnection,
    id: SavedSearchId,
    name: Option<&str>,
    query: Option<&str>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE saved_searches SET name = coalesce(?2, name), query = coalesce(?3, query) WHERE id = ?1",
        id.0,
        name,
        query
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Gives all saved searches the order of `ids`, which are all of them.
pub async fn set_order(db: &mut SqliteConnection, ids: &[SavedSearchId]) -> sqlx::Result<()> {
    for (position, id) in (1_i64..).zip(ids) {
        sqlx::query!("UPDATE saved_searches SET position = ? WHERE id = ?", position, id.0).execute(&mut *db).await?;
    }
    Ok(())
}

/// Removes a saved search; false when there is none.
pub async fn delete(db: &mut SqliteConnection, id: SavedSearchId) -> sqlx::Result<bool> {
    let done = sqlx::query!("DELETE FROM saved_searches WHERE id = ?", id.0).execute(db).await?;
    Ok(done.rows_affected() > 0)
}
