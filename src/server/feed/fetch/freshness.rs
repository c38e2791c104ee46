//! What headers say about when to come again.

use crate::{domain::time::Timestamp, server::feed::parse::date};
use reqwest::header::{self, HeaderMap};

/// Until when the answer holds: `Cache-Control: max-age`, else `Expires`.
pub(super) fn fresh_until(headers: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
    let directives = || {
        let values = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|v| v.to_str().ok());
        values.flat_map(|v| v.split(',')).map(|d| d.trim().to_ascii_lowercase())
    };
    if directives().any(|d| d == "no-cache" || d == "no-store") {
        return None;
    }
    let age = directives().find_map(|d| d.strip_prefix("max-age=")?.trim_matches('"').parse::<i64>().ok());
    match age {
        Some(seconds) => (seconds > 0).then(|| now.plus(seconds)),
        None => date::parse(headers.get(header::EXPIRES)?.to_str().ok()?).filter(|t| *t > now),
    }
}

/// `Retry-After`, in seconds or as a date.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    match value.parse::<i64>() {
        Ok(seconds) => (seconds > 0).then(|| now.plus(seconds)),
        Err(_) => date::parse(value).filter(|t| *t > now),
    }
}

#[cfg(test)]
mod tests {
    use super::{fresh_until, retry_after};
    use crate::domain::time::Timestamp;
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    #[test]
    fn seconds_and_dates() {
        let now = Timestamp(1_755_768_600); // 2025-08-21T09:30:00Z
        for (name, value, expected) in [
            ("cache-control", "public, max-age=600", Some(600)),
            ("cache-control", "max-age=0", None),
            ("cache-control", "no-cache, max-age=600", None),
            ("expires", "Thu, 21 Aug 2025 10:30:00 GMT", Some(3_600)),
            ("expires", "0", None),
            ("retry-after", "120", Some(120)),
            ("retry-after", "Thu, 21 Aug 2025 09:31:00 GMT", Some(60)),
            ("retry-after", "soon", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            let found = if name == "retry-after" { retry_after(&headers, now) } else { fresh_until(&headers, now) };
            assert_eq!(found.map(|t| t.since(now)), expected, "{name}: {value}");
        }
    }
}
