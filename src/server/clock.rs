//! The only source of "now" and of waiting, so that tests can hold the time in their hands.

use crate::domain::time::Timestamp;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// The system's clock, or one that a test moves.
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

    /// Milliseconds since the Unix epoch; for durations and leases.
    pub fn millis(&self) -> i128 {
        match self {
            Self::System => i128::from(jiff::Timestamp::now().as_millisecond()),
            Self::Fake(fake) => *fake.millis.borrow(),
        }
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
}

impl FakeClock {
    /// A clock standing at `start`.
    pub fn at(start: Timestamp) -> Self {
        Self { millis: Arc::new(watch::Sender::new(i128::from(start.0) * 1000)) }
    }

    /// Moves on and wakes all that waited for a moment up to the new one.
    pub fn advance(&self, duration: Duration) {
        self.millis.send_modify(|now| *now += duration.as_millis().cast_signed());
    }
}
