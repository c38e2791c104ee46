//! Full texts of articles, and the queue of pages that are still to be fetched.

use super::to_json;
use crate::domain::{
    feed_url::FeedUrl,
    full_text::{FullTextProblem, FullTextStatus, ShownText},
    ids::{ArticleId, FeedId},
    prompt_injection::InjectionSign,
    safe_html::SafeHtml,
    time::Timestamp,
};
use serde::Serialize;
use sqlx::{SqliteConnection, SqliteExecutor, SqlitePool};

/// A page to be fetched for an article.
#[derive(Clone, Debug)]
pub struct PageToFetch<'a> {
    /// The article.
    pub article: ArticleId,
    /// The page.
    pub url: &'a FeedUrl,
}

#[derive(Serialize)]
struct QueueRow<'a> {
    id: i64,
    url: &'a str,
    host: String,
}

/// Queues pages: those of `new` articles, for which models wait until `hold_until`, and those of `changed` articles whose full text
/// is of an earlier version.
pub(super) async fn enqueue(
    db: &mut SqliteConnection,
    new: &[PageToFetch<'_>],
    changed: &[PageToFetch<'_>],
    now: Timestamp,
    hold_until: Timestamp,
) -> sqlx::Result<()> {
    enqueue_new(&mut *db, new, now, Some(hold_until)).await?;
    if !changed.is_empty() {
        let json = to_json(&queue_rows(changed))?;
        sqlx::query!(
            "INSERT INTO full_text_queue (article_id, url, host, due_at)
             SELECT e.value ->> 'id', e.value ->> 'url', e.value ->> 'host', ?2 FROM json_each(?1) e
             WHERE EXISTS (SELECT 1 FROM article_full_texts f WHERE f.article_id = e.value ->> 'id')
             ON CONFLICT (article_id) DO UPDATE SET url = excluded.url, host = excluded.host, due_at = excluded.due_at, attempts = 0",
            json,
            now.0
        )
        .execute(db)
        .await?;
    }
    Ok(())
}

/// Queues pages of articles; what is queued already stays as it is. Models wait until `hold_until`.
pub async fn enqueue_new(
    db: &mut SqliteConnection,
    pages: &[PageToFetch<'_>],
    now: Timestamp,
    hold_until: Option<Timestamp>,
) -> sqlx::Result<()> {
    if pages.is_empty() {
        return Ok(());
    }
    let (json, hold_until) = (to_json(&queue_rows(pages))?, hold_until.map(|until| until.0));
    sqlx::query!(
        "INSERT INTO full_text_queue (article_id, url, host, due_at, holds_scoring_until)
         SELECT e.value ->> 'id', e.value ->> 'url', e.value ->> 'host', ?2, ?3 FROM json_each(?1) e WHERE true
         ON CONFLICT (article_id) DO NOTHING",
        json,
        now.0,
        hold_until
    )
    .execute(db)
    .await?;
    Ok(())
}

fn queue_rows<'a>(pages: &[PageToFetch<'a>]) -> Vec<QueueRow<'a>> {
    let row =
        |page: &PageToFetch<'a>| QueueRow { id: page.article.0, url: page.url.as_str(), host: page.url.authority() };
    pages.iter().map(row).collect()
}

/// A page under way: the article as it was when the fetch began.
#[derive(Clone, Debug)]
pub struct ClaimedPage {
    /// The article.
    pub article: ArticleId,
    /// The page.
    pub url: FeedUrl,
    /// Host and port.
    pub host: String,
    /// Fetches that began, this one included.
    pub attempts: i64,
}

/// Takes the next page that is due, of none of these hosts; it is due again at `until` if nothing comes of it.
pub async fn claim_next(
    db: &mut SqliteConnection,
    busy_hosts: &[String],
    now: Timestamp,
    until: Timestamp,
) -> sqlx::Result<Option<ClaimedPage>> {
    let busy = to_json(busy_hosts)?;
    let next = sqlx::query_scalar!(
        r#"SELECT article_id AS "id!" FROM full_text_queue
           WHERE due_at <= ?1 AND host NOT IN (SELECT value FROM json_each(?2))
           ORDER BY priority DESC, article_id DESC LIMIT 1"#,
        now.0,
        busy
    )
    .fetch_optional(&mut *db)
    .await?;
    match next {
        Some(id) => claim(db, ArticleId(id), until).await,
        None => Ok(None),
    }
}

/// Takes the page of this article; `None`: none waits.
pub async fn claim(
    db: &mut SqliteConnection,
    article: ArticleId,
    until: Timestamp,
) -> sqlx::Result<Option<ClaimedPage>> {
    sqlx::query!(
        r#"UPDATE full_text_queue SET attempts = attempts + 1, due_at = ?2 WHERE article_id = ?1
           RETURNING url AS "url!: FeedUrl", host AS "host!", attempts AS "attempts!""#,
        article.0,
        until.0
    )
    .map(|r| ClaimedPage { article, url: r.url, host: r.host, attempts: r.attempts })
    .fetch_optional(db)
    .await
}

/// Queues a page that the reader asked for, before all others.
pub async fn request(db: &mut SqliteConnection, page: &PageToFetch<'_>, now: Timestamp) -> sqlx::Result<()> {
    let (url, host) = (page.url.as_str(), page.url.authority());
    sqlx::query!(
        "INSERT INTO full_text_queue (article_id, url, host, priority, due_at) VALUES (?1, ?2, ?3, 1, ?4)
         ON CONFLICT (article_id) DO UPDATE SET url = ?2, host = ?3, priority = 1, attempts = 0, due_at = ?4",
        page.article.0,
        url,
        host,
        now.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Lets a page be fetched at `due_at`, and the models go on without it. `is_counted`: whether this fetch counts as one.
pub async fn postpone(
    db: &mut SqliteConnection,
    article: ArticleId,
    due_at: Timestamp,
    is_counted: bool,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE full_text_queue SET due_at = ?2, attempts = attempts - iif(?3, 0, 1),
                holds_scoring_until = iif(?3, NULL, holds_scoring_until)
         WHERE article_id = ?1",
        article.0,
        due_at.0,
        is_counted
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes a page out of the queue.
pub async fn dequeue(db: &mut SqliteConnection, article: ArticleId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM full_text_queue WHERE article_id = ?", article.0).execute(db).await?;
    Ok(())
}

/// Takes all pages of a feed out of the queue that the reader did not ask for.
pub async fn dequeue_feed(db: &mut SqliteConnection, feed: FeedId) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM full_text_queue WHERE priority = 0 AND article_id IN (SELECT id FROM articles WHERE feed_id = ?)",
        feed.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// When the next page falls due.
pub async fn next_due_at(db: &SqlitePool) -> sqlx::Result<Option<Timestamp>> {
    let next = sqlx::query_scalar!(r#"SELECT min(due_at) AS "next: i64" FROM full_text_queue"#).fetch_one(db).await?;
    Ok(next.map(Timestamp))
}

/// An article with the texts that it has.
#[derive(Clone, Debug)]
pub struct ArticleTextSource {
    /// The title.
    pub title: String,
    /// The author.
    pub author: Option<String>,
    /// Address of the original.
    pub url: Option<String>,
    /// The feed's text.
    pub feed_html: String,
    /// The text of the page.
    pub full_html: Option<SafeHtml>,
}

/// The texts of an article; `None`: it is gone.
pub async fn load_source(db: impl SqliteExecutor<'_>, id: ArticleId) -> sqlx::Result<Option<ArticleTextSource>> {
    sqlx::query_as!(
        ArticleTextSource,
        r#"SELECT a.title, a.author, a.url, coalesce(b.html, '') AS "feed_html!: String", t.html AS "full_html: SafeHtml"
           FROM articles a LEFT JOIN article_bodies b ON b.article_id = a.id
                LEFT JOIN article_full_texts t ON t.article_id = a.id
           WHERE a.id = ?"#,
        id.0
    )
    .fetch_optional(db)
    .await
}

/// Whether the feed's text of an article is still this one.
pub async fn has_feed_html(db: &mut SqliteConnection, id: ArticleId, html: &str) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        "SELECT 1 FROM articles a LEFT JOIN article_bodies b ON b.article_id = a.id
         WHERE a.id = ? AND coalesce(b.html, '') = ?",
        id.0,
        html
    )
    .fetch_optional(db)
    .await?;
    Ok(found.is_some())
}

/// What a fetch came to.
#[derive(Clone, Debug)]
pub struct FullTextResult<'a> {
    /// The page that was asked for.
    pub url: &'a str,
    /// When.
    pub at: Timestamp,
    /// Its text, or why there is none; then the text of an earlier fetch stays.
    pub text: Result<&'a SafeHtml, FullTextProblem>,
    /// Whether the text that is stored afterwards is fuller than the feed's.
    pub is_fuller: bool,
}

/// Stores what a fetch came to.
pub async fn store(db: &mut SqliteConnection, id: ArticleId, result: &FullTextResult<'_>) -> sqlx::Result<()> {
    let html = result.text.ok().map(SafeHtml::as_str);
    let problem = result.text.err().map(FullTextProblem::as_str);
    sqlx::query!(
        "INSERT INTO article_full_texts (article_id, url, tried_at, problem, html, is_fuller) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (article_id) DO UPDATE SET
             url = ?2, tried_at = ?3, problem = ?4, html = coalesce(?5, html), is_fuller = ?6",
        id.0,
        result.url,
        result.at.0,
        problem,
        html,
        result.is_fuller
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Chooses which text of an article is shown. `false`: it has no full text.
pub async fn set_shown(db: &mut SqliteConnection, id: ArticleId, shown: ShownText) -> sqlx::Result<bool> {
    let shown = shown.as_str();
    let done = sqlx::query!(
        "UPDATE article_full_texts SET shown = ?2 WHERE article_id = ?1 AND html IS NOT NULL",
        id.0,
        shown
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// What is known of the full text of an article, whether it was fetched or not; the page is missing when it was not.
pub async fn load_status(db: &mut SqliteConnection, id: ArticleId) -> sqlx::Result<FullTextStatus> {
    let queued = sqlx::query_scalar!("SELECT url FROM full_text_queue WHERE article_id = ?", id.0)
        .fetch_optional(&mut *db)
        .await?;
    let found = sqlx::query!(
        r#"SELECT url, tried_at, problem, html IS NOT NULL AS "has_text!: bool", is_fuller AS "is_fuller!: bool", shown
           FROM article_full_texts WHERE article_id = ?"#,
        id.0
    )
    .fetch_optional(db)
    .await?;
    let is_waiting = queued.is_some();
    Ok(match found {
        None => FullTextStatus { url: queued, is_waiting, ..FullTextStatus::default() },
        Some(r) => {
            let by_choice = r.shown.as_deref().and_then(ShownText::parse);
            let by_length = if r.is_fuller { ShownText::Full } else { ShownText::Feed };
            FullTextStatus {
                url: Some(r.url),
                is_waiting,
                tried_at: Some(Timestamp(r.tried_at)),
                problem: r.problem.as_deref().and_then(FullTextProblem::parse),
                has_text: r.has_text,
                is_fuller: r.is_fuller,
                shown: r.has_text.then(|| by_choice.unwrap_or(by_length)),
            }
        }
    })
}

/// Stores why the text that models read is suspicious, in place of what was stored before.
pub async fn set_signs(db: &mut SqliteConnection, id: ArticleId, signs: &[InjectionSign]) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM article_suspicions WHERE article_id = ?", id.0).execute(&mut *db).await?;
    if !signs.is_empty() {
        let signs = to_json(signs)?;
        sqlx::query!("INSERT INTO article_suspicions (article_id, signs) VALUES (?, ?)", id.0, signs)
            .execute(db)
            .await?;
    }
    Ok(())
}

/// Lets models and the ranking by words read an article again whose text is another now: as after an edit of the publisher, one
/// that was read is not scored again.
pub async fn requeue(db: &mut SqliteConnection, id: ArticleId) -> sqlx::Result<()> {
    super::queue::requeue_changed(&mut *db, std::iter::once(id.0)).await?;
    sqlx::query!("UPDATE articles SET provisional = NULL WHERE id = ? AND (composite IS NULL OR is_flat = 1)", id.0)
        .execute(db)
        .await?;
    Ok(())
}

/// Whether models wait for a full text longer than they should.
pub async fn has_ended_holds(db: &SqlitePool, now: Timestamp) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!("SELECT 1 FROM full_text_queue WHERE holds_scoring_until <= ? LIMIT 1", now.0)
        .fetch_optional(db)
        .await?;
    Ok(found.is_some())
}

/// Lets models go on without full texts that did not come in time.
pub async fn end_holds(db: &mut SqliteConnection, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!("UPDATE full_text_queue SET holds_scoring_until = NULL WHERE holds_scoring_until <= ?", now.0)
        .execute(db)
        .await?;
    Ok(())
}

/// The newest unread articles of a feed without a full text, with their texts.
pub async fn list_unread_without(
    db: &SqlitePool,
    feed: FeedId,
    limit: i64,
) -> sqlx::Result<Vec<(ArticleId, ArticleTextSource)>> {
    sqlx::query!(
        r#"SELECT a.id AS "id!", a.title, a.author, a.url, coalesce(b.html, '') AS "feed_html!: String"
           FROM articles a LEFT JOIN article_bodies b ON b.article_id = a.id
           WHERE a.feed_id = ? AND a.is_read = 0 AND a.state <> 'blocked' AND a.is_hidden = 0 AND NOT EXISTS
               (SELECT 1 FROM article_full_texts t WHERE t.article_id = a.id AND t.html IS NOT NULL)
           ORDER BY a.sorted_at DESC, a.id DESC LIMIT ?"#,
        feed.0,
        limit
    )
    .map(|r| {
        let source =
            ArticleTextSource { title: r.title, author: r.author, url: r.url, feed_html: r.feed_html, full_html: None };
        (ArticleId(r.id), source)
    })
    .fetch_all(db)
    .await
}

/// Remembers whether the texts of a feed's last document are short.
pub async fn record_short_texts(db: &mut SqliteConnection, feed: FeedId, are_short: bool) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE feeds SET has_short_texts = ?2 WHERE id = ?1 AND has_short_texts IS NOT ?2",
        feed.0,
        are_short
    )
    .execute(db)
    .await?;
    Ok(())
}
