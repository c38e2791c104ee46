//! When this process last had too many files open.

use crate::server::clock::Clock;
use std::sync::atomic::{AtomicI64, Ordering};

/// How long the limit counts as reached after the last failure, in milliseconds.
const RECENT_MS: i64 = 60_000;

/// The time of the last failure, by [`Clock::monotonic_ms`]; negative: never.
#[derive(Debug)]
pub struct OpenFiles(AtomicI64);

impl Default for OpenFiles {
    fn default() -> Self {
        Self(AtomicI64::new(-1))
    }
}

impl OpenFiles {
    /// Records that a file or connection could not be opened for this reason.
    pub fn record_exhaustion(&self, clock: &Clock) {
        self.0.store(now_ms(clock), Ordering::Relaxed);
    }

    /// Whether that happened within the last minute.
    pub fn were_exhausted_recently(&self, clock: &Clock) -> bool {
        let moment = self.0.load(Ordering::Relaxed);
        moment >= 0 && now_ms(clock) - moment < RECENT_MS
    }
}

fn now_ms(clock: &Clock) -> i64 {
    i64::try_from(clock.monotonic_ms()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::OpenFiles;
    use crate::{
        domain::time::Timestamp,
        server::clock::{Clock, FakeClock},
    };
    use std::time::Duration;

    #[test]
    fn exhaustion_is_over_a_minute_after_the_last_failure() {
        let time = FakeClock::at(Timestamp(1_772_366_400));
        let (clock, files) = (Clock::Fake(time.clone()), OpenFiles::default());
        assert!(!files.were_exhausted_recently(&clock));
        for _ in 0..2 {
            files.record_exhaustion(&clock);
            time.advance(Duration::from_secs(59));
            assert!(files.were_exhausted_recently(&clock));
        }
        time.set_ahead(-86_400);
        assert!(files.were_exhausted_recently(&clock), "whatever the time of day is set to");
        time.advance(Duration::from_secs(1));
        assert!(!files.were_exhausted_recently(&clock));
    }
}
