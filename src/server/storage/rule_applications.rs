//! Rules applied to articles that were there already, and undoing that.

use super::{ranking, rule_actions};
use crate::domain::{
    ids::{ArticleId, RuleId},
    rule::RuleActions,
    time::Timestamp,
};
use sqlx::{SqliteConnection, SqliteExecutor, SqlitePool};

/// An application as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleApplicationRow {
    /// Its row: `rule_applications.id`.
    pub id: i64,
    /// The rule.
    pub rule: RuleId,
    /// When it began.
    pub began_at: Timestamp,
    /// When it ended; `None` while it goes on.
    pub ended_at: Option<Timestamp>,
    /// The last article that it covers.
    pub last_id: i64,
    /// The articles up to this id are done.
    pub done_until: i64,
    /// How many articles it found so far.
    pub matched: i64,
    /// Whether it is being undone.
    pub is_undone: bool,
}

/// The last application of every rule, or of one.
pub async fn select(db: impl SqliteExecutor<'_>, rule: Option<RuleId>) -> sqlx::Result<Vec<RuleApplicationRow>> {
    let rule = rule.map(|rule| rule.0);
    sqlx::query!(
        r#"SELECT id AS "id!", rule_id, began_at, ended_at, last_id, done_until, matched, is_undone AS "is_undone: bool"
           FROM rule_applications WHERE is_replaced = 0 AND (?1 IS NULL OR rule_id = ?1) ORDER BY id"#,
        rule
    )
    .map(|r| RuleApplicationRow {
        id: r.id,
        rule: RuleId(r.rule_id),
        began_at: Timestamp(r.began_at),
        ended_at: r.ended_at.map(Timestamp),
        last_id: r.last_id,
        done_until: r.done_until,
        matched: r.matched,
        is_undone: r.is_undone,
    })
    .fetch_all(db)
    .await
}

/// Begins to apply a rule to all articles that are there, in place of its last application.
pub async fn begin(db: &mut SqliteConnection, rule: RuleId, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!("UPDATE rule_applications SET is_replaced = 1 WHERE rule_id = ?", rule.0).execute(&mut *db).await?;
    sqlx::query!(
        "INSERT INTO rule_applications (rule_id, began_at, last_id)
         VALUES (?1, ?2, (SELECT coalesce(max(id), 0) FROM articles))",
        rule.0,
        now.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The next articles that an application covers, at most `max`.
pub async fn find_next(db: &SqlitePool, at: &RuleApplicationRow, max: i64) -> sqlx::Result<Vec<ArticleId>> {
    let ids = sqlx::query_scalar!(
        r#"SELECT id AS "id!" FROM articles WHERE id > ? AND id <= ? ORDER BY id LIMIT ?"#,
        at.done_until,
        at.last_id,
        max
    );
    Ok(ids.fetch_all(db).await?.into_iter().map(ArticleId).collect())
}

/// Does with articles what the rule does, remembers how they were, and that those up to `done_until` are done. False when the application
/// was undone or replaced meanwhile, and nothing is done.
pub async fn apply(
    db: &mut SqliteConnection,
    at: &RuleApplicationRow,
    actions: &RuleActions,
    articles: &[ArticleId],
    (done_until, now): (i64, Timestamp),
) -> sqlx::Result<bool> {
    let count = i64::try_from(articles.len()).unwrap_or(i64::MAX);
    let going_on = sqlx::query!(
        "UPDATE rule_applications SET done_until = ?2, matched = matched + ?3 WHERE id = ?1 AND is_undone = 0",
        at.id,
        done_until,
        count
    )
    .execute(&mut *db)
    .await?;
    if going_on.rows_affected() == 0 {
        return Ok(false);
    }
    if articles.is_empty() {
        return Ok(true);
    }
    let ids = super::json_ids(articles.iter().map(|id| id.0));
    let category = actions.category.map(|id| id.0);
    sqlx::query!(
        "INSERT INTO rule_changes (application_id, article_id, before, after, is_new_match, added_category)
         SELECT ?1, s.id, s.state, s.state, NOT EXISTS (SELECT 1 FROM rule_matches m WHERE m.rule_id = ?3 AND m.article_id = s.id),
                (SELECT c.id FROM categories c WHERE c.id = ?4 AND NOT EXISTS
                    (SELECT 1 FROM article_categories l WHERE l.article_id = s.id AND l.category_id = c.id))
         FROM json_each(?2) j CROSS JOIN article_rule_states s ON s.id = j.value WHERE true
         ON CONFLICT (application_id, article_id) DO NOTHING",
        at.id,
        ids,
        at.rule.0,
        category
    )
    .execute(&mut *db)
    .await?;
    rule_actions::act(&mut *db, (at.rule, actions), articles, now).await?;
    sqlx::query!(
        "UPDATE rule_changes SET after = (SELECT s.state FROM article_rule_states s WHERE s.id = rule_changes.article_id)
         WHERE application_id = ?1 AND article_id IN (SELECT value FROM json_each(?2))",
        at.id,
        ids
    )
    .execute(db)
    .await?;
    Ok(true)
}

/// Remembers that an application is at its end.
pub async fn end(db: &mut SqliteConnection, id: i64, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!("UPDATE rule_applications SET ended_at = ? WHERE id = ? AND is_undone = 0", now.0, id)
        .execute(db)
        .await?;
    Ok(())
}

/// Begins to undo the application of a rule, once; false when there is none that ended after `since` or goes on.
pub async fn begin_undo(db: &mut SqliteConnection, rule: RuleId, since: Timestamp) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE rule_applications SET is_undone = 1 WHERE rule_id = ? AND is_undone = 0 AND is_replaced = 0 AND coalesce(ended_at, ?2) >= ?2",
        rule.0,
        since.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Undoes at most `max` articles of an application, and forgets it after the last of them; whether that was so. What was changed since
/// by the reader, a model or another rule stays.
pub async fn undo_slice(db: &mut SqliteConnection, at: &RuleApplicationRow, max: i64) -> sqlx::Result<bool> {
    let articles = sqlx::query_scalar!(
        r#"SELECT article_id FROM rule_changes WHERE application_id = ? ORDER BY article_id LIMIT ?"#,
        at.id,
        max
    )
    .fetch_all(&mut *db)
    .await?;
    let is_last = i64::try_from(articles.len()).is_ok_and(|found| found < max);
    let ids = super::json_ids(articles.iter().copied());
    let articles: Vec<ArticleId> = articles.into_iter().map(ArticleId).collect();
    sqlx::query!(
        "DELETE FROM article_categories WHERE (article_id, category_id) IN
             (SELECT c.article_id, c.added_category FROM rule_changes c WHERE c.application_id = ?1
                  AND c.article_id IN (SELECT value FROM json_each(?2)) AND c.added_category IS NOT NULL)",
        at.id,
        ids
    )
    .execute(&mut *db)
    .await?;
    forget_matches(&mut *db, at, &ids).await?;
    restore_states(&mut *db, at, &ids).await?;
    rule_actions::settle_stories(&mut *db, &ids).await?;
    ranking::apply_category_changes(&mut *db, &[], &articles).await?;
    sqlx::query!(
        "DELETE FROM rule_changes WHERE application_id = ? AND article_id IN (SELECT value FROM json_each(?))",
        at.id,
        ids
    )
    .execute(&mut *db)
    .await?;
    if is_last {
        sqlx::query!("DELETE FROM rule_applications WHERE id = ?", at.id).execute(db).await?;
    }
    Ok(is_last)
}

async fn forget_matches(db: &mut SqliteConnection, at: &RuleApplicationRow, ids: &str) -> sqlx::Result<()> {
    let forgotten = sqlx::query!(
        "DELETE FROM rule_matches WHERE rule_id = ?2 AND article_id IN
             (SELECT c.article_id FROM rule_changes c WHERE c.application_id = ?1
                  AND c.article_id IN (SELECT value FROM json_each(?3)) AND c.is_new_match = 1)",
        at.id,
        at.rule.0,
        ids
    )
    .execute(&mut *db)
    .await?
    .rows_affected()
    .cast_signed();
    sqlx::query!("UPDATE rules SET matched = max(matched - ?2, 0) WHERE id = ?1", at.rule.0, forgotten)
        .execute(db)
        .await?;
    Ok(())
}

/// Gives articles back what was changed of them, each part only where it is still as the application left it.
async fn restore_states(db: &mut SqliteConnection, at: &RuleApplicationRow, ids: &str) -> sqlx::Result<()> {
    // With the queue go the attempts; what a model has under a lease is left to it.
    sqlx::query!(
        "UPDATE articles SET
             is_never_scored = c.before ->> 'is_never_scored', state = c.before ->> 'state', next_step = c.before ->> 'next_step',
             rescore_mode = c.before ->> 'rescore_mode', scoring_priority = c.before ->> 'scoring_priority',
             attempts = c.before ->> 'attempts', last_error = c.before ->> 'last_error'
         FROM rule_changes c
         WHERE articles.id IN (SELECT value FROM json_each(?2)) AND c.application_id = ?1 AND c.article_id = articles.id AND articles.lease IS NULL
           AND (articles.is_never_scored, articles.state, articles.next_step, articles.scoring_priority)
               IS (c.after ->> 'is_never_scored', c.after ->> 'state', c.after ->> 'next_step', c.after ->> 'scoring_priority')",
        at.id,
        ids
    )
    .execute(&mut *db)
    .await?;
    // A model took it up meanwhile, or another state came of it: only what keeps it out of the queue ends.
    sqlx::query!(
        "UPDATE articles SET is_never_scored = c.before ->> 'is_never_scored'
         FROM rule_changes c
         WHERE articles.id IN (SELECT value FROM json_each(?2)) AND c.application_id = ?1 AND c.article_id = articles.id AND articles.is_never_scored IS c.after ->> 'is_never_scored'",
        at.id,
        ids
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "UPDATE articles SET is_starred = c.before ->> 'is_starred'
         FROM rule_changes c
         WHERE articles.id IN (SELECT value FROM json_each(?2)) AND c.application_id = ?1 AND c.article_id = articles.id AND articles.is_starred IS c.after ->> 'is_starred'
           AND articles.is_starred IS NOT c.before ->> 'is_starred'",
        at.id,
        ids
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "UPDATE articles SET is_read = c.before ->> 'is_read', read_at = c.before ->> 'read_at', read_batch =
             (SELECT b.id FROM read_batches b WHERE b.id = c.before ->> 'read_batch')
         FROM rule_changes c
         WHERE articles.id IN (SELECT value FROM json_each(?2)) AND c.application_id = ?1 AND c.article_id = articles.id AND (articles.is_read, articles.read_at) IS (c.after ->> 'is_read', c.after ->> 'read_at')
           AND articles.is_read IS NOT c.before ->> 'is_read'",
        at.id,
        ids
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "UPDATE articles SET hidden_by_rule = c.before ->> 'hidden_by_rule',
             is_hidden = (c.before ->> 'hidden_by_rule' IS NOT NULL)
                 OR (is_duplicate = 1 AND (SELECT hide_duplicates FROM preferences WHERE id = 1) = 1)
         FROM rule_changes c
         WHERE articles.id IN (SELECT value FROM json_each(?2)) AND c.application_id = ?1 AND c.article_id = articles.id AND articles.hidden_by_rule IS c.after ->> 'hidden_by_rule'
           AND articles.hidden_by_rule IS NOT c.before ->> 'hidden_by_rule'",
        at.id,
        ids
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets at most `max` changes of an application that ended before a time or was replaced; whether there were any.
pub async fn forget_old(db: &mut SqliteConnection, before: Timestamp, max: i64) -> sqlx::Result<bool> {
    let application = sqlx::query_scalar!(
        r#"SELECT a.id AS "id!" FROM rule_applications a
           WHERE (a.is_replaced = 1 OR (a.ended_at < ? AND a.is_undone = 0))
             AND EXISTS (SELECT 1 FROM rule_changes c WHERE c.application_id = a.id) LIMIT 1"#,
        before.0
    );
    let Some(application) = application.fetch_optional(&mut *db).await? else {
        sqlx::query!("DELETE FROM rule_applications WHERE is_replaced = 1").execute(db).await?;
        return Ok(false);
    };
    sqlx::query!(
        "DELETE FROM rule_changes WHERE application_id = ?1 AND article_id IN
             (SELECT article_id FROM rule_changes WHERE application_id = ?1 LIMIT ?2)",
        application,
        max
    )
    .execute(db)
    .await?;
    Ok(true)
}
