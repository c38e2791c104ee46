//! The cookies of a session and of a pending login.

use crate::{
    domain::access::SESSION_LIFETIME_SECONDS,
    server::{config::BasePath, live::pending_logins::PENDING_LOGIN_SECONDS},
};
use axum::http::{HeaderMap, HeaderValue, header};

/// Names over TLS begin with this: browsers take such a cookie from this host only, and only with `Secure` and `Path=/`
/// (RFC 6265bis, section 4.1.3).
const HOST_PREFIX: &str = "__Host-";
/// The same below a base path, which is the path of the cookie: browsers take it only with `Secure`.
const SECURE_PREFIX: &str = "__Secure-";
/// The name of a session's cookie without TLS.
const SESSION_NAME: &str = "gleaner";
/// The name of the cookie of a login that waits for its second factor.
const PENDING_NAME: &str = "gleaner-login";

/// The values of session cookies that a request carries.
pub fn session_tokens(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    values_of(SESSION_NAME, headers)
}

/// The value of the cookie of a pending login.
pub fn pending_login(headers: &HeaderMap) -> Option<&str> {
    values_of(PENDING_NAME, headers).next()
}

fn values_of<'a>(wanted: &'static str, headers: &'a HeaderMap) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let bare =
        |name: &'a str| name.strip_prefix(HOST_PREFIX).or_else(|| name.strip_prefix(SECURE_PREFIX)).unwrap_or(name);
    pairs.filter(move |(name, _)| bare(name) == wanted).map(|(_, value)| value)
}

/// The header that sets the session cookie.
pub fn set_session(token: &str, is_secure: bool, base_path: &BasePath) -> Option<HeaderValue> {
    set_cookie((SESSION_NAME, token), SESSION_LIFETIME_SECONDS, is_secure, base_path)
}

/// The header that sets the cookie of a pending login.
pub fn set_pending_login(token: &str, is_secure: bool, base_path: &BasePath) -> Option<HeaderValue> {
    set_cookie((PENDING_NAME, token), PENDING_LOGIN_SECONDS, is_secure, base_path)
}

/// The headers that remove the cookie of a pending login.
pub fn clear_pending_login(base_path: &BasePath) -> impl Iterator<Item = HeaderValue> {
    [true, false].into_iter().filter_map(|is_secure| set_cookie((PENDING_NAME, ""), 0, is_secure, base_path))
}

/// The headers that remove the session cookie.
pub fn clear_session(base_path: &BasePath) -> impl Iterator<Item = HeaderValue> {
    [true, false].into_iter().filter_map(|is_secure| set_cookie((SESSION_NAME, ""), 0, is_secure, base_path))
}

fn set_cookie((name, value): (&str, &str), max_age: i64, is_secure: bool, base_path: &BasePath) -> Option<HeaderValue> {
    let (prefix, secure) = match (is_secure, base_path.is_empty()) {
        (true, true) => (HOST_PREFIX, "; Secure"),
        (true, false) => (SECURE_PREFIX, "; Secure"),
        (false, _) => ("", ""),
    };
    let path = if base_path.is_empty() { "/" } else { base_path.as_str() };
    let text = format!("{prefix}{name}={value}; Path={path}; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::{HeaderMap, HeaderValue, header, pending_login, session_tokens, set_session};

    #[test]
    fn cookies_follow_the_rules_of_their_name() {
        for (is_secure, base_path, name, end) in [
            (true, "", "__Host-gleaner=ab; Path=/;", "; Secure"),
            (false, "", "gleaner=ab; Path=/;", "Lax"),
            (true, "/reader", "__Secure-gleaner=ab; Path=/reader;", "; Secure"),
            (false, "/reader", "gleaner=ab; Path=/reader;", "Lax"),
        ] {
            let header = set_session("ab", is_secure, &base_path.parse().expect("a path")).expect("a header");
            let line = header.to_str().expect("text");
            assert!(line.starts_with(name) && line.ends_with(end), "{line}");
            assert!(line.contains("; Max-Age=15552000; HttpOnly; SameSite=Lax"), "{line}");
        }
    }

    #[test]
    fn the_session_is_found_among_other_cookies() {
        for (line, tokens) in [
            ("a=b; __Host-gleaner=x1; c=d", &["x1"][..]),
            ("gleaner=x2", &["x2"]),
            ("__Secure-gleaner=x3", &["x3"]),
            ("gleaner=x2;__Host-gleaner=x1", &["x2", "x1"]),
            ("gleaner2=x; xgleaner=y; gleaner; gleaner-login=z; __Host-__Host-gleaner=w", &[]),
            ("", &[]),
        ] {
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(line))]);
            assert_eq!(session_tokens(&headers).collect::<Vec<_>>(), tokens, "{line}");
        }
        let both = "gleaner=x; __Host-gleaner-login=y";
        let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(both))]);
        assert_eq!(pending_login(&headers), Some("y"));
    }
}
