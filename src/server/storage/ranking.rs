//! Updates what is derived from categories and from how feeds take part in scoring: which articles are blocked or wait for a model, and
//! the composites.

use crate::domain::{
    category::CategoryWeight,
    feed::FeedScoring,
    ids::{ArticleId, CategoryId, FeedId, RuleId},
};
use sqlx::SqliteConnection;

/// The weights of an article's categories as they are now.
pub async fn load_weights(db: &mut SqliteConnection, article: ArticleId) -> sqlx::Result<Vec<CategoryWeight>> {
    let words = sqlx::query_scalar!(
        r#"SELECT w.weight AS "weight!: String" FROM article_categories l JOIN category_weights w USING (category_id)
           WHERE l.article_id = ?"#,
        article.0
    )
    .fetch_all(db)
    .await?;
    Ok(words.iter().filter_map(|word| CategoryWeight::parse(word)).collect())
}

/// What is added to the composite of an article: the weights of its feed and of the rules that matched it.
pub async fn load_points(db: &mut SqliteConnection, article: ArticleId) -> sqlx::Result<i64> {
    let points = sqlx::query_scalar!(
        r#"SELECT f.weight + coalesce((SELECT sum(r.weight) FROM rule_matches m JOIN rules r ON r.id = m.rule_id WHERE m.article_id = a.id), 0)
               AS "weight!: i64"
           FROM articles a JOIN feeds f ON f.id = a.feed_id WHERE a.id = ?"#,
        article.0
    );
    Ok(points.fetch_optional(db).await?.unwrap_or(0))
}

/// How a feed takes part in scoring; `None`: there is no such feed.
pub async fn load_feed_scoring(db: &mut SqliteConnection, feed: FeedId) -> sqlx::Result<Option<FeedScoring>> {
    sqlx::query!(r#"SELECT weight, never_score AS "never_score: bool" FROM feeds WHERE id = ?"#, feed.0)
        .map(|row| FeedScoring { weight: row.weight, never_score: row.never_score })
        .fetch_optional(db)
        .await
}

/// Remembers that the articles of a feed are still to follow how it takes part in scoring, from the first one on.
pub async fn add_pending_feed(db: &mut SqliteConnection, feed: FeedId) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO pending_feed_rankings (feed_id) VALUES (?) ON CONFLICT (feed_id) DO UPDATE SET done_until = NULL",
        feed.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Lets at most `max` articles of the feeds that [`add_pending_feed`] named follow; false when none is left. Of a feed that is never
/// scored they leave the queue, and a lease ends; of another one unread articles that were never asked about enter it.
async fn apply_pending_feed(db: &mut SqliteConnection, max: i64) -> sqlx::Result<bool> {
    let pending = sqlx::query!(
        r#"SELECT p.feed_id, p.done_until, f.never_score AS "never_score: bool"
           FROM pending_feed_rankings p JOIN feeds f ON f.id = p.feed_id ORDER BY p.feed_id LIMIT 1"#
    );
    let Some(pending) = pending.fetch_optional(&mut *db).await? else { return Ok(false) };
    let articles = sqlx::query!(
        r#"SELECT id AS "id!", arrived_us FROM articles
           WHERE feed_id = ?1 AND arrived_us > coalesce(?2, -9223372036854775808) ORDER BY arrived_us LIMIT ?3"#,
        pending.feed_id,
        pending.done_until,
        max
    )
    .fetch_all(&mut *db)
    .await?;
    let ids = super::json_ids(articles.iter().map(|article| article.id));
    if pending.never_score {
        sqlx::query!(
            "UPDATE articles SET
                 state = CASE WHEN state = 'blocked' THEN 'blocked' WHEN composite IS NOT NULL THEN 'scored' ELSE 'unscored' END,
                 next_step = NULL, rescore_mode = NULL, scoring_priority = 0, attempts = 0, last_error = NULL,
                 lease = NULL, lease_until = NULL
             WHERE id IN (SELECT value FROM json_each(?)) AND (next_step IS NOT NULL OR state = 'failed')",
            ids
        )
        .execute(&mut *db)
        .await?;
    } else {
        sqlx::query!(
            "UPDATE articles SET state = 'queued', next_step = 'categorize'
             WHERE id IN (SELECT value FROM json_each(?)) AND state = 'unscored' AND is_read = 0
               AND (is_hidden = 0 OR hidden_by_rule IS NOT NULL) AND is_never_scored = 0",
            ids
        )
        .execute(&mut *db)
        .await?;
    }
    recompute_composites(db, "[]", &ids).await?;
    match articles.last().filter(|_| i64::try_from(articles.len()).is_ok_and(|found| found >= max)) {
        Some(last) => {
            sqlx::query!(
                "UPDATE pending_feed_rankings SET done_until = ? WHERE feed_id = ?",
                last.arrived_us,
                pending.feed_id
            )
            .execute(db)
            .await?
        }
        None => {
            sqlx::query!("DELETE FROM pending_feed_rankings WHERE feed_id = ?", pending.feed_id).execute(db).await?
        }
    };
    Ok(true)
}

/// Remembers that the articles of categories are still to be ranked anew, from the first one on.
pub async fn add_pending(db: &mut SqliteConnection, categories: &[CategoryId]) -> sqlx::Result<()> {
    let categories = super::json_ids(categories.iter().map(|c| c.0));
    sqlx::query!(
        "INSERT INTO pending_rankings (category_id) SELECT value FROM json_each(?) WHERE true
         ON CONFLICT (category_id) DO UPDATE SET done_until = 0",
        categories
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Remembers that the articles that a rule matched are still to be ranked anew, from the first one on.
pub async fn add_pending_rule(db: &mut SqliteConnection, rule: RuleId) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO pending_rule_rankings (rule_id) VALUES (?) ON CONFLICT (rule_id) DO UPDATE SET done_until = 0",
        rule.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Ranks at most `max` articles of the rules anew that [`add_pending_rule`] named; false when none is left.
async fn apply_pending_rule(db: &mut SqliteConnection, max: i64) -> sqlx::Result<bool> {
    let pending = sqlx::query!("SELECT rule_id, done_until FROM pending_rule_rankings ORDER BY rule_id LIMIT 1");
    let Some(pending) = pending.fetch_optional(&mut *db).await? else { return Ok(false) };
    let articles = sqlx::query_scalar!(
        "SELECT article_id FROM rule_matches WHERE rule_id = ? AND article_id > ? ORDER BY article_id LIMIT ?",
        pending.rule_id,
        pending.done_until,
        max
    )
    .fetch_all(&mut *db)
    .await?;
    recompute_composites(&mut *db, "[]", &super::json_ids(articles.iter().copied())).await?;
    match articles.last().filter(|_| i64::try_from(articles.len()).is_ok_and(|found| found >= max)) {
        Some(last) => {
            sqlx::query!("UPDATE pending_rule_rankings SET done_until = ? WHERE rule_id = ?", last, pending.rule_id)
                .execute(db)
                .await?
        }
        None => {
            sqlx::query!("DELETE FROM pending_rule_rankings WHERE rule_id = ?", pending.rule_id).execute(db).await?
        }
    };
    Ok(true)
}

/// Applies what changed to at most `max` of the articles that [`add_pending`], [`add_pending_feed`] and [`add_pending_rule`] named; false
/// when none is left.
pub async fn apply_pending(db: &mut SqliteConnection, max: i64) -> sqlx::Result<bool> {
    let pending = sqlx::query!("SELECT category_id, done_until FROM pending_rankings ORDER BY category_id LIMIT 1");
    let Some(pending) = pending.fetch_optional(&mut *db).await? else {
        return Ok(apply_pending_feed(&mut *db, max).await? || apply_pending_rule(db, max).await?);
    };
    let articles = sqlx::query_scalar!(
        "SELECT article_id FROM article_categories WHERE category_id = ? AND article_id > ? ORDER BY article_id LIMIT ?",
        pending.category_id,
        pending.done_until,
        max
    )
    .fetch_all(&mut *db)
    .await?;
    let articles: Vec<ArticleId> = articles.into_iter().map(ArticleId).collect();
    apply_category_changes(db, &[], &articles).await?;
    let last = articles.last().filter(|_| i64::try_from(articles.len()).is_ok_and(|found| found >= max));
    match last {
        Some(last) => {
            sqlx::query!(
                "UPDATE pending_rankings SET done_until = ? WHERE category_id = ?",
                last.0,
                pending.category_id
            )
            .execute(db)
            .await?
        }
        None => {
            sqlx::query!("DELETE FROM pending_rankings WHERE category_id = ?", pending.category_id).execute(db).await?
        }
    };
    Ok(true)
}

/// Blocks, un-blocks and re-ranks every article that carries one of `categories` or is one of `articles`. To be called in
/// the transaction that changed weights, parents or labels. How many articles left or entered the queue or the inbox.
///
/// A blocked article leaves the queue, and its lease ends, unless it stands there to be categorized (again): then it stays
/// blocked and keeps its place. When no category blocks any more it goes back to where it would be otherwise: in the queue,
/// with the model, scored when it has a score, else queued to be scored unless it or its feed is never scored.
pub async fn apply_category_changes(
    db: &mut SqliteConnection,
    categories: &[CategoryId],
    articles: &[ArticleId],
) -> sqlx::Result<u64> {
    let categories = super::json_ids(categories.iter().map(|c| c.0));
    let articles = super::json_ids(articles.iter().map(|a| a.0));
    let blocked = sqlx::query!(
        "UPDATE articles SET
             state = 'blocked', composite = NULL, last_error = NULL, attempts = 0,
             next_step = CASE WHEN state <> 'failed' AND next_step = 'categorize' THEN 'categorize' END,
             lease = CASE WHEN next_step = 'categorize' THEN lease END,
             lease_until = CASE WHEN next_step = 'categorize' THEN lease_until END
         WHERE state <> 'blocked'
           AND id IN (SELECT l.article_id FROM category_weights w JOIN article_categories l USING (category_id)
                      WHERE w.weight = 'block' AND w.category_id IN (SELECT value FROM json_each(?1))
                      UNION ALL
                      SELECT l.article_id FROM json_each(?2) j CROSS JOIN article_categories l ON l.article_id = j.value
                          CROSS JOIN category_weights w USING (category_id) WHERE w.weight = 'block')",
        categories,
        articles,
    )
    .execute(&mut *db)
    .await?;
    let freed = sqlx::query!(
        "UPDATE articles SET
             state = CASE WHEN next_step IS NOT NULL AND lease IS NULL THEN 'queued'
                          WHEN next_step = 'categorize' THEN 'categorizing'
                          WHEN EXISTS (SELECT 1 FROM scores s WHERE s.article_id = articles.id) THEN 'scored'
                          WHEN is_never_scored = 1 OR EXISTS (SELECT 1 FROM feeds f WHERE f.id = articles.feed_id AND f.never_score = 1) THEN 'unscored'
                          ELSE 'queued' END,
             next_step = CASE WHEN next_step IS NOT NULL THEN next_step
                              WHEN EXISTS (SELECT 1 FROM scores s WHERE s.article_id = articles.id) THEN NULL
                              WHEN is_never_scored = 1 OR EXISTS (SELECT 1 FROM feeds f WHERE f.id = articles.feed_id AND f.never_score = 1) THEN NULL
                              ELSE 'score' END
         WHERE state = 'blocked'
           AND id IN (SELECT value FROM json_each(?2)
                      UNION ALL SELECT article_id FROM article_categories WHERE category_id IN (SELECT value FROM json_each(?1)))
           AND NOT EXISTS (SELECT 1 FROM article_categories l JOIN category_weights w USING (category_id)
                           WHERE l.article_id = articles.id AND w.weight = 'block')",
        categories,
        articles,
    )
    .execute(&mut *db)
    .await?;
    recompute_composites(db, &categories, &articles).await?;
    Ok(blocked.rows_affected() + freed.rows_affected())
}

/// The formula of `domain::score::composite` for every touched article that has a score and is not blocked.
pub(super) async fn recompute_composites(
    db: &mut SqliteConnection,
    categories: &str,
    articles: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "WITH weights AS MATERIALIZED (SELECT category_id, multiplier FROM category_weights),
              touched AS MATERIALIZED (SELECT article_id FROM article_categories
                                       WHERE category_id IN (SELECT value FROM json_each(?1))
                                       UNION SELECT value FROM json_each(?2)),
              ranked AS MATERIALIZED (
                  SELECT s.article_id AS id,
                         max(0.0, min(20.0, s.interest * coalesce(avg(w.multiplier), 1.0) * (0.5 + s.quality / 20.0) + f.weight
                             + coalesce((SELECT sum(r.weight) FROM rule_matches m JOIN rules r ON r.id = m.rule_id
                                         WHERE m.article_id = s.article_id), 0))) AS composite
                  FROM touched CROSS JOIN scores s ON s.article_id = touched.article_id
                       CROSS JOIN articles a ON a.id = s.article_id CROSS JOIN feeds f ON f.id = a.feed_id
                       LEFT JOIN article_categories l ON l.article_id = s.article_id
                       LEFT JOIN weights w ON w.category_id = l.category_id
                  GROUP BY s.article_id)
         UPDATE articles SET composite = ranked.composite FROM ranked
         WHERE articles.id = ranked.id AND articles.state <> 'blocked' AND articles.composite IS NOT ranked.composite",
        categories,
        articles,
    )
    .execute(db)
    .await?;
    Ok(())
}
