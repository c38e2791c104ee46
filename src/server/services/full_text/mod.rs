//! The text of the page behind an article: queued, fetched, compared with the feed's, stored (docs/spec/full-text.md).

mod fetch;

use crate::{
    domain::{
        full_text::{FullTextProblem, ShownText},
        ids::{ArticleId, FeedId},
        live_event::LiveEvent,
        prompt_injection::InjectionSign,
        safe_html::SafeHtml,
        time::Timestamp,
        words::IndexedArticle,
    },
    error::AppError,
    server::{
        blocking::ParseKind,
        feed::aggregators,
        html::text::html_to_text,
        scoring::prompt_injection,
        services::{feed_requests, rules, search_index::index_article},
        state::App,
        storage::{
            full_text::{self as store, ArticleTextSource, ClaimedPage, FullTextResult, PageToFetch},
            search_index::{self, IndexRow},
        },
    },
};
use fetch::PageFailure;

/// Seconds after which a page is fetched anew whose fetch was cut off.
const CLAIM_SECONDS: i64 = 600;
/// The pauses in seconds after failed fetches of a page with a temporary reason; after the last one it is not fetched again.
const RETRY_DELAYS: [i64; 2] = [3_600, 6 * 3_600];
/// Articles of a feed whose pages are fetched when the reader asks for all of them.
const MAX_UNREAD: i64 = 50;

/// Takes the next page that is due, of none of these hosts.
#[tracing::instrument(name = "full_text.claim_next", level = "debug", skip_all)]
pub async fn claim_next(app: &App, busy_hosts: &[String]) -> Result<Option<ClaimedPage>, AppError> {
    let now = app.clock.now();
    if store::next_due_at(&app.db.read).await?.is_none_or(|due| due > now) {
        return Ok(None);
    }
    let mut tx = app.db.write().await?;
    let page = store::claim_next(&mut tx, busy_hosts, now, now.plus(CLAIM_SECONDS)).await?;
    tx.commit().await?;
    Ok(page)
}

/// Gives pages back whose fetch is not finished: they are due again, and the fetch does not count.
pub async fn release(app: &App, articles: &[ArticleId]) -> Result<(), AppError> {
    let mut tx = app.db.write().await?;
    for article in articles {
        store::postpone(&mut tx, *article, app.clock.now(), false).await?;
    }
    Ok(tx.commit().await?)
}

/// Lets the models go on with articles whose full text did not come in time.
pub async fn end_holds(app: &App) -> Result<(), AppError> {
    let now = app.clock.now();
    if !store::has_ended_holds(&app.db.read, now).await? {
        return Ok(());
    }
    let mut tx = app.db.write().await?;
    store::end_holds(&mut tx, now).await?;
    tx.commit().await?;
    app.scoring_wakeup.notify_one();
    Ok(())
}

/// When the next page falls due.
pub async fn next_due_at(app: &App) -> Result<Option<Timestamp>, AppError> {
    Ok(store::next_due_at(&app.db.read).await?)
}

/// Fetches a page and stores what came of it. A page for which nothing is stored stays in the queue.
#[tracing::instrument(name = "full_text.fetch_claimed", level = "debug", skip_all, fields(article = %page.article))]
pub async fn fetch_claimed(app: &App, page: &ClaimedPage) -> Result<(), AppError> {
    let is_interrupted = usize::try_from(page.attempts).is_ok_and(|attempts| attempts > RETRY_DELAYS.len() + 1);
    let fetched = if is_interrupted {
        Err(PageFailure::new(FullTextProblem::Interrupted))
    } else {
        let request = feed_requests::load_request_of_article(app, page.article).await?;
        fetch::fetch_article(app, &page.url, request.as_ref()).await
    };
    store_result(app, page, fetched).await
}

/// Fetches the page of an article at once, whatever its feed's setting, and stores what came of it.
///
/// # Errors
/// 404, and 422 when the article has no page.
#[tracing::instrument(name = "full_text.fetch_now", level = "debug", skip_all, fields(%id))]
pub async fn fetch_now(app: &App, id: ArticleId) -> Result<(), AppError> {
    let source = store::load_source(&app.db.read, id).await?.ok_or_else(article_not_found)?;
    let page = source.url.as_deref().and_then(|link| aggregators::find_page(link, &source.feed_html));
    let url = page.ok_or_else(|| AppError::invalid("This article has no page with more text."))?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    store::request(&mut tx, &PageToFetch { article: id, url: &url }, now).await?;
    let claimed = store::claim(&mut tx, id, now.plus(CLAIM_SECONDS)).await?;
    tx.commit().await?;
    match claimed {
        Some(page) => fetch_claimed(app, &page).await,
        None => Ok(()),
    }
}

/// Chooses which text of an article is shown. 404, and 409 when it has no full text.
#[tracing::instrument(name = "full_text.show_text", level = "debug", skip_all, fields(%id))]
pub async fn show_text(app: &App, id: ArticleId, shown: ShownText) -> Result<(), AppError> {
    store::load_source(&app.db.read, id).await?.ok_or_else(article_not_found)?;
    let mut tx = app.db.write().await?;
    if !store::set_shown(&mut tx, id, shown).await? {
        return Err(AppError::conflict("This article has no full text.").hint("Fetch it first."));
    }
    tx.commit().await?;
    app.publish(LiveEvent::Article { id });
    Ok(())
}

/// Queues the pages of the newest unread articles of a feed that have no full text.
#[tracing::instrument(name = "full_text.enqueue_unread", level = "debug", skip_all, fields(%feed))]
pub async fn enqueue_unread(app: &App, feed: FeedId) -> Result<(), AppError> {
    let articles = store::list_unread_without(&app.db.read, feed, MAX_UNREAD).await?;
    let pages: Vec<_> = articles
        .iter()
        .filter_map(|(id, source)| Some((*id, aggregators::find_page(source.url.as_deref()?, &source.feed_html)?)))
        .collect();
    let rows: Vec<_> = pages.iter().map(|(article, url)| PageToFetch { article: *article, url }).collect();
    let mut tx = app.db.write().await?;
    store::enqueue_new(&mut tx, &rows, app.clock.now(), None).await?;
    tx.commit().await?;
    app.full_text_wakeup.notify_one();
    Ok(())
}

/// What is stored of an article beside the text of its page.
struct PreparedText {
    is_fuller: bool,
    /// Whether models are to read another text than before.
    is_new: bool,
    /// Of the fuller text; `None` when there is only the feed's.
    index: Option<(IndexedArticle, Vec<InjectionSign>)>,
}

/// Compares the text of a page, else the one stored before, with the feed's.
fn prepare(source: &ArticleTextSource, fetched: Option<&SafeHtml>) -> PreparedText {
    let Some(full) = fetched.or(source.full_html.as_ref()) else {
        return PreparedText { is_fuller: false, is_new: false, index: None };
    };
    let (feed_text, full_text) = (html_to_text(&source.feed_html), html_to_text(full));
    let is_fuller = full_text.chars().count() > feed_text.chars().count();
    let text = if is_fuller { full_text } else { feed_text };
    let index = index_article(&source.title, source.author.as_deref(), source.url.as_deref(), &text);
    let signs = prompt_injection::detect_signs(&format!("{}\n{text}", source.title));
    let is_new = is_fuller && source.full_html.as_ref() != Some(full);
    PreparedText { is_fuller, is_new, index: Some((index, signs)) }
}

async fn store_result(app: &App, page: &ClaimedPage, fetched: Result<SafeHtml, PageFailure>) -> Result<(), AppError> {
    let id = page.article;
    let Some(source) = store::load_source(&app.db.read, id).await? else { return Ok(()) };
    let feed_html = source.feed_html.clone();
    let html = fetched.as_ref().ok().cloned();
    let prepared = app.parse_pool.run(ParseKind::Article, move |_| prepare(&source, html.as_ref())).await?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    if !store::has_feed_html(&mut tx, id, &feed_html).await? {
        // The publisher changed the article meanwhile: what was compared is out of date.
        store::postpone(&mut tx, id, now, false).await?;
        return Ok(tx.commit().await?);
    }
    let text = fetched.as_ref().map_err(|failure| failure.problem);
    let text_is_stored = text.is_ok();
    let result = FullTextResult { url: page.url.as_str(), at: now, text, is_fuller: prepared.is_fuller };
    store::store(&mut tx, id, &result).await?;
    if let Some((index, signs)) = &prepared.index {
        search_index::write(&mut tx, &[IndexRow { id: id.0, index }]).await?;
        store::set_signs(&mut tx, id, signs).await?;
    }
    if prepared.is_new {
        store::requeue(&mut tx, id).await?;
    }
    match retry_at(page, &fetched, now) {
        Some(due_at) => store::postpone(&mut tx, id, due_at, true).await?,
        None => store::dequeue(&mut tx, id).await?,
    }
    tx.commit().await?;
    if text_is_stored {
        rules::run_queue(app).await;
    }
    app.publish(LiveEvent::Article { id });
    app.scoring_wakeup.notify_one();
    if prepared.is_new {
        app.new_articles_wakeup.notify_one();
    }
    Ok(())
}

/// When a page is tried again that failed for a passing reason.
fn retry_at(page: &ClaimedPage, fetched: &Result<SafeHtml, PageFailure>, now: Timestamp) -> Option<Timestamp> {
    let failure = fetched.as_ref().err().filter(|failure| failure.problem.is_temporary())?;
    let attempts = usize::try_from(page.attempts).unwrap_or(usize::MAX);
    let delay = RETRY_DELAYS.get(attempts.saturating_sub(1))?;
    Some(failure.not_before.map_or(now.plus(*delay), |until| until.max(now.plus(*delay))))
}

fn article_not_found() -> AppError {
    AppError::not_found("There is no such article.").hint("Its feed may have been removed.")
}
