//! The loop that polls Ollama: often while a page is open, seldom otherwise, and soon again after a failure.

use crate::server::{models::resilience::backoff::Backoff, services::models, state::App};
use std::time::Duration;

/// Between two polls while a page is open.
const OPEN_PAGE_POLL_INTERVAL: Duration = Duration::from_secs(20);
/// Between two polls while none is.
const IDLE_POLL_INTERVAL: Duration = Duration::from_secs(60);
/// Between two polls while a model is being loaded: only `/api/ps` shows when it is in memory.
const LOADING_POLL_INTERVAL: Duration = Duration::from_secs(2);
/// Before the poll after the first failure; doubles with each further one.
const FIRST_RETRY_PAUSE: Duration = Duration::from_secs(5);

/// Polls until the soft stop.
pub async fn run(app: App) {
    let stop = app.lifecycle.soft_stop.clone();
    let mut changes = app.models.subscribe();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = models::poll_now(&app) => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = models::fetch_architectures(&app) => {}
        }
        if let Err(error) = models::record_measurements(&app).await {
            tracing::warn!(%error, "the memory of a model could not be recorded; the next poll tries again");
        }
        let polled_ms = app.clock.monotonic_ms();
        // In slices, so that a page that opens meanwhile does not wait out the long interval.
        while let Some(left) = time_until_poll(&app, polled_ms) {
            tokio::select! {
                () = stop.cancelled() => return,
                () = app.clock.sleep(left.min(FIRST_RETRY_PAUSE)) => {}
                // A load that begins shortens the interval.
                changed = changes.changed() => if changed.is_err() { return },
            }
        }
    }
}

/// How long until the poll after the one that ended at `polled_ms`; `None` when it is due.
fn time_until_poll(app: &App, polled_ms: i128) -> Option<Duration> {
    let snapshot = app.models.snapshot();
    let interval = poll_interval(snapshot.failed_polls, app.open_pages.count() > 0, snapshot.tracker.is_loading());
    let elapsed = Duration::from_millis(u64::try_from(app.clock.monotonic_ms() - polled_ms).unwrap_or(0));
    interval.checked_sub(elapsed).filter(|left| !left.is_zero())
}

/// The time between two polls after this many failures in a row.
fn poll_interval(failures: u32, has_open_page: bool, is_loading: bool) -> Duration {
    let max = if has_open_page { OPEN_PAGE_POLL_INTERVAL } else { IDLE_POLL_INTERVAL };
    match failures.checked_sub(1) {
        None if is_loading => LOADING_POLL_INTERVAL,
        None => max,
        Some(earlier) => Backoff { first: FIRST_RETRY_PAUSE, max }.pause(earlier),
    }
}

#[cfg(test)]
mod tests {
    use super::poll_interval;

    #[test]
    fn intervals() {
        for (failures, has_open_page, is_loading, seconds) in [
            (0, true, false, 20),
            (0, false, false, 60),
            (0, true, true, 2),
            (0, false, true, 2),
            (1, false, false, 5),
            (1, false, true, 5),
            (2, true, false, 10),
            (3, true, false, 20),
            (9, true, false, 20),
            (40, false, false, 60),
        ] {
            let interval = poll_interval(failures, has_open_page, is_loading).as_secs();
            assert_eq!(interval, seconds, "{failures} {has_open_page} {is_loading}");
        }
    }
}
