//! Running the rules: in short transactions, each of which keeps what it removes from coming back.

use super::{no_rules, rule_search::RuleSearch};
use crate::{
    domain::{ids::ArticleId, live_event::LiveEvent, retention::RetentionRun},
    error::AppError,
    server::{
        services::{slices::SliceSize, subscriptions},
        state::App,
        storage::retention as rows,
    },
};
use tokio::sync::OwnedMutexGuard;

/// Seconds between the ends of two runs that begin by themselves.
const RUN_INTERVAL_SECONDS: i64 = 86_400;

/// Removes what the rules find now, and returns what came of it; also when the caller goes away. What an end of the process interrupts
/// goes on with the next run. 409 without rules, and while a run goes on.
#[tracing::instrument(name = "retention.run", level = "debug", skip_all)]
pub async fn run(app: &App) -> Result<RetentionRun, AppError> {
    let lock = acquire_lock(app).await?;
    let running = {
        let app = app.clone();
        async move { remove_all(&app, lock).await }
    };
    app.lifecycle.finish(running).await.unwrap_or(Ok(()))?;
    rows::load_last_run(&app.db.read).await?.ok_or_else(AppError::internal)
}

/// As [`run`], in the background.
#[tracing::instrument(name = "retention.begin_run", level = "debug", skip_all)]
pub async fn begin_run(app: &App) -> Result<(), AppError> {
    let lock = acquire_lock(app).await?;
    let running = app.clone();
    app.lifecycle.spawn(async move {
        if let Err(error) = remove_all(&running, lock).await {
            tracing::error!(%error, "the rules of retention could not be run to the end; the next run goes on");
        }
    });
    Ok(())
}

/// The right to run the rules.
async fn acquire_lock(app: &App) -> Result<OwnedMutexGuard<()>, AppError> {
    if rows::list_rules(&app.db.read).await?.is_empty() {
        return Err(no_rules());
    }
    let lock = app.retention_lock.clone().try_lock_owned();
    lock.map_err(|_| AppError::conflict("A run goes on already.").hint("Wait until it has ended."))
}

/// As [`run`], when there are rules and the last run ended a day ago or was interrupted; whether it ran.
#[tracing::instrument(name = "retention.run_when_due", level = "debug", skip_all)]
pub async fn run_when_due(app: &App) -> Result<bool, AppError> {
    let last = rows::load_last_run(&app.db.read).await?.and_then(|run| run.ended_at);
    let is_due = last.is_none_or(|ended| app.clock.now().since(ended) >= RUN_INTERVAL_SECONDS);
    if !is_due || rows::list_rules(&app.db.read).await?.is_empty() {
        return Ok(false);
    }
    run(app).await?;
    Ok(true)
}

async fn remove_all(app: &App, _lock: OwnedMutexGuard<()>) -> Result<(), AppError> {
    for feed in rows::list_feeds_without_identities(&app.db.read).await? {
        subscriptions::complete_identities(app, feed).await?;
    }
    let mut tx = app.db.write().await?;
    rows::begin_run(&mut tx, app.clock.now()).await?;
    tx.commit().await?;
    let (mut size, mut problems) = (SliceSize::first(), Vec::new());
    for rule in rows::list_rules(&app.db.read).await? {
        match RuleSearch::load(app, &rule).await {
            Ok(search) => size = remove_found(app, search, size).await?,
            // A name that it uses is gone since it was saved. The others are not less wanted for that.
            Err(error) => problems.push(error.message),
        }
    }
    return_space(app).await?;
    if app.lifecycle.soft_stop.is_cancelled() {
        return Ok(());
    }
    let problem = Some(problems.join(" ")).filter(|problem| !problem.is_empty());
    let mut tx = app.db.write().await?;
    rows::end_run(&mut tx, app.clock.now(), problem.as_deref()).await?;
    tx.commit().await?;
    // Open pages have other counts.
    app.publish(LiveEvent::Feeds { new_articles: 0 });
    Ok(())
}

/// Removes what a rule finds until nothing is left, or the soft stop.
async fn remove_found(app: &App, mut search: RuleSearch, mut size: SliceSize) -> Result<SliceSize, AppError> {
    loop {
        let page: Vec<ArticleId> = search.next_page(app).await?.into_iter().map(|key| key.id).collect();
        if page.is_empty() {
            return Ok(size);
        }
        let mut rest = page.as_slice();
        while !rest.is_empty() {
            if app.lifecycle.soft_stop.is_cancelled() {
                return Ok(size);
            }
            let slice;
            (slice, rest) = rest.split_at(rest.len().min(usize::from(size.rows())));
            let mut tx = app.db.write().await?;
            let began_ms = app.clock.monotonic_ms();
            // The reader may have starred one of them meanwhile.
            let found = search.filter(&mut tx, slice).await?;
            rows::remove_articles(&mut tx, &found).await?;
            tx.commit().await?;
            size = size.after(app.clock.monotonic_ms() - began_ms);
        }
    }
}

/// Gives the space of the file back, where the file allows it in steps.
async fn return_space(app: &App) -> Result<(), AppError> {
    let (mut size, mut is_left) = (SliceSize::first(), true);
    while is_left && !app.lifecycle.soft_stop.is_cancelled() {
        let mut tx = app.db.write().await?;
        let began_ms = app.clock.monotonic_ms();
        is_left = rows::return_pages(&mut tx, size.rows()).await?;
        tx.commit().await?;
        size = size.after(app.clock.monotonic_ms() - began_ms);
    }
    Ok(())
}
