//! Stores the results of checks in short transactions, and notifies open pages and loops.

use super::{
    check::{FeedCheck, FeedUpdate, FetchedUpdate},
    document::DocumentPlan,
    merge,
};
use crate::{
    domain::{
        feed::FeedState,
        feed_check::PermanentRedirect,
        feed_error::FeedErrorKind,
        feed_exchange::FeedExchange,
        feed_schedule::{CheckOutcome, PreferredInterval, ScheduledCheck, schedule_next_check},
        humanize::format_count,
        ids::FeedId,
        live_event::LiveEvent,
    },
    error::AppError,
    server::{
        feed::fetch::{FetchError, RetryAfter},
        services::rules,
        state::App,
        storage::{
            self,
            checks::{self, PauseScope},
            details, feed_exchanges, full_text, identities, ingest,
            ingest::UpsertCounts,
        },
    },
};
use sqlx::SqliteConnection;
use std::fmt::Write as _;

/// Articles and feeds written in one transaction at most, so that no other write waits long.
const MAX_ROWS_PER_TRANSACTION: usize = 200;
/// Bytes of HTML and text in one transaction, unless one article has more.
const MAX_BYTES_PER_TRANSACTION: usize = 1024 * 1024;
/// Pause before the next check of a feed for which no connection could be opened, in seconds.
const OPEN_FILES_PAUSE_SECONDS: i64 = 60;
const MICROSECONDS_PER_MILLISECOND: i128 = 1_000;

/// Stores checks. Returns how many articles are new and changed in all.
///
/// A feed whose articles another check stored since this one was planned, or that was removed, is left as it is: the next check of
/// it finds what is missing.
#[tracing::instrument(name = "subscriptions.store.store_checks", level = "debug", skip_all)]
pub async fn store_checks(app: &App, checks: &[FeedCheck]) -> Result<UpsertCounts, AppError> {
    let mut total = UpsertCounts::default();
    let mut planning_error = None;
    let settings = checks::preferred_interval(&app.db.read).await?;
    let mut batches = WriteBatches { app, tx: None, rows: 0, bytes: 0 };
    for check in checks {
        let preferred =
            check.source.own_interval.map_or(PreferredInterval::Settings(settings), PreferredInterval::Feed);
        match &check.result {
            Ok(FetchedUpdate { news: FeedUpdate::Document { plan: Err(error), .. }, .. }) => {
                planning_error = Some(error.clone());
            }
            Ok(update) => store_success(&mut batches, check, update, preferred, &mut total).await?,
            Err(FetchError { host_paused_until: Some(until), .. }) => {
                let db = batches.begin(1, 0).await?;
                checks::pause(db, PauseScope::Feed(check.source.id), check.at, *until).await?;
            }
            // A limit of this process: the feed has not failed.
            Err(FetchError { problem, .. }) if problem.kind == FeedErrorKind::TooManyOpenFiles => {
                app.open_files.record_exhaustion(&app.clock);
                tracing::warn!(feed = check.source.id.0, "{} {}", problem.message, problem.kind.hint());
                let next = check.at.plus(OPEN_FILES_PAUSE_SECONDS);
                checks::postpone(batches.begin(1, 0).await?, check.source.id, next).await?;
            }
            Err(error) => {
                tracing::debug!(
                    feed = check.source.id.0,
                    kind = error.problem.kind.as_str(),
                    "a feed could not be checked"
                );
                store_failure(batches.begin(1, 0).await?, check, error, preferred).await?;
            }
        }
    }
    batches.commit().await?;
    if total != UpsertCounts::default() {
        rules::run_queue(app).await;
    }
    for check in checks {
        if let Some(into) = merge::find_merge_target(app, check).await? {
            merge::merge_into(app, check, into).await?;
        }
    }
    app.publish(LiveEvent::Feeds { new_articles: total.new });
    if total.new > 0 {
        app.new_articles_wakeup.notify_one();
    }
    if total != UpsertCounts::default() {
        app.scoring_wakeup.notify_one();
        app.full_text_wakeup.notify_one();
    }
    planning_error.map_or(Ok(total), Err)
}

/// Write transactions of bounded size.
struct WriteBatches<'a> {
    app: &'a App,
    tx: Option<storage::WriteTransaction>,
    /// What the open transaction holds.
    rows: usize,
    bytes: usize,
}

impl WriteBatches<'_> {
    /// A transaction with room for so much: the open one, else the next.
    async fn begin(&mut self, rows: usize, bytes: usize) -> sqlx::Result<&mut SqliteConnection> {
        let is_full = self.rows + rows > MAX_ROWS_PER_TRANSACTION || self.bytes + bytes > MAX_BYTES_PER_TRANSACTION;
        if is_full && self.rows > 0 {
            self.commit().await?;
        }
        let tx = match self.tx.take() {
            Some(tx) => tx,
            None => self.app.db.write().await?,
        };
        (self.rows, self.bytes) = (self.rows + rows, self.bytes + bytes);
        Ok(self.tx.insert(tx))
    }

    async fn commit(&mut self) -> sqlx::Result<()> {
        (self.rows, self.bytes) = (0, 0);
        match self.tx.take() {
            Some(tx) => tx.commit().await,
            None => Ok(()),
        }
    }

    /// Writes the articles of a document. `false`: the plan no longer holds, and the rest was not written.
    async fn write_articles(
        &mut self,
        feed: FeedId,
        plan: &DocumentPlan,
        total: &mut UpsertCounts,
    ) -> sqlx::Result<bool> {
        let mut revision = plan.revision;
        for writes in plan.article_batches(MAX_ROWS_PER_TRANSACTION, MAX_BYTES_PER_TRANSACTION) {
            let bytes = writes.iter().map(|write| write.article().byte_count()).sum();
            let now_us = i64::try_from(self.app.clock.millis() * MICROSECONDS_PER_MILLISECOND).unwrap_or(i64::MAX);
            let db = self.begin(writes.len(), bytes).await?;
            if !identities::advance_revision(db, feed, revision).await? {
                return Ok(false);
            }
            let counts = ingest::write_articles(db, feed, writes, now_us).await?;
            (total.new, total.changed) = (total.new + counts.new, total.changed + counts.changed);
            revision += 1;
        }
        for identities in plan.identities.chunks(MAX_ROWS_PER_TRANSACTION) {
            let db = self.begin(identities.len(), 0).await?;
            if !identities::advance_revision(db, feed, revision).await? {
                return Ok(false);
            }
            identities::store(db, feed, identities).await?;
            revision += 1;
        }
        for chunk in plan.details.chunks(MAX_ROWS_PER_TRANSACTION) {
            let db = self.begin(chunk.len(), 0).await?;
            if !identities::advance_revision(db, feed, revision).await? {
                return Ok(false);
            }
            let rows: Vec<_> = chunk.iter().map(|(id, prepared)| (*id, prepared)).collect();
            details::store(db, &rows).await?;
            revision += 1;
        }
        Ok(true)
    }
}

async fn store_success(
    batches: &mut WriteBatches<'_>,
    check: &FeedCheck,
    update: &FetchedUpdate,
    preferred: PreferredInterval,
    total: &mut UpsertCounts,
) -> sqlx::Result<()> {
    let FeedCheck { source, at, .. } = check;
    let (plan, body_hash, validators) = match &update.news {
        FeedUpdate::Document { body_hash, plan: Ok(plan) } => {
            (Some(plan), Some(body_hash.as_slice()), &update.fetched.validators)
        }
        FeedUpdate::Document { plan: Err(_), .. } => return Ok(()),
        FeedUpdate::None { validators } => (None, None, validators),
    };
    let counts_before = *total;
    // The document counts as read only when all of it is stored.
    if let Some(plan) = plan
        && !batches.write_articles(source.id, plan, total).await?
    {
        tracing::debug!(feed = source.id.0, "a feed changed while its document was stored; the next check goes on");
        return Ok(());
    }
    let moved_to = update.fetched.moved_to.as_ref().filter(|url| **url != source.url);
    let moved = PermanentRedirect::after_check(source.moved.as_ref(), moved_to);
    let metadata = plan.map(|plan| &plan.metadata);
    let hints = metadata.map_or(source.hints, |metadata| metadata.hints);
    let outcome = CheckOutcome::Succeeded { fresh_until: update.fetched.fresh_until };
    let next = schedule_next_check(*at, source.id, preferred, validators.has_any(), hints, outcome);
    let success = checks::SuccessfulCheck {
        id: source.id,
        at: *at,
        next,
        validators,
        body_hash,
        title: metadata.map(|metadata| metadata.title.as_str()).filter(|title| !title.is_empty()),
        site_url: metadata.and_then(|metadata| metadata.site_url.as_deref()),
        hints,
        moved: moved.as_ref(),
    };
    let db = batches.begin(1, 0).await?;
    if !checks::record_success(db, &success).await? {
        return Ok(());
    }
    if let Some(plan) = plan {
        identities::record_document(db, source.id, plan.guids, plan.item_counts, *at).await?;
        if let Some(are_short) = plan.has_short_texts {
            full_text::record_short_texts(db, source.id, are_short).await?;
        }
    }
    let mut decision = describe_news(check, plan.is_some(), counts_before, *total);
    if let Some(moved) = moved.filter(PermanentRedirect::is_confirmed)
        && checks::change_url(db, source.id, &moved.target).await?
    {
        let _ = write!(decision, " The address of the feed is now {}.", moved.target);
        checks::add_event(db, source.id, *at, "moved", &format!("{} → {}", source.url, moved.target)).await?;
    }
    if source.state == FeedState::Gone {
        checks::add_event(db, source.id, *at, "revived", source.url.as_str()).await?;
    }
    record_exchange(db, check, decision, Some(next)).await
}

/// What a successful check found, as a sentence.
fn describe_news(check: &FeedCheck, has_document: bool, before: UpsertCounts, after: UpsertCounts) -> String {
    let status = check.exchange.as_ref().and_then(|record| record.status);
    if !has_document {
        let reason = if status == Some(304) { "Not modified" } else { "The same document as before" };
        return format!("{reason}: nothing is new.");
    }
    let (new, changed) = (after.new - before.new, after.changed - before.changed);
    format!("Read: {}, {changed} changed.", format_count(new, "new article", "new articles"))
}

/// Adds the exchange of a check to those of its feed, if anything was sent.
async fn record_exchange(
    db: &mut SqliteConnection,
    check: &FeedCheck,
    decision: String,
    next: Option<ScheduledCheck>,
) -> sqlx::Result<()> {
    let Some(record) = check.exchange.clone() else { return Ok(()) };
    feed_exchanges::record(db, check.source.id, &FeedExchange { at: check.at, record, decision, next }).await
}

async fn store_failure(
    tx: &mut SqliteConnection,
    check: &FeedCheck,
    FetchError { problem, retry_after, .. }: &FetchError,
    preferred: PreferredInterval,
) -> sqlx::Result<()> {
    let FeedCheck { source, at, .. } = check;
    let failures = source.failures.saturating_add(1);
    let not_before = retry_after.as_ref().map(|pause| pause.until);
    let outcome = CheckOutcome::Failed { failures, retry_after: not_before };
    let next = schedule_next_check(*at, source.id, preferred, true, source.hints, outcome);
    let gone = problem.kind == FeedErrorKind::Gone;
    let is_recorded = checks::record_failure(tx, source.id, (*at, next, not_before), problem, gone).await?;
    if let Some(RetryAfter { until, host: Some(host) }) = retry_after {
        checks::pause(tx, PauseScope::Host(host), *at, *until).await?;
    }
    if is_recorded {
        record_exchange(tx, check, problem.message.clone(), (!gone).then_some(next)).await?;
    }
    if is_recorded && gone && source.state != FeedState::Gone {
        checks::add_event(tx, source.id, *at, "gone", source.url.as_str()).await?;
    }
    Ok(())
}
