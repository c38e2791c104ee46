//! The loop that pulls models, one at a time: one row, one connection to Ollama, any number of followers.
//!
//! The process that pulls for a data folder holds its lock: the server, or a command while no server runs. A pull that the end
//! of the process interrupted is the first to go on at the next start.

use crate::{
    domain::{
        model_name::ModelName,
        pull::{PullFailure, PullOutcome, PullProgress, PullRetry},
    },
    error::AppError,
    server::{
        live::pulls::RunningPull,
        models::{
            pull::{error_message, progress::PullProgressTracker, pull_line::PullError},
            resilience::backoff::Backoff,
            status::event::StatusEvent,
        },
        services::{model_versions, models, pulls},
        startup,
        state::App,
    },
};
use std::{pin::pin, time::Duration};

/// Shortest time between two updates of followers and open pages: with those of a beginning or an end, there are fewer than
/// four a second.
const PUBLISH_INTERVAL_MS: i128 = 500;
/// Shortest time between two writes of the row.
const STORE_INTERVAL_MS: i128 = 1_000;
/// Without a line from Ollama, speed and stall are still updated this often.
const PROGRESS_TICK_INTERVAL: Duration = Duration::from_millis(500);
/// The download shows bytes without a percentage for at most this time.
const MAX_LOOKUP_TIME: Duration = Duration::from_secs(10);
/// Between two attempts while another process holds the lock, or after an error of the database.
const RECHECK_INTERVAL: Duration = Duration::from_secs(2);
/// Attempts after the first failure without new bytes.
const MAX_RETRIES: u32 = 5;
const RETRY_BACKOFF: Backoff = Backoff { first: Duration::from_secs(5), max: Duration::from_secs(120) };
/// Downloads from the beginning after damaged data.
const MAX_DAMAGED_RETRIES: u32 = 2;
/// Longest pause that a server may ask for; a longer one ends the pull.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(pulls::MAX_RETRY_PAUSE_SECONDS.unsigned_abs());

/// How one connection ended.
enum PullAttemptOutcome {
    Success,
    Cancelled,
    /// The server stops, or another pull goes first; the row stays as it is and goes on later.
    Suspended,
    Failed(PullError),
}

/// Runs until the soft stop.
pub async fn run(app: App) {
    let stop = app.lifecycle.soft_stop.clone();
    let _lock = loop {
        match startup::lock_pulls(&app.config) {
            Ok(lock) => break lock,
            Err(_) => {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = app.clock.sleep(RECHECK_INTERVAL) => {}
                }
            }
        }
    };
    while !stop.is_cancelled() {
        // Armed before the queue is read, so that no signal is lost in between.
        let woken = app.pulls_wakeup.notified();
        match run_next_pull(&app).await {
            Ok(true) => {}
            Ok(false) => tokio::select! {
                () = stop.cancelled() => return,
                () = woken => {}
                // Another process may have queued something.
                () = app.clock.sleep(RECHECK_INTERVAL) => {}
            },
            // The error was logged when it became an AppError.
            Err(_) => tokio::select! {
                () = stop.cancelled() => return,
                () = app.clock.sleep(RECHECK_INTERVAL) => {}
            },
        }
    }
}

/// Runs the next pull of the queue with its retries; `false` when the queue is empty.
async fn run_next_pull(app: &App) -> Result<bool, AppError> {
    let Some((running, mut failures)) = pulls::load_next(app).await? else { return Ok(false) };
    let model = running.model.clone();
    let retry = running.retry.clone();
    tracing::info!(%model, failures, "pulling");
    if !pulls::start(app, running.clone(), failures).await? {
        running.cancel.cancel();
    }
    let mut damaged = 0;
    if let Some(retry) = retry {
        let pause = Duration::from_secs(u64::try_from(retry.at.since(app.clock.now())).unwrap_or(0));
        match wait_for_retry(app, &running, failures, retry.error, RetryCondition::After(pause)).await? {
            Some(PullAttemptOutcome::Cancelled) => running.cancel.cancel(),
            Some(_) => {
                suspend_pull(app);
                return Ok(true);
            }
            None => {}
        }
    }
    let (outcome, failure) = loop {
        let before = current_progress(app).completed;
        match run_attempt(app, &running, failures).await {
            PullAttemptOutcome::Suspended => {
                pulls::store_progress(app, failures).await?;
                suspend_pull(app);
                return Ok(true);
            }
            PullAttemptOutcome::Success => break (PullOutcome::Success, None),
            PullAttemptOutcome::Cancelled => break (PullOutcome::Cancelled, None),
            PullAttemptOutcome::Failed(error) => {
                let failure = error_message::to_pull_failure(&error, &model, &app.ollama.host());
                let condition = if is_connection_failure(&error) {
                    tracing::warn!(%model, cause = failure.cause, %error, "the pull goes on when Ollama can be reached");
                    RetryCondition::Connected
                } else {
                    // Only bytes beyond the highest count so far are progress, so the attempts are bounded.
                    failures = if current_progress(app).completed > before { 1 } else { failures.saturating_add(1) };
                    damaged += u32::from(error == PullError::Damaged);
                    let Some(pause) = retry_delay(&error, failures, damaged) else {
                        tracing::warn!(%model, failures, cause = failure.cause, %error, "the pull failed");
                        break (PullOutcome::Error, Some(failure));
                    };
                    tracing::warn!(%model, failures, cause = failure.cause, %error, seconds = pause.as_secs(), "the pull is tried again");
                    RetryCondition::After(pause)
                };
                match wait_for_retry(app, &running, failures, failure, condition).await? {
                    Some(PullAttemptOutcome::Cancelled) => break (PullOutcome::Cancelled, None),
                    Some(_) => {
                        suspend_pull(app);
                        return Ok(true);
                    }
                    None => {}
                }
            }
        }
    };
    if outcome == PullOutcome::Success {
        // Polled before the end is announced, so that followers find the model in the list.
        models::poll_now(app).await;
        tracing::info!(%model, "pulled");
    }
    pulls::finish(app, outcome, failure).await?;
    if outcome == PullOutcome::Cancelled {
        tracing::info!(%model, "the pull was cancelled");
        // A pull that was cancelled at its very end may have completed.
        models::poll_now(app).await;
    }
    // What fails here was logged, and is tried again after the next pull.
    let _ = model_versions::settle_pull(app, &model).await;
    Ok(true)
}

/// The pause before the next attempt; `None` when another cannot help or there were enough.
fn retry_delay(error: &PullError, failures: u32, damaged: u32) -> Option<Duration> {
    if !error.is_transient() || damaged > MAX_DAMAGED_RETRIES || failures > MAX_RETRIES {
        return None;
    }
    let retry_after = match error {
        PullError::Call(call) => call.retry_after().unwrap_or_default(),
        _ => Duration::ZERO,
    };
    (retry_after <= MAX_RETRY_AFTER).then_some(RETRY_BACKOFF.pause(failures.saturating_sub(1)).max(retry_after))
}

/// Whether Ollama cannot be reached, which is no failure of the pull.
const fn is_connection_failure(error: &PullError) -> bool {
    matches!(error, PullError::Call(call) if call.is_connection_failure())
}

/// What the next attempt waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RetryCondition {
    /// A time, during which another pull may go first.
    After(Duration),
    /// That Ollama answers again.
    Connected,
}

/// Waits for the next attempt and shows that; `Some` when there is to be none now.
async fn wait_for_retry(
    app: &App,
    running: &RunningPull,
    failures: u32,
    failure: PullFailure,
    condition: RetryCondition,
) -> Result<Option<PullAttemptOutcome>, AppError> {
    let pause = match condition {
        RetryCondition::After(pause) => pause,
        RetryCondition::Connected => RECHECK_INTERVAL,
    };
    let seconds = i64::try_from(pause.as_secs()).unwrap_or(i64::MAX);
    let retry = PullRetry { failures, most: MAX_RETRIES, at: app.clock.now().plus(seconds), error: failure };
    update_running(app, |running| {
        running.progress = running.progress.clone().without_rate();
        running.progress.status = "waiting to try again".into();
        running.retry = Some(retry);
    });
    if !pulls::store_progress(app, failures).await? {
        return Ok(Some(PullAttemptOutcome::Cancelled));
    }
    pulls::publish_downloads(app).await;
    let mut waited = Duration::ZERO;
    loop {
        let slice = match condition {
            RetryCondition::After(pause) if waited >= pause => break,
            RetryCondition::After(pause) => RECHECK_INTERVAL.min(pause - waited),
            RetryCondition::Connected => RECHECK_INTERVAL,
        };
        tokio::select! {
            () = app.lifecycle.soft_stop.cancelled() => return Ok(Some(PullAttemptOutcome::Suspended)),
            () = running.cancel.cancelled() => return Ok(Some(PullAttemptOutcome::Cancelled)),
            () = app.clock.sleep(slice) => waited += slice,
        }
        if !pulls::store_progress(app, failures).await? {
            return Ok(Some(PullAttemptOutcome::Cancelled));
        }
        match condition {
            RetryCondition::Connected if models::poll_if_stale(app).await.connected => break,
            RetryCondition::After(_) if pulls::has_other_due_pull(app, running.id).await? => {
                return Ok(Some(PullAttemptOutcome::Suspended));
            }
            _ => {}
        }
    }
    update_running(app, |running| running.retry = None);
    Ok(None)
}

/// One connection to Ollama, from the call to its end. Dropping the future closes it.
async fn run_attempt(app: &App, running: &RunningPull, failures: u32) -> PullAttemptOutcome {
    let connecting = pin!(app.ollama.pull(&running.model));
    let mut stream = tokio::select! {
        biased;
        () = running.cancel.cancelled() => return PullAttemptOutcome::Cancelled,
        () = app.lifecycle.soft_stop.cancelled() => return PullAttemptOutcome::Suspended,
        connected = connecting => match connected {
            Ok(stream) => stream,
            Err(error) => return PullAttemptOutcome::Failed(error),
        },
    };
    let mut reporter = PullReporter::new(app, failures);
    reporter.tracker.await_total();
    let mut expected = pin!(lookup_total(app, &running.model));
    let mut is_total_known = false;
    loop {
        let mut line = pin!(stream.next());
        let line = loop {
            tokio::select! {
                biased;
                () = running.cancel.cancelled() => return PullAttemptOutcome::Cancelled,
                () = app.lifecycle.soft_stop.cancelled() => return PullAttemptOutcome::Suspended,
                // Kept across the ticks, so that its own idle timeout goes on.
                line = &mut line => break line,
                bytes = &mut expected, if !is_total_known => {
                    is_total_known = true;
                    reporter.tracker.set_expected_total(bytes);
                }
                () = app.clock.sleep(PROGRESS_TICK_INTERVAL) => {
                    if !reporter.due(app).await {
                        return PullAttemptOutcome::Cancelled;
                    }
                }
            }
        };
        match line {
            Ok(Some(line)) => reporter.tracker.apply_line(&line, now_ms(app)),
            Ok(None) => {
                reporter.publish(app);
                return PullAttemptOutcome::Success;
            }
            Err(error) => {
                reporter.publish(app);
                return PullAttemptOutcome::Failed(error);
            }
        }
        if !reporter.due(app).await {
            return PullAttemptOutcome::Cancelled;
        }
    }
}

/// The bytes of the whole model, when that can be found out while the download begins.
async fn lookup_total(app: &App, model: &ModelName) -> Option<i64> {
    tokio::select! {
        bytes = pulls::expected_bytes(app, model) => bytes,
        () = app.clock.sleep(MAX_LOOKUP_TIME) => None,
    }
}

/// Publishes progress to followers often and stores it seldom.
struct PullReporter {
    tracker: PullProgressTracker,
    /// The progress before this connection: what is shown never falls below it.
    floor: PullProgress,
    failures: u32,
    published_at: i128,
    stored_at: i128,
}

impl PullReporter {
    fn new(app: &App, failures: u32) -> Self {
        let floor = current_progress(app);
        let now = app.clock.monotonic_ms();
        // The beginning has just been published and stored.
        Self { tracker: PullProgressTracker::new(now_ms(app)), floor, failures, published_at: now, stored_at: now }
    }

    fn publish(&self, app: &App) {
        let progress = self.tracker.progress_at(now_ms(app)).at_least(&self.floor);
        update_running(app, |running| running.progress = progress);
    }

    /// Publishes and stores progress when it is due. `false`: another process has cancelled the pull.
    async fn due(&mut self, app: &App) -> bool {
        let now = app.clock.monotonic_ms();
        if now - self.published_at < PUBLISH_INTERVAL_MS {
            return true;
        }
        self.published_at = now;
        self.publish(app);
        pulls::publish_downloads(app).await;
        if now - self.stored_at < STORE_INTERVAL_MS {
            return true;
        }
        self.stored_at = now;
        // The database logs its own failures; the pull goes on and is stored the next time.
        pulls::store_progress(app, self.failures).await.unwrap_or(true)
    }
}

/// Suspends the pull: its row stays as it is, and it goes on later.
fn suspend_pull(app: &App) {
    app.models.apply(StatusEvent::PullEnded);
    app.pulls.send_modify(|pulls| pulls.running = None);
}

fn update_running(app: &App, change: impl FnOnce(&mut RunningPull)) {
    app.pulls.send_if_modified(|pulls| {
        let Some(running) = &mut pulls.running else { return false };
        change(running);
        true
    });
}

/// The progress that followers see.
fn current_progress(app: &App) -> PullProgress {
    app.pulls.borrow().running.as_ref().map(|running| running.progress.clone()).unwrap_or_default()
}

fn now_ms(app: &App) -> i64 {
    i64::try_from(app.clock.monotonic_ms()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::retry_delay;
    use crate::server::models::{ollama::error::OllamaError, pull::pull_line::PullError};
    use std::time::Duration;

    #[test]
    fn attempts_are_bounded_and_only_for_transient_errors() {
        let busy = |seconds| PullError::Call(OllamaError::Busy { retry_after: Some(Duration::from_secs(seconds)) });
        for (error, failures, damaged, seconds) in [
            (PullError::Interrupted, 1, 0, Some(5)),
            (PullError::FlakyNetwork, 2, 0, Some(10)),
            (PullError::StillCancelling, 5, 0, Some(80)),
            (PullError::FlakyNetwork, 6, 0, None),
            (PullError::Damaged, 1, 2, Some(5)),
            (PullError::Damaged, 1, 3, None),
            (PullError::UnknownModel, 1, 0, None),
            (PullError::DiskFull, 1, 0, None),
            (PullError::OllamaTooOld, 1, 0, None),
            (busy(1), 1, 0, Some(5)),
            (busy(45), 1, 0, Some(45)),
            (busy(86_400), 1, 0, None),
        ] {
            let pause = retry_delay(&error, failures, damaged);
            assert_eq!(pause, seconds.map(Duration::from_secs), "{error:?} {failures} {damaged}");
        }
    }
}
