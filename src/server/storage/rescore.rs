//! Queueing articles again, and the settings of the last evaluation, which tell whether there is a reason to.

use crate::domain::{
    ids::{ArticleId, FeedId},
    score::RescoreMode,
    scoring::RescoreScope,
};
use sqlx::{SqliteConnection, SqliteExecutor, SqlitePool};

/// Which articles a request covers, before the mode is looked at.
#[derive(Clone, Copy, Debug)]
struct RescoreFilter {
    unread: bool,
    failed: bool,
    feed: Option<i64>,
    article: Option<i64>,
}

impl From<RescoreScope> for RescoreFilter {
    fn from(scope: RescoreScope) -> Self {
        let none = Self { unread: false, failed: false, feed: None, article: None };
        match scope {
            RescoreScope::Unread => Self { unread: true, ..none },
            RescoreScope::Failed => Self { failed: true, ..none },
            RescoreScope::Feed(id) => Self { feed: Some(id.0), ..none },
            RescoreScope::Article(id) => Self { article: Some(id.0), ..none },
        }
    }
}

/// The articles that a request would queue. Blocked ones only to be categorized again: a score-only pass never un-blocks.
/// None of feeds that are never scored; one that a rule keeps out of the queue only when it is asked for by itself.
pub async fn find_in_scope(
    db: impl SqliteExecutor<'_>,
    scope: RescoreScope,
    mode: Option<RescoreMode>,
) -> sqlx::Result<Vec<ArticleId>> {
    let full = mode == Some(RescoreMode::Full);
    let ids = match RescoreFilter::from(scope) {
        RescoreFilter { unread: true, .. } => {
            sqlx::query_scalar!(
                "SELECT id FROM articles INDEXED BY articles_unread_best
                 WHERE is_read = 0 AND state <> 'blocked' AND is_hidden = 0 AND composite IS NOT NULL
                   AND is_never_scored = 0
                   AND feed_id NOT IN (SELECT id FROM feeds WHERE never_score = 1)"
            )
            .fetch_all(db)
            .await?
        }
        RescoreFilter { failed: true, .. } => {
            sqlx::query_scalar!("SELECT id FROM articles WHERE state = 'failed'").fetch_all(db).await?
        }
        RescoreFilter { feed, article, .. } => {
            sqlx::query_scalar!(
                r#"SELECT a.id AS "id!" FROM articles a
                   WHERE a.feed_id = ?1 AND a.is_hidden = 0 AND a.is_never_scored = 0 AND (a.state <> 'blocked' OR ?3)
                     AND NOT EXISTS (SELECT 1 FROM feeds f WHERE f.id = a.feed_id AND f.never_score = 1)
                   UNION ALL
                   SELECT a.id FROM articles a
                   WHERE a.id = ?2 AND (a.state <> 'blocked' OR ?3)
                     AND NOT EXISTS (SELECT 1 FROM feeds f WHERE f.id = a.feed_id AND f.never_score = 1)"#,
                feed,
                article,
                full,
            )
            .fetch_all(db)
            .await?
        }
    };
    Ok(ids.into_iter().map(ArticleId).collect())
}

/// How many articles [`find_in_scope`] would find; those of all feeds are counted as they change.
pub async fn count_in_scope(db: &SqlitePool, scope: RescoreScope, mode: Option<RescoreMode>) -> sqlx::Result<i64> {
    if scope == RescoreScope::Unread {
        return count_unread_scored(db).await;
    }
    Ok(i64::try_from(find_in_scope(db, scope, mode).await?.len()).unwrap_or(i64::MAX))
}

/// Queues articles: with no mode they resume where they stopped. A lease that is held ends, so that the answer on its way is
/// dropped and the article asked about anew. Attempts start again from zero.
pub async fn enqueue(
    db: &mut SqliteConnection,
    ids: &[ArticleId],
    mode: Option<RescoreMode>,
    priority: i64,
) -> sqlx::Result<u64> {
    let ids = super::json_ids(ids.iter().map(|id| id.0));
    let word = mode.map(RescoreMode::as_str);
    let done = sqlx::query!(
        "UPDATE articles SET
             state = CASE WHEN state = 'blocked' THEN 'blocked' ELSE 'queued' END,
             next_step = CASE
                 WHEN ?2 = 'full' THEN 'categorize'
                 WHEN ?2 IS NULL AND next_step IS NOT NULL THEN next_step
                 -- Nothing is scored that was never categorized, nor while a full pass is still owed.
                 WHEN next_step = 'categorize' THEN 'categorize'
                 WHEN EXISTS (SELECT 1 FROM model_runs r WHERE r.article_id = articles.id AND r.step = 'categorize') THEN 'score'
                 ELSE 'categorize' END,
             rescore_mode = CASE WHEN rescore_mode = 'full' AND next_step IS NOT NULL THEN 'full' ELSE coalesce(?2, rescore_mode) END,
             scoring_priority = max(scoring_priority, ?3),
             attempts = 0, last_error = NULL, lease = NULL, lease_until = NULL
         WHERE id IN (SELECT value FROM json_each(?1))",
        ids,
        word,
        priority,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Whether an unread article waits to be categorized and scored again.
pub async fn owes_full_pass(db: impl SqliteExecutor<'_>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM articles
                   WHERE next_step = 'categorize' AND lease IS NULL AND state <> 'failed' AND scoring_priority > 0
                       AND rescore_mode = 'full' AND is_read = 0) AS "owes!: bool""#
    )
    .fetch_one(db)
    .await
}

/// How many articles [`cancel`] would take out of the queue.
pub async fn count_cancellable(db: impl SqliteExecutor<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!: i64" FROM articles
           WHERE next_step IN ('categorize', 'score') AND lease IS NULL AND state <> 'failed' AND scoring_priority > 0
               AND state IN ('queued', 'blocked') AND (state = 'blocked' OR composite IS NOT NULL)
               AND (rescore_mode = 'score_only' OR (rescore_mode = 'full' AND next_step = 'categorize'))"#
    )
    .fetch_one(db)
    .await
}

/// Takes at most `max` articles that were asked to be scored again out of the queue, or only `article`; they keep the score they
/// have. What the model has begun goes on. How many those were.
pub async fn cancel(db: &mut SqliteConnection, article: Option<ArticleId>, max: i64) -> sqlx::Result<i64> {
    let article = article.map(|id| id.0);
    let done = sqlx::query!(
        "UPDATE articles SET state = iif(state = 'blocked', 'blocked', 'scored'), next_step = NULL, rescore_mode = NULL,
             scoring_priority = 0
         WHERE id IN (SELECT id FROM articles
                      WHERE next_step IN ('categorize', 'score') AND lease IS NULL AND state <> 'failed' AND scoring_priority > 0
                          AND state IN ('queued', 'blocked') AND (state = 'blocked' OR composite IS NOT NULL)
                          AND (rescore_mode = 'score_only' OR (rescore_mode = 'full' AND next_step = 'categorize'))
                          AND (?1 IS NULL OR id = ?1) LIMIT ?2)",
        article,
        max
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected().cast_signed())
}

/// Restores the settings of the evaluation before the last one; without one nothing changes.
pub async fn restore_last_fingerprint(db: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE model_choices SET last_evaluated = evaluated_before, evaluated_before = NULL
         WHERE id = 1 AND evaluated_before IS NOT NULL"
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Unread articles that have a score and are in the inbox, without those that a rule or their feed keeps from being scored.
pub async fn count_unread_scored(db: impl SqliteExecutor<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"SELECT (SELECT coalesce(sum(c.unread_scored), 0) FROM feed_counts c JOIN feeds f ON f.id = c.feed_id WHERE f.never_score = 0)
               - (SELECT count(*) FROM articles a INDEXED BY articles_never_scored CROSS JOIN feeds f ON f.id = a.feed_id
                  WHERE a.is_never_scored = 1 AND a.composite IS NOT NULL AND a.is_read = 0 AND a.state <> 'blocked' AND a.is_hidden = 0
                    AND f.never_score = 0) AS "n!: i64""#
    )
    .fetch_one(db)
    .await
}

/// The display title of the feed that a request is about, or of the article's, when it is never scored.
pub async fn find_never_scored_feed(
    db: impl SqliteExecutor<'_>,
    scope: RescoreScope,
) -> sqlx::Result<Option<(FeedId, String)>> {
    let RescoreFilter { feed, article, .. } = RescoreFilter::from(scope);
    sqlx::query!(
        r#"SELECT id AS "id!", coalesce(nullif(custom_title, ''), nullif(title, ''), url) AS "title!: String" FROM feeds
           WHERE never_score = 1 AND id IN (?1, (SELECT feed_id FROM articles WHERE id = ?2))"#,
        feed,
        article
    )
    .map(|row| (FeedId(row.id), row.title))
    .fetch_optional(db)
    .await
}

/// What the last evaluation ran with (JSON); `None` before the first.
pub async fn load_last_fingerprint(db: impl SqliteExecutor<'_>) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("SELECT last_evaluated FROM model_choices WHERE id = 1").fetch_one(db).await
}

/// Stores what the first evaluation of all ran with; later ones are stored when they are requested.
pub async fn set_first_fingerprint(db: &mut SqliteConnection, settings: &str) -> sqlx::Result<()> {
    sqlx::query!("UPDATE model_choices SET last_evaluated = ? WHERE id = 1 AND last_evaluated IS NULL", settings)
        .execute(db)
        .await?;
    Ok(())
}

/// Stores what an evaluation ran with.
pub async fn set_last_fingerprint(db: &mut SqliteConnection, settings: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE model_choices SET evaluated_before = last_evaluated, last_evaluated = ?1
         WHERE id = 1 AND last_evaluated IS NOT ?1",
        settings
    )
    .execute(db)
    .await?;
    Ok(())
}
