//! Pauses between attempts.

use std::time::Duration;

/// Pauses that double from `first` up to `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The first pause.
    pub first: Duration,
    /// The longest pause.
    pub max: Duration,
}

impl Backoff {
    /// The pause before the next attempt, after this many earlier pauses.
    pub fn pause(self, earlier_pauses: u32) -> Duration {
        self.first.saturating_mul(1 << earlier_pauses.min(30)).min(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::Backoff;
    use std::time::Duration;

    #[test]
    fn pauses_double_and_stay_bounded() {
        let backoff = Backoff { first: Duration::from_millis(250), max: Duration::from_millis(1_500) };
        let pauses = [0, 1, 2, 3, 40, u32::MAX].map(|earlier| backoff.pause(earlier).as_millis());
        assert_eq!(pauses, [250, 500, 1_000, 1_500, 1_500, 1_500]);
        let long = Backoff { first: Duration::MAX, max: Duration::MAX };
        assert_eq!(long.pause(9), Duration::MAX);
    }
}
