//! An import from another reader: its feeds first, then its articles page by page. How far it is is stored with each page, so that it goes
//! on where it was interrupted.

use super::{
    import_state::{FeedsByKey, ImportReport, ImportState, count_of},
    reader_source::ReaderSource,
    source::{SourceFeed, SourcePage},
    store_page::store_page,
};
use crate::{
    domain::{feed_url::FeedUrl, plain_text},
    error::{AppError, ErrorKind},
    server::{
        services::rules,
        state::App,
        storage::{
            feeds::{self, NewFeed},
            folders, imports,
        },
    },
};
use sqlx::SqliteConnection;
use std::collections::HashMap;

/// Subscriptions stored in one transaction, so that no other write waits long.
const SUBSCRIPTIONS_PER_TRANSACTION: usize = 200;

/// Imports feeds, folders, articles, marks and labels of another reader; `progress` is told the report after each page. What was
/// interrupted goes on, and nothing is stored twice. Articles of feeds that are subscribed already keep their marks. `dry_run`: nothing is
/// stored, and everything is counted. 503 when the reader does not answer or this process stops.
#[tracing::instrument(name = "moving.import", level = "debug", skip_all)]
pub async fn import(
    app: &App,
    source: &ReaderSource,
    dry_run: bool,
    mut progress: impl FnMut(&ImportReport),
) -> Result<ImportReport, AppError> {
    let found = source.list_feeds().await?;
    if dry_run {
        return count(app, source, &found, progress).await;
    }
    let mut state = ImportState::load(app, source.name()).await?;
    store_feeds(app, &found, &mut state).await?;
    let by_key = load_feeds_by_key(app, &found).await?;
    loop {
        if app.lifecycle.soft_stop.is_cancelled() {
            return Err(interrupted());
        }
        let SourcePage { articles, next } = source.load_page(state.position.as_deref()).await?;
        if articles.is_empty() {
            break;
        }
        let is_last = next.is_none();
        store_page(app, &by_key, articles, next, &mut state).await?;
        rules::run_queue(app).await;
        progress(&state.report);
        if is_last {
            break;
        }
    }
    let mut tx = app.db.write().await?;
    imports::delete(&mut tx, &state.source).await?;
    tx.commit().await?;
    app.feeds_wakeup.notify_one();
    app.scoring_wakeup.notify_one();
    app.new_articles_wakeup.notify_one();
    Ok(state.report)
}

fn interrupted() -> AppError {
    AppError::new(ErrorKind::Unavailable, "Gleaner stopped during the import.")
        .hint("Import again: it goes on where it stopped.")
}

/// What an import would store.
async fn count(
    app: &App,
    source: &ReaderSource,
    found: &[SourceFeed],
    mut progress: impl FnMut(&ImportReport),
) -> Result<ImportReport, AppError> {
    let mut report = ImportReport { feeds: count_of(found.len()), ..ImportReport::default() };
    let mut keys = HashMap::new();
    for feed in found {
        match FeedUrl::parse(&feed.url) {
            Ok(url) => {
                report.new_feeds += i64::from(feeds::find_id(&app.db.read, &url).await?.is_none());
                keys.insert(feed.key.as_str(), ());
            }
            Err(_) => report.unusable_feeds += 1,
        }
    }
    let mut position = None;
    loop {
        let SourcePage { articles, next } = source.load_page(position.as_deref()).await?;
        for article in &articles {
            if keys.contains_key(article.feed.as_str()) {
                report.count_article(article);
            } else {
                report.left_out += 1;
            }
        }
        progress(&report);
        if articles.is_empty() || next.is_none() {
            return Ok(report);
        }
        position = next;
    }
}

/// Subscribes to the feeds that are not stored yet, in short transactions.
async fn store_feeds(app: &App, found: &[SourceFeed], state: &mut ImportState) -> Result<(), AppError> {
    state.report.feeds = count_of(found.len());
    let done = usize::try_from(state.feeds_done).unwrap_or(0).min(found.len());
    for slice in found[done..].chunks(SUBSCRIPTIONS_PER_TRANSACTION) {
        if app.lifecycle.soft_stop.is_cancelled() {
            return Err(interrupted());
        }
        let mut tx = app.db.write().await?;
        for feed in slice {
            store_feed(app, &mut tx, feed, &mut state.report).await?;
        }
        state.feeds_done += count_of(slice.len());
        state.save(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn store_feed(
    app: &App,
    tx: &mut SqliteConnection,
    feed: &SourceFeed,
    report: &mut ImportReport,
) -> Result<(), AppError> {
    let Ok(url) = FeedUrl::parse(&feed.url) else {
        report.unusable_feeds += 1;
        return Ok(());
    };
    let now = app.clock.now();
    let folder = match feed.folder.as_deref().map(plain_text::clean_line).filter(|name| !name.is_empty()) {
        None => None,
        Some(name) => match folders::find_id(tx, &name).await? {
            Some(id) => Some(id),
            None => folders::insert(tx, &name, now).await?,
        },
    };
    let title = plain_text::clean_line(&feed.title);
    let site_url = feed.site_url.as_deref().filter(|site| site.starts_with("http://") || site.starts_with("https://"));
    // Cleared at the first fetch when it equals the publisher's title.
    let custom_title = Some(title.as_str()).filter(|title| !title.is_empty());
    let new = NewFeed { url: &url, site_url, title: "", custom_title, folder };
    report.new_feeds += i64::from(feeds::insert(tx, &new, now).await?.is_some());
    Ok(())
}

/// The subscriptions of the feeds, as far as they are there.
async fn load_feeds_by_key(app: &App, found: &[SourceFeed]) -> Result<FeedsByKey, AppError> {
    let mut by_key = HashMap::with_capacity(found.len());
    for feed in found {
        let Ok(url) = FeedUrl::parse(&feed.url) else { continue };
        if let Some(id) = feeds::find_id(&app.db.read, &url).await? {
            by_key.insert(feed.key.clone(), (id, url, feed.site_url.clone()));
        }
    }
    Ok(by_key)
}
