//! Read marks and stars.

use crate::domain::{
    article::{ArticleView, MarkReadScope},
    ids::ArticleId,
    time::Timestamp,
};
use sqlx::{SqliteConnection, SqlitePool, query, query_scalar};

/// Sets read and star, each only when given; whether there is such an article.
pub async fn set(
    db: &mut SqliteConnection,
    id: ArticleId,
    read: Option<bool>,
    starred: Option<bool>,
    now: Timestamp,
) -> sqlx::Result<bool> {
    // A mark set by hand leaves the bulk mark it was part of, so that undoing that one does not undo this one.
    let done = query!(
        "UPDATE articles SET is_read = coalesce(?1, is_read), is_starred = coalesce(?2, is_starred),
                             read_batch = CASE WHEN ?1 IS NULL THEN read_batch END,
                             read_at = CASE WHEN ?1 IS NULL THEN read_at WHEN ?1 THEN iif(is_read, read_at, ?4) END
         WHERE id = ?3",
        read,
        starred,
        id.0,
        now.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Sets read and star of many articles, each only when given; how many changed. They leave their bulk marks as in [`set`].
pub async fn set_many(
    db: &mut SqliteConnection,
    ids: &[ArticleId],
    read: Option<bool>,
    starred: Option<bool>,
    now: Timestamp,
) -> sqlx::Result<u64> {
    let ids = super::json_ids(ids.iter().map(|id| id.0));
    let done = query!(
        "UPDATE articles SET is_read = coalesce(?1, is_read), is_starred = coalesce(?2, is_starred),
                             read_batch = CASE WHEN ?1 IS NULL THEN read_batch END,
                             read_at = CASE WHEN ?1 IS NULL THEN read_at WHEN ?1 THEN iif(is_read, read_at, ?4) END
         WHERE id IN (SELECT value FROM json_each(?3))
           AND (is_read <> ?1 OR is_starred <> ?2 OR (?1 IS NOT NULL AND read_batch IS NOT NULL))",
        read,
        starred,
        ids,
        now.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// A bulk mark that is not finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadBatch {
    /// Its row: `read_batches.id`.
    pub id: i64,
    /// What it covers; `None` while it is being undone.
    pub scope: Option<MarkReadScope>,
    /// Articles that arrived up to then are marked.
    pub arrived_until: Timestamp,
}

/// Begins a bulk mark that `token` undoes; forgets finished ones that are older than `keep` seconds.
pub async fn begin_batch(
    db: &mut SqliteConnection,
    scope: MarkReadScope,
    arrived_until: Timestamp,
    token: &str,
    now: Timestamp,
    keep: i64,
) -> sqlx::Result<ReadBatch> {
    query!("DELETE FROM read_batches WHERE at < ? - ? AND open_scope IS NULL AND is_undone = 0", now.0, keep)
        .execute(&mut *db)
        .await?;
    let open_scope = serde_json::to_string(&scope).map_err(|cause| sqlx::Error::Encode(cause.into()))?;
    let id = query_scalar!(
        "INSERT INTO read_batches (token, at, open_scope, arrived_until) VALUES (?, ?, ?, ?) RETURNING id",
        token,
        now.0,
        open_scope,
        arrived_until.0
    )
    .fetch_one(db)
    .await?;
    Ok(ReadBatch { id, scope: Some(scope), arrived_until })
}

/// Unread articles that did not arrive between two times, under one further condition, as one JSON array: a row each would cross
/// threads. A macro, since each condition has to be part of the statement for its index to be used.
macro_rules! find_unread_where {
    ($db:expr, $until:expr, $now:expr, $condition:literal $(, $id:expr)?) => {
        query_scalar!(
            r#"SELECT json_group_array(id) AS "ids!: String" FROM articles
               WHERE is_read = 0 AND NOT (fetched_at > ?1 AND fetched_at <= ?2) AND "# + $condition,
            $until,
            $now
            $(, $id)?
        )
        .fetch_one($db)
        .await?
    };
}

/// The unread articles of `scope` that arrived up to a time; those that a clock which was ahead stored in the future are among them.
/// Blocked articles are among them only in their own view or with a star, since other lists do not show them.
pub async fn find_unread(
    db: &SqlitePool,
    scope: MarkReadScope,
    arrived_until: Timestamp,
    now: Timestamp,
) -> sqlx::Result<Vec<i64>> {
    let (until, now) = (arrived_until.0, now.0);
    let ids = match scope {
        MarkReadScope::All | MarkReadScope::View(ArticleView::Unread | ArticleView::All) => {
            query_scalar!(
                r#"SELECT json_group_array(id) AS "ids!: String" FROM articles INDEXED BY articles_unread_date
                   WHERE is_read = 0 AND NOT (fetched_at > ? AND fetched_at <= ?) AND state <> 'blocked' AND is_hidden = 0"#,
                until,
                now
            )
            .fetch_one(db)
            .await?
        }
        MarkReadScope::Feed(id) => {
            find_unread_where!(db, until, now, "state <> 'blocked' AND is_hidden = 0 AND feed_id = ?3", id.0)
        }
        MarkReadScope::Folder(id) => find_unread_where!(
            db,
            until,
            now,
            "state <> 'blocked' AND is_hidden = 0 AND feed_id IN (SELECT id FROM feeds WHERE folder_id = ?3)",
            id.0
        ),
        MarkReadScope::Category(id) => find_unread_where!(
            db,
            until,
            now,
            "state <> 'blocked' AND is_hidden = 0 AND id IN (SELECT article_id FROM article_categories WHERE category_id IN
                                           (SELECT id FROM categories WHERE id = ?3 OR parent_id = ?3))",
            id.0
        ),
        MarkReadScope::View(ArticleView::Starred) => find_unread_where!(db, until, now, "is_starred = 1 AND is_hidden = 0"),
        MarkReadScope::View(ArticleView::Scoring) => {
            find_unread_where!(db, until, now, "state IN ('queued', 'categorizing', 'scoring')")
        }
        MarkReadScope::View(ArticleView::Blocked) => find_unread_where!(db, until, now, "state = 'blocked'"),
        MarkReadScope::View(ArticleView::Failed) => find_unread_where!(db, until, now, "state = 'failed'"),
    };
    super::from_json(&ids)
}

/// Marks those of `ids` that are unread as read, as part of a bulk mark; how many. None once it is being undone. The place in the queue
/// stays as it is: a read article is scored like any other.
pub async fn mark_slice(db: &mut SqliteConnection, batch: i64, ids: &[i64], now: Timestamp) -> sqlx::Result<i64> {
    let ids = super::json_ids(ids.iter().copied());
    let done = query!(
        "UPDATE articles SET is_read = 1, read_batch = ?1, read_at = ?3
         WHERE id IN (SELECT value FROM json_each(?2)) AND is_read = 0
           AND EXISTS (SELECT 1 FROM read_batches WHERE id = ?1 AND is_undone = 0)",
        batch,
        ids,
        now.0
    );
    Ok(done.execute(db).await?.rows_affected().cast_signed())
}

/// Remembers that all articles of a bulk mark are marked.
pub async fn finish_batch(db: &mut SqliteConnection, batch: i64) -> sqlx::Result<()> {
    query!("UPDATE read_batches SET open_scope = NULL WHERE id = ?", batch).execute(db).await?;
    Ok(())
}

/// Bulk marks whose making or undoing an end of the process interrupted.
pub async fn list_unfinished(db: &SqlitePool) -> sqlx::Result<Vec<ReadBatch>> {
    let rows = query!(
        r#"SELECT id AS "id!", iif(is_undone, NULL, open_scope) AS "scope?: String", arrived_until FROM read_batches
           WHERE open_scope IS NOT NULL OR is_undone = 1 ORDER BY id"#
    );
    rows.map(|r| ReadBatch {
        id: r.id,
        scope: r.scope.and_then(|scope| serde_json::from_str(&scope).ok()),
        arrived_until: Timestamp(r.arrived_until.unwrap_or_default()),
    })
    .fetch_all(db)
    .await
}

/// Begins to undo a bulk mark, once. `None`: the token is unknown, from before `since`, or used.
pub async fn begin_undo(db: &mut SqliteConnection, token: &str, since: Timestamp) -> sqlx::Result<Option<i64>> {
    query_scalar!(
        r#"UPDATE read_batches SET is_undone = 1 WHERE token = ? AND at >= ? AND is_undone = 0 RETURNING id AS "id!""#,
        token,
        since.0
    )
    .fetch_optional(db)
    .await
}

/// Makes at most `max` articles of a bulk mark unread again, hidden ones with the article of their story, and forgets it after the last of
/// them; how many.
pub async fn undo_slice(db: &mut SqliteConnection, batch: i64, max: i64) -> sqlx::Result<i64> {
    let done = query!(
        "UPDATE articles SET is_read = 0, read_batch = NULL, read_at = NULL
         WHERE id IN (SELECT id FROM articles WHERE read_batch = ? AND (is_hidden = 0 OR hidden_by_rule IS NOT NULL) LIMIT ?)",
        batch,
        max
    );
    let unread = done.execute(&mut *db).await?.rows_affected().cast_signed();
    if unread < max {
        query!("DELETE FROM read_batches WHERE id = ?", batch).execute(db).await?;
    }
    Ok(unread)
}
