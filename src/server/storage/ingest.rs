//! Entries of feeds on their way in: a whole feed's worth in a handful of statements.

use crate::domain::{ids::FeedId, prompt_injection::InjectionSign, time::Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;

/// An entry ready to be stored: identified, cleaned, hashed. Travels to SQLite as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PreparedArticle {
    /// Its identity within the feed.
    pub guid: String,
    /// Address of the original.
    pub url: Option<String>,
    /// The title, as plain text.
    pub title: String,
    /// The author.
    pub author: Option<String>,
    /// Plain text, at most 300 characters.
    pub summary: String,
    /// When it was published, in seconds since 1970.
    pub published_at: Option<i64>,
    /// A balanced, sanitised fragment.
    pub html: String,
    /// The body as plain text, for the search.
    pub text: String,
    /// Why the text is suspicious.
    pub signs: Vec<InjectionSign>,
    /// sha256 in hex over title, url, author and body.
    pub hash: String,
}

/// What storing a feed's entries did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct UpsertCounts {
    /// Number of new articles.
    pub new: i64,
    /// Number of articles whose content changed.
    pub changed: i64,
}

/// Stores entries of a feed. New ones are queued for the model. Changed ones (by hash) get their new content; they are
/// queued again only while unread and already judged or given up, so that an edit to something read costs nothing. Those in
/// the queue begin anew, and a lease that is held ends: the answer on its way is about the old text.
/// Unchanged ones are not touched.
pub async fn upsert_articles(
    db: &mut SqliteConnection,
    feed: FeedId,
    entries: &[PreparedArticle],
    now: Timestamp,
) -> sqlx::Result<UpsertCounts> {
    if entries.is_empty() {
        return Ok(UpsertCounts::default());
    }
    let batch = serde_json::to_string(entries).map_err(|e| sqlx::Error::Encode(e.into()))?;
    let written = sqlx::query!(
        r#"INSERT INTO articles (feed_id, guid, url, title, author, published_at, sorted_at, fetched_at, content_hash, state,
                                 next_step)
           SELECT ?1, e.value ->> 'guid', e.value ->> 'url', e.value ->> 'title', e.value ->> 'author', e.value ->> 'published_at', min(coalesce(e.value ->> 'published_at', ?3), ?3), ?3,
                  unhex(e.value ->> 'hash'), 'queued', 'categorize'
           FROM json_each(?2) e WHERE true
           ON CONFLICT (feed_id, guid) DO UPDATE SET
               url = excluded.url, title = excluded.title, author = excluded.author,
               published_at = coalesce(excluded.published_at, published_at),
               sorted_at = min(coalesce(excluded.published_at, sorted_at), fetched_at),
               updated_at = ?3, content_hash = excluded.content_hash,
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
           WHERE content_hash <> excluded.content_hash
           RETURNING id AS "id!", (updated_at IS NULL) AS "is_new!: bool""#,
        feed.0,
        batch,
        now.0
    )
    .fetch_all(&mut *db)
    .await?;
    if written.is_empty() {
        return Ok(UpsertCounts::default());
    }
    let changed: Vec<i64> = written.iter().filter(|r| !r.is_new).map(|r| r.id).collect();
    let ids: Vec<i64> = written.iter().map(|r| r.id).collect();
    let ids_json = serde_json::to_string(&ids).map_err(|e| sqlx::Error::Encode(e.into()))?;
    if !changed.is_empty() {
        let changed_json = serde_json::to_string(&changed).map_err(|e| sqlx::Error::Encode(e.into()))?;
        sqlx::query!("DELETE FROM articles_fts WHERE rowid IN (SELECT value FROM json_each(?))", changed_json)
            .execute(&mut *db)
            .await?;
    }
    sqlx::query!(
        "INSERT INTO article_bodies (article_id, html)
         SELECT a.id, e.value ->> 'html'
         FROM json_each(?1) e CROSS JOIN articles a ON a.feed_id = ?2 AND a.guid = e.value ->> 'guid'
         WHERE a.id IN (SELECT value FROM json_each(?3))
         ON CONFLICT (article_id) DO UPDATE SET html = excluded.html",
        batch,
        feed.0,
        ids_json
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "INSERT INTO article_summaries (article_id, summary)
         SELECT a.id, e.value ->> 'summary'
         FROM json_each(?1) e CROSS JOIN articles a ON a.feed_id = ?2 AND a.guid = e.value ->> 'guid'
         WHERE a.id IN (SELECT value FROM json_each(?3))
         ON CONFLICT (article_id) DO UPDATE SET summary = excluded.summary",
        batch,
        feed.0,
        ids_json
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "INSERT INTO articles_fts (rowid, title, body)
         SELECT a.id, a.title, e.value ->> 'text'
         FROM json_each(?1) e CROSS JOIN articles a ON a.feed_id = ?2 AND a.guid = e.value ->> 'guid'
         WHERE a.id IN (SELECT value FROM json_each(?3))",
        batch,
        feed.0,
        ids_json
    )
    .execute(&mut *db)
    .await?;
    if !changed.is_empty() || entries.iter().any(|entry| !entry.signs.is_empty()) {
        store_signs(db, feed, &batch, &ids_json).await?;
    }
    let changed = i64::try_from(changed.len()).unwrap_or(i64::MAX);
    Ok(UpsertCounts { new: i64::try_from(ids.len()).unwrap_or(i64::MAX) - changed, changed })
}

/// Most texts have none, so most feeds come past here.
async fn store_signs(db: &mut SqliteConnection, feed: FeedId, batch: &str, ids: &str) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM article_suspicions WHERE article_id IN (SELECT value FROM json_each(?))", ids)
        .execute(&mut *db)
        .await?;
    sqlx::query!(
        "INSERT INTO article_suspicions (article_id, signs)
         SELECT a.id, e.value ->> 'signs'
         FROM json_each(?1) e CROSS JOIN articles a ON a.feed_id = ?2 AND a.guid = e.value ->> 'guid'
         WHERE a.id IN (SELECT value FROM json_each(?3)) AND json_array_length(e.value, '$.signs') > 0",
        batch,
        feed.0,
        ids
    )
    .execute(db)
    .await?;
    Ok(())
}
