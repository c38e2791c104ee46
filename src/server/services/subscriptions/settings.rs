//! What the reader changes of one feed: title, folder, address, interval, pause, full text, weight, whether it is scored.

use super::{folders, load_feed, no_such_feed};
use crate::{
    domain::{
        feed::{FEED_WEIGHTS, Feed, FeedChange, MAX_TITLE_CHARS},
        feed_url::FeedUrl,
        full_text::FullTextChoice,
        ids::FeedId,
        plain_text,
        preferences::ALLOWED_REFRESH_INTERVAL_SECONDS,
        time::Timestamp,
    },
    error::AppError,
    server::{
        services::{categories, full_text},
        state::App,
        storage::{self, WriteTransaction, checks, ranking},
    },
};

/// Seconds ahead that a pause may last: ten years.
const MAX_PAUSE_SECONDS: i64 = 10 * 366 * 86_400;

/// Changes a subscription. A blank title gives the publisher's back; another address keeps the articles and their marks.
///
/// # Errors
/// 422 for a long title, an unusable address, an interval or a weight that is not allowed, a pause that is over; 404, also for the folder; 409 when
/// another subscription has the address.
#[tracing::instrument(name = "subscriptions.update_feed", level = "debug", skip_all, fields(%id))]
pub async fn update_feed(app: &App, id: FeedId, mut change: FeedChange) -> Result<Feed, AppError> {
    if let Some(title) = &mut change.custom_title {
        *title = title.take().map(|title| plain_text::clean_line(&title)).filter(|title| !title.is_empty());
        if title.as_ref().is_some_and(|title| title.chars().count() > MAX_TITLE_CHARS) {
            let message = format!("The title of a feed has at most {MAX_TITLE_CHARS} characters.");
            return Err(AppError::invalid(message).field("custom_title"));
        }
    }
    if let Some(Some(folder)) = change.folder_id {
        folders::load_folder(app, folder).await?;
    }
    check_times(&change, app.clock.now())?;
    if change.weight.is_some_and(|weight| !FEED_WEIGHTS.contains(&weight)) {
        return Err(AppError::invalid("The weight of a feed is a whole number from -3 to 3.").field("weight"));
    }
    let url = change.address.as_deref().map(FeedUrl::parse).transpose();
    let url = url.map_err(|error| AppError::invalid(error.to_string()).field("address"))?;
    // An answer of the old address that is on its way must not be stored for the new one.
    let claim = if url.is_some() { Some(app.running_checks.claim_own(id).await) } else { None };
    let mut tx = app.db.write().await?;
    let scoring = ranking::load_feed_scoring(&mut tx, id).await?.ok_or_else(no_such_feed)?;
    if !storage::feeds::update(&mut tx, id, &change).await? {
        return Err(no_such_feed());
    }
    let is_ranked_anew = ranking::load_feed_scoring(&mut tx, id).await? != Some(scoring);
    if is_ranked_anew {
        ranking::add_pending_feed(&mut tx, id).await?;
    }
    if let Some(url) = &url {
        edit_address(app, &mut tx, id, url).await?;
    }
    if change.full_text == Some(FullTextChoice::Never) {
        storage::full_text::dequeue_feed(&mut tx, id).await?;
    }
    tx.commit().await?;
    drop(claim);
    app.feeds_wakeup.notify_one();
    if is_ranked_anew {
        categories::rank_pending(app).await?;
        categories::notify_changed(app).await?;
    }
    if change.full_text == Some(FullTextChoice::Always) {
        full_text::enqueue_unread(app, id).await?;
    }
    load_feed(app, id).await
}

fn check_times(change: &FeedChange, now: Timestamp) -> Result<(), AppError> {
    if let Some(Some(seconds)) = change.own_interval
        && !ALLOWED_REFRESH_INTERVAL_SECONDS.contains(&seconds)
    {
        let message = "A feed is checked every 1 to 1440 minutes.";
        return Err(AppError::invalid(message).field("own_interval"));
    }
    if let Some(Some(until)) = change.pause_until
        && !(1..=MAX_PAUSE_SECONDS).contains(&until.since(now))
    {
        let message = "A pause ends on a day in the future, at most ten years ahead.";
        return Err(AppError::invalid(message).field("pause_until"));
    }
    Ok(())
}

/// Gives a feed another address and writes the change into its history.
async fn edit_address(app: &App, tx: &mut WriteTransaction, id: FeedId, url: &FeedUrl) -> Result<(), AppError> {
    let now = app.clock.now();
    let old = checks::load_url(tx, id).await?;
    if old.as_ref() == Some(url) {
        return Ok(());
    }
    if !checks::edit_url(tx, id, url, now).await? {
        return Err(AppError::conflict(format!("You are subscribed to {url} already.")).field("address"));
    }
    let old = old.map(|old| old.to_string()).unwrap_or_default();
    Ok(checks::add_event(tx, id, now, "edited", &format!("{old} → {url}")).await?)
}
