//! When a feed is checked next.

use super::{ids::FeedId, time::Timestamp};

/// Seconds between checks when neither the reader nor the feed says anything: one hour for feeds that can answer "nothing
/// new" (behaviour rule `min-interval`).
pub const DEFAULT_CHECK_INTERVAL_SECONDS: i64 = 3_600;
/// The same for feeds that send no validators, so that each check costs a whole transfer.
pub const UNCONDITIONAL_CHECK_INTERVAL_SECONDS: i64 = SECONDS_PER_DAY;
/// No failing feed is left alone for longer.
const MAX_BACKOFF_SECONDS: i64 = SECONDS_PER_DAY;
/// A server's wish to be left alone is followed up to this long.
const MAX_SERVER_DELAY_SECONDS: i64 = 7 * SECONDS_PER_DAY;
const SECONDS_PER_HOUR: i64 = 3_600;
const SECONDS_PER_DAY: i64 = 86_400;

/// What a feed says about how often it changes: `ttl`, `sy:updatePeriod`, `skipHours`, `skipDays`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct FeedScheduleHints {
    /// Seconds between changes.
    pub interval: Option<i64>,
    /// Bit `h` set: not between `h`:00 and `h`:59 UTC.
    pub skip_hours: u32,
    /// Bit `d` set: not on that day, Monday being 0.
    pub skip_days: u8,
}

/// How the last check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckOutcome {
    /// The feed was read, or had nothing new; the server may have said until when its answer holds.
    Succeeded {
        /// Until when the answer holds, by its caching headers.
        fresh_until: Option<Timestamp>,
    },
    /// It failed this many times in a row; the server may have said when to come back.
    Failed {
        /// Failed checks in a row.
        failures: i64,
        /// When the server wants to be asked again.
        retry_after: Option<Timestamp>,
    },
}

/// The moment of the next check. `preferred` is the reader's choice in seconds; `conditional` tells whether the server sent
/// validators. The same input always gives the same answer: the jitter comes from the feed's id.
pub fn schedule_next_check(
    now: Timestamp,
    feed: FeedId,
    preferred: Option<i64>,
    conditional: bool,
    hints: FeedScheduleHints,
    checked: CheckOutcome,
) -> Timestamp {
    let base = preferred.unwrap_or(if conditional {
        DEFAULT_CHECK_INTERVAL_SECONDS
    } else {
        UNCONDITIONAL_CHECK_INTERVAL_SECONDS
    });
    let latest_wish = now.plus(MAX_SERVER_DELAY_SECONDS);
    match checked {
        CheckOutcome::Succeeded { fresh_until } => {
            let pause = base.max(hints.interval.unwrap_or(0).clamp(0, SECONDS_PER_DAY));
            let due = now.plus(pause + jitter(feed, pause));
            first_allowed_time(due.max(fresh_until.map_or(due, |t| t.min(latest_wish))), hints)
        }
        CheckOutcome::Failed { failures, retry_after } => {
            let doublings = u32::try_from(failures.clamp(1, 20) - 1).unwrap_or(0);
            let pause = base.saturating_mul(1 << doublings).min(MAX_BACKOFF_SECONDS.max(base));
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
fn first_allowed_time(due: Timestamp, hints: FeedScheduleHints) -> Timestamp {
    if hints.skip_hours == 0 && hints.skip_days == 0 {
        return due;
    }
    let skipped = |t: Timestamp| {
        let hour = t.0.div_euclid(SECONDS_PER_HOUR).rem_euclid(24);
        // 1970-01-01 was a Thursday.
        let day = (t.0.div_euclid(SECONDS_PER_DAY) + 3).rem_euclid(7);
        hints.skip_hours >> hour & 1 == 1 || hints.skip_days >> day & 1 == 1
    };
    (0..24 * 8)
        .map(
            |hours| {
                if hours == 0 {
                    due
                } else {
                    Timestamp((due.0.div_euclid(SECONDS_PER_HOUR) + hours) * SECONDS_PER_HOUR)
                }
            },
        )
        .find(|t| !skipped(*t))
        .unwrap_or(due)
}

#[cfg(test)]
mod tests {
    use super::{CheckOutcome, FeedScheduleHints, SECONDS_PER_DAY, schedule_next_check};
    use crate::domain::{ids::FeedId, time::Timestamp};

    const NOW: Timestamp = Timestamp(1_755_768_600);
    const NO_HINTS: FeedScheduleHints = FeedScheduleHints { interval: None, skip_hours: 0, skip_days: 0 };

    fn pause(preferred: Option<i64>, conditional: bool, hints: FeedScheduleHints, checked: CheckOutcome) -> i64 {
        schedule_next_check(NOW, FeedId(0), preferred, conditional, hints, checked).since(NOW)
    }

    #[test]
    fn fine_feeds_follow_reader_hints_and_server() {
        let fine = |after: Option<i64>| CheckOutcome::Succeeded { fresh_until: after.map(|s| NOW.plus(s)) };
        let ttl = |seconds| FeedScheduleHints { interval: Some(seconds), ..NO_HINTS };
        for (preferred, conditional, hints, checked, expected) in [
            (None, true, NO_HINTS, fine(None), 3_600),
            (None, false, NO_HINTS, fine(None), SECONDS_PER_DAY),
            (Some(600), false, NO_HINTS, fine(None), 600),
            (None, true, ttl(7_200), fine(None), 7_200),
            (None, true, ttl(60), fine(None), 3_600),
            (None, true, ttl(90 * SECONDS_PER_DAY), fine(None), SECONDS_PER_DAY),
            (None, true, NO_HINTS, fine(Some(9_000)), 9_000),
            (None, true, NO_HINTS, fine(Some(60)), 3_600),
            (None, true, NO_HINTS, fine(Some(400 * SECONDS_PER_DAY)), 7 * SECONDS_PER_DAY),
        ] {
            assert_eq!(pause(preferred, conditional, hints, checked), expected, "{hints:?} {checked:?}");
        }
    }

    #[test]
    fn failures_back_off_to_a_day_and_obey_retry_after() {
        let failed =
            |failures, after: Option<i64>| CheckOutcome::Failed { failures, retry_after: after.map(|s| NOW.plus(s)) };
        for (checked, expected) in [
            (failed(1, None), 3_600),
            (failed(2, None), 7_200),
            (failed(5, None), 57_600),
            (failed(6, None), SECONDS_PER_DAY),
            (failed(i64::MAX, None), SECONDS_PER_DAY),
            (failed(1, Some(60)), 3_600),
            (failed(1, Some(2 * SECONDS_PER_DAY)), 2 * SECONDS_PER_DAY),
        ] {
            assert_eq!(pause(None, true, NO_HINTS, checked), expected, "{checked:?}");
        }
    }

    #[test]
    fn skipped_hours_and_days_are_left_out() {
        // 2025-08-21 is a Thursday; 09:30 UTC. An hour later is 10:30.
        let fine = CheckOutcome::Succeeded { fresh_until: None };
        assert_eq!(pause(None, true, FeedScheduleHints { skip_hours: 1 << 10, ..NO_HINTS }, fine), 5_400);
        assert_eq!(pause(None, true, FeedScheduleHints { skip_days: 1 << 3, ..NO_HINTS }, fine), 14 * 3_600 + 1_800);
        assert_eq!(pause(None, true, FeedScheduleHints { skip_hours: u32::MAX, ..NO_HINTS }, fine), 3_600);
    }

    #[test]
    fn jitter_is_steady_and_small() {
        let next = |id| {
            schedule_next_check(NOW, FeedId(id), None, true, NO_HINTS, CheckOutcome::Succeeded { fresh_until: None })
        };
        let all: Vec<i64> = (1..200).map(|id| next(id).since(NOW)).collect();
        assert!(all.iter().all(|s| (3_600..3_960).contains(s)));
        assert!(all.iter().collect::<std::collections::HashSet<_>>().len() > 100);
        assert_eq!(next(7), next(7));
    }
}
