//! Points in time, as whole seconds since the Unix epoch; stored as integers, written as RFC 3339 in UTC.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};

/// Seconds of a day without a leap second.
pub const SECONDS_PER_DAY: i64 = 86_400;
/// Microseconds of a second, the unit of arrival times.
pub const MICROS_PER_SECOND: i64 = 1_000_000;

/// Seconds since 1970-01-01T00:00:00Z. May be negative: some feeds have such dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// `self` plus a number of seconds, saturating.
    pub const fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Whole seconds from `earlier` to `self`; negative when `earlier` is later.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The time of day for people, in UTC, with the date unless it is that of `now`: `14:05 UTC`.
    pub fn format_from(self, now: Self) -> String {
        let text = self.format_readable();
        match text.split_once(", ") {
            Some((date, time)) if now.format_readable().starts_with(&format!("{date}, ")) => time.to_owned(),
            _ => text,
        }
    }

    /// The date in UTC, for example `2025-08-21`.
    pub fn format_day(self) -> String {
        let text = self.to_string();
        text.split('T').next().unwrap_or_default().to_owned()
    }

    /// Date and time for people, in UTC, for example `21 Aug 2025, 09:30 UTC`.
    pub fn format_readable(self) -> String {
        let text = self.to_string();
        let date = text.split_once('T').and_then(|(date, time)| {
            // The year may be negative, so the date is read from its end.
            let (rest, day) = date.rsplit_once('-')?;
            let (year, month) = rest.rsplit_once('-')?;
            let month = MONTH_NAMES.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
            Some(format!("{} {month} {year}, {} UTC", day.trim_start_matches('0'), time.get(..5)?))
        });
        date.unwrap_or(text)
    }
}

const MONTH_NAMES: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, for example `2026-08-21T09:30:00Z`. Values outside of years −9999 to 9999 are clamped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clamped = self.0.clamp(jiff::Timestamp::MIN.as_second(), jiff::Timestamp::MAX.as_second());
        match jiff::Timestamp::from_second(clamped) {
            Ok(t) => t.fmt(f),
            Err(_) => write!(f, "{}", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = jiff::Error;
    /// Reads RFC 3339 with any offset; fractions are dropped.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Ok(Self(s.parse::<jiff::Timestamp>()?.as_second()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn is_readable() {
        for (seconds, text) in [(0, "1 Jan 1970, 00:00 UTC"), (1_755_768_600, "21 Aug 2025, 09:30 UTC")] {
            assert_eq!(Timestamp(seconds).format_readable(), text);
        }
        assert_eq!(Timestamp(i64::MIN).format_readable(), "2 Jan -009999, 01:59 UTC");
        let at = Timestamp(1_755_768_600);
        assert_eq!(at.format_from(at.plus(-9 * 3_600)), "09:30 UTC");
        assert_eq!(at.format_from(at.plus(-10 * 3_600)), "21 Aug 2025, 09:30 UTC");
    }

    #[test]
    fn writes_and_reads_rfc_3339() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_755_768_600, "2025-08-21T09:30:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (11_013_000_000, "2318-12-28T06:40:00Z"),
        ] {
            assert_eq!(Timestamp(seconds).to_string(), text);
            assert_eq!(text.parse::<Timestamp>().expect("RFC 3339"), Timestamp(seconds));
        }
        assert_eq!("2025-08-21T11:30:00.9+02:00".parse::<Timestamp>().expect("offset"), Timestamp(1_755_768_600));
        assert!(!Timestamp(i64::MAX).to_string().is_empty());
    }
}
