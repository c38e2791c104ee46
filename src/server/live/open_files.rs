//! When this process last had too many files open.

use crate::server::clock::Clock;
use std::sync::atomic::{AtomicI64, Ordering};

/// The trouble counts as present this long after it was last noticed, in milliseconds.
const RECENT_MS: i64 = 60_000;

/// The moment, by [`Clock::monotonic_ms`]; negative: never.
#[derive(Debug)]
pub struct OpenFiles(AtomicI64);

impl Default for OpenFiles {
    fn default() -> Self {
        Self(AtomicI64::new(-1))
    }
}

impl OpenFiles {
    /// Remembers that a file or connection could not be opened for this reason.
    pub fn record_exhaustion(&self, clock: &Clock) {
        self.0.store(now_ms(clock), Ordering::Relaxed);
    }

    /// Whether that was noticed within the last minute.
    pub fn were_exhausted_recently(&self, clock: &Clock) -> bool {
        let moment = self.0.load(Ordering::Relaxed);
        moment >= 0 && now_ms(clock) - moment < RECENT_MS
    }
}

fn now_ms(clock: &Clock) -> i64 {
    i64::try_from(clock.monotonic_ms()).unwrap_or(i64::MAX)
}
