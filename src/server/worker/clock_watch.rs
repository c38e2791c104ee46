//! The loop that detects that the clock was set.

use crate::server::{
    services::{clock_jumps, scoring::claim},
    state::App,
};
use std::time::Duration;

/// Time between two readings of the clock.
const WATCH_INTERVAL: Duration = Duration::from_secs(5);
/// Smallest change of the clock that counts as a jump, in milliseconds; time servers correct it by less all the time.
const MIN_JUMP_MS: i128 = 60_000;

/// Watches until the soft stop.
pub async fn run(app: App) {
    let offset_ms = || app.clock.millis() - app.clock.monotonic_ms();
    let mut known_offset_ms = offset_ms();
    loop {
        tokio::select! {
            () = app.lifecycle.soft_stop.cancelled() => return,
            () = app.clock.sleep(WATCH_INTERVAL) => {}
        }
        let jump_ms = offset_ms() - known_offset_ms;
        if jump_ms.abs() < MIN_JUMP_MS {
            // It may have been set twice since the last reading.
            if let Err(error) = clock_jumps::pull_back_checks(&app).await {
                tracing::error!(%error, "checks that were planned while the clock was ahead could not be rescheduled");
            }
            continue;
        }
        tracing::warn!(seconds = %(jump_ms / 1000), "the clock was set");
        let outcome = match clock_jumps::correct_planned_checks(&app).await {
            Ok(()) => claim::release_ended_claims(&app).await,
            error => error,
        };
        match outcome {
            Ok(()) => known_offset_ms += jump_ms,
            // The next reading of the clock tries again.
            Err(error) => {
                tracing::error!(%error, "checks that were planned before the clock was set could not be rescheduled")
            }
        }
        app.feeds_wakeup.notify_one();
        app.scoring_wakeup.notify_one();
    }
}
