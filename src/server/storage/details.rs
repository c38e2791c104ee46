//! What publishers send of articles beside their text: language, comments, source, categories, pictures and files.

use super::json_ids;
use crate::domain::{
    ids::ArticleId,
    publisher_details::{ArticleMedia, ArticleSource, MediaKind, PublisherDetails},
};
use serde::Serialize;
use sqlx::{SqliteConnection, SqlitePool};
use std::collections::HashMap;

/// Details with the hash that tells whether they changed.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PreparedDetails {
    /// The details.
    pub details: PublisherDetails,
    /// Hash of all details; 0 without any.
    pub hash: i64,
}

/// A row of `article_details`.
#[derive(Serialize)]
struct DetailsRow<'a> {
    id: i64,
    hash: i64,
    language: Option<&'a str>,
    comments_url: Option<&'a str>,
    source_title: Option<&'a str>,
    source_url: Option<&'a str>,
    categories: &'a [String],
}

/// A row of `article_media`.
#[derive(Serialize)]
struct MediaRow<'a> {
    id: i64,
    position: usize,
    #[serde(flatten)]
    media: &'a ArticleMedia,
}

/// The hashes of the details of these articles; those without details are left out.
pub async fn load_hashes(
    db: &SqlitePool,
    ids: impl Iterator<Item = ArticleId>,
) -> sqlx::Result<HashMap<ArticleId, i64>> {
    let ids = json_ids(ids.map(|id| id.0));
    let found = sqlx::query!(
        "SELECT article_id, hash FROM article_details WHERE article_id IN (SELECT value FROM json_each(?))",
        ids
    )
    .fetch_all(db)
    .await?;
    Ok(found.into_iter().map(|r| (ArticleId(r.article_id), r.hash)).collect())
}

/// Gives articles their details, in place of those they have.
pub async fn store(db: &mut SqliteConnection, articles: &[(ArticleId, &PreparedDetails)]) -> sqlx::Result<()> {
    let ids = json_ids(articles.iter().map(|(id, _)| id.0));
    sqlx::query!("DELETE FROM article_media WHERE article_id IN (SELECT value FROM json_each(?))", ids)
        .execute(&mut *db)
        .await?;
    sqlx::query!("DELETE FROM article_details WHERE article_id IN (SELECT value FROM json_each(?))", ids)
        .execute(&mut *db)
        .await?;
    insert(db, articles).await
}

/// Stores the details of articles that have none yet.
pub(super) async fn insert(db: &mut SqliteConnection, articles: &[(ArticleId, &PreparedDetails)]) -> sqlx::Result<()> {
    let filled = || articles.iter().filter(|(_, prepared)| !prepared.details.is_empty());
    let rows: Vec<DetailsRow<'_>> = filled()
        .map(|(id, PreparedDetails { details, hash })| DetailsRow {
            id: id.0,
            hash: *hash,
            language: details.language.as_deref(),
            comments_url: details.comments_url.as_deref(),
            source_title: details.source.as_ref().map(|source| source.title.as_str()),
            source_url: details.source.as_ref().and_then(|source| source.url.as_deref()),
            categories: &details.categories,
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let media: Vec<MediaRow<'_>> = filled()
        .map(|(id, prepared)| (id.0, prepared.details.media.iter().enumerate()))
        .flat_map(|(id, media)| media.map(move |(position, media)| MediaRow { id, position, media }))
        .collect();
    let (rows, media) = (super::to_json(&rows)?, super::to_json(&media)?);
    sqlx::query!(
        "INSERT INTO article_details (article_id, hash, language, comments_url, source_title, source_url, categories)
         SELECT e.value ->> 'id', e.value ->> 'hash', e.value ->> 'language', e.value ->> 'comments_url',
                e.value ->> 'source_title', e.value ->> 'source_url', e.value -> 'categories'
         FROM json_each(?) e",
        rows
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "INSERT INTO article_media (article_id, position, kind, url, mime_type, bytes, width, height, title, duration_seconds)
         SELECT e.value ->> 'id', e.value ->> 'position', e.value ->> 'kind', e.value ->> 'url', e.value ->> 'mime_type',
                e.value ->> 'bytes', e.value ->> 'width', e.value ->> 'height', e.value ->> 'title',
                e.value ->> 'duration_seconds'
         FROM json_each(?) e",
        media
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The details of an article; empty when it has none.
pub async fn load(db: &mut SqliteConnection, id: ArticleId) -> sqlx::Result<PublisherDetails> {
    let found = sqlx::query!(
        "SELECT language, comments_url, source_title, source_url, categories FROM article_details WHERE article_id = ?",
        id.0
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = found else { return Ok(PublisherDetails::default()) };
    let media = load_media(db, &json_ids(std::iter::once(id.0))).await?.remove(&id.0).unwrap_or_default();
    let source = ArticleSource { title: row.source_title.unwrap_or_default(), url: row.source_url };
    Ok(PublisherDetails {
        language: row.language,
        comments_url: row.comments_url,
        source: (source != ArticleSource::default()).then_some(source),
        categories: serde_json::from_str(&row.categories).unwrap_or_default(),
        media,
    })
}

/// Pictures and files of the articles in a JSON list of ids, by article, in the order of the document.
pub(super) async fn load_media(db: &mut SqliteConnection, ids: &str) -> sqlx::Result<HashMap<i64, Vec<ArticleMedia>>> {
    let mut media: HashMap<i64, Vec<ArticleMedia>> = HashMap::new();
    let files = sqlx::query!(
        r#"SELECT m.article_id AS "article_id!", m.kind AS "kind!", m.url AS "url!", m.mime_type, m.bytes,
                  m.width AS "width: u32", m.height AS "height: u32", m.title, m.duration_seconds
           FROM json_each(?) AS page CROSS JOIN article_media m ON m.article_id = page.value
           ORDER BY m.article_id, m.position"#,
        ids
    )
    .fetch_all(db)
    .await?;
    for r in files {
        media.entry(r.article_id).or_default().push(ArticleMedia {
            kind: MediaKind::parse(&r.kind).unwrap_or_default(),
            url: r.url,
            mime_type: r.mime_type,
            bytes: r.bytes,
            width: r.width,
            height: r.height,
            title: r.title,
            duration_seconds: r.duration_seconds,
        });
    }
    Ok(media)
}
