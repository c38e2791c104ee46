//! Times of a query: days, months and years in UTC, and spans that end now.

use crate::domain::time::{SECONDS_PER_DAY, Timestamp};
use jiff::{
    ToSpan,
    civil::{Date, date},
    tz::TimeZone,
};

/// A point in time, known or relative to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimePoint {
    /// Seconds since the Unix epoch.
    At(i64),
    /// This many seconds before now.
    Ago(i64),
    /// The beginning of today (UTC) plus this many days.
    Today(i64),
}

/// From one time until before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct TimeRange {
    /// The first moment in it.
    pub from: Option<TimePoint>,
    /// The first moment after it.
    pub until: Option<TimePoint>,
}

impl TimePoint {
    /// Seconds since the Unix epoch.
    pub const fn resolve(self, now: Timestamp) -> i64 {
        match self {
            Self::At(at) => at,
            Self::Ago(seconds) => now.0.saturating_sub(seconds),
            Self::Today(days) => {
                let today = now.0.saturating_sub(now.0.rem_euclid(SECONDS_PER_DAY));
                today.saturating_add(days.saturating_mul(SECONDS_PER_DAY))
            }
        }
    }
}

impl TimeRange {
    /// Reads a day, month or year, the same behind `>`, `>=`, `<`, `<=`, spans such as `<7d` (younger) and `>30d` (older), `today`,
    /// `yesterday`, `A..B` and the intervals of ISO 8601 that FreshRSS knows: `A/B`, `A/`, `/B`, `P1W`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let word = text.to_ascii_lowercase();
        match word.as_str() {
            "today" => return Some(Self { from: Some(TimePoint::Today(0)), until: Some(TimePoint::Today(1)) }),
            "yesterday" => return Some(Self { from: Some(TimePoint::Today(-1)), until: Some(TimePoint::Today(0)) }),
            _ => {}
        }
        if let Some((from, until)) = text.split_once("..").or_else(|| text.split_once('/')) {
            return Self::parse_interval(from, until);
        }
        if let Some(ago) = parse_span(text) {
            return Some(Self { from: Some(TimePoint::Ago(ago)), until: None });
        }
        for (sign, is_later, is_closed) in
            [(">=", true, true), ("<=", false, true), (">", true, false), ("<", false, false)]
        {
            let Some(rest) = text.strip_prefix(sign) else { continue };
            if let Some(ago) = parse_span(rest) {
                // More than 30 days means older, which is earlier.
                let point = Some(TimePoint::Ago(ago));
                return Some(if is_later {
                    Self { from: None, until: point }
                } else {
                    Self { from: point, until: None }
                });
            }
            let (start, end) = parse_period(rest)?;
            return Some(match (is_later, is_closed) {
                (true, true) => Self { from: Some(TimePoint::At(start)), until: None },
                (true, false) => Self { from: Some(TimePoint::At(end)), until: None },
                (false, true) => Self { from: None, until: Some(TimePoint::At(end)) },
                (false, false) => Self { from: None, until: Some(TimePoint::At(start)) },
            });
        }
        let (start, end) = parse_period(text)?;
        Some(Self { from: Some(TimePoint::At(start)), until: Some(TimePoint::At(end)) })
    }

    fn parse_interval(from: &str, until: &str) -> Option<Self> {
        let start = |text: &str| match parse_span(text) {
            Some(ago) => Some(TimePoint::Ago(ago)),
            None => parse_period(text).map(|(start, _)| TimePoint::At(start)),
        };
        let end = |text: &str| match parse_span(text) {
            Some(ago) => Some(TimePoint::Ago(ago)),
            None => parse_period(text).map(|(_, end)| TimePoint::At(end)),
        };
        Some(match (from.is_empty(), until.is_empty()) {
            (true, true) => return None,
            (true, false) => Self { from: None, until: Some(end(until)?) },
            (false, true) => Self { from: Some(start(from)?), until: None },
            (false, false) => Self { from: Some(start(from)?), until: Some(end(until)?) },
        })
    }

    /// Whether a time is in it.
    pub fn contains(self, at: i64, now: Timestamp) -> bool {
        self.from.is_none_or(|from| at >= from.resolve(now)) && self.until.is_none_or(|until| at < until.resolve(now))
    }
}

/// `7d`, `P7D`, `PT12H` in seconds; months have 30 days and years 365.
fn parse_span(text: &str) -> Option<i64> {
    let lower = text.to_ascii_lowercase();
    let (body, is_iso) = match lower.strip_prefix('p') {
        Some(body) => (body, true),
        None => (lower.as_str(), false),
    };
    let body = if is_iso { body.strip_prefix('t').unwrap_or(body) } else { body };
    let unit = body.chars().next_back()?;
    let number = &body[..body.len() - unit.len_utf8()];
    let hours = match unit {
        'h' => 1,
        'd' => 24,
        'w' => 7 * 24,
        'm' => 30 * 24,
        'y' => 365 * 24,
        _ => return None,
    };
    let is_plain = (1..=6).contains(&number.len()) && number.chars().all(|c| c.is_ascii_digit());
    is_plain.then(|| number.parse::<i64>().ok()).flatten().map(|count| count * hours * 3_600)
}

/// A year, a month, a day or a moment: its first second and the one after its last.
fn parse_period(text: &str) -> Option<(i64, i64)> {
    if text.contains(['T', 't']) {
        let at = text.parse::<Timestamp>().ok()?.0;
        return Some((at, at + 1));
    }
    let parts: Vec<&str> = text.split('-').collect();
    let is_plain = parts.iter().all(|part| (1..=4).contains(&part.len()) && part.chars().all(|c| c.is_ascii_digit()));
    if !is_plain || parts[0].len() != 4 {
        return None;
    }
    let year: i16 = parts[0].parse().ok()?;
    let number = |index: usize| parts.get(index).and_then(|part| part.parse::<i8>().ok());
    let day = |month: i8, day: i8| Date::new(year, month, day).ok();
    let (start, end) = match parts.len() {
        1 => (day(1, 1)?, day(1, 1)?.checked_add(1.year()).ok()?),
        2 => (day(number(1)?, 1)?, day(number(1)?, 1)?.checked_add(1.month()).ok()?),
        3 => (day(number(1)?, number(2)?)?, day(number(1)?, number(2)?)?.checked_add(1.day()).ok()?),
        _ => return None,
    };
    // Years before 1 are refused; the arithmetic of dates ends at 9999.
    (start >= date(1, 1, 1)).then_some(())?;
    Some((start_of(start)?, start_of(end)?))
}

fn start_of(day: Date) -> Option<i64> {
    day.to_zoned(TimeZone::UTC).ok().map(|start| start.timestamp().as_second())
}
