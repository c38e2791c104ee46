//! Deadlines in the milliseconds of the clock.

use std::time::Duration;

/// In milliseconds, signed as those of the clock.
pub(super) fn to_millis(time: Duration) -> i128 {
    i128::try_from(time.as_millis()).unwrap_or(i128::MAX / 4)
}

/// The rest of a time that may be over.
pub(super) fn remaining(millis: i128) -> Duration {
    Duration::from_millis(u64::try_from(millis.max(0)).unwrap_or(u64::MAX / 4))
}
