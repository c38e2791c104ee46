//! Writing the articles of a feed. What is new and what changed was decided before; every statement is linear in its rows.

use super::{
    details::{self, PreparedDetails},
    full_text::{self, PageToFetch},
    identities, queue,
    search_index::{self, IndexRow},
    story_candidates, to_json,
};
use crate::domain::{
    article_identity::{ArticleIdentity, KnownArticle},
    feed_url::FeedUrl,
    ids::{ArticleId, FeedId},
    prompt_injection::InjectionSign,
    safe_html::SafeHtml,
    story_signature::StorySignature,
    time::{MICROS_PER_SECOND, Timestamp},
    words::IndexedArticle,
};
use serde::Serialize;
use sqlx::SqliteConnection;

/// Seconds for which the models wait for the full text of a new article.
const FULL_TEXT_HOLD_SECONDS: i64 = 600;

/// An article ready to be stored: sanitized, with its identity.
#[derive(Clone, Debug)]
pub struct PreparedArticle {
    /// The guid as the publisher sent it.
    pub guid: Option<String>,
    /// Address of the original.
    pub url: Option<String>,
    /// The title, as plain text.
    pub title: String,
    /// The author.
    pub author: Option<String>,
    /// Plain text, at most 300 characters.
    pub summary: String,
    /// Publication time in seconds since the Unix epoch.
    pub published_at: Option<i64>,
    /// The body.
    pub html: SafeHtml,
    /// Its tokens in the full-text index.
    pub index: IndexedArticle,
    /// Why the text is suspicious.
    pub signs: Vec<InjectionSign>,
    /// What identifies it in later documents.
    pub identity: ArticleIdentity,
    /// What the publisher sent beside the text.
    pub details: PreparedDetails,
    /// The page to fetch for it: of a new article in any case, of a stored one when that has a full text.
    pub page: Option<FeedUrl>,
    /// What is compared with articles of other feeds; `None`: it is compared with none.
    pub story: Option<StorySignature>,
}

/// One article to be written.
#[derive(Clone, Debug)]
pub enum ArticleWrite {
    /// A new article.
    Insert(PreparedArticle),
    /// A stored article that the publisher changed.
    Update {
        /// The stored article.
        id: ArticleId,
        /// Title or text differ, so the answers of models about the article are out of date.
        words_changed: bool,
        /// Its new contents.
        article: PreparedArticle,
    },
}

/// Numbers of articles stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct UpsertCounts {
    /// Number of new articles.
    pub new: i64,
    /// Number of articles whose content changed.
    pub changed: i64,
}

impl PreparedArticle {
    /// Bytes of its text, in every form in which it is stored.
    pub const fn byte_count(&self) -> usize {
        self.title.len() + self.summary.len() + self.html.as_str().len() + self.index.byte_count()
    }
}

impl ArticleWrite {
    /// The article's content.
    pub const fn article(&self) -> &PreparedArticle {
        match self {
            Self::Insert(article) | Self::Update { article, .. } => article,
        }
    }
}

/// Columns of `articles`.
#[derive(Serialize)]
struct ArticleColumns<'a> {
    id: i64,
    arrived_us: i64,
    guid: Option<&'a str>,
    url: Option<&'a str>,
    title: &'a str,
    author: Option<&'a str>,
    published_at: Option<i64>,
    words_changed: bool,
}

/// What is stored beside `articles`.
#[derive(Serialize)]
struct ArticleTexts<'a> {
    id: i64,
    summary: &'a str,
    html: &'a str,
    signs: &'a [InjectionSign],
}

/// Writes articles of a feed. New ones arrive in the order given and are queued for the model, unless their feed is never scored. Changed ones get their new content;
/// those whose words changed are queued again only while unread and already judged or given up, so that an edit to something read
/// costs nothing. Those in the queue begin anew, and a lease that is held ends: the answer on its way is about the old text.
///
/// `now_us` is the time of arrival in microseconds since the Unix epoch.
pub async fn write_articles(
    db: &mut SqliteConnection,
    feed: FeedId,
    writes: &[ArticleWrite],
    now_us: i64,
) -> sqlx::Result<UpsertCounts> {
    let now = now_us.div_euclid(MICROS_PER_SECOND);
    let inserted = writes.iter().filter(|write| matches!(write, ArticleWrite::Insert(_))).count();
    let inserted = i64::try_from(inserted).unwrap_or(i64::MAX);
    let (mut next_id, mut next_arrival) = reserve(&mut *db, inserted, now_us).await?;
    let (mut new, mut changed, mut texts, mut identities) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut new_details, mut changed_details) = (Vec::new(), Vec::new());
    let (mut new_pages, mut changed_pages) = (Vec::new(), Vec::new());
    let mut index_rows = Vec::with_capacity(writes.len());
    let mut signatures = Vec::new();
    for write in writes {
        let article = write.article();
        let (id, words_changed) = match write {
            ArticleWrite::Insert(_) => (next_id, false),
            ArticleWrite::Update { id, words_changed, .. } => (id.0, *words_changed),
        };
        let columns = ArticleColumns {
            id,
            arrived_us: next_arrival,
            guid: article.guid.as_deref(),
            url: article.url.as_deref(),
            title: &article.title,
            author: article.author.as_deref(),
            published_at: article.published_at,
            words_changed,
        };
        let page = article.page.as_ref().map(|url| PageToFetch { article: ArticleId(id), url });
        if matches!(write, ArticleWrite::Insert(_)) {
            new_pages.extend(page);
            new.push(columns);
            new_details.push((ArticleId(id), &article.details));
            (next_id, next_arrival) = (next_id + 1, next_arrival + 1);
        } else {
            changed_pages.extend(page.filter(|_| words_changed));
            changed.push(columns);
            changed_details.push((ArticleId(id), &article.details));
        }
        let PreparedArticle { summary, html, index, signs, identity, .. } = article;
        texts.push(ArticleTexts { id, summary, html, signs });
        index_rows.push(IndexRow { id, index });
        signatures.extend(article.story.as_ref().map(|signature| (ArticleId(id), signature)));
        identities.push(KnownArticle { id: ArticleId(id), identity: *identity });
    }
    insert_rows(&mut *db, feed, &new, now).await?;
    update_rows(&mut *db, &changed, now).await?;
    store_texts(&mut *db, &texts, &changed).await?;
    details::insert(&mut *db, &new_details).await?;
    if !changed_details.is_empty() {
        details::store(&mut *db, &changed_details).await?;
    }
    search_index::write(&mut *db, &index_rows).await?;
    let (now, hold_until) = (Timestamp(now), Timestamp(now + FULL_TEXT_HOLD_SECONDS));
    full_text::enqueue(&mut *db, &new_pages, &changed_pages, now, hold_until).await?;
    identities::store(&mut *db, feed, &identities).await?;
    story_candidates::compare(db, feed, &signatures, now).await?;
    Ok(UpsertCounts { new: inserted, changed: i64::try_from(changed.len()).unwrap_or(i64::MAX) })
}

/// The highest id that an article was given so far; 0 before the first.
pub async fn last_article_id(db: &mut SqliteConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'articles'), 0) AS "seq!: i64""#
    )
    .fetch_one(db)
    .await
}

/// The first of `count` free ids, and the first of as many moments of arrival. Neither is ever used twice.
async fn reserve(db: &mut SqliteConnection, count: i64, now_us: i64) -> sqlx::Result<(i64, i64)> {
    if count == 0 {
        return Ok((0, 0));
    }
    let last_id = last_article_id(&mut *db).await?;
    let last_arrival =
        sqlx::query_scalar!("UPDATE arrivals SET last_us = max(last_us, ?1 - 1) + ?2 RETURNING last_us", now_us, count)
            .fetch_one(db)
            .await?;
    Ok((last_id + 1, last_arrival - count + 1))
}

async fn insert_rows(
    db: &mut SqliteConnection,
    feed: FeedId,
    rows: &[ArticleColumns<'_>],
    now: i64,
) -> sqlx::Result<()> {
    let json = to_json(rows)?;
    sqlx::query!(
        "INSERT INTO articles (id, feed_id, guid, url, title, author, published_at, sorted_at, fetched_at, arrived_us, state, next_step)
         SELECT e.value ->> 'id', ?1, e.value ->> 'guid', e.value ->> 'url', e.value ->> 'title', e.value ->> 'author',
                e.value ->> 'published_at', min(coalesce(e.value ->> 'published_at', ?3), ?3), ?3, e.value ->> 'arrived_us',
                iif((SELECT never_score FROM feeds WHERE id = ?1), 'unscored', 'queued'),
                iif((SELECT never_score FROM feeds WHERE id = ?1), NULL, 'categorize')
         FROM json_each(?2) e",
        feed.0,
        json,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn update_rows(db: &mut SqliteConnection, rows: &[ArticleColumns<'_>], now: i64) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let json = to_json(rows)?;
    sqlx::query!(
        "UPDATE articles SET
             guid = coalesce(e.value ->> 'guid', guid), url = e.value ->> 'url', title = e.value ->> 'title',
             author = e.value ->> 'author', published_at = coalesce(e.value ->> 'published_at', published_at),
             sorted_at = min(coalesce(e.value ->> 'published_at', sorted_at), fetched_at), updated_at = ?2
         FROM json_each(?1) e WHERE articles.id = e.value ->> 'id'",
        json,
        now
    )
    .execute(&mut *db)
    .await?;
    queue::requeue_changed(db, rows.iter().filter(|row| row.words_changed).map(|row| row.id)).await
}

/// Stores bodies, summaries and signs, in place of those of `changed`.
async fn store_texts(
    db: &mut SqliteConnection,
    texts: &[ArticleTexts<'_>],
    changed: &[ArticleColumns<'_>],
) -> sqlx::Result<()> {
    let json = to_json(texts)?;
    if !changed.is_empty() {
        let changed = super::json_ids(changed.iter().map(|row| row.id));
        sqlx::query!("DELETE FROM article_suspicions WHERE article_id IN (SELECT value FROM json_each(?))", changed)
            .execute(&mut *db)
            .await?;
    }
    sqlx::query!(
        "INSERT INTO article_bodies (article_id, html)
         SELECT e.value ->> 'id', e.value ->> 'html' FROM json_each(?) e WHERE true
         ON CONFLICT (article_id) DO UPDATE SET html = excluded.html",
        json
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "INSERT INTO article_summaries (article_id, summary)
         SELECT e.value ->> 'id', e.value ->> 'summary' FROM json_each(?) e WHERE true
         ON CONFLICT (article_id) DO UPDATE SET summary = excluded.summary",
        json
    )
    .execute(&mut *db)
    .await?;
    if texts.iter().any(|text| !text.signs.is_empty()) {
        sqlx::query!(
            "INSERT INTO article_suspicions (article_id, signs)
             SELECT e.value ->> 'id', e.value ->> 'signs' FROM json_each(?) e WHERE json_array_length(e.value, '$.signs') > 0",
            json
        )
        .execute(db)
        .await?;
    }
    Ok(())
}
