//! Dates as feeds write them: RFC 822, RFC 3339, their misspellings, seconds since 1970, and the forms of a dozen languages.
//! Without a zone, UTC is meant; with a zone that is not known there is no date, for it would be hours off.

use crate::domain::{month_names, time::Timestamp};
use crate::server::feed::parse::date_names;
use jiff::{
    civil::DateTime,
    tz::{Offset, TimeZone},
};

/// Longer texts are no dates.
const MAX_DATE_CHARS: usize = 80;
/// 1980-01-01T00:00:00Z. Earlier dates in feeds are placeholders, such as 0001-01-01 and 1970-01-01.
const MIN_ENTRY_DATE: Timestamp = Timestamp(315_532_800);

#[derive(Clone, Debug, PartialEq, Eq)]
enum DateToken {
    /// A number and how many digits it was written with.
    Number(i64, usize),
    /// In lower case.
    Word(String),
    Other(char),
}

/// Reads the date of a feed's entry. `None` when it is no date, or earlier than 1980.
pub fn parse_entry_date(text: &str) -> Option<Timestamp> {
    parse(text).filter(|date| *date >= MIN_ENTRY_DATE)
}

/// Reads a date. `None` when it is not one.
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = text.split('(').next().unwrap_or_default().trim();
    if text.is_empty() || text.chars().count() > MAX_DATE_CHARS {
        return None;
    }
    if let Some(date) = parse_unix_time(text) {
        return Some(date);
    }
    let mut tokens = tokenize(text);
    let date_zone = take_zone_after_date(&mut tokens);
    let clock = take_time_of_day(&mut tokens)?;
    if clock.offset.is_none() && clock.named.is_none() && names_unknown_zone(text) {
        return None;
    }
    let (year, month, day) = parse_calendar_date(&tokens, clock.start.unwrap_or(tokens.len()))?;
    let time = DateTime::new(year, month, day, clock.hour, clock.minute, clock.second, 0).ok()?;
    let zone = match (clock.named, clock.offset.or(date_zone)) {
        (_, Some(minutes)) => TimeZone::fixed(Offset::from_seconds(minutes.checked_mul(60)?).ok()?),
        (Some(zone), None) => zone,
        (None, None) => TimeZone::UTC,
    };
    Some(Timestamp(zone.to_timestamp(time).ok()?.as_second()))
}

/// Whether a zone that is not known follows the time of day: an abbreviation in capitals, or a place such as `Moon/Crater`.
fn names_unknown_zone(text: &str) -> bool {
    let Some((_, after_time)) = text.rsplit_once(':') else { return false };
    let words = || after_time.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    let is_abbreviation = |word: &str| {
        let lower = word.to_lowercase();
        (2..=5).contains(&word.len())
            && word.bytes().all(|byte| byte.is_ascii_uppercase())
            && month_names::month_by_name(&lower).is_none()
            && !date_names::is_word_beside_time(&lower)
    };
    let is_place = after_time
        .split_once('/')
        .is_some_and(|(area, place)| area.ends_with(char::is_alphabetic) && place.starts_with(char::is_alphabetic));
    is_place || words().any(is_abbreviation)
}

/// Reads seconds (9 or 10 digits) or milliseconds (12 or 13 digits) since 1970; a fraction is dropped.
fn parse_unix_time(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    match whole.len() {
        9 | 10 => Some(Timestamp(number)),
        12 | 13 => Some(Timestamp(number / 1_000)),
        _ => None,
    }
}

fn tokenize(text: &str) -> Vec<DateToken> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let mut run = String::from(c);
        let mut more = |same: fn(&char) -> bool, run: &mut String| {
            while let Some(c) = chars.next_if(same) {
                run.push(c);
            }
        };
        if c.is_ascii_digit() {
            more(char::is_ascii_digit, &mut run);
            let length = run.len();
            tokens.push(DateToken::Number(run.parse().unwrap_or(i64::MAX), length));
        } else if c.is_alphabetic() {
            // `America/New_York`.
            more(|c| c.is_alphabetic() || *c == '_', &mut run);
            tokens.push(DateToken::Word(run.to_lowercase()));
        } else {
            tokens.push(DateToken::Other(if c.is_whitespace() { ' ' } else { c }));
        }
    }
    tokens
}

#[derive(Default)]
struct TimeOfDay {
    /// Where in the tokens it stood; what followed it stays behind, without its zone. `None`: no time was given.
    start: Option<usize>,
    hour: i8,
    minute: i8,
    second: i8,
    /// Minutes from UTC.
    offset: Option<i32>,
    named: Option<TimeZone>,
}

/// Takes the time of day and the zone out of the tokens. `None` when what stands there cannot be a time.
fn take_time_of_day(tokens: &mut Vec<DateToken>) -> Option<TimeOfDay> {
    use DateToken::{Number, Other, Word};
    let short = |t: &DateToken| matches!(t, Number(_, 1 | 2));
    let colon = tokens.windows(3).position(|w| short(&w[0]) && w[1] == Other(':') && short(&w[2]));
    let Some(start) = colon else { return take_compact_time(tokens) };
    let number = |at: usize| match tokens.get(at) {
        Some(Number(n, 1 | 2)) => i8::try_from(*n).ok(),
        _ => None,
    };
    let mut clock =
        TimeOfDay { start: Some(start), hour: number(start)?, minute: number(start + 2)?, ..TimeOfDay::default() };
    let mut at = start + 3;
    if tokens.get(at) == Some(&Other(':')) {
        // A leap second is the second before.
        clock.second = number(at + 1)?.min(if number(at + 1)? == 60 { 59 } else { i8::MAX });
        at += 2;
        if tokens.get(at) == Some(&Other(':')) {
            return None;
        }
        if matches!(tokens.get(at), Some(Other('.' | ','))) && matches!(tokens.get(at + 1), Some(Number(..))) {
            at += 2;
        }
    }
    // Korean puts the half of the day before the time, and means Korean time.
    let before = tokens[..start].iter().rev().find_map(|t| if let Word(w) = t { Some(w.as_str()) } else { None });
    let mut afternoon = match before {
        Some("오후") => Some(true),
        Some("오전") => Some(false),
        _ => None,
    };
    if afternoon.is_some() {
        clock.offset = Some(540);
    }
    let mut rest = tokens.split_off(at);
    tokens.truncate(start);
    // `10:00, 15 January 2025`: where no number comes before the time, the date follows it.
    let has_number = |tokens: &[DateToken]| tokens.iter().any(|token| matches!(token, Number(..)));
    let mut left = if has_number(tokens) { Vec::new() } else { split_off_date(&mut rest) };
    let mut i = 0;
    while let Some(token) = rest.get(i) {
        match (token, rest.get(i + 1), rest.get(i + 2)) {
            (Word(w), ..) if w == "am" || w == "pm" => afternoon = Some(w == "pm"),
            (Word(w), Some(Other('.')), Some(Word(m))) if (w == "a" || w == "p") && m == "m" => {
                afternoon = Some(w == "p");
                i += 2;
            }
            (Other(sign @ ('+' | '-' | '−')), Some(Number(value, digits)), after) => {
                let minutes = match (digits, after, rest.get(i + 3)) {
                    (1..=3, Some(Other(':')), Some(Number(minutes, 2))) => {
                        i += 2;
                        Some(value * 60 + minutes)
                    }
                    (1 | 2, ..) => Some(value * 60),
                    (3 | 4, ..) => Some(value / 100 * 60 + value % 100),
                    _ => None,
                };
                if let Some(minutes) = minutes.and_then(|m| i32::try_from(m).ok()) {
                    clock.offset.get_or_insert(if *sign == '+' { minutes } else { -minutes });
                }
                i += 1;
            }
            (Word(area), Some(Other('/')), Some(Word(city))) => {
                let mut name = format!("{area}/{city}");
                i += 2;
                // `America/Argentina/Buenos_Aires`.
                if let (Some(Other('/')), Some(Word(place))) = (rest.get(i + 1), rest.get(i + 2)) {
                    name = format!("{name}/{place}");
                    i += 2;
                }
                clock.named = TimeZone::get(&name).ok();
            }
            (Word(name), next, _) => {
                // `UTC+0000`: the number is meant.
                let signed = matches!(next, Some(Other('+' | '-')));
                let known = date_names::zone_offset_minutes(name);
                if let (Some(minutes), false) = (known, signed) {
                    clock.offset.get_or_insert(minutes);
                }
                if let Some(zone) = date_names::zone_with_seasons(name).filter(|_| clock.named.is_none()) {
                    clock.named = TimeZone::get(zone).ok();
                }
            }
            // The year of `Mon Jan 2 15:04:05 2006`.
            (Number(_, 4), ..) => left.push(token.clone()),
            _ => {}
        }
        i += 1;
    }
    tokens.push(Other(' '));
    tokens.extend(left);
    match afternoon {
        Some(true) if clock.hour < 12 => clock.hour += 12,
        Some(false) if clock.hour == 12 => clock.hour = 0,
        _ => {}
    }
    Some(clock)
}

/// Takes the date that follows a time of day out of what follows it: from the first month, or number that is no part of a zone.
fn split_off_date(rest: &mut Vec<DateToken>) -> Vec<DateToken> {
    let begins_date = |at: usize| match &rest[at] {
        DateToken::Number(..) => !matches!(
            at.checked_sub(1).map(|before| &rest[before]),
            Some(DateToken::Other('+' | '-' | '−' | ':' | '.' | ','))
        ),
        DateToken::Word(word) => month_names::month_by_name(word).is_some(),
        DateToken::Other(_) => false,
    };
    let date = (0..rest.len()).find(|at| begins_date(*at)).unwrap_or(rest.len());
    rest.split_off(date)
}

/// `20040731T123456`, or no time at all.
fn take_compact_time(tokens: &mut Vec<DateToken>) -> Option<TimeOfDay> {
    let compact = tokens.iter().position(|t| matches!(t, DateToken::Word(w) if w == "t"));
    let found = compact.and_then(|at| match (at.checked_sub(1).map(|i| &tokens[i]), tokens.get(at + 1)) {
        (Some(DateToken::Number(_, 8)), Some(DateToken::Number(n, digits @ (4 | 6)))) => {
            Some((at, if *digits == 4 { n * 100 } else { *n }))
        }
        _ => None,
    });
    let Some((at, n)) = found else { return Some(TimeOfDay::default()) };
    tokens.truncate(at);
    let part = |n: i64| i8::try_from(n).ok();
    Some(TimeOfDay {
        start: Some(at),
        hour: part(n / 10_000)?,
        minute: part(n / 100 % 100)?,
        second: part(n % 100)?,
        ..TimeOfDay::default()
    })
}

/// Takes the zone out of a date without a time, `2020-07-20+08:00` or `2020-07-20+0800`; in minutes from UTC.
fn take_zone_after_date(tokens: &mut Vec<DateToken>) -> Option<i32> {
    use DateToken::{Number, Other};
    let (sign, minutes) = match tokens.as_slice() {
        [Number(_, 4), Other('-'), Number(..), Other('-'), Number(_, 1 | 2), Other(sign @ ('+' | '-')), zone @ ..] => {
            match zone {
                [Number(hours, 2), Other(':'), Number(minutes, 2)] => (*sign, hours * 60 + minutes),
                [Number(zone, 4)] => (*sign, zone / 100 * 60 + zone % 100),
                _ => return None,
            }
        }
        _ => return None,
    };
    tokens.truncate(5);
    let minutes = i32::try_from(minutes).ok()?;
    Some(if sign == '+' { minutes } else { -minutes })
}

/// Year, month and day out of what is left once the time is taken out.
fn parse_calendar_date(tokens: &[DateToken], clock: usize) -> Option<(i16, i8, i8)> {
    let numbers: Vec<(i64, usize)> = tokens
        .iter()
        .filter_map(|t| if let DateToken::Number(n, digits) = t { Some((*n, *digits)) } else { None })
        .collect();
    // `mar., 01 déc.`: a weekday may look like a month, but comes first.
    let named =
        tokens.iter().rev().find_map(|t| if let DateToken::Word(w) = t { month_names::month_by_name(w) } else { None });
    let separator = tokens[..clock.min(tokens.len())].iter().find_map(|t| match t {
        DateToken::Other(c @ ('/' | '.' | '-')) => Some(*c),
        _ => None,
    });
    let (year, month, day) = match (named, numbers.as_slice()) {
        (Some(month), [(y, 4), (d, 1 | 2), ..] | [(d, 1 | 2), (y, 2 | 4), ..]) => {
            let year_first = numbers[0].1 == 4;
            let digits = if year_first { 4 } else { numbers[1].1 };
            (expand_year(*y, digits), i64::from(month), *d)
        }
        (Some(month), [(y, 4)]) => (*y, i64::from(month), 1),
        (None, [(y, 4)]) if separator.is_none() => (*y, 1, 1),
        (None, [(n, 8)]) => (n / 10_000, n / 100 % 100, n % 100),
        (None, [(y, 4), (m, 1 | 2)]) => (*y, *m, 1),
        (None, [(y, 4), (m, 1 | 2), (d, 1 | 2), ..]) => (*y, *m, *d),
        (None, [(a, 1 | 2), (b, 1 | 2), (y, 4), ..]) => match separator {
            Some('/') if *a <= 12 => (*y, *a, *b),
            Some('.' | '-') if *a <= 12 && *b > 12 => (*y, *a, *b),
            _ => (*y, *b, *a),
        },
        (None, [(y, 2), (m, 2), (d, 2)]) if separator == Some('-') => (expand_year(*y, 2), *m, *d),
        _ => return None,
    };
    Some((i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?))
}

/// Two digits mean 1970 to 2069.
const fn expand_year(year: i64, digits: usize) -> i64 {
    match (digits, year) {
        (2, 70..) => 1900 + year,
        (2, _) => 2000 + year,
        _ => year,
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, parse_entry_date};

    #[test]
    fn reads_the_usual_forms_and_their_misspellings() {
        for (text, expected) in [
            ("Wed, 02 Oct 2024 08:00:00 EST", "2024-10-02T13:00:00Z"),
            ("2024-10-02T15:00:00.25+02:00", "2024-10-02T13:00:00Z"),
            ("20241002T130000", "2024-10-02T13:00:00Z"),
            ("2. Oktober 2024", "2024-10-02T00:00:00Z"),
            ("mar., 01 oct. 2024 10:00:00 +0000", "2024-10-01T10:00:00Z"),
            ("Wed, 2 Oct 24 3:04 pm", "2024-10-02T15:04:00Z"),
            ("31.12.2024 23:59", "2024-12-31T23:59:00Z"),
            ("Sat, 31 Dec 2016 23:59:60 GMT", "2016-12-31T23:59:59Z"),
            ("2024-10", "2024-10-01T00:00:00Z"),
            ("2024-10-02+08:00", "2024-10-01T16:00:00Z"),
            ("2024-10-02-0500", "2024-10-02T05:00:00Z"),
            ("2024-10-02 08:00 America/New_York", "2024-10-02T12:00:00Z"),
            ("1727870400", "2024-10-02T12:00:00Z"),
            ("1727870400.5", "2024-10-02T12:00:00Z"),
            ("1727870400000", "2024-10-02T12:00:00Z"),
        ] {
            assert_eq!(parse(text).map(|t| t.to_string()).as_deref(), Some(expected), "{text}");
        }
        for text in
            ["", "soon", "2024-", "32 Oct 2024", "2024-13-01", "10:00", "99999999999999999999", &"1 ".repeat(100)]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn placeholders_are_no_dates_of_entries() {
        for (text, expected) in [
            ("0001-01-01T00:00:00Z", None),
            ("Thu, 01 Jan 1970 00:00:00 GMT", None),
            ("1979-12-31T23:59:59Z", None),
            ("1980-01-01T00:00:00Z", Some("1980-01-01T00:00:00Z")),
        ] {
            assert_eq!(parse_entry_date(text).map(|t| t.to_string()).as_deref(), expected, "{text}");
        }
    }
}
