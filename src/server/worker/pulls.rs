//! Pulls models, one at a time: one row, one connection to Ollama, any number of followers.
//!
//! Whoever does the pulls of a data folder holds its lock: the server, or a command while no server runs. A pull that was cut
//! off by the end of the process is the first to go on at the next start.

use crate::{
    domain::pull::{PullFailure, PullOutcome, PullProgress, PullRetry},
    error::AppError,
    server::{
        models::pull::{error_message, progress::PullProgressTracker, pull_line::PullError},
        services::{
            models,
            pulls::{self, RunningPull},
        },
        startup,
        state::App,
    },
};
use std::{pin::pin, time::Duration};

/// Followers and open pages hear of progress at most this often: with what is told besides, of a beginning or an end, that stays
/// below four times a second.
const PUBLISH_INTERVAL_MS: i128 = 500;
/// The row is written at most this often.
const STORE_INTERVAL_MS: i128 = 1_000;
/// Without a line from Ollama the speed still falls and a stall still shows.
const PROGRESS_TICK_INTERVAL: Duration = Duration::from_millis(500);
/// While another process holds the lock, or the database refuses.
const RECHECK_INTERVAL: Duration = Duration::from_secs(2);
/// Waits before the second, third … try.
const RETRY_DELAYS_SECONDS: [u64; 5] = [3, 10, 30, 60, 120];
/// Damaged data is downloaded anew so often, from its beginning.
const MAX_DAMAGED_RETRIES: u32 = 2;
/// A server that asks for more patience than this is not waited for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(600);

/// How one connection ended.
enum PullAttemptOutcome {
    Success,
    Cancelled,
    /// The server stops; the row stays as it is and goes on at the next start.
    Stopped,
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
        // Armed before looking, so that no ring is lost in between.
        let rung = app.pulls_wakeup.notified();
        match run_next_pull(&app).await {
            Ok(true) => {}
            Ok(false) => tokio::select! {
                () = stop.cancelled() => return,
                () = rung => {}
                // Another process may have queued something.
                () = app.clock.sleep(RECHECK_INTERVAL) => {}
            },
            // Logged where the database refused.
            Err(_) => tokio::select! {
                () = stop.cancelled() => return,
                () = app.clock.sleep(RECHECK_INTERVAL) => {}
            },
        }
    }
}

/// Does the pull whose turn it is, with its further tries; `false` when none waits.
async fn run_next_pull(app: &App) -> Result<bool, AppError> {
    let Some((running, mut failures)) = pulls::load_next(app).await? else { return Ok(false) };
    let model = running.model.clone();
    tracing::info!(model, failures, "pulling");
    if !pulls::start(app, running.clone(), failures).await? {
        running.cancel.cancel();
    }
    let mut damaged = 0;
    let (outcome, failure) = loop {
        let before = current_progress(app).completed;
        match run_attempt(app, &running, failures).await {
            PullAttemptOutcome::Stopped => {
                pulls::store_progress(app, failures).await?;
                app.pulls.send_modify(|pulls| pulls.running = None);
                return Ok(true);
            }
            PullAttemptOutcome::Success => break (PullOutcome::Success, None),
            PullAttemptOutcome::Cancelled => break (PullOutcome::Cancelled, None),
            PullAttemptOutcome::Failed(error) => {
                // Bytes count as progress only beyond what was there ever before, so the tries are bounded.
                failures = if current_progress(app).completed > before { 1 } else { failures.saturating_add(1) };
                damaged += u32::from(error == PullError::Damaged);
                let failure = error_message::to_pull_failure(&error, &model, &app.ollama.host());
                let Some(pause) = retry_delay(&error, failures, damaged) else {
                    tracing::warn!(model, failures, cause = failure.cause, %error, "the pull failed");
                    break (PullOutcome::Error, Some(failure));
                };
                tracing::warn!(model, failures, cause = failure.cause, %error, seconds = pause.as_secs(), "the pull is tried again");
                match wait_for_retry(app, &running, failures, failure, pause).await? {
                    Some(PullAttemptOutcome::Cancelled) => break (PullOutcome::Cancelled, None),
                    Some(_) => {
                        app.pulls.send_modify(|pulls| pulls.running = None);
                        return Ok(true);
                    }
                    None => {}
                }
            }
        }
    };
    if outcome == PullOutcome::Success {
        // Seen before it is told, so that whoever hears of it finds the model in the list.
        models::poll_now(app).await;
        tracing::info!(model, "pulled");
    }
    pulls::finish(app, outcome, failure).await?;
    if outcome == PullOutcome::Cancelled {
        tracing::info!(model, "the pull was cancelled");
        // What was cancelled at its very end may be there.
        models::poll_now(app).await;
    }
    Ok(true)
}

/// How long to wait before the next try; `None`: it cannot heal, or has had its chances.
fn retry_delay(error: &PullError, failures: u32, damaged: u32) -> Option<Duration> {
    if !error.is_transient() || damaged > MAX_DAMAGED_RETRIES {
        return None;
    }
    let pause = Duration::from_secs(*RETRY_DELAYS_SECONDS.get(failures.saturating_sub(1) as usize)?);
    let asked = match error {
        PullError::Call(call) => call.retry_after().unwrap_or_default(),
        _ => Duration::ZERO,
    };
    (asked <= MAX_RETRY_AFTER).then_some(pause.max(asked))
}

/// Waits for the next try, visibly; `Some` when there is to be none.
async fn wait_for_retry(
    app: &App,
    running: &RunningPull,
    failures: u32,
    failure: PullFailure,
    pause: Duration,
) -> Result<Option<PullAttemptOutcome>, AppError> {
    let seconds = i64::try_from(pause.as_secs()).unwrap_or(i64::MAX);
    let most = u32::try_from(RETRY_DELAYS_SECONDS.len()).unwrap_or(u32::MAX);
    let retry = PullRetry { failures, most, at: app.clock.now().plus(seconds), error: failure };
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
    while waited < pause {
        let slice = RECHECK_INTERVAL.min(pause - waited);
        tokio::select! {
            () = app.lifecycle.soft_stop.cancelled() => return Ok(Some(PullAttemptOutcome::Stopped)),
            () = running.cancel.cancelled() => return Ok(Some(PullAttemptOutcome::Cancelled)),
            () = app.clock.sleep(slice) => waited += slice,
        }
        if !pulls::store_progress(app, failures).await? {
            return Ok(Some(PullAttemptOutcome::Cancelled));
        }
    }
    update_running(app, |running| running.retry = None);
    Ok(None)
}

/// One connection to Ollama, from the call to its end. Leaving this closes it.
async fn run_attempt(app: &App, running: &RunningPull, failures: u32) -> PullAttemptOutcome {
    let connecting = pin!(app.ollama.pull(&running.model));
    let mut stream = tokio::select! {
        biased;
        () = running.cancel.cancelled() => return PullAttemptOutcome::Cancelled,
        () = app.lifecycle.soft_stop.cancelled() => return PullAttemptOutcome::Stopped,
        connected = connecting => match connected {
            Ok(stream) => stream,
            Err(error) => return PullAttemptOutcome::Failed(error),
        },
    };
    let mut report = PullReporter::new(app, failures);
    loop {
        let mut line = pin!(stream.next());
        let line = loop {
            tokio::select! {
                biased;
                () = running.cancel.cancelled() => return PullAttemptOutcome::Cancelled,
                () = app.lifecycle.soft_stop.cancelled() => return PullAttemptOutcome::Stopped,
                // Not dropped by the ticks, so that its own limit of silence counts on.
                line = &mut line => break line,
                () = app.clock.sleep(PROGRESS_TICK_INTERVAL) => {
                    if !report.due(app).await {
                        return PullAttemptOutcome::Cancelled;
                    }
                }
            }
        };
        match line {
            Ok(Some(line)) => report.tracker.apply_line(&line, now_ms(app)),
            Ok(None) => {
                report.publish(app);
                return PullAttemptOutcome::Success;
            }
            Err(error) => {
                report.publish(app);
                return PullAttemptOutcome::Failed(error);
            }
        }
        if !report.due(app).await {
            return PullAttemptOutcome::Cancelled;
        }
    }
}

/// Says how far the pull is: often to followers, seldom to the disk.
struct PullReporter {
    tracker: PullProgressTracker,
    /// What was shown before this connection.
    floor: PullProgress,
    failures: u32,
    told_at: i128,
    stored_at: i128,
}

impl PullReporter {
    fn new(app: &App, failures: u32) -> Self {
        let floor = current_progress(app);
        let now = app.clock.millis();
        // The beginning itself has just been told, and stored.
        Self { tracker: PullProgressTracker::new(now_ms(app)), floor, failures, told_at: now, stored_at: now }
    }

    fn publish(&self, app: &App) {
        let progress = self.tracker.progress_at(now_ms(app)).at_least(&self.floor);
        update_running(app, |running| running.progress = progress);
    }

    /// Tells and stores when it is time to. `false`: another process has cancelled the pull.
    async fn due(&mut self, app: &App) -> bool {
        let now = app.clock.millis();
        if now - self.told_at < PUBLISH_INTERVAL_MS {
            return true;
        }
        self.told_at = now;
        self.publish(app);
        pulls::publish_downloads(app).await;
        if now - self.stored_at < STORE_INTERVAL_MS {
            return true;
        }
        self.stored_at = now;
        // A database that refuses once was logged there; the pull goes on and is stored the next time.
        pulls::store_progress(app, self.failures).await.unwrap_or(true)
    }
}

fn update_running(app: &App, change: impl FnOnce(&mut RunningPull)) {
    app.pulls.send_if_modified(|pulls| {
        let Some(running) = &mut pulls.running else { return false };
        change(running);
        true
    });
}

/// What followers see of the running pull.
fn current_progress(app: &App) -> PullProgress {
    app.pulls.borrow().running.as_ref().map(|running| running.progress.clone()).unwrap_or_default()
}

fn now_ms(app: &App) -> i64 {
    i64::try_from(app.clock.millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::retry_delay;
    use crate::server::models::{ollama::error::OllamaError, pull::pull_line::PullError};
    use std::time::Duration;

    #[test]
    fn tries_are_bounded_and_only_for_what_may_heal() {
        let busy = |seconds| PullError::Call(OllamaError::Busy { retry_after: Some(Duration::from_secs(seconds)) });
        for (error, failures, damaged, seconds) in [
            (PullError::Interrupted, 1, 0, Some(3)),
            (PullError::FlakyNetwork, 2, 0, Some(10)),
            (PullError::StillCancelling, 5, 0, Some(120)),
            (PullError::FlakyNetwork, 6, 0, None),
            (PullError::Damaged, 1, 2, Some(3)),
            (PullError::Damaged, 1, 3, None),
            (PullError::UnknownModel, 1, 0, None),
            (PullError::DiskFull, 1, 0, None),
            (PullError::OllamaTooOld, 1, 0, None),
            (busy(1), 1, 0, Some(3)),
            (busy(45), 1, 0, Some(45)),
            (busy(86_400), 1, 0, None),
        ] {
            let pause = retry_delay(&error, failures, damaged);
            assert_eq!(pause, seconds.map(Duration::from_secs), "{error:?} {failures} {damaged}");
        }
    }
}
