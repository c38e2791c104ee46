//! When a feed is checked next.

use super::{ids::FeedId, time::Timestamp};

/// Seconds between checks when neither the reader nor the feed says anything: one hour for feeds that can answer "nothing
/// new" (behaviour rule `min-interval`).
pub const DEFAULT_INTERVAL: i64 = 3_600;
/// The same for feeds that send no validators, so that each check costs a whole transfer.
pub const UNCONDITIONAL_INTERVAL: i64 = DAY;
/// No failing feed is left alone for longer.
const LONGEST_BACKOFF: i64 = DAY;
/// A server's wish to be left alone is followed up to this long.
const LONGEST_WISH: i64 = 7 * DAY;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// What a feed says about how often it changes: `ttl`, `sy:updatePeriod`, `skipHours`, `skipDays`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Hints {
    /// Seconds between changes.
    pub interval: Option<i64>,
    /// Bit `h` set: not between `h`:00 and `h`:59 UTC.
    pub skip_hours: u32,
    /// Bit `d` set: not on that day, Monday being 0.
    pub skip_days: u8,
}

/// How the last check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The feed was read, or had nothing new; the server may have said until when its answer holds.
    Fine { fresh_until: Option<Timestamp> },
    /// It failed this many times in a row; the server may have said when to come back.
    Failed { failures: i64, retry_after: Option<Timestamp> },
}

/// The moment of the next check. `preferred` is the reader's choice in seconds; `conditional` tells whether the server sent
/// validators. The same input always gives the same answer: the jitter comes from the feed's id.
pub fn next_check(
    now: Timestamp,
    feed: FeedId,
    preferred: Option<i64>,
    conditional: bool,
    hints: Hints,
    checked: Checked,
) -> Timestamp {
    let base = preferred.unwrap_or(if conditional { DEFAULT_INTERVAL } else { UNCONDITIONAL_INTERVAL });
    let latest_wish = now.plus(LONGEST_WISH);
    match checked {
        Checked::Fine { fresh_until } => {
            let pause = base.max(hints.interval.unwrap_or(0).clamp(0, DAY));
            let due = now.plus(pause + jitter(feed, pause));
            outside_skipped_hours(due.max(fresh_until.map_or(due, |t| t.min(latest_wish))), hints)
        }
        Checked::Failed { failures, retry_after } => {
            let doublings = u32::try_from(failures.clamp(1, 20) - 1).unwrap_or(0);
            let pause = base.saturating_mul(1 << doublings).min(LONGEST_BACKOFF.max(base));
            let due = now.plus(pause + jitter(feed, pause));
            due.max(retry_after.map_or(due, |t| t.min(latest_wish)))
        }
    }
}

/// Up to a tenth of the pause, so that feeds added together drift apart.
fn jitter(feed: FeedId, pause: i64) -> i64 {
    // Knuth's multiplicative hash spreads neighbouring ids.
    let spread = feed.0.unsigned_abs().wrapping_mul(2_654_435_761) % 1_000;
    pause / 10 * spread.cast_signed() / 1_000
}

/// The first hour from `due` on that is not to be skipped; `due` itself when the hints leave no hour at all.
fn outside_skipped_hours(due: Timestamp, hints: Hints) -> Timestamp {
    if hints.skip_hours == 0 && hints.skip_days == 0 {
        return due;
    }
    let skipped = |t: Timestamp| {
        let hour = t.0.div_euclid(HOUR).rem_euclid(24);
        // 1970-01-01 was a Thursday.
        let day = (t.0.div_euclid(DAY) + 3).rem_euclid(7);
        hints.skip_hours >> hour & 1 == 1 || hints.skip_days >> day & 1 == 1
    };
    (0..24 * 8)
        .map(|hours| if hours == 0 { due } else { Timestamp((due.0.div_euclid(HOUR) + hours) * HOUR) })
        .find(|t| !skipped(*t))
        .unwrap_or(due)
}

#[cfg(test)]
mod tests {
    use super::{Checked, DAY, Hints, next_check};
    use crate::domain::{ids::FeedId, time::Timestamp};

    const NOW: Timestamp = Timestamp(1_755_768_600);
    const NONE: Hints = Hints { interval: None, skip_hours: 0, skip_days: 0 };

    fn pause(preferred: Option<i64>, conditional: bool, hints: Hints, checked: Checked) -> i64 {
        next_check(NOW, FeedId(0), preferred, conditional, hints, checked).since(NOW)
    }

    #[test]
    fn fine_feeds_follow_reader_hints_and_server() {
        let fine = |after: Option<i64>| Checked::Fine { fresh_until: after.map(|s| NOW.plus(s)) };
        let ttl = |seconds| Hints { interval: Some(seconds), ..NONE };
        for (preferred, conditional, hints, checked, expected) in [
            (None, true, NONE, fine(None), 3_600),
            (None, false, NONE, fine(None), DAY),
            (Some(600), false, NONE, fine(None), 600),
            (None, true, ttl(7_200), fine(None), 7_200),
            (None, true, ttl(60), fine(None), 3_600),
            (None, true, ttl(90 * DAY), fine(None), DAY),
            (None, true, NONE, fine(Some(9_000)), 9_000),
            (None, true, NONE, fine(Some(60)), 3_600),
            (None, true, NONE, fine(Some(400 * DAY)), 7 * DAY),
        ] {
            assert_eq!(pause(preferred, conditional, hints, checked), expected, "{hints:?} {checked:?}");
        }
    }

    #[test]
    fn failures_back_off_to_a_day_and_obey_retry_after() {
        let failed =
            |failures, after: Option<i64>| Checked::Failed { failures, retry_after: after.map(|s| NOW.plus(s)) };
        for (checked, expected) in [
            (failed(1, None), 3_600),
            (failed(2, None), 7_200),
            (failed(5, None), 57_600),
            (failed(6, None), DAY),
            (failed(i64::MAX, None), DAY),
            (failed(1, Some(60)), 3_600),
            (failed(1, Some(2 * DAY)), 2 * DAY),
        ] {
            assert_eq!(pause(None, true, NONE, checked), expected, "{checked:?}");
        }
    }

    #[test]
    fn skipped_hours_and_days_are_left_out() {
        // 2025-08-21 is a Thursday; 09:30 UTC. An hour later is 10:30.
        let fine = Checked::Fine { fresh_until: None };
        assert_eq!(pause(None, true, Hints { skip_hours: 1 << 10, ..NONE }, fine), 5_400);
        assert_eq!(pause(None, true, Hints { skip_days: 1 << 3, ..NONE }, fine), 14 * 3_600 + 1_800);
        assert_eq!(pause(None, true, Hints { skip_hours: u32::MAX, ..NONE }, fine), 3_600);
    }

    #[test]
    fn jitter_is_steady_and_small() {
        let next = |id| next_check(NOW, FeedId(id), None, true, NONE, Checked::Fine { fresh_until: None });
        let all: Vec<i64> = (1..200).map(|id| next(id).since(NOW)).collect();
        assert!(all.iter().all(|s| (3_600..3_960).contains(s)));
        assert!(all.iter().collect::<std::collections::HashSet<_>>().len() > 100);
        assert_eq!(next(7), next(7));
    }
}
