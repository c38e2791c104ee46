//! Looks at Ollama for the whole process: often while somebody looks, seldom otherwise, soon again when it is down.

use crate::server::{services::models, state::App};
use std::time::Duration;

/// Between two looks while a page listens to events, and while none does.
const WATCHED_POLL_INTERVAL: Duration = Duration::from_secs(20);
const IDLE_POLL_INTERVAL: Duration = Duration::from_secs(60);
/// After the first failure; doubles with each further one.
const FIRST_RETRY_PAUSE: Duration = Duration::from_secs(5);

/// Runs until the soft stop.
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
        let failures = app.models_snapshot.borrow().failures;
        let mut waited = Duration::ZERO;
        // In slices, so that a page that opens meanwhile does not wait out the long pause.
        while waited < poll_interval(failures, app.events.receiver_count() > 0) {
            let slice = FIRST_RETRY_PAUSE;
            tokio::select! {
                () = stop.cancelled() => return,
                () = app.clock.sleep(slice) => waited += slice,
            }
        }
    }
}

/// How long to leave Ollama alone.
fn poll_interval(failures: u32, is_watched: bool) -> Duration {
    let most = if is_watched { WATCHED_POLL_INTERVAL } else { IDLE_POLL_INTERVAL };
    match failures {
        0 => most,
        n => FIRST_RETRY_PAUSE.saturating_mul(1 << (n - 1).min(8)).min(most),
    }
}

#[cfg(test)]
mod tests {
    use super::poll_interval;

    #[test]
    fn pauses() {
        for (failures, watched, seconds) in
            [(0, true, 20), (0, false, 60), (1, false, 5), (2, true, 10), (3, true, 20), (9, true, 20), (40, false, 60)]
        {
            assert_eq!(poll_interval(failures, watched).as_secs(), seconds, "{failures} {watched}");
        }
    }
}
