//! Identities of articles: what a document's items are compared with, and which decisions about a feed still hold.

use super::json_ids;
use crate::domain::{
    article_identity::{ArticleIdentity, DocumentItem, GuidHistory, KnownArticle},
    ids::{ArticleId, FeedId},
    time::Timestamp,
};
use serde::Serialize;
use sqlx::{SqliteConnection, SqlitePool};
use std::collections::HashSet;

/// What a decision about a document of a feed rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct IdentityState {
    /// Counts the transactions that stored articles of the feed.
    pub revision: i64,
    /// What the documents of the feed have shown of its guids.
    pub guids: GuidHistory,
    /// Whether every article of the feed has an identity.
    pub has_identities: bool,
}

/// The state of a feed; `None`: there is no such feed.
pub async fn load_state(db: &SqlitePool, feed: FeedId) -> sqlx::Result<Option<IdentityState>> {
    sqlx::query!(
        r#"SELECT articles_revision, guids_unreliable AS "guids_unreliable: bool", guid_replacements,
                  has_identities AS "has_identities: bool"
           FROM feeds WHERE id = ?"#,
        feed.0
    )
    .map(|r| IdentityState {
        revision: r.articles_revision,
        guids: GuidHistory { is_unreliable: r.guids_unreliable, replacements: r.guid_replacements },
        has_identities: r.has_identities,
    })
    .fetch_optional(db)
    .await
}

/// Counts a transaction that stores articles of a feed. `false`: articles of the feed were stored since `revision`, or the feed was
/// removed; the decision is outdated and nothing may be stored.
pub async fn advance_revision(db: &mut SqliteConnection, feed: FeedId, revision: i64) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE feeds SET articles_revision = articles_revision + 1 WHERE id = ? AND articles_revision = ? AND removed_at IS NULL",
        feed.0,
        revision
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The articles of a feed that share a guid, a path or a label with one of `items`, and those among them of which only the identity is
/// kept (retention.md).
pub async fn load_known(
    db: &SqlitePool,
    feed: FeedId,
    items: &[DocumentItem],
) -> sqlx::Result<(Vec<KnownArticle>, HashSet<ArticleId>)> {
    let identities = || items.iter().map(|item| item.identity);
    let guids = json_ids(identities().filter_map(|identity| identity.guid).chain(items.iter().map(|i| i.legacy_guid)));
    let paths = json_ids(identities().filter_map(|identity| identity.path));
    let labels = json_ids(identities().map(|identity| identity.label));
    let mut removed = HashSet::new();
    let known = sqlx::query!(
        r#"SELECT article_id AS "article_id!: i64", guid AS "guid?: i64", link AS "link?: i64", path AS "path?: i64",
                  label AS "label!: i64", date AS "date?: i64", words AS "words?: i64", content AS "content?: i64",
                  0 AS "is_removed!: bool"
           FROM article_identities WHERE article_id IN (
               SELECT article_id FROM article_identities WHERE feed_id = ?1 AND guid IN (SELECT value FROM json_each(?2))
               UNION
               SELECT article_id FROM article_identities WHERE feed_id = ?1 AND path IN (SELECT value FROM json_each(?3))
               UNION
               SELECT article_id FROM article_identities WHERE feed_id = ?1 AND label IN (SELECT value FROM json_each(?4)))
           UNION ALL
           SELECT id, guid, link, path, label, date, words, content, 1
           FROM removed_articles WHERE id IN (
               SELECT id FROM removed_articles WHERE feed_id = ?1 AND guid IN (SELECT value FROM json_each(?2))
               UNION
               SELECT id FROM removed_articles WHERE feed_id = ?1 AND path IN (SELECT value FROM json_each(?3))
               UNION
               SELECT id FROM removed_articles WHERE feed_id = ?1 AND label IN (SELECT value FROM json_each(?4)))"#,
        feed.0,
        guids,
        paths,
        labels
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|r| {
        if r.is_removed {
            removed.insert(ArticleId(r.article_id));
        }
        KnownArticle {
            id: ArticleId(r.article_id),
            identity: ArticleIdentity {
                guid: r.guid,
                link: r.link,
                path: r.path,
                label: r.label,
                date: r.date,
                words: r.words,
                content: r.content,
            },
        }
    })
    .collect();
    Ok((known, removed))
}

#[derive(Serialize)]
struct IdentityRow {
    id: i64,
    guid: Option<i64>,
    link: Option<i64>,
    path: Option<i64>,
    label: i64,
    date: Option<i64>,
    words: Option<i64>,
    content: Option<i64>,
}

/// Gives articles of a feed their identities, in place of those they have; also articles of which only that is kept.
pub async fn store(db: &mut SqliteConnection, feed: FeedId, articles: &[KnownArticle]) -> sqlx::Result<()> {
    let rows: Vec<IdentityRow> = articles
        .iter()
        .map(|KnownArticle { id, identity }| IdentityRow {
            id: id.0,
            guid: identity.guid,
            link: identity.link,
            path: identity.path,
            label: identity.label,
            date: identity.date,
            words: identity.words,
            content: identity.content,
        })
        .collect();
    let json = super::to_json(&rows)?;
    sqlx::query!(
        "UPDATE removed_articles SET guid = e.value ->> 'guid', link = e.value ->> 'link', path = e.value ->> 'path',
             label = e.value ->> 'label', date = e.value ->> 'date', words = e.value ->> 'words', content = e.value ->> 'content'
         FROM json_each(?) e WHERE removed_articles.id = e.value ->> 'id'",
        json
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "INSERT INTO article_identities (article_id, feed_id, guid, link, path, label, date, words, content)
         SELECT e.value ->> 'id', ?2, e.value ->> 'guid', e.value ->> 'link', e.value ->> 'path', e.value ->> 'label',
                e.value ->> 'date', e.value ->> 'words', e.value ->> 'content'
         FROM json_each(?1) e WHERE NOT EXISTS (SELECT 1 FROM removed_articles r WHERE r.id = e.value ->> 'id')
         ON CONFLICT (article_id) DO UPDATE SET guid = excluded.guid, link = excluded.link, path = excluded.path,
             label = excluded.label, date = excluded.date, words = excluded.words, content = excluded.content,
             is_outdated = 0",
        json,
        feed.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// An article that was stored before identities were kept, or whose identity was made by an older rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArticleWithoutIdentity {
    /// The stored article.
    pub id: ArticleId,
    /// Its guid as stored.
    pub guid: Option<String>,
    /// Address of the original.
    pub url: Option<String>,
    /// Its title.
    pub title: String,
    /// Publication time in seconds since the Unix epoch.
    pub published_at: Option<i64>,
    /// The identity that it has, with outdated hashes of guid, link and path.
    pub outdated: Option<ArticleIdentity>,
}

/// Some articles of a feed that have no identity yet or an outdated one, at most `limit`.
pub async fn list_missing(
    db: &mut SqliteConnection,
    feed: FeedId,
    limit: usize,
) -> sqlx::Result<Vec<ArticleWithoutIdentity>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    sqlx::query!(
        r#"SELECT a.id AS "id!", a.guid, a.url, a.title, a.published_at, i.guid AS "guid_hash?: i64", i.link AS "link?: i64",
                  i.path AS "path?: i64", i.label AS "label?: i64", i.date AS "date?: i64", i.words AS "words?: i64",
                  i.content AS "content?: i64"
           FROM articles a LEFT JOIN article_identities i ON i.article_id = a.id
           WHERE a.feed_id = ? AND (i.article_id IS NULL OR i.is_outdated = 1) LIMIT ?"#,
        feed.0,
        limit
    )
    .map(|r| ArticleWithoutIdentity {
        id: ArticleId(r.id),
        guid: r.guid,
        url: r.url,
        title: r.title,
        published_at: r.published_at,
        outdated: r.label.map(|label| ArticleIdentity {
            guid: r.guid_hash,
            link: r.link,
            path: r.path,
            label,
            date: r.date,
            words: r.words,
            content: r.content,
        }),
    })
    .fetch_all(db)
    .await
}

/// Records that every article of a feed has an identity.
pub async fn set_complete(db: &mut SqliteConnection, feed: FeedId) -> sqlx::Result<()> {
    sqlx::query!("UPDATE feeds SET has_identities = 1 WHERE id = ?", feed.0).execute(db).await?;
    Ok(())
}

/// Stores how far the guids of a document can be relied on, and how many of its items were left out; adds an event to the feed when
/// items are left out for the first time.
pub async fn record_document(
    db: &mut SqliteConnection,
    feed: FeedId,
    guids: GuidHistory,
    (kept, left_out): (usize, usize),
    at: Timestamp,
) -> sqlx::Result<()> {
    let detail = format!("The document has {} items; the newest {kept} are kept.", kept + left_out);
    let left_out = i64::try_from(left_out).unwrap_or(i64::MAX);
    sqlx::query!(
        "INSERT INTO feed_events (feed_id, at, kind, detail)
         SELECT id, ?2, 'shortened', ?3 FROM feeds WHERE id = ?1 AND items_left_out = 0 AND ?4 > 0",
        feed.0,
        at.0,
        detail,
        left_out
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "UPDATE feeds SET guids_unreliable = ?2, guid_replacements = ?3, items_left_out = ?4
         WHERE id = ?1 AND (guids_unreliable <> ?2 OR guid_replacements <> ?3 OR items_left_out <> ?4)",
        feed.0,
        guids.is_unreliable,
        guids.replacements,
        left_out
    )
    .execute(db)
    .await?;
    Ok(())
}
