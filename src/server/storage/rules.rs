//! Rules as they are stored, and what they did with an article.

use crate::domain::{
    ids::{ArticleId, CategoryId, RuleId},
    rule::{RuleActions, RuleEffects, RuleInput, RulePoints, RuleScoring},
    time::Timestamp,
};
use sqlx::{SqliteConnection, SqliteExecutor};

/// A rule with its counters.
#[derive(Clone, Debug)]
pub struct RuleRow {
    /// The rule.
    pub id: RuleId,
    /// What the reader wrote.
    pub input: RuleInput,
    /// The name of the category that its articles get.
    pub category_name: Option<String>,
    /// How many articles it matched.
    pub matched: i64,
    /// When it last matched one.
    pub last_matched_at: Option<Timestamp>,
}

/// All rules in their order, or the one with this id; none that were removed.
pub async fn select(db: impl SqliteExecutor<'_>, only: Option<RuleId>) -> sqlx::Result<Vec<RuleRow>> {
    let only = only.map(|id| id.0);
    sqlx::query!(
        r#"SELECT r.id AS "id!", r.name, r.query, r.is_enabled AS "is_enabled: bool", r.marks_read AS "marks_read: bool",
                  r.stars AS "stars: bool", r.hides AS "hides: bool", r.category_id, r.weight, r.scoring, r.matched,
                  r.last_matched_at, c.name AS "category_name?"
           FROM rules r LEFT JOIN categories c ON c.id = r.category_id
           WHERE r.removed_at IS NULL AND (?1 IS NULL OR r.id = ?1) ORDER BY r.position, r.id"#,
        only
    )
    .map(|r| RuleRow {
        id: RuleId(r.id),
        input: RuleInput {
            name: r.name,
            query: r.query,
            actions: RuleActions {
                mark_read: r.marks_read,
                star: r.stars,
                hide: r.hides,
                category: r.category_id.map(CategoryId),
                weight: r.weight,
                scoring: r.scoring.as_deref().and_then(RuleScoring::parse),
            },
            is_enabled: r.is_enabled,
        },
        category_name: r.category_name,
        matched: r.matched,
        last_matched_at: r.last_matched_at.map(Timestamp),
    })
    .fetch_all(db)
    .await
}

/// The ids in their order.
pub async fn select_ids(db: &mut SqliteConnection) -> sqlx::Result<Vec<RuleId>> {
    let ids = sqlx::query_scalar!(r#"SELECT id AS "id!" FROM rules WHERE removed_at IS NULL ORDER BY position, id"#);
    Ok(ids.fetch_all(db).await?.into_iter().map(RuleId).collect())
}

/// The rule of that name, whatever its case.
pub async fn find_id(db: &mut SqliteConnection, name: &str) -> sqlx::Result<Option<RuleId>> {
    let id = sqlx::query_scalar!(r#"SELECT id AS "id!" FROM rules WHERE name = ? AND removed_at IS NULL"#, name);
    Ok(id.fetch_optional(db).await?.map(RuleId))
}

/// A new rule at the end. The caller has made sure that the name is free.
pub async fn insert(db: &mut SqliteConnection, rule: &RuleInput, now: Timestamp) -> sqlx::Result<RuleId> {
    let id = sqlx::query_scalar!(
        r#"INSERT INTO rules (name, query, position, created_at)
           SELECT ?1, ?2, coalesce(max(position), 0) + 1, ?3 FROM rules RETURNING id AS "id!""#,
        rule.name,
        rule.query,
        now.0
    )
    .fetch_one(&mut *db)
    .await?;
    update(db, RuleId(id), rule).await?;
    Ok(RuleId(id))
}

/// Stores a rule in place of what it was; false when there is none. The caller has made sure that the name is free.
pub async fn update(db: &mut SqliteConnection, id: RuleId, rule: &RuleInput) -> sqlx::Result<bool> {
    let RuleActions { mark_read, star, hide, category, weight, scoring } = rule.actions;
    let (category, scoring) = (category.map(|id| id.0), scoring.map(RuleScoring::as_str));
    let done = sqlx::query!(
        "UPDATE rules SET name = ?2, query = ?3, is_enabled = ?4, marks_read = ?5, stars = ?6, hides = ?7, category_id = ?8,
             weight = ?9, scoring = ?10
         WHERE id = ?1 AND removed_at IS NULL",
        id.0,
        rule.name,
        rule.query,
        rule.is_enabled,
        mark_read,
        star,
        hide,
        category,
        weight,
        scoring
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Gives all rules the order of `ids`, which are all of them.
pub async fn set_order(db: &mut SqliteConnection, ids: &[RuleId]) -> sqlx::Result<()> {
    for (position, id) in (1_i64..).zip(ids) {
        sqlx::query!("UPDATE rules SET position = ? WHERE id = ?", position, id.0).execute(&mut *db).await?;
    }
    Ok(())
}

/// Removes a rule; its name is kept for the articles that it hid, and its weight counts no more. False when there is none.
pub async fn remove(db: &mut SqliteConnection, id: RuleId, now: Timestamp) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE rules SET removed_at = ?2, weight = 0, category_id = NULL WHERE id = ?1 AND removed_at IS NULL",
        id.0,
        now.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The ids of the newest articles, at most `max`, the newest first.
pub async fn find_newest_articles(db: &mut SqliteConnection, max: i64) -> sqlx::Result<Vec<ArticleId>> {
    let ids = sqlx::query_scalar!(r#"SELECT id AS "id!" FROM articles WHERE id > 0 ORDER BY id DESC LIMIT ?"#, max);
    Ok(ids.fetch_all(db).await?.into_iter().map(ArticleId).collect())
}

/// What rules did with an article.
pub async fn load_effects(db: &mut SqliteConnection, article: ArticleId) -> sqlx::Result<RuleEffects> {
    let row = sqlx::query!(
        r#"SELECT a.is_never_scored AS "is_never_scored: bool", a.hidden_by_rule, r.name AS "name?"
           FROM articles a LEFT JOIN rules r ON r.id = a.hidden_by_rule WHERE a.id = ?"#,
        article.0
    );
    let Some(row) = row.fetch_optional(&mut *db).await? else { return Ok(RuleEffects::default()) };
    let points = sqlx::query!(
        "SELECT r.name, r.weight FROM rule_matches m JOIN rules r ON r.id = m.rule_id
         WHERE m.article_id = ? AND r.weight <> 0 ORDER BY r.position, r.id",
        article.0
    )
    .map(|r| RulePoints { name: r.name, points: r.weight })
    .fetch_all(db)
    .await?;
    Ok(RuleEffects {
        hidden_by: row.hidden_by_rule.map(|id| row.name.unwrap_or_else(|| id.to_string())),
        points,
        is_never_scored: row.is_never_scored,
    })
}

/// The categories that a model chose for an article, and those that rules gave it.
pub(super) async fn add_rule_categories(
    db: &mut SqliteConnection,
    article: ArticleId,
    chosen: &[CategoryId],
) -> sqlx::Result<Vec<CategoryId>> {
    let added = sqlx::query_scalar!(
        r#"SELECT r.category_id AS "id!" FROM rule_matches m JOIN rules r ON r.id = m.rule_id
           WHERE m.article_id = ? AND r.category_id IS NOT NULL ORDER BY r.position, r.id"#,
        article.0
    );
    let mut all = chosen.to_vec();
    for id in added.fetch_all(db).await?.into_iter().map(CategoryId) {
        if !all.contains(&id) {
            all.push(id);
        }
    }
    Ok(all)
}
