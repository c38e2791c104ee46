//! Read marks and stars.

use crate::domain::{
    article::{ArticleView, MarkReadScope},
    ids::ArticleId,
    time::Timestamp,
};
use sqlx::{SqliteConnection, query, query_scalar};

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

/// Sets read and star of many articles, each only when given; how many changed. Marks leave bulk marks as in [`set`].
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

/// Marks unread articles that arrived up to a time as read, under one further condition. A macro, since each condition has to be
/// part of the statement for its index to be used.
macro_rules! mark_read_where {
    ($db:expr, $batch:expr, $before:expr, $now:expr, $condition:literal $(, $id:expr)?) => {
        query!(
            "UPDATE articles SET is_read = 1, read_batch = ?1, read_at = ?3 WHERE is_read = 0 AND fetched_at <= ?2 AND " + $condition,
            $batch,
            $before,
            $now
            $(, $id)?
        )
        .execute($db)
        .await?
    };
}

/// Marks the unread articles of `scope` that arrived up to `before` as read, remembered under `token`; how many. Blocked
/// articles are marked only by their own view or a star, since other lists do not show them. The place in the queue stays as it
/// is: a read article is scored like any other.
pub async fn mark_scope_read(
    db: &mut SqliteConnection,
    scope: MarkReadScope,
    before: Timestamp,
    token: &str,
    now: Timestamp,
    keep: i64,
) -> sqlx::Result<i64> {
    query!("DELETE FROM read_batches WHERE at < ? - ?", now.0, keep).execute(&mut *db).await?;
    let batch = query_scalar!("INSERT INTO read_batches (token, at) VALUES (?, ?) RETURNING id", token, now.0)
        .fetch_one(&mut *db)
        .await?;
    let before = before.0;
    let done = match scope {
        MarkReadScope::All | MarkReadScope::View(ArticleView::Unread | ArticleView::All) => {
            mark_read_where!(db, batch, before, now.0, "state <> 'blocked'")
        }
        MarkReadScope::Feed(id) => {
            mark_read_where!(db, batch, before, now.0, "state <> 'blocked' AND feed_id = ?4", id.0)
        }
        MarkReadScope::Folder(id) => mark_read_where!(
            db,
            batch,
            before,
            now.0,
            "state <> 'blocked' AND feed_id IN (SELECT id FROM feeds WHERE folder_id = ?4)",
            id.0
        ),
        MarkReadScope::Category(id) => mark_read_where!(
            db,
            batch,
            before,
            now.0,
            "state <> 'blocked' AND id IN (SELECT article_id FROM article_categories WHERE category_id IN
                                           (SELECT id FROM categories WHERE id = ?4 OR parent_id = ?4))",
            id.0
        ),
        MarkReadScope::View(ArticleView::Starred) => mark_read_where!(db, batch, before, now.0, "is_starred = 1"),
        MarkReadScope::View(ArticleView::Scoring) => {
            mark_read_where!(db, batch, before, now.0, "state IN ('queued', 'categorizing', 'scoring')")
        }
        MarkReadScope::View(ArticleView::Blocked) => mark_read_where!(db, batch, before, now.0, "state = 'blocked'"),
        MarkReadScope::View(ArticleView::Failed) => mark_read_where!(db, batch, before, now.0, "state = 'failed'"),
    };
    Ok(i64::try_from(done.rows_affected()).unwrap_or(i64::MAX))
}

/// Makes the articles of a bulk mark unread again, once; how many. `None`: the token is unknown or from before `since`.
pub async fn undo_batch(db: &mut SqliteConnection, token: &str, since: Timestamp) -> sqlx::Result<Option<i64>> {
    let batch =
        query_scalar!(r#"DELETE FROM read_batches WHERE token = ? AND at >= ? RETURNING id AS "id!""#, token, since.0)
            .fetch_optional(&mut *db)
            .await?;
    let Some(batch) = batch else { return Ok(None) };
    let done = query!("UPDATE articles SET is_read = 0, read_batch = NULL, read_at = NULL WHERE read_batch = ?", batch)
        .execute(db)
        .await?;
    Ok(Some(i64::try_from(done.rows_affected()).unwrap_or(i64::MAX)))
}
