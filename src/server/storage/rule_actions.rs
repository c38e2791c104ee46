//! Running rules: the articles that they are still to run for, and what a rule does with articles.

use super::{ranking, stories};
use crate::domain::{
    ids::{ArticleId, RuleId},
    rule::{RuleActions, RuleScoring},
    time::Timestamp,
};
use sqlx::SqliteConnection;

/// The first entries of the queue.
#[derive(Clone, Debug, Default)]
pub struct RuleQueueSlice {
    /// Their rows.
    entries: String,
    /// Their articles, each once.
    pub articles: Vec<ArticleId>,
}

/// The first entries of the queue, at most `max`.
pub async fn load_queue(db: &mut SqliteConnection, max: i64) -> sqlx::Result<RuleQueueSlice> {
    let rows = sqlx::query!("SELECT id, article_id FROM rule_queue ORDER BY id LIMIT ?", max).fetch_all(db).await?;
    let mut articles: Vec<ArticleId> = rows.iter().map(|row| ArticleId(row.article_id)).collect();
    articles.sort_unstable();
    articles.dedup();
    Ok(RuleQueueSlice { entries: super::json_ids(rows.iter().map(|row| row.id)), articles })
}

/// Takes entries out of the queue; an article that changed since is in it again.
pub async fn delete_queued(db: &mut SqliteConnection, slice: &RuleQueueSlice) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM rule_queue WHERE id IN (SELECT value FROM json_each(?))", slice.entries)
        .execute(db)
        .await?;
    Ok(())
}

/// Those of these articles that a rule has not matched yet.
pub async fn find_unmatched(
    db: &mut SqliteConnection,
    rule: RuleId,
    ids: &[ArticleId],
) -> sqlx::Result<Vec<ArticleId>> {
    let ids = super::json_ids(ids.iter().map(|id| id.0));
    let found = sqlx::query_scalar!(
        r#"SELECT a.id AS "id!" FROM json_each(?2) j CROSS JOIN articles a ON a.id = j.value
           WHERE NOT EXISTS (SELECT 1 FROM rule_matches m WHERE m.rule_id = ?1 AND m.article_id = a.id)"#,
        rule.0,
        ids
    );
    Ok(found.fetch_all(db).await?.into_iter().map(ArticleId).collect())
}

/// Does with articles what a rule does, and counts them; articles that are gone are left out.
///
/// Hiding comes first: an article that is hidden does not share its marks with its story.
pub async fn act(
    db: &mut SqliteConnection,
    (rule, actions): (RuleId, &RuleActions),
    articles: &[ArticleId],
    now: Timestamp,
) -> sqlx::Result<()> {
    let ids = super::json_ids(articles.iter().map(|id| id.0));
    let matched = sqlx::query!(
        "INSERT INTO rule_matches (rule_id, article_id)
         SELECT ?1, a.id FROM json_each(?2) j CROSS JOIN articles a ON a.id = j.value WHERE true
         ON CONFLICT (rule_id, article_id) DO NOTHING",
        rule.0,
        ids
    )
    .execute(&mut *db)
    .await?
    .rows_affected()
    .cast_signed();
    if matched > 0 {
        sqlx::query!(
            "UPDATE rules SET matched = matched + ?2, last_matched_at = ?3 WHERE id = ?1",
            rule.0,
            matched,
            now.0
        )
        .execute(&mut *db)
        .await?;
    }
    if actions.hide {
        hide(&mut *db, rule, &ids).await?;
    }
    if actions.mark_read {
        sqlx::query!(
            "UPDATE articles SET is_read = 1, read_at = ?2, read_batch = NULL
             WHERE id IN (SELECT value FROM json_each(?1)) AND is_read = 0",
            ids,
            now.0
        )
        .execute(&mut *db)
        .await?;
    }
    if actions.star {
        sqlx::query!(
            "UPDATE articles SET is_starred = 1 WHERE id IN (SELECT value FROM json_each(?)) AND is_starred = 0",
            ids
        )
        .execute(&mut *db)
        .await?;
    }
    if let Some(category) = actions.category {
        sqlx::query!(
            "INSERT INTO article_categories (article_id, category_id, position)
             SELECT a.id, c.id, (SELECT coalesce(max(l.position) + 1, 0) FROM article_categories l WHERE l.article_id = a.id)
             FROM json_each(?1) j CROSS JOIN articles a ON a.id = j.value CROSS JOIN categories c ON c.id = ?2 WHERE true
             ON CONFLICT (article_id, category_id) DO NOTHING",
            ids,
            category.0
        )
        .execute(&mut *db)
        .await?;
        ranking::apply_category_changes(&mut *db, &[], articles).await?;
    }
    match actions.scoring {
        Some(RuleScoring::First) => {
            sqlx::query!(
                "UPDATE articles SET scoring_priority = max(scoring_priority, 1)
                 WHERE id IN (SELECT value FROM json_each(?)) AND next_step IS NOT NULL AND state <> 'failed'",
                ids
            )
            .execute(&mut *db)
            .await?;
        }
        Some(RuleScoring::Never) => never_score(&mut *db, &ids).await?,
        None => {}
    }
    if actions.weight != 0 {
        ranking::recompute_composites(db, "[]", &ids).await?;
    }
    Ok(())
}

/// Hides articles that no rule hid yet; of their stories another article stands in lists.
async fn hide(db: &mut SqliteConnection, rule: RuleId, ids: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE articles SET hidden_by_rule = ?1, is_hidden = 1
         WHERE id IN (SELECT value FROM json_each(?2)) AND hidden_by_rule IS NULL",
        rule.0,
        ids
    )
    .execute(&mut *db)
    .await?;
    settle_stories(db, ids).await
}

/// Chooses anew which articles stand for the stories of some articles.
pub(super) async fn settle_stories(db: &mut SqliteConnection, ids: &str) -> sqlx::Result<()> {
    let stories = sqlx::query_scalar!(
        r#"SELECT DISTINCT a.story_id AS "story!: i64" FROM json_each(?) j CROSS JOIN articles a ON a.id = j.value
           WHERE a.story_id IS NOT NULL"#,
        ids
    )
    .fetch_all(&mut *db)
    .await?;
    for story in stories {
        stories::settle(&mut *db, story).await?;
    }
    Ok(())
}

/// Takes articles out of the queue for good, as those of a feed that is never scored; they keep the scores that they have.
async fn never_score(db: &mut SqliteConnection, ids: &str) -> sqlx::Result<()> {
    sqlx::query!("UPDATE articles SET is_never_scored = 1 WHERE id IN (SELECT value FROM json_each(?))", ids)
        .execute(&mut *db)
        .await?;
    sqlx::query!(
        "UPDATE articles SET
             state = CASE WHEN state = 'blocked' THEN 'blocked' WHEN composite IS NOT NULL THEN 'scored' ELSE 'unscored' END,
             next_step = NULL, rescore_mode = NULL, scoring_priority = 0, attempts = 0, last_error = NULL,
             lease = NULL, lease_until = NULL
         WHERE id IN (SELECT value FROM json_each(?)) AND (next_step IS NOT NULL OR state = 'failed')",
        ids
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Shows an article again that a rule hid; false when none did.
pub async fn show(db: &mut SqliteConnection, article: ArticleId) -> sqlx::Result<bool> {
    let ids = super::json_ids(std::iter::once(article.0));
    let done = sqlx::query!(
        "UPDATE articles SET hidden_by_rule = NULL,
             is_hidden = is_duplicate = 1 AND (SELECT hide_duplicates FROM preferences WHERE id = 1) = 1
         WHERE id = ? AND hidden_by_rule IS NOT NULL",
        article.0
    )
    .execute(&mut *db)
    .await?;
    settle_stories(db, &ids).await?;
    Ok(done.rows_affected() > 0)
}
