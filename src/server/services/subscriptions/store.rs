//! Storing what checks came to: everything at once, in one short transaction, and telling whoever waits.

use super::check::{FeedCheck, FeedUpdate, FetchedUpdate};
use crate::{
    domain::{
        feed::FeedState,
        feed_check::PermanentRedirect,
        feed_error::{FeedError, FeedErrorKind},
        feed_schedule::{CheckOutcome, schedule_next_check},
        live_event::LiveEvent,
    },
    error::AppError,
    server::{
        feed::fetch::FetchError,
        state::App,
        storage::{self, checks, ingest::UpsertCounts},
    },
};
use sqlx::SqliteConnection;

/// Stores findings; what changed in all.
pub async fn store_checks(app: &App, findings: &[FeedCheck]) -> Result<UpsertCounts, AppError> {
    let mut total = UpsertCounts::default();
    let mut tx = app.db.write().await?;
    let preferred = checks::preferred_interval(&mut tx).await?;
    for finding in findings {
        let stored = match &finding.result {
            Ok(found) => store_success(&mut tx, finding, found, preferred).await?,
            Err(failure) => {
                store_failure(&mut tx, finding, failure, preferred).await?;
                UpsertCounts::default()
            }
        };
        total.new += stored.new;
        total.changed += stored.changed;
    }
    tx.commit().await?;
    for finding in findings {
        if let Err(failure) = &finding.result {
            tracing::debug!(
                feed = finding.source.id.0,
                kind = failure.problem.kind.as_str(),
                "a feed could not be checked"
            );
        }
    }
    app.publish(LiveEvent::Feeds { new_articles: total.new });
    if total.new > 0 {
        app.new_articles_wakeup.notify_one();
    }
    if total != UpsertCounts::default() {
        app.scoring_wakeup.notify_one();
    }
    Ok(total)
}

async fn store_success(
    tx: &mut SqliteConnection,
    finding: &FeedCheck,
    found: &FetchedUpdate,
    preferred: Option<i64>,
) -> sqlx::Result<UpsertCounts> {
    let FeedCheck { source, at, .. } = finding;
    let moved_to = found.fetched.moved_to.as_ref().map(|url| url.as_str()).filter(|url| *url != source.url);
    let moved = PermanentRedirect::after_check(source.moved.as_ref(), moved_to);
    let (feed, body_hash, validators) = match &found.news {
        FeedUpdate::None { validators } => (None, None, validators),
        FeedUpdate::Feed { body_hash, feed } => (Some(feed), Some(body_hash.as_slice()), &found.fetched.validators),
    };
    let hints = feed.map_or(source.hints, |f| f.hints);
    let checked = CheckOutcome::Succeeded { fresh_until: found.fetched.fresh_until };
    let fine = checks::SuccessfulCheck {
        id: source.id,
        at: *at,
        next: schedule_next_check(*at, source.id, preferred, validators.has_any(), hints, checked),
        validators,
        body_hash,
        title: feed.map(|f| f.title.as_str()).filter(|t| !t.is_empty()),
        site_url: feed.and_then(|f| f.site_url.as_deref()),
        hints,
        moved: moved.as_ref(),
    };
    checks::record_success(tx, &fine).await?;
    if let Some(moved) = moved.filter(PermanentRedirect::is_confirmed)
        && checks::change_url(tx, source.id, &moved.target).await?
    {
        checks::add_event(tx, source.id, *at, "moved", &format!("{} → {}", source.url, moved.target)).await?;
    }
    if source.state == FeedState::Gone {
        checks::add_event(tx, source.id, *at, "revived", &source.url).await?;
    }
    match feed {
        Some(feed) => storage::ingest::upsert_articles(tx, source.id, &feed.entries, *at).await,
        None => Ok(UpsertCounts::default()),
    }
}

async fn store_failure(
    tx: &mut SqliteConnection,
    finding: &FeedCheck,
    FetchError { problem, retry_after }: &FetchError,
    preferred: Option<i64>,
) -> sqlx::Result<()> {
    let FeedCheck { source, at, .. } = finding;
    let failures = source.failures.saturating_add(1);
    let checked = CheckOutcome::Failed { failures, retry_after: *retry_after };
    let next = schedule_next_check(*at, source.id, preferred, true, source.hints, checked);
    let gone = problem.kind == FeedErrorKind::Gone;
    checks::record_failure(tx, source.id, (*at, next, *retry_after), problem, gone).await?;
    if gone && source.state != FeedState::Gone {
        checks::add_event(tx, source.id, *at, "gone", &source.url).await?;
    }
    Ok(())
}

/// A problem as an answer to whoever asked for the feed.
pub(super) fn app_error_from(problem: &FeedError) -> AppError {
    AppError::invalid(problem.message.clone()).hint(problem.kind.hint())
}
