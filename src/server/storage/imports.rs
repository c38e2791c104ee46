//! Imports from other readers: how far each is, and the marks that it sets.

use crate::domain::ids::{ArticleId, CategoryId};
use serde::Serialize;
use sqlx::{SqliteConnection, SqlitePool};

/// An import that was begun.
#[derive(Clone, Debug, Default)]
pub struct ImportRow {
    /// Feeds of the source that are stored.
    pub feeds_done: i64,
    /// Where the next page begins.
    pub position: Option<String>,
    /// What was imported so far, as JSON.
    pub report: String,
}

/// The import of a source that was begun and not ended.
pub async fn find(db: &SqlitePool, source: &str) -> sqlx::Result<Option<ImportRow>> {
    sqlx::query_as!(ImportRow, "SELECT feeds_done, position, report FROM imports WHERE source = ?", source)
        .fetch_optional(db)
        .await
}

/// Stores how far an import is.
pub async fn save(db: &mut SqliteConnection, source: &str, row: &ImportRow) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO imports (source, feeds_done, position, report) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (source) DO UPDATE SET feeds_done = ?2, position = ?3, report = ?4",
        source,
        row.feeds_done,
        row.position,
        row.report
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets an import that ended.
pub async fn delete(db: &mut SqliteConnection, source: &str) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM imports WHERE source = ?", source).execute(db).await?;
    Ok(())
}

/// The marks that another reader had of an article.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ImportedMarks {
    /// The article.
    pub id: i64,
    /// Whether it was stored just now.
    pub is_new: bool,
    /// Whether it was read.
    pub is_read: bool,
    /// Whether it was starred.
    pub is_starred: bool,
    /// Whether it has labels: its categories are known.
    pub has_labels: bool,
}

/// Sets marks. New articles that were read do not enter the queue; new ones with labels are only scored. Others keep the marks that they
/// have.
pub async fn set_marks(db: &mut SqliteConnection, marks: &[ImportedMarks]) -> sqlx::Result<()> {
    let json = super::to_json(marks)?;
    sqlx::query!(
        "UPDATE articles SET
             is_read = max(is_read, e.value ->> 'is_read'), is_starred = max(is_starred, e.value ->> 'is_starred'),
             state = CASE WHEN e.value ->> 'is_new' AND e.value ->> 'is_read' AND state = 'queued' THEN 'unscored' ELSE state END,
             next_step = CASE WHEN NOT e.value ->> 'is_new' OR next_step IS NULL THEN next_step
                              WHEN e.value ->> 'is_read' THEN NULL
                              WHEN e.value ->> 'has_labels' THEN 'score'
                              ELSE next_step END
         FROM json_each(?) e WHERE articles.id = e.value ->> 'id'",
        json
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Adds a category to an article, as its last one, unless it has it or is no longer there.
pub async fn add_label(db: &mut SqliteConnection, article: ArticleId, category: CategoryId) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO article_categories (article_id, category_id, position)
         SELECT a.id, ?2, (SELECT coalesce(max(position), -1) + 1 FROM article_categories WHERE article_id = ?1)
         FROM articles a WHERE a.id = ?1
         ON CONFLICT (article_id, category_id) DO NOTHING",
        article.0,
        category.0
    )
    .execute(db)
    .await?;
    Ok(())
}
