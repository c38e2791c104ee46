//! When a feed is checked next.

use super::{
    humanize::format_duration_rough,
    ids::FeedId,
    preferences::DEFAULT_REFRESH_INTERVAL_SECONDS,
    time::{SECONDS_PER_DAY, Timestamp},
};
use serde::{Deserialize, Serialize};

/// Seconds between checks of a feed that sends no validators, unless the reader wants checks more often than by default: each
/// check costs a whole transfer.
const UNCONDITIONAL_CHECK_INTERVAL_SECONDS: i64 = SECONDS_PER_DAY;
/// Longest pause between checks of a failing feed, in seconds.
const MAX_BACKOFF_SECONDS: i64 = SECONDS_PER_DAY;
/// Longest time that caching headers postpone the next check, in seconds.
const MAX_FRESH_SECONDS: i64 = SECONDS_PER_DAY;
/// Longest `Retry-After` that is followed, in seconds.
pub const MAX_SERVER_DELAY_SECONDS: i64 = 7 * SECONDS_PER_DAY;
/// Longest time until a planned check, in seconds: the longest pause with skipped hours and days and the jitter. A later time was
/// stored while the clock was ahead.
pub const MAX_CHECK_DELAY_SECONDS: i64 = MAX_SERVER_DELAY_SECONDS + 9 * SECONDS_PER_DAY;
const SECONDS_PER_HOUR: i64 = 3_600;

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
        /// The time of `Retry-After`.
        retry_after: Option<Timestamp>,
    },
}

string_enum! {
    /// Which rule decides when a feed is checked next.
    CheckReason {
        /// The interval of the settings.
        Settings = "settings",
        /// The interval that the reader chose for this feed.
        Feed = "feed",
        /// The server sends no validators, and the settings want no interval below the default.
        NoValidators = "no_validators",
        /// The feed asks for a longer interval: `ttl`, `sy:updatePeriod`.
        FeedHint = "feed_hint",
        /// The answer holds longer: `Cache-Control`, `Expires`.
        Freshness = "freshness",
        /// The feed names hours or days at which it is not to be checked.
        SkippedTime = "skipped_time",
        /// The last checks failed.
        Failures = "failures",
        /// The server asked for a pause: `Retry-After`.
        RetryAfter = "retry_after",
    }
}

impl CheckReason {
    /// The interval in effect, and why, as the end of a sentence: `every 60 minutes, as set in the settings`.
    pub fn describe(self, interval: i64) -> String {
        let time = format_duration_rough(interval);
        let every = if interval < 90 { "minute" } else { &time };
        match self {
            Self::Settings => format!("every {every}, as set in the settings"),
            Self::Feed => format!("every {every}, as set for this feed"),
            Self::NoValidators => format!(
                "every {every}, because its server cannot say that nothing has changed, so that each check is a whole download"
            ),
            Self::FeedHint => format!("every {every}, because the feed asks for no more"),
            Self::Freshness => format!("after {time}, because the server says that its answer holds that long"),
            Self::SkippedTime => format!("after {time}, because the feed names times at which it is not to be checked"),
            Self::Failures => format!("after {time}, because the last check failed; the pause grows with each failure"),
            Self::RetryAfter => format!("after {time}, because the server asked for this pause"),
        }
    }
}

/// How often a feed is checked while neither it nor its server says otherwise, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreferredInterval {
    /// As the settings say for all feeds.
    Settings(i64),
    /// As the reader chose for this feed.
    Feed(i64),
}

/// When a feed is checked next, and why then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduledCheck {
    /// The time of the check.
    pub at: Timestamp,
    /// Seconds until then, without the jitter.
    pub interval: i64,
    /// The rule that decided.
    pub reason: CheckReason,
}

/// The next check. `conditional` tells whether the server sent
/// validators. The same input always gives the same answer: the jitter comes from the feed's id.
pub fn schedule_next_check(
    now: Timestamp,
    feed: FeedId,
    preferred: PreferredInterval,
    conditional: bool,
    hints: FeedScheduleHints,
    checked: CheckOutcome,
) -> ScheduledCheck {
    let (base, base_reason) = match preferred {
        PreferredInterval::Feed(seconds) => (seconds, CheckReason::Feed),
        PreferredInterval::Settings(seconds) if conditional || !spares_whole_transfers(seconds) => {
            (seconds, CheckReason::Settings)
        }
        PreferredInterval::Settings(_) => (UNCONDITIONAL_CHECK_INTERVAL_SECONDS, CheckReason::NoValidators),
    };
    let spread =
        |interval, reason| ScheduledCheck { at: now.plus(interval + jitter(feed, interval)), interval, reason };
    let until = |at: Timestamp, reason| ScheduledCheck { at, interval: at.since(now), reason };
    match checked {
        CheckOutcome::Succeeded { fresh_until } => {
            let hint = hints.interval.unwrap_or(0).clamp(0, SECONDS_PER_DAY);
            let mut next = if hint > base { spread(hint, CheckReason::FeedHint) } else { spread(base, base_reason) };
            if let Some(fresh) = fresh_until.map(|at| at.min(now.plus(MAX_FRESH_SECONDS))).filter(|at| *at > next.at) {
                next = until(fresh, CheckReason::Freshness);
            }
            match first_allowed_time(next.at, hints) {
                at if at > next.at => until(at, CheckReason::SkippedTime),
                _ => next,
            }
        }
        CheckOutcome::Failed { failures, retry_after } => {
            let doublings = u32::try_from(failures.clamp(1, 20) - 1).unwrap_or(0);
            let pause = base.saturating_mul(1 << doublings).min(MAX_BACKOFF_SECONDS.max(base));
            let next = spread(pause, CheckReason::Failures);
            let requested = retry_after.map(|at| at.min(now.plus(MAX_SERVER_DELAY_SECONDS)));
            requested.filter(|at| *at > next.at).map_or(next, |at| until(at, CheckReason::RetryAfter))
        }
    }
}

/// Whether feeds without validators are checked once a day although the interval of the settings is `preferred`. A shorter one
/// than the default was chosen to have news early, and holds for every feed.
pub const fn spares_whole_transfers(preferred: i64) -> bool {
    preferred >= DEFAULT_REFRESH_INTERVAL_SECONDS
}

/// Up to a tenth of the pause, so that feeds added together drift apart.
fn jitter(feed: FeedId, pause: i64) -> i64 {
    // Knuth's multiplicative hash spreads neighboring ids.
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
    use super::{
        CheckOutcome, CheckReason, FeedScheduleHints, PreferredInterval, SECONDS_PER_DAY, ScheduledCheck,
        schedule_next_check,
    };
    use crate::domain::{ids::FeedId, preferences::DEFAULT_REFRESH_INTERVAL_SECONDS as HOUR, time::Timestamp};

    const NOW: Timestamp = Timestamp(1_755_768_600);
    const NO_HINTS: FeedScheduleHints = FeedScheduleHints { interval: None, skip_hours: 0, skip_days: 0 };

    fn schedule(
        preferred: i64,
        conditional: bool,
        hints: FeedScheduleHints,
        checked: CheckOutcome,
    ) -> (i64, CheckReason) {
        let preferred = PreferredInterval::Settings(preferred);
        let next = schedule_next_check(NOW, FeedId(0), preferred, conditional, hints, checked);
        assert_eq!(next.at.since(NOW), next.interval, "feed 0 has no jitter");
        (next.interval, next.reason)
    }

    #[test]
    fn fine_feeds_follow_reader_hints_and_server() {
        let fine = |after: Option<i64>| CheckOutcome::Succeeded { fresh_until: after.map(|s| NOW.plus(s)) };
        let ttl = |seconds| FeedScheduleHints { interval: Some(seconds), ..NO_HINTS };
        for (preferred, conditional, hints, checked, expected) in [
            (HOUR, true, NO_HINTS, fine(None), (HOUR, CheckReason::Settings)),
            (HOUR, false, NO_HINTS, fine(None), (SECONDS_PER_DAY, CheckReason::NoValidators)),
            (HOUR + 60, false, NO_HINTS, fine(None), (SECONDS_PER_DAY, CheckReason::NoValidators)),
            (SECONDS_PER_DAY, false, NO_HINTS, fine(None), (SECONDS_PER_DAY, CheckReason::NoValidators)),
            (HOUR - 60, false, NO_HINTS, fine(None), (HOUR - 60, CheckReason::Settings)),
            (600, true, NO_HINTS, fine(None), (600, CheckReason::Settings)),
            (600, false, NO_HINTS, fine(None), (600, CheckReason::Settings)),
            (HOUR, true, ttl(7_200), fine(None), (7_200, CheckReason::FeedHint)),
            (HOUR, true, ttl(60), fine(None), (HOUR, CheckReason::Settings)),
            (HOUR, true, ttl(90 * SECONDS_PER_DAY), fine(None), (SECONDS_PER_DAY, CheckReason::FeedHint)),
            (HOUR, true, NO_HINTS, fine(Some(9_000)), (9_000, CheckReason::Freshness)),
            (HOUR, true, NO_HINTS, fine(Some(60)), (HOUR, CheckReason::Settings)),
            (HOUR, true, NO_HINTS, fine(Some(30 * SECONDS_PER_DAY)), (SECONDS_PER_DAY, CheckReason::Freshness)),
            (HOUR, true, ttl(7_200), fine(Some(9_000)), (9_000, CheckReason::Freshness)),
        ] {
            assert_eq!(schedule(preferred, conditional, hints, checked), expected, "{preferred} {hints:?} {checked:?}");
        }
    }

    #[test]
    fn failures_back_off_to_a_day_and_obey_retry_after() {
        let failed =
            |failures, after: Option<i64>| CheckOutcome::Failed { failures, retry_after: after.map(|s| NOW.plus(s)) };
        for (checked, expected) in [
            (failed(1, None), (HOUR, CheckReason::Failures)),
            (failed(2, None), (7_200, CheckReason::Failures)),
            (failed(5, None), (57_600, CheckReason::Failures)),
            (failed(6, None), (SECONDS_PER_DAY, CheckReason::Failures)),
            (failed(i64::MAX, None), (SECONDS_PER_DAY, CheckReason::Failures)),
            (failed(1, Some(60)), (HOUR, CheckReason::Failures)),
            (failed(1, Some(2 * SECONDS_PER_DAY)), (2 * SECONDS_PER_DAY, CheckReason::RetryAfter)),
            (failed(1, Some(90 * SECONDS_PER_DAY)), (7 * SECONDS_PER_DAY, CheckReason::RetryAfter)),
        ] {
            assert_eq!(schedule(HOUR, true, NO_HINTS, checked), expected, "{checked:?}");
        }
    }

    #[test]
    fn the_interval_of_a_feed_goes_before_the_settings_and_not_before_its_publisher() {
        let fine = CheckOutcome::Succeeded { fresh_until: None };
        let ttl = FeedScheduleHints { interval: Some(7_200), ..NO_HINTS };
        for (own, conditional, hints, expected) in [
            (600, true, NO_HINTS, (600, CheckReason::Feed)),
            (HOUR, false, NO_HINTS, (HOUR, CheckReason::Feed)),
            (600, true, ttl, (7_200, CheckReason::FeedHint)),
        ] {
            let preferred = PreferredInterval::Feed(own);
            let next = schedule_next_check(NOW, FeedId(0), preferred, conditional, hints, fine);
            assert_eq!((next.interval, next.reason), expected, "{own} {conditional} {hints:?}");
        }
    }

    #[test]
    fn reasons_tell_the_interval() {
        let texts: Vec<String> = CheckReason::ALL.iter().map(|reason| reason.describe(HOUR)).collect();
        assert!(texts.iter().all(|text| text.contains("hour") || text.contains("60 min")), "{texts:?}");
    }

    #[test]
    fn skipped_hours_and_days_are_left_out() {
        // 2025-08-21 is a Thursday; 09:30 UTC. An hour later is 10:30.
        let fine = CheckOutcome::Succeeded { fresh_until: None };
        let skipped = CheckReason::SkippedTime;
        for (hints, expected) in [
            (FeedScheduleHints { skip_hours: 1 << 10, ..NO_HINTS }, (5_400, skipped)),
            (FeedScheduleHints { skip_days: 1 << 3, ..NO_HINTS }, (14 * HOUR + 1_800, skipped)),
            (FeedScheduleHints { skip_hours: u32::MAX, ..NO_HINTS }, (HOUR, CheckReason::Settings)),
        ] {
            assert_eq!(schedule(HOUR, true, hints, fine), expected, "{hints:?}");
        }
    }

    #[test]
    fn jitter_is_steady_and_small() {
        let outcome = CheckOutcome::Succeeded { fresh_until: None };
        let next =
            |id| schedule_next_check(NOW, FeedId(id), PreferredInterval::Settings(HOUR), true, NO_HINTS, outcome);
        let all: Vec<i64> = (1..200).map(|id| next(id).at.since(NOW)).collect();
        assert!(all.iter().all(|s| (3_600..3_960).contains(s)));
        assert!(all.iter().collect::<std::collections::HashSet<_>>().len() > 100);
        assert_eq!(next(7), ScheduledCheck { interval: HOUR, ..next(7) });
    }
}
