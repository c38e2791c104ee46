//! How often a login may be tried (docs/spec/access.md "Throttling"): five attempts, then one after 30 s, 60 s and so on up to 15 minutes.

use crate::domain::time::Timestamp;
use std::net::IpAddr;

/// Attempts without a pause.
pub const FREE_ATTEMPTS: i64 = 5;
/// The pause after them, in seconds; it doubles with every attempt.
const FIRST_PAUSE_SECONDS: i64 = 30;
/// The longest pause, in seconds.
const MAX_PAUSE_SECONDS: i64 = 900;
/// After this long without an attempt the count starts anew, in seconds. `FREE_ATTEMPTS` in this time are fewer than the longest
/// pause allows, so waiting gains nothing.
const FORGET_SECONDS: i64 = 86_400;

/// Attempts since the last success.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Attempts {
    /// How many there were.
    pub count: i64,
    /// When the last one was.
    pub last_at: Timestamp,
}

impl Attempts {
    /// Counts an attempt, if one is allowed now.
    pub fn try_acquire(&mut self, now: Timestamp) -> bool {
        // The clock was set back.
        self.last_at = self.last_at.min(now);
        if self.count > 0 && now.since(self.last_at) >= FORGET_SECONDS {
            self.count = 0;
        }
        let is_allowed = now.since(self.last_at) >= pause_seconds(self.count);
        if is_allowed {
            *self = Self { count: self.count + 1, last_at: now };
        }
        is_allowed
    }

    /// Seconds until the next attempt is allowed.
    pub fn wait_seconds(self, now: Timestamp) -> i64 {
        (pause_seconds(self.count) - now.since(self.last_at.min(now))).max(0)
    }
}

/// The pause after this many attempts, in seconds.
fn pause_seconds(count: i64) -> i64 {
    let doublings = count - FREE_ATTEMPTS;
    if doublings < 0 { 0 } else { (FIRST_PAUSE_SECONDS << doublings.min(5)).min(MAX_PAUSE_SECONDS) }
}

/// What counts as one client: an IPv4 address, or a /64 of IPv6, since one machine has as many of its addresses as it likes.
pub fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Attempts, pause_seconds};
    use crate::domain::time::Timestamp;

    #[test]
    fn pauses_double_up_to_a_quarter_of_an_hour() {
        let pauses: Vec<_> = (3..13).map(pause_seconds).collect();
        assert_eq!(pauses, [0, 0, 30, 60, 120, 240, 480, 900, 900, 900]);
        assert_eq!(pause_seconds(i64::MAX), 900);
    }

    #[test]
    fn a_refused_attempt_does_not_count_and_a_day_forgets() {
        let mut attempts = Attempts::default();
        let mut allowed = |at: i64| attempts.try_acquire(Timestamp(1_772_366_400 + at));
        assert!((0..5).all(|_| allowed(0)));
        assert!(!allowed(0) && !allowed(29) && allowed(30) && !allowed(31) && !allowed(89) && allowed(90));
        let waits = [90, 91, 209, 210, 1_000].map(|at| attempts.wait_seconds(Timestamp(1_772_366_400 + at)));
        assert_eq!(waits, [120, 119, 1, 0, 0]);
        let mut allowed = |at: i64| attempts.try_acquire(Timestamp(1_772_366_400 + at));
        assert!(!allowed(91));
        let day = 90 + 86_400;
        assert!((0..5).all(|_| allowed(day)) && !allowed(day));
    }

    #[test]
    fn attempts_of_a_clock_that_was_ahead_lock_nobody_out() {
        let now = Timestamp(1_772_366_400);
        let mut attempts = Attempts { count: 12, last_at: now.plus(10 * 365 * 86_400) };
        assert!(!attempts.try_acquire(now), "the pause is kept");
        assert!(!attempts.try_acquire(now.plus(899)) && attempts.try_acquire(now.plus(900)));
    }

    #[test]
    fn ten_thousand_guesses_at_one_a_second_are_checked_twenty_times() {
        let mut attempts = Attempts::default();
        let checked = (0..10_000_i64).filter(|at| attempts.try_acquire(Timestamp(1_772_366_400 + at))).count();
        assert_eq!(checked, 20);
    }
}
