//! The loop that polls Ollama: often while a page is open, seldom otherwise, and soon again after a failure.

use crate::server::{models::resilience::backoff::Backoff, services::models, state::App};
use std::time::Duration;

/// Between two polls while a page is open.
const OPEN_PAGE_POLL_INTERVAL: Duration = Duration::from_secs(20);
/// Between two polls while none is.
const IDLE_POLL_INTERVAL: Duration = Duration::from_secs(60);
/// Before the poll after the first failure; doubles with each further one.
const FIRST_RETRY_PAUSE: Duration = Duration::from_secs(5);

/// Polls until the soft stop.
pub async fn run(app: App) {
    let stop = app.lifecycle.soft_stop.clone();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = models::poll_now(&app) => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = models::fetch_architectures(&app) => {}
        }
        let failures = app.models.snapshot().failed_polls;
        let mut waited = Duration::ZERO;
        // In slices, so that a page that opens meanwhile does not wait out the long interval.
        while waited < poll_interval(failures, app.open_pages.count() > 0) {
            let slice = FIRST_RETRY_PAUSE;
            tokio::select! {
                () = stop.cancelled() => return,
                () = app.clock.sleep(slice) => waited += slice,
            }
        }
    }
}

/// The time between two polls after this many failures in a row.
fn poll_interval(failures: u32, has_open_page: bool) -> Duration {
    let max = if has_open_page { OPEN_PAGE_POLL_INTERVAL } else { IDLE_POLL_INTERVAL };
    match failures.checked_sub(1) {
        None => max,
        Some(earlier) => Backoff { first: FIRST_RETRY_PAUSE, max }.pause(earlier),
    }
}

#[cfg(test)]
mod tests {
    use super::poll_interval;

    #[test]
    fn intervals() {
        for (failures, has_open_page, seconds) in
            [(0, true, 20), (0, false, 60), (1, false, 5), (2, true, 10), (3, true, 20), (9, true, 20), (40, false, 60)]
        {
            assert_eq!(poll_interval(failures, has_open_page).as_secs(), seconds, "{failures} {has_open_page}");
        }
    }
}
