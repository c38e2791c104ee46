//! What headers say about the time of the next request.

use crate::{
    domain::{feed_schedule::MAX_SERVER_DELAY_SECONDS, time::Timestamp},
    server::feed::parse::date,
};
use reqwest::header::{self, HeaderMap, HeaderName};

/// Until when the answer holds: the lifetime by `Cache-Control: max-age`, else by `Expires`, less its `Age` (RFC 9111, sections
/// 4.2.1 and 4.2.3). `None` when it holds no longer.
pub(super) fn fresh_until(headers: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
    let directives = || {
        let values = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|v| v.to_str().ok());
        values.flat_map(|v| v.split(',')).map(|d| d.trim().to_ascii_lowercase())
    };
    if directives().any(|d| d == "no-cache" || d == "no-store") {
        return None;
    }
    let max_age = directives().find_map(|d| parse_seconds(d.strip_prefix("max-age=")?.trim_matches('"')));
    let lifetime = match max_age {
        Some(seconds) => seconds,
        None => date_header(headers, header::EXPIRES)?.since(date_header(headers, header::DATE).unwrap_or(now)),
    };
    let age = headers.get(header::AGE).and_then(|age| parse_seconds(age.to_str().ok()?.trim())).unwrap_or(0);
    let left = lifetime.saturating_sub(age);
    (left > 0).then(|| now.plus(left))
}

/// `Retry-After`, in seconds or as a date; at most a week.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let until = match parse_seconds(value) {
        Some(seconds) => now.plus(seconds),
        None => date::parse(value)?,
    };
    (until > now).then(|| until.min(now.plus(MAX_SERVER_DELAY_SECONDS)))
}

/// A number of seconds; larger ones than fit are the largest (RFC 9111, section 1.2.2).
fn parse_seconds(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(i64::MAX))
}

fn date_header(headers: &HeaderMap, name: HeaderName) -> Option<Timestamp> {
    date::parse(headers.get(name)?.to_str().ok()?)
}

#[cfg(test)]
mod tests {
    use super::{fresh_until, retry_after};
    use crate::domain::time::Timestamp;
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    const NOW: Timestamp = Timestamp(1_755_768_600); // 2025-08-21T09:30:00Z

    fn header_map(headers: &[(&'static str, &'static str)]) -> HeaderMap {
        let headers = headers.iter();
        headers.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn answers_hold_for_their_lifetime_less_their_age() {
        type Headers = &'static [(&'static str, &'static str)];
        const EXPIRES: (&str, &str) = ("expires", "Thu, 21 Aug 2025 10:30:00 GMT");
        let cases: [(Headers, Option<i64>); 14] = [
            (&[("cache-control", "public, max-age=600")], Some(600)),
            (&[("cache-control", "max-age=\"600\"")], Some(600)),
            (&[("cache-control", "max-age=0")], None),
            (&[("cache-control", "max-age=-5")], None),
            (&[("cache-control", "no-cache, max-age=600")], None),
            (&[("cache-control", "max-age=600"), ("age", "200")], Some(400)),
            (&[("cache-control", "max-age=600"), ("age", "600")], None),
            (&[("cache-control", "max-age=600"), ("age", "old")], Some(600)),
            (&[("cache-control", "max-age=99999999999999999999")], Some(i64::MAX - NOW.0)),
            (&[EXPIRES], Some(3_600)),
            (&[EXPIRES, ("age", "600")], Some(3_000)),
            (&[EXPIRES, ("date", "Thu, 21 Aug 2025 10:20:00 GMT")], Some(600)),
            (&[EXPIRES, ("cache-control", "max-age=60")], Some(60)),
            (&[("expires", "0")], None),
        ];
        for (headers, expected) in cases {
            assert_eq!(fresh_until(&header_map(headers), NOW).map(|t| t.since(NOW)), expected, "{headers:?}");
        }
    }

    #[test]
    fn pauses_are_seconds_or_dates() {
        for (value, expected) in [
            ("120", Some(120)),
            ("Thu, 21 Aug 2025 09:31:00 GMT", Some(60)),
            ("Thu, 21 Aug 2025 09:29:00 GMT", None),
            ("0", None),
            ("soon", None),
            ("99999999999999999999", Some(7 * 86_400)),
        ] {
            let headers = header_map(&[("retry-after", value)]);
            assert_eq!(retry_after(&headers, NOW).map(|t| t.since(NOW)), expected, "{value}");
        }
    }
}
