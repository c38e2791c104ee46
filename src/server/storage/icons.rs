//! Icons of sites, each stored once.

use crate::domain::{feed_url::FeedUrl, ids::FeedId, time::Timestamp};
use sqlx::{SqliteConnection, SqlitePool};
use std::collections::HashMap;

/// A feed whose icon is to be fetched from its site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IconSource {
    /// The feed.
    pub feed: FeedId,
    /// The address of the feed.
    pub url: FeedUrl,
    /// The address of its site.
    pub site_url: Option<String>,
}

/// An icon as it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredIcon {
    /// sha256 of the content in hex.
    pub hash: String,
    /// The media type, found from the content.
    pub mime_type: String,
    /// The content.
    pub data: Vec<u8>,
}

/// The next feed whose last check went well and whose icon is due.
pub async fn next_due(db: &SqlitePool, now: Timestamp) -> sqlx::Result<Option<IconSource>> {
    let found = sqlx::query!(
        r#"SELECT id AS "id!", url AS "url: FeedUrl", site_url FROM feeds WHERE state = 'ok' AND icon_due_at <= ? ORDER BY icon_due_at, id LIMIT 1"#,
        now.0
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(|r| IconSource { feed: FeedId(r.id), url: r.url, site_url: r.site_url }))
}

/// Stores the icon of a feed, which keeps its old one when there is none. `true`: the icon changed.
pub async fn store(
    db: &mut SqliteConnection,
    feed: FeedId,
    icon: Option<&StoredIcon>,
    due_at: Timestamp,
) -> sqlx::Result<bool> {
    sqlx::query!("UPDATE feeds SET icon_due_at = ? WHERE id = ?", due_at.0, feed.0).execute(&mut *db).await?;
    let Some(StoredIcon { hash, mime_type, data }) = icon else { return Ok(false) };
    sqlx::query!(
        "INSERT INTO icons (hash, mime_type, data) VALUES (?, ?, ?) ON CONFLICT (hash) DO NOTHING",
        hash,
        mime_type,
        data
    )
    .execute(&mut *db)
    .await?;
    let done = sqlx::query!(
        "UPDATE feeds SET icon_id = (SELECT id FROM icons WHERE hash = ?1)
         WHERE id = ?2 AND icon_id IS NOT (SELECT id FROM icons WHERE hash = ?1)",
        hash,
        feed.0
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!("DELETE FROM icons WHERE NOT EXISTS (SELECT 1 FROM feeds WHERE icon_id = icons.id)")
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// The ids of all icons by their hashes.
pub async fn load_ids(db: &SqlitePool) -> sqlx::Result<HashMap<String, i64>> {
    let found = sqlx::query!(r#"SELECT id AS "id!", hash FROM icons"#).fetch_all(db).await?;
    Ok(found.into_iter().map(|r| (r.hash, r.id)).collect())
}

/// All icons with their ids.
pub async fn list(db: &SqlitePool) -> sqlx::Result<Vec<(i64, StoredIcon)>> {
    sqlx::query!(r#"SELECT id AS "id!", hash, mime_type, data FROM icons ORDER BY id"#)
        .map(|r| (r.id, StoredIcon { hash: r.hash, mime_type: r.mime_type, data: r.data }))
        .fetch_all(db)
        .await
}

/// The icon with this hash.
pub async fn load(db: &SqlitePool, hash: &str) -> sqlx::Result<Option<StoredIcon>> {
    sqlx::query_as!(StoredIcon, "SELECT hash, mime_type, data FROM icons WHERE hash = ?", hash).fetch_optional(db).await
}
