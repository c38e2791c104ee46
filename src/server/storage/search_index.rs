//! The full-text index: tokens of [`words`](crate::domain::words), made here and split at spaces by SQLite.

use crate::domain::words::IndexedArticle;
use serde::Serialize;
use sqlx::{SqliteConnection, SqliteExecutor};

/// A row of the index.
#[derive(Clone, Debug, Serialize)]
pub struct IndexRow<'a> {
    /// The article's id.
    pub id: i64,
    /// Its tokens.
    pub index: &'a IndexedArticle,
}

/// Indexes articles, in place of what the index has of them, and stores the properties of their texts; their bodies must be stored
/// before.
pub async fn write(db: &mut SqliteConnection, rows: &[IndexRow<'_>]) -> sqlx::Result<()> {
    let ids = super::json_ids(rows.iter().map(|row| row.id));
    sqlx::query!("DELETE FROM articles_fts WHERE rowid IN (SELECT value FROM json_each(?))", ids)
        .execute(&mut *db)
        .await?;
    let json = serde_json::to_string(rows).map_err(|e| sqlx::Error::Encode(e.into()))?;
    sqlx::query!(
        "INSERT INTO articles_fts (rowid, title, author, body, capitals)
         SELECT e.value ->> 'id', e.value ->> '$.index.title', e.value ->> '$.index.author', e.value ->> '$.index.body',
                e.value ->> '$.index.capitals'
         FROM json_each(?) e",
        json
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!("DELETE FROM article_links_fts WHERE rowid IN (SELECT value FROM json_each(?))", ids)
        .execute(&mut *db)
        .await?;
    sqlx::query!(
        "INSERT INTO article_links_fts (rowid, link)
         SELECT e.value ->> 'id', e.value ->> '$.index.link' FROM json_each(?) e WHERE e.value ->> '$.index.link' <> ''",
        json
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "INSERT INTO article_traits (article_id, words, language, has_image)
         SELECT e.value ->> 'id', e.value ->> '$.index.words', e.value ->> '$.index.language',
                coalesce(instr(coalesce(p.html, b.html), '<img ') > 0, 0)
         FROM json_each(?) e LEFT JOIN article_bodies b ON b.article_id = e.value ->> 'id'
              LEFT JOIN article_full_texts p ON p.article_id = e.value ->> 'id' AND p.is_fuller = 1
         WHERE true
         ON CONFLICT (article_id) DO UPDATE SET
             words = excluded.words, language = excluded.language, has_image = excluded.has_image",
        json
    )
    .execute(db)
    .await?;
    Ok(())
}

/// An article that is not in the index yet.
#[derive(Clone, Debug)]
pub struct UnindexedArticle {
    /// The article's id.
    pub id: i64,
    /// The title.
    pub title: String,
    /// The author.
    pub author: Option<String>,
    /// Address of the original.
    pub url: Option<String>,
    /// The fuller of its texts as sanitized HTML.
    pub html: String,
}

/// The newest articles that are not in the index yet.
pub async fn load_unindexed(db: impl SqliteExecutor<'_>, limit: i64) -> sqlx::Result<Vec<UnindexedArticle>> {
    let rows = sqlx::query!(
        r#"SELECT a.id AS "id!", a.title, a.author, a.url, coalesce(p.html, b.html, '') AS "html!: String"
           FROM articles a LEFT JOIN article_bodies b ON b.article_id = a.id
                LEFT JOIN article_full_texts p ON p.article_id = a.id AND p.is_fuller = 1
           WHERE a.id < (SELECT below FROM search_index_progress) ORDER BY a.id DESC LIMIT ?"#,
        limit
    )
    .fetch_all(db)
    .await?;
    let rows = rows.into_iter();
    let article = |id, title, author, url, html| UnindexedArticle { id, title, author, url, html };
    Ok(rows.map(|row| article(row.id, row.title, row.author, row.url, row.html)).collect())
}

/// Records that all articles from this id on are in the index.
pub async fn set_indexed_from(db: &mut SqliteConnection, id: i64) -> sqlx::Result<()> {
    sqlx::query!("UPDATE search_index_progress SET below = ?", id).execute(db).await?;
    Ok(())
}

/// Whether articles of an earlier version still have to be indexed.
pub async fn is_pending(db: impl SqliteExecutor<'_>) -> sqlx::Result<bool> {
    Ok(sqlx::query_scalar!("SELECT below FROM search_index_progress").fetch_one(db).await? > 0)
}
