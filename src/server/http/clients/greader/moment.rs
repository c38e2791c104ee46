//! Moments as clients write them: seconds, milliseconds or microseconds since the Unix epoch, told apart by their size.

use crate::domain::time::MICROS_PER_SECOND;

/// Numbers from here on are milliseconds; in seconds this would be the year 5138.
const FIRST_MILLISECONDS: i64 = 100_000_000_000;
/// Numbers from here on are microseconds.
const FIRST_MICROSECONDS: i64 = 100_000_000_000_000;
/// Microseconds of a millisecond.
const MICROS_PER_MILLISECOND: i64 = 1_000;

/// The second, millisecond or microsecond that a client names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientMoment {
    /// Its first microsecond since the Unix epoch.
    pub first_us: i64,
    /// Its last microsecond.
    pub last_us: i64,
}

impl ClientMoment {
    /// Reads a number; `None` for anything else, and for times before 1970.
    pub fn parse(text: &str) -> Option<Self> {
        let number: i64 = text.trim().parse().ok().filter(|number| *number >= 0)?;
        let unit = match number {
            FIRST_MICROSECONDS.. => 1,
            FIRST_MILLISECONDS.. => MICROS_PER_MILLISECOND,
            _ => MICROS_PER_SECOND,
        };
        let first_us = number.saturating_mul(unit);
        Some(Self { first_us, last_us: first_us.saturating_add(unit - 1) })
    }

    /// Until when a client that names this moment can have seen articles, in microseconds: a second is the client's own clock, cut off,
    /// so that later arrivals of that second stay unread; a millisecond is that of an item it has.
    pub const fn seen_until_us(self) -> i64 {
        if self.last_us - self.first_us < MICROS_PER_MILLISECOND { self.last_us } else { self.first_us }
    }
}

#[cfg(test)]
mod tests {
    use super::ClientMoment;

    #[test]
    fn the_size_of_a_number_tells_its_unit() {
        for (text, first, last, seen) in [
            ("1772366400", 1_772_366_400_000_000, 1_772_366_400_999_999, 1_772_366_400_000_000),
            ("1772366400123", 1_772_366_400_123_000, 1_772_366_400_123_999, 1_772_366_400_123_999),
            ("1772366400123456", 1_772_366_400_123_456, 1_772_366_400_123_456, 1_772_366_400_123_456),
            ("1772366400123456\n", 1_772_366_400_123_456, 1_772_366_400_123_456, 1_772_366_400_123_456),
            ("0", 0, 999_999, 0),
        ] {
            let moment = ClientMoment::parse(text).expect(text);
            assert_eq!((moment.first_us, moment.last_us, moment.seen_until_us()), (first, last, seen), "{text}");
        }
        for text in ["", "-5", "1e9", "now", "99999999999999999999"] {
            assert_eq!(ClientMoment::parse(text), None, "{text}");
        }
    }
}
