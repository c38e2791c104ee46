//! Storing what checks came to: everything at once, in one short transaction, and telling whoever waits.

use super::check::{Finding, Found, News};
use crate::{
    domain::{
        event::Event,
        feed::FeedState,
        feed_check::Moved,
        feed_problem::{Problem, ProblemKind},
        feed_schedule::{Checked, next_check},
    },
    error::AppError,
    server::{
        feed::fetch::Failure,
        state::App,
        storage::{self, checks, entries::Stored},
    },
};
use sqlx::SqliteConnection;

/// Stores findings; what changed in all.
pub async fn store(app: &App, findings: &[Finding]) -> Result<Stored, AppError> {
    let mut total = Stored::default();
    let mut tx = app.db.write().await?;
    let preferred = checks::preferred_interval(&mut tx).await?;
    for finding in findings {
        let stored = match &finding.result {
            Ok(found) => store_fine(&mut tx, finding, found, preferred).await?,
            Err(failure) => {
                store_failure(&mut tx, finding, failure, preferred).await?;
                Stored::default()
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
    app.tell(Event::Feeds { new_articles: total.new });
    if total != Stored::default() {
        app.scoring_bell.notify_one();
    }
    Ok(total)
}

async fn store_fine(
    tx: &mut SqliteConnection,
    finding: &Finding,
    found: &Found,
    preferred: Option<i64>,
) -> sqlx::Result<Stored> {
    let Finding { source, at, .. } = finding;
    let moved_to = found.fetched.moved_to.as_ref().map(|url| url.as_str()).filter(|url| *url != source.url);
    let moved = Moved::after(source.moved.as_ref(), moved_to);
    let (feed, body_hash, validators) = match &found.news {
        News::None { validators } => (None, None, validators),
        News::Feed { body_hash, feed } => (Some(feed), Some(body_hash.as_slice()), &found.fetched.validators),
    };
    let hints = feed.map_or(source.hints, |f| f.hints);
    let checked = Checked::Fine { fresh_until: found.fetched.fresh_until };
    let fine = checks::Fine {
        id: source.id,
        at: *at,
        next: next_check(*at, source.id, preferred, validators.any(), hints, checked),
        validators,
        body_hash,
        title: feed.map(|f| f.title.as_str()).filter(|t| !t.is_empty()),
        site_url: feed.and_then(|f| f.site_url.as_deref()),
        hints,
        moved: moved.as_ref(),
    };
    checks::record_fine(tx, &fine).await?;
    if let Some(moved) = moved.filter(Moved::is_confirmed)
        && checks::change_url(tx, source.id, &moved.to).await?
    {
        checks::add_event(tx, source.id, *at, "moved", &format!("{} → {}", source.url, moved.to)).await?;
    }
    if source.state == FeedState::Gone {
        checks::add_event(tx, source.id, *at, "revived", &source.url).await?;
    }
    match feed {
        Some(feed) => storage::entries::upsert(tx, source.id, &feed.entries, *at).await,
        None => Ok(Stored::default()),
    }
}

async fn store_failure(
    tx: &mut SqliteConnection,
    finding: &Finding,
    Failure { problem, retry_after }: &Failure,
    preferred: Option<i64>,
) -> sqlx::Result<()> {
    let Finding { source, at, .. } = finding;
    let failures = source.failures.saturating_add(1);
    let checked = Checked::Failed { failures, retry_after: *retry_after };
    let next = next_check(*at, source.id, preferred, true, source.hints, checked);
    let gone = problem.kind == ProblemKind::Gone;
    checks::record_problem(tx, source.id, (*at, next, *retry_after), problem, gone).await?;
    if gone && source.state != FeedState::Gone {
        checks::add_event(tx, source.id, *at, "gone", &source.url).await?;
    }
    Ok(())
}

/// A problem as an answer to whoever asked for the feed.
pub(super) fn refused(problem: &Problem) -> AppError {
    AppError::invalid(problem.message.clone()).hint(problem.kind.remedy())
}
