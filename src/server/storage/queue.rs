//! The queue of articles that wait for a model, and the leases under which they are worked on.
//!
//! What the reader asked for goes first, then what a page shows, then the newest.
//!
//! In the queue: a `next_step`, no lease, not failed, no full text that is waited for. The state says what readers see of it: `queued`, or still `blocked`.

use crate::domain::{
    ids::ArticleId,
    scoring::{ArticleStateCounts, MAX_SCORING_ATTEMPTS, ScoringStep},
    time::Timestamp,
};
use sqlx::{SqliteConnection, SqliteExecutor};

/// The article that a step would take first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueHead {
    /// The step.
    pub step: ScoringStep,
    /// Its priority; higher goes first.
    pub priority: i64,
}

/// The highest priority in the queue, for each step that has work.
pub async fn load_heads(db: impl SqliteExecutor<'_>) -> sqlx::Result<Vec<QueueHead>> {
    let row = sqlx::query!(
        r#"SELECT (SELECT scoring_priority FROM articles WHERE next_step = 'categorize' AND lease IS NULL AND state <> 'failed'
                        AND NOT EXISTS (SELECT 1 FROM full_text_queue q WHERE q.article_id = articles.id AND q.holds_scoring_until IS NOT NULL)
                      ORDER BY scoring_priority DESC LIMIT 1)
                      AS "categorize?: i64",
                  (SELECT scoring_priority FROM articles WHERE next_step = 'score' AND lease IS NULL AND state <> 'failed'
                        AND NOT EXISTS (SELECT 1 FROM full_text_queue q WHERE q.article_id = articles.id AND q.holds_scoring_until IS NOT NULL)
                      ORDER BY scoring_priority DESC LIMIT 1)
                      AS "score?: i64""#
    )
    .fetch_one(db)
    .await?;
    let head = |step, priority: Option<i64>| priority.map(|priority| QueueHead { step, priority });
    Ok([head(ScoringStep::Categorize, row.categorize), head(ScoringStep::Score, row.score)]
        .into_iter()
        .flatten()
        .collect())
}

/// Puts the first articles in the queue for `step` under a lease, given with its end; returns them in the order of the queue.
/// `shown`: articles on open pages.
pub async fn claim(
    db: &mut SqliteConnection,
    step: ScoringStep,
    limit: usize,
    (lease, until): (i64, Timestamp),
    shown: &[ArticleId],
) -> sqlx::Result<Vec<ArticleId>> {
    let ids = find_next(db, step, limit, shown).await?;
    let json = super::json_ids(ids.iter().map(|id| id.0));
    sqlx::query!(
        "UPDATE articles SET
             state = CASE WHEN state = 'blocked' THEN 'blocked' WHEN next_step = 'score' THEN 'scoring' ELSE 'categorizing' END,
             lease = ?1, lease_until = ?2
         WHERE id IN (SELECT value FROM json_each(?3))",
        lease,
        until.0,
        json,
    )
    .execute(db)
    .await?;
    Ok(ids)
}

/// The first articles in the queue for `step`, at most `limit`.
async fn find_next(
    db: &mut SqliteConnection,
    step: ScoringStep,
    limit: usize,
    shown: &[ArticleId],
) -> sqlx::Result<Vec<ArticleId>> {
    let (word, rows) = (step.as_str(), i64::try_from(limit).unwrap_or(i64::MAX));
    let queued = sqlx::query!(
        r#"SELECT id AS "id!", scoring_priority FROM articles
           WHERE next_step = ?1 AND lease IS NULL AND state <> 'failed'
             AND NOT EXISTS (SELECT 1 FROM full_text_queue q WHERE q.article_id = articles.id AND q.holds_scoring_until IS NOT NULL)
           ORDER BY scoring_priority DESC, sorted_at DESC, arrived_us DESC LIMIT ?2"#,
        word,
        rows
    )
    .fetch_all(&mut *db)
    .await?;
    let requested = queued.iter().filter(|row| row.scoring_priority > 0).count();
    let mut ids: Vec<ArticleId> = queued.iter().map(|row| ArticleId(row.id)).collect();
    if requested == limit || shown.is_empty() {
        return Ok(ids);
    }
    let json = super::json_ids(shown.iter().map(|id| id.0));
    let mut preferred: Vec<ArticleId> = sqlx::query_scalar!(
        r#"SELECT a.id AS "id!" FROM json_each(?1) j CROSS JOIN articles a ON a.id = j.value
           WHERE a.next_step = ?2 AND a.lease IS NULL AND a.state <> 'failed' AND a.scoring_priority <= 0
             AND NOT EXISTS (SELECT 1 FROM full_text_queue q WHERE q.article_id = a.id AND q.holds_scoring_until IS NOT NULL)
           ORDER BY j.key LIMIT ?3"#,
        json,
        word,
        rows
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(ArticleId)
    .collect();
    let others = ids.split_off(requested).into_iter().filter(|id| !preferred.contains(id));
    let others: Vec<ArticleId> = others.collect();
    ids.append(&mut preferred);
    ids.extend(others);
    ids.truncate(limit);
    Ok(ids)
}

/// An article as a prompt needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedArticle {
    /// The article.
    pub id: ArticleId,
    /// Its title.
    pub title: String,
    /// Its author.
    pub author: Option<String>,
    /// The feed's title.
    pub feed_title: String,
    /// When it was published.
    pub published_at: Option<Timestamp>,
    /// Its content as sanitized HTML, that of its page where that is fuller.
    pub html: String,
    /// Bad answers so far.
    pub attempts: i64,
}

/// The articles under `lease`, among `ids`, in the order of `ids`.
pub async fn load_claimed(
    db: impl SqliteExecutor<'_>,
    ids: &[ArticleId],
    lease: i64,
) -> sqlx::Result<Vec<ClaimedArticle>> {
    let ids = super::json_ids(ids.iter().map(|id| id.0));
    let rows = sqlx::query!(
        r#"SELECT a.id AS "id!", a.title, a.author, coalesce(f.custom_title, f.title) AS "feed!: String", a.published_at,
                  coalesce(p.html, b.html, t.summary, '') AS "html!: String", a.attempts
           FROM json_each(?1) j CROSS JOIN articles a ON a.id = j.value CROSS JOIN feeds f ON f.id = a.feed_id
                LEFT JOIN article_bodies b ON b.article_id = a.id LEFT JOIN article_summaries t ON t.article_id = a.id
                LEFT JOIN article_full_texts p ON p.article_id = a.id AND p.is_fuller = 1
           WHERE a.lease = ?2 ORDER BY j.key"#,
        ids,
        lease,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ClaimedArticle {
            id: ArticleId(row.id),
            title: row.title,
            author: row.author,
            feed_title: row.feed,
            published_at: row.published_at.map(Timestamp),
            html: row.html,
            attempts: row.attempts,
        })
        .collect())
}

/// Queues articles again whose words changed: those that are unread and already judged or given up, and those in the queue, which
/// begin anew. A lease that is held ends. Articles that a rule or their feed keeps out of the queue stay as they are, and so do hidden copies of a story,
/// which have the score of another article.
pub(super) async fn requeue_changed(db: &mut SqliteConnection, ids: impl Iterator<Item = i64>) -> sqlx::Result<()> {
    let rewritten = super::json_ids(ids);
    sqlx::query!(
        "UPDATE articles SET
             next_step = CASE WHEN state IN ('queued', 'categorizing', 'scoring', 'failed') THEN 'categorize'
                              WHEN state = 'blocked' AND next_step IS NOT NULL THEN 'categorize'
                              WHEN is_read = 0 AND state IN ('unscored', 'scored') THEN 'categorize'
                              ELSE next_step END,
             rescore_mode = iif(rescore_mode IS NOT NULL OR (is_read = 0 AND state = 'scored'), 'full', NULL),
             attempts = iif(is_read = 1 AND state = 'failed', attempts, 0),
             last_error = iif(is_read = 1 AND state = 'failed', last_error, NULL),
             lease = NULL, lease_until = NULL,
             state = CASE WHEN state IN ('categorizing', 'scoring') THEN 'queued'
                          WHEN is_read = 0 AND state IN ('unscored', 'scored', 'failed') THEN 'queued'
                          ELSE state END
         WHERE id IN (SELECT value FROM json_each(?)) AND (is_hidden = 0 OR hidden_by_rule IS NOT NULL)
           AND is_never_scored = 0 AND NOT EXISTS (SELECT 1 FROM feeds f WHERE f.id = articles.feed_id AND f.never_score = 1)",
        rewritten
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Which leases end.
#[derive(Clone, Copy, Debug)]
pub enum LeaseScope<'a> {
    /// All leases: at the start of the process, none of them is held.
    All,
    /// Leases that end before the first time, because their worker is gone, or after the second, because they were given while the
    /// clock was ahead.
    EndingOutside(Timestamp, Timestamp),
    /// One lease of some articles, as far as they are still under it.
    Articles(&'a [ArticleId], i64),
}

/// Ends leases: the articles are in the queue again as they were, and no attempt is counted. Returns how many there were.
pub async fn release_leases(db: &mut SqliteConnection, scope: LeaseScope<'_>) -> sqlx::Result<u64> {
    let (ids, lease, valid) = match scope {
        LeaseScope::All => (None, None, None),
        LeaseScope::EndingOutside(first, last) => (None, None, Some((first.0, last.0))),
        LeaseScope::Articles(ids, lease) => (Some(super::json_ids(ids.iter().map(|id| id.0))), Some(lease), None),
    };
    let (first, last) = valid.unzip();
    // The index of leased articles serves all three: it holds one batch at most.
    let done = sqlx::query!(
        "UPDATE articles SET state = CASE WHEN state = 'blocked' THEN 'blocked' ELSE 'queued' END, lease = NULL, lease_until = NULL
         WHERE lease IS NOT NULL AND (?1 IS NULL OR id IN (SELECT value FROM json_each(?1)))
           AND (?2 IS NULL OR lease = ?2) AND (?3 IS NULL OR lease_until NOT BETWEEN ?3 AND ?4)",
        ids,
        lease,
        first,
        last,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// How many articles are under a lease that has not ended.
pub async fn count_held_leases(db: impl SqliteExecutor<'_>, now: Timestamp) -> sqlx::Result<i64> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "held!: i64" FROM articles WHERE lease IS NOT NULL AND lease_until > ?"#,
        now.0
    );
    Ok(row.fetch_one(db).await?.held)
}

/// Counts a bad answer against an article under `lease`: back into the queue, or failed after the third. A blocked one that
/// fails stays blocked, out of the queue. `false` when the lease is no longer held.
pub async fn record_failed_attempt(
    db: &mut SqliteConnection,
    id: ArticleId,
    lease: i64,
    error: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE articles SET
             attempts = attempts + 1, last_error = ?3, lease = NULL, lease_until = NULL,
             state = CASE WHEN state = 'blocked' THEN 'blocked' WHEN attempts + 1 >= ?4 THEN 'failed' ELSE 'queued' END,
             next_step = CASE WHEN state = 'blocked' AND attempts + 1 >= ?4 THEN NULL ELSE next_step END,
             scoring_priority = CASE WHEN attempts + 1 >= ?4 THEN 0 ELSE scoring_priority END
         WHERE id = ?1 AND lease = ?2",
        id.0,
        lease,
        error,
        MAX_SCORING_ATTEMPTS,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// How many articles are in each state, from kept counters and small partial indexes.
pub async fn load_state_counts(db: impl SqliteExecutor<'_>) -> sqlx::Result<ArticleStateCounts> {
    let row = sqlx::query!(
        r#"SELECT coalesce(sum(total), 0) AS "total!: i64", coalesce(sum(scoring), 0) AS "in_progress!: i64",
                  coalesce(sum(blocked), 0) AS "blocked!: i64", coalesce(sum(failed), 0) AS "failed!: i64",
                  (SELECT count(*) FROM articles WHERE lease IS NOT NULL AND state = 'categorizing') AS "categorizing!: i64",
                  (SELECT count(*) FROM articles WHERE lease IS NOT NULL AND state = 'scoring') AS "scoring!: i64",
                  (SELECT count(*) FROM articles WHERE state = 'unscored') AS "unscored!: i64"
           FROM feed_counts"#
    )
    .fetch_one(db)
    .await?;
    Ok(ArticleStateCounts {
        unscored: row.unscored,
        queued: row.in_progress - row.categorizing - row.scoring,
        categorizing: row.categorizing,
        scoring: row.scoring,
        scored: row.total - row.in_progress - row.blocked - row.failed - row.unscored,
        blocked: row.blocked,
        failed: row.failed,
    })
}
