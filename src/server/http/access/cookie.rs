//! The cookie of a session.

use crate::domain::access::SESSION_LIFETIME_SECONDS;
use axum::http::{HeaderMap, HeaderValue, header};

/// Its name over TLS: browsers take it from this host only, and only with `Secure` and `Path=/`.
const SECURE_NAME: &str = "__Host-gleaner";
/// Its name without TLS.
const PLAIN_NAME: &str = "gleaner";

/// The values of session cookies that a request carries.
pub fn session_tokens(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| [SECURE_NAME, PLAIN_NAME].contains(name)).map(|(_, value)| value)
}

/// The header that gives a browser its session.
pub fn set_session(token: &str, is_secure: bool) -> Option<HeaderValue> {
    set_cookie(token, SESSION_LIFETIME_SECONDS, is_secure)
}

/// The headers that take the session from a browser.
pub fn clear_session() -> impl Iterator<Item = HeaderValue> {
    [true, false].into_iter().filter_map(|is_secure| set_cookie("", 0, is_secure))
}

fn set_cookie(value: &str, max_age: i64, is_secure: bool) -> Option<HeaderValue> {
    let (name, secure) = if is_secure { (SECURE_NAME, "; Secure") } else { (PLAIN_NAME, "") };
    let text = format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::{HeaderMap, HeaderValue, header, session_tokens, set_session};

    #[test]
    fn cookies_follow_the_rules_of_their_name() {
        let line = |is_secure| set_session("ab", is_secure).expect("a header");
        assert_eq!(line(true), "__Host-gleaner=ab; Path=/; Max-Age=15552000; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(line(false), "gleaner=ab; Path=/; Max-Age=15552000; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn the_session_is_found_among_other_cookies() {
        for (line, tokens) in [
            ("a=b; __Host-gleaner=x1; c=d", &["x1"][..]),
            ("gleaner=x2", &["x2"]),
            ("gleaner=x2;__Host-gleaner=x1", &["x2", "x1"]),
            ("gleaner2=x; xgleaner=y; gleaner", &[]),
            ("", &[]),
        ] {
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(line))]);
            assert_eq!(session_tokens(&headers).collect::<Vec<_>>(), tokens, "{line}");
        }
    }
}
