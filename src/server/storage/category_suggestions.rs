//! Names that models suggested for categories, with the articles that they were suggested for.

use super::ranking;
use crate::domain::{
    category_suggestion::{CategorySuggestion, MAX_OPEN_SUGGESTIONS, SuggestedCategory, SuggestionExample},
    ids::{ArticleId, CategoryId},
    time::{SECONDS_PER_DAY, Timestamp},
};
use sqlx::{SqliteConnection, SqliteExecutor};

/// The open suggestions, or the one with this number: those with the most articles first.
pub async fn list_open(db: impl SqliteExecutor<'_>, only: Option<i64>) -> sqlx::Result<Vec<CategorySuggestion>> {
    let rows = sqlx::query!(
        r#"SELECT s.id AS "id!", s.name, s.parent_id, count(l.article_id) AS "articles!: i64",
                  count(DISTINCT a.feed_id) AS "feeds!: i64",
                  (SELECT json_group_array(json_object('id', e.id, 'title', e.title))
                   FROM (SELECT x.id, x.title FROM category_suggestion_articles m JOIN articles x ON x.id = m.article_id
                         WHERE m.suggestion_id = s.id ORDER BY x.id DESC LIMIT 3) e) AS "examples!: String"
           FROM category_suggestions s
                LEFT JOIN category_suggestion_articles l ON l.suggestion_id = s.id
                LEFT JOIN articles a ON a.id = l.article_id
           WHERE s.refused = 0 AND (?1 IS NULL OR s.id = ?1)
           GROUP BY s.id ORDER BY 4 DESC, 5 DESC, s.identity"#,
        only
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| CategorySuggestion {
            id: row.id,
            name: row.name,
            parent_id: row.parent_id.map(CategoryId),
            article_count: row.articles,
            feed_count: row.feeds,
            examples: serde_json::from_str::<Vec<SuggestionExample>>(&row.examples).unwrap_or_default(),
        })
        .collect())
}

/// The identities of all suggestions, with whether the reader refused them.
pub async fn list_identities(db: impl SqliteExecutor<'_>) -> sqlx::Result<Vec<(String, bool)>> {
    let rows = sqlx::query!(r#"SELECT identity, refused AS "refused: bool" FROM category_suggestions"#);
    Ok(rows.fetch_all(db).await?.into_iter().map(|row| (row.identity, row.refused)).collect())
}

/// The identity of an open suggestion.
pub async fn find_identity(db: impl SqliteExecutor<'_>, id: i64) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("SELECT identity FROM category_suggestions WHERE id = ? AND refused = 0", id)
        .fetch_optional(db)
        .await
}

/// Suggestions that articles of the article's feed began within the last day.
pub async fn count_begun_by_feed(db: impl SqliteExecutor<'_>, article: ArticleId, now: Timestamp) -> sqlx::Result<i64> {
    // A time further ahead was stored while the clock was ahead.
    let (since, until) = (now.0 - SECONDS_PER_DAY, now.0 + SECONDS_PER_DAY);
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!: i64" FROM category_suggestions
           WHERE feed_id = (SELECT feed_id FROM articles WHERE id = ?) AND created_at BETWEEN ? AND ?"#,
        article.0,
        since,
        until,
    )
    .fetch_one(db)
    .await
}

/// The title of an article; `None` when there is no such article.
pub async fn load_title(db: impl SqliteExecutor<'_>, article: ArticleId) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("SELECT title FROM articles WHERE id = ?", article.0).fetch_optional(db).await
}

/// Records that a name was suggested for an article; returns the id of the suggestion.
pub async fn add(
    db: &mut SqliteConnection,
    suggested: &SuggestedCategory,
    article: ArticleId,
    now: Timestamp,
) -> sqlx::Result<i64> {
    let parent = suggested.parent.map(|parent| parent.0);
    // The parent may have moved or gone since the model was asked.
    let id = sqlx::query_scalar!(
        r#"INSERT INTO category_suggestions (name, identity, parent_id, feed_id, created_at)
           VALUES (?1, ?2, (SELECT coalesce(parent_id, id) FROM categories WHERE id = ?3),
                   (SELECT feed_id FROM articles WHERE id = ?4), ?5)
           ON CONFLICT (identity) DO UPDATE SET parent_id = coalesce(parent_id, excluded.parent_id)
           RETURNING id AS "id!""#,
        suggested.name,
        suggested.identity,
        parent,
        article.0,
        now.0,
    )
    .fetch_one(&mut *db)
    .await?;
    sqlx::query!(
        "INSERT OR IGNORE INTO category_suggestion_articles (suggestion_id, article_id) VALUES (?, ?)",
        id,
        article.0
    )
    .execute(db)
    .await?;
    Ok(id)
}

/// Removes an article from all suggestions, then the open suggestions that have no article left.
pub async fn forget_article(db: &mut SqliteConnection, article: ArticleId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM category_suggestion_articles WHERE article_id = ?", article.0).execute(&mut *db).await?;
    sqlx::query!(
        "DELETE FROM category_suggestions
         WHERE refused = 0 AND id NOT IN (SELECT suggestion_id FROM category_suggestion_articles)"
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Removes what exceeds [`MAX_OPEN_SUGGESTIONS`]: the suggestions with the fewest articles, the oldest first.
pub async fn remove_excess(db: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM category_suggestions WHERE id IN (
             SELECT s.id FROM category_suggestions s WHERE s.refused = 0
             ORDER BY (SELECT count(*) FROM category_suggestion_articles l WHERE l.suggestion_id = s.id) DESC, s.id DESC
             LIMIT -1 OFFSET ?)",
        MAX_OPEN_SUGGESTIONS
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Gives a category to the articles that a name with this identity was suggested for, ranks them anew and ends the suggestion.
pub async fn assign_to_category(db: &mut SqliteConnection, identity: &str, category: CategoryId) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT OR IGNORE INTO article_categories (article_id, category_id, position)
         SELECT l.article_id, ?2,
                coalesce((SELECT max(c.position) + 1 FROM article_categories c WHERE c.article_id = l.article_id), 0)
         FROM category_suggestions s JOIN category_suggestion_articles l ON l.suggestion_id = s.id WHERE s.identity = ?1",
        identity,
        category.0,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!("DELETE FROM category_suggestions WHERE identity = ?", identity).execute(&mut *db).await?;
    ranking::apply_category_changes(db, &[category], &[]).await?;
    Ok(())
}

/// Marks an open suggestion as refused and removes its articles; it stays stored, so that it is not suggested again. `false` when
/// there is none.
pub async fn refuse(db: &mut SqliteConnection, id: i64) -> sqlx::Result<bool> {
    let done = sqlx::query!("UPDATE category_suggestions SET refused = 1 WHERE id = ? AND refused = 0", id);
    let is_refused = done.execute(&mut *db).await?.rows_affected() > 0;
    sqlx::query!(
        "DELETE FROM category_suggestion_articles WHERE suggestion_id IN (SELECT id FROM category_suggestions WHERE refused = 1)"
    )
    .execute(db)
    .await?;
    Ok(is_refused)
}
