//! Subscribing, refreshing, folders, OPML.

mod articles;
mod check;
mod discovery;
mod document;
mod folders;
mod merge;
mod moved_articles;
mod opml;
mod reading_record;
mod settings;
mod starter_packs;
mod store;
mod subscribe;
mod unsubscribe;

pub use check::{CheckMode, FeedCheck, check_feed, check_feed_as};
pub use discovery::discover_feeds;
pub use document::complete_identities;
pub use folders::{create_folder, delete_folder, list_folders, rename_folder};
pub use moved_articles::{MovedArticle, MovedArticles, plan_moved_articles};
pub use opml::{export_opml, import_opml};
pub use reading_record::set_crashing_feeds_aside;
pub use settings::update_feed;
pub use starter_packs::{add_starter_pack, list_starter_packs};
pub use store::store_checks;
pub use subscribe::{subscribe, subscribe_to_all, subscribe_to_first, subscribe_with};
pub use unsubscribe::{finish_removals, unsubscribe};

use crate::{
    domain::{
        feed::{Feed, FeedEvent},
        feed_error::FeedErrorKind,
        feed_exchange::FeedExchange,
        ids::FeedId,
        time::Timestamp,
    },
    error::{AppError, ErrorKind},
    server::{feed::fetch::FetchError, state::App, storage},
};

/// All subscriptions, by display title.
#[tracing::instrument(name = "subscriptions.list_feeds", level = "debug", skip_all)]
pub async fn list_feeds(app: &App) -> Result<Vec<Feed>, AppError> {
    let now = app.clock.now();
    let feeds = storage::feeds::select(&app.db.read, None).await?;
    Ok(feeds.into_iter().map(|feed| without_ended_pause(feed, now)).collect())
}

/// One subscription. 404 when there is none.
#[tracing::instrument(name = "subscriptions.load_feed", level = "debug", skip_all, fields(%id))]
pub async fn load_feed(app: &App, id: FeedId) -> Result<Feed, AppError> {
    let feed = storage::feeds::select(&app.db.read, Some(id)).await?.pop().ok_or_else(no_such_feed)?;
    Ok(without_ended_pause(feed, app.clock.now()))
}

fn without_ended_pause(mut feed: Feed, now: Timestamp) -> Feed {
    feed.paused_until = feed.paused_until.filter(|until| *until > now);
    feed.pause_until = feed.pause_until.filter(|until| *until > now);
    feed
}

/// Makes every feed due now and wakes the scheduler; how many that is. Feeds whose server asked for a pause keep it.
#[tracing::instrument(name = "subscriptions.refresh_all", level = "debug", skip_all)]
pub async fn refresh_all(app: &App) -> Result<i64, AppError> {
    let mut tx = app.db.write().await?;
    let due = storage::feeds::make_all_due(&mut tx, app.clock.now()).await?;
    tx.commit().await?;
    app.feeds_wakeup.notify_one();
    Ok(due)
}

/// Makes these feeds due now and wakes the scheduler, as [`refresh_all`] does.
#[tracing::instrument(name = "subscriptions.refresh_feeds", level = "debug", skip_all)]
pub async fn refresh_feeds(app: &App, ids: &[FeedId]) -> Result<(), AppError> {
    let mut tx = app.db.write().await?;
    storage::feeds::make_due(&mut tx, ids, app.clock.now()).await?;
    tx.commit().await?;
    app.feeds_wakeup.notify_one();
    Ok(())
}

/// The audit trail of a feed, newest first.
#[tracing::instrument(name = "subscriptions.list_feed_events", level = "debug", skip_all, fields(%id))]
pub async fn list_feed_events(app: &App, id: FeedId) -> Result<Vec<FeedEvent>, AppError> {
    Ok(storage::feeds::list_events(&app.db.read, id).await?)
}

/// The last exchanges of a feed with its server, newest first. 404 when there is no such feed.
#[tracing::instrument(name = "subscriptions.list_feed_exchanges", level = "debug", skip_all, fields(%id))]
pub async fn list_feed_exchanges(app: &App, id: FeedId) -> Result<Vec<FeedExchange>, AppError> {
    load_feed(app, id).await?;
    Ok(storage::feed_exchanges::list(&app.db.read, id).await?)
}

/// Fetches one feed now, whatever its schedule. Returns the feed as it is afterwards (its health has the result), or the one that
/// it was merged into. Concurrent callers share one check, unless it is to be unconditional.
///
/// # Errors
/// 404 when there is no such feed, and 409 when nothing was sent because the server asked for a pause.
#[tracing::instrument(name = "subscriptions.refresh_feed_as", level = "debug", skip_all, fields(%id, ?mode))]
pub async fn refresh_feed_as(app: &App, id: FeedId, mode: CheckMode) -> Result<Feed, AppError> {
    let claim = match mode {
        CheckMode::Conditional => app.running_checks.claim(id).await,
        CheckMode::Forced => Some(app.running_checks.claim_own(id).await),
    };
    let Some(claim) = claim else { return load_feed(app, id).await };
    let source = storage::checks::load_source(&app.db.read, id).await?.ok_or_else(no_such_feed)?;
    let now = app.clock.now();
    if mode == CheckMode::Conditional
        && let Some(until) = source.not_before.filter(|until| *until > now)
    {
        return Err(host_paused(until, now));
    }
    let check = check_feed_as(app, source, mode).await;
    let merged_into = merge::find_merge_target(app, &check).await?;
    store_checks(app, std::slice::from_ref(&check)).await?;
    claim.finish();
    match check.result {
        Err(FetchError { host_paused_until: Some(until), .. }) => Err(host_paused(until, now)),
        Err(FetchError { problem, .. }) if problem.kind == FeedErrorKind::TooManyOpenFiles => {
            Err(AppError::new(ErrorKind::Unavailable, problem.message).hint(problem.kind.hint()))
        }
        _ => load_feed(app, merged_into.unwrap_or(id)).await,
    }
}

/// [`refresh_feed_as`], conditionally.
pub async fn refresh_feed(app: &App, id: FeedId) -> Result<Feed, AppError> {
    refresh_feed_as(app, id, CheckMode::Conditional).await
}

fn host_paused(until: Timestamp, now: Timestamp) -> AppError {
    AppError::conflict(format!("Not fetched: the site asked for a pause until {}.", until.format_from(now)))
        .hint("Wait until then, or use “Fetch anyway”.")
}

fn no_such_feed() -> AppError {
    AppError::not_found("There is no such feed.").hint("It may have been removed in another tab.")
}
