//! The only source of the current time and of waiting, so that tests control the time.

use crate::domain::time::Timestamp;
use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// The system's clock, or one that a test moves.
///
/// [`Clock::now`] is the time of day, which may be set to any other value: it is for what is stored and shown.
/// [`Clock::monotonic_ms`] only goes forward: it is for intervals within this process.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The system's clock.
    #[default]
    System,
    /// Stands still until [`FakeClock::advance`].
    Fake(FakeClock),
}

impl Clock {
    /// The current second.
    pub fn now(&self) -> Timestamp {
        Timestamp(i64::try_from(self.millis().div_euclid(1000)).unwrap_or(i64::MAX))
    }

    /// Milliseconds since the Unix epoch, by the time of day.
    pub fn millis(&self) -> i128 {
        match self {
            Self::System => i128::from(jiff::Timestamp::now().as_millisecond()),
            Self::Fake(fake) => *fake.millis.borrow() + i128::from(fake.set_ahead_ms.load(Ordering::SeqCst)),
        }
    }

    /// Milliseconds since a moment in the past; setting the time of day does not move it.
    pub fn monotonic_ms(&self) -> i128 {
        match self {
            Self::System => {
                static FIRST_CALL: LazyLock<Instant> = LazyLock::new(Instant::now);
                i128::try_from(FIRST_CALL.elapsed().as_millis()).unwrap_or(i128::MAX)
            }
            Self::Fake(fake) => *fake.millis.borrow(),
        }
    }

    /// The time of day at a moment of [`Clock::monotonic_ms`].
    pub fn at_monotonic_ms(&self, moment_ms: i128) -> Timestamp {
        let millis = self.millis() - (self.monotonic_ms() - moment_ms);
        Timestamp(i64::try_from(millis.div_euclid(1000)).unwrap_or(i64::MAX))
    }

    /// The moment of [`Clock::monotonic_ms`] at a time of day.
    pub fn monotonic_ms_at(&self, time: Timestamp) -> i128 {
        self.monotonic_ms() + i128::from(time.0) * 1000 - self.millis()
    }

    /// Waits for `duration` of this clock's time.
    pub async fn sleep(&self, duration: Duration) {
        match self {
            Self::System => tokio::time::sleep(duration).await,
            Self::Fake(fake) => {
                let mut millis = fake.millis.subscribe();
                let until = *millis.borrow() + duration.as_millis().cast_signed();
                // The sender lives in `fake`, which outlives this wait, so the error of a closed channel cannot come.
                let _ = millis.wait_for(|now| *now >= until).await;
            }
        }
    }
}

/// A clock for tests: moves only when told to.
#[derive(Clone, Debug)]
pub struct FakeClock {
    millis: Arc<watch::Sender<i128>>,
    /// How far the time of day was set ahead of `millis`.
    set_ahead_ms: Arc<AtomicI64>,
}

impl FakeClock {
    /// A clock stopped at `start`.
    pub fn at(start: Timestamp) -> Self {
        Self { millis: Arc::new(watch::Sender::new(i128::from(start.0) * 1000)), set_ahead_ms: Arc::default() }
    }

    /// Sets the time of day ahead, or back with a negative number; no time passes.
    pub fn set_ahead(&self, seconds: i64) {
        self.set_ahead_ms.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    /// Moves on and wakes all that waited for a moment up to the new one.
    pub fn advance(&self, duration: Duration) {
        self.millis.send_modify(|now| *now += duration.as_millis().cast_signed());
    }
}
