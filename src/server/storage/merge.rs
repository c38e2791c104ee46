//! Merging two subscriptions: the articles of one become the other's, and marks of articles that both have are combined.

use crate::domain::ids::FeedId;
use sqlx::SqliteConnection;

/// Numbers of merged articles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct MergeCounts {
    /// Articles that only the first feed had.
    pub moved: i64,
    /// Articles that both had.
    pub combined: i64,
}

/// Merges at most `limit` articles of `from` into `into`. Nothing left: both counts are 0.
///
/// Two articles are one when their titles are the same and their guids or links too. It is read, starred or voted on when either
/// was; of two votes the later stays. It has the score and the categories of its own, else those of the other.
pub async fn merge_articles(
    db: &mut SqliteConnection,
    from: FeedId,
    into: FeedId,
    limit: i64,
) -> sqlx::Result<MergeCounts> {
    let pairs = sqlx::query!(
        r#"SELECT a.id AS "id!", (
               SELECT t.article_id FROM article_identities t
               WHERE t.feed_id = ?2 AND t.label = s.label
                 AND (t.guid = s.guid OR t.path = s.path OR (coalesce(s.guid, s.path) IS NULL AND t.words = s.words))
               ORDER BY t.article_id LIMIT 1) AS "twin: i64"
           FROM articles a LEFT JOIN article_identities s ON s.article_id = a.id
           WHERE a.feed_id = ?1 ORDER BY a.id LIMIT ?3"#,
        from.0,
        into.0,
        limit
    )
    .fetch_all(&mut *db)
    .await?;
    let mut counts = MergeCounts::default();
    let mut moved = Vec::new();
    for pair in pairs {
        match pair.twin {
            Some(twin) => {
                combine(db, pair.id, twin).await?;
                counts.combined += 1;
            }
            None => {
                moved.push(pair.id);
                counts.moved += 1;
            }
        }
    }
    let moved = super::json_ids(moved.into_iter());
    sqlx::query!("UPDATE articles SET feed_id = ?2 WHERE id IN (SELECT value FROM json_each(?1))", moved, into.0)
        .execute(&mut *db)
        .await?;
    sqlx::query!(
        "UPDATE article_identities SET feed_id = ?2 WHERE article_id IN (SELECT value FROM json_each(?1))",
        moved,
        into.0
    )
    .execute(&mut *db)
    .await?;
    // Decisions that were made from the articles as they were no longer hold.
    sqlx::query!("UPDATE feeds SET articles_revision = articles_revision + 1 WHERE id IN (?1, ?2)", from.0, into.0)
        .execute(db)
        .await?;
    Ok(counts)
}

/// Gives the marks, the vote and the conversations of `from` to `into`, and removes it.
async fn combine(db: &mut SqliteConnection, from: i64, into: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE articles SET is_read = max(articles.is_read, f.is_read), is_starred = max(articles.is_starred, f.is_starred)
         FROM (SELECT is_read, is_starred FROM articles WHERE id = ?1) f WHERE articles.id = ?2",
        from,
        into
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "DELETE FROM votes WHERE article_id = ?2 AND at < (SELECT at FROM votes WHERE article_id = ?1)",
        from,
        into
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!("UPDATE OR IGNORE votes SET article_id = ?2 WHERE article_id = ?1", from, into)
        .execute(&mut *db)
        .await?;
    sqlx::query!("UPDATE conversations SET article_id = ?2 WHERE article_id = ?1", from, into)
        .execute(&mut *db)
        .await?;
    adopt_score(db, from, into).await?;
    sqlx::query!("DELETE FROM articles WHERE id = ?1", from).execute(db).await?;
    Ok(())
}

/// Moves the score and the categories of `from` to `into`, unless that is scored or blocked; a lease on `into` ends.
async fn adopt_score(db: &mut SqliteConnection, from: i64, into: i64) -> sqlx::Result<()> {
    let done = sqlx::query!(
        "UPDATE articles SET state = f.state, next_step = f.next_step, scoring_priority = max(articles.scoring_priority, f.scoring_priority),
                rescore_mode = f.rescore_mode, attempts = f.attempts, last_error = f.last_error, composite = f.composite,
                is_flat = f.is_flat,
                lease = NULL, lease_until = NULL
         FROM (SELECT CASE WHEN state IN ('categorizing', 'scoring') THEN 'queued' ELSE state END AS state, next_step,
                      scoring_priority, rescore_mode, attempts, last_error, composite, is_flat
               FROM articles WHERE id = ?1 AND (composite IS NOT NULL OR state = 'blocked')) f
         WHERE articles.id = ?2 AND articles.composite IS NULL AND articles.state <> 'blocked'",
        from,
        into
    )
    .execute(&mut *db)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(());
    }
    // Categories that it got without a score go, so that each is counted once.
    sqlx::query!("DELETE FROM article_categories WHERE article_id = ?1", into).execute(&mut *db).await?;
    sqlx::query!(
        "INSERT INTO article_categories (article_id, category_id, position)
         SELECT ?2, category_id, position FROM article_categories WHERE article_id = ?1",
        from,
        into
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!("UPDATE OR REPLACE scores SET article_id = ?2 WHERE article_id = ?1", from, into)
        .execute(&mut *db)
        .await?;
    sqlx::query!("UPDATE OR REPLACE model_runs SET article_id = ?2 WHERE article_id = ?1", from, into)
        .execute(db)
        .await?;
    Ok(())
}

/// Removes the feed `from` after its articles were merged into `into`, which takes over its audit trail, and its title and folder
/// where it has none of its own.
pub async fn remove_merged_feed(db: &mut SqliteConnection, from: FeedId, into: FeedId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE feeds SET custom_title = coalesce(feeds.custom_title, f.custom_title), folder_id = coalesce(feeds.folder_id, f.folder_id)
         FROM (SELECT custom_title, folder_id FROM feeds WHERE id = ?1) f WHERE feeds.id = ?2",
        from.0,
        into.0
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!("UPDATE feed_events SET feed_id = ?2 WHERE feed_id = ?1", from.0, into.0).execute(&mut *db).await?;
    sqlx::query!("UPDATE removed_articles SET feed_id = ?2 WHERE feed_id = ?1", from.0, into.0)
        .execute(&mut *db)
        .await?;
    sqlx::query!("DELETE FROM feeds WHERE id = ?1", from.0).execute(db).await?;
    Ok(())
}
