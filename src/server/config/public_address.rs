//! The address under which browsers reach Gleaner: its origin, and the path under which a proxy serves it.

use std::{fmt, str::FromStr};
use url::Url;

/// Scheme, host and port under which browsers reach Gleaner, such as `https://news.example.org`; no path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(Url);

impl FromStr for PublicUrl {
    type Err = String;

    /// Reads an address; a path, a query, a fragment and credentials are refused.
    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text.trim()).map_err(|_| "it is not an address".to_owned())?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err("it does not begin with https:// or http:// and a host".into());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it must not hold a user name or a password".into());
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err("it must end with the host or the port; a path belongs to `access.base_path`".into());
        }
        Ok(Self(url))
    }
}

impl PublicUrl {
    /// The origin without a slash at the end, such as `https://news.example.org` (RFC 6454, section 6.2).
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// The host in lower case: a name, an IPv4 address, or an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Whether the address is `https`.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin())
    }
}

/// The path under which a proxy serves Gleaner, such as `/reader`; empty when there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BasePath(String);

impl FromStr for BasePath {
    type Err = String;

    /// Reads a path of segments of `A–Z a–z 0–9 . _ ~ -` (RFC 3986, unreserved) that begins with `/` and does not end with it; empty: none.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self::default());
        }
        let Some(segments) = text.strip_prefix('/') else { return Err("it does not begin with /".into()) };
        if text.ends_with('/') {
            return Err("it ends with /".into());
        }
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '~' | '-');
        if segments.split('/').any(|part| matches!(part, "" | "." | "..") || !part.chars().all(is_plain)) {
            return Err("a part of it is not a name of letters, digits and . _ ~ -".into());
        }
        Ok(Self(text.to_owned()))
    }
}

impl BasePath {
    /// The path as it is written; empty when there is none.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rest of `path` when it is below this path: empty or with a slash at its start.
    pub fn strip<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.strip_prefix(&self.0).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    }
}

impl fmt::Display for BasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{BasePath, PublicUrl};

    #[test]
    fn a_public_address_is_an_origin() {
        for (text, origin, host, is_https) in [
            ("https://news.example.org", "https://news.example.org", "news.example.org", true),
            (" https://News.Example.org:443/ ", "https://news.example.org", "news.example.org", true),
            ("http://192.168.1.5:3000", "http://192.168.1.5:3000", "192.168.1.5", false),
            ("https://[::1]:8443", "https://[::1]:8443", "[::1]", true),
            ("https://b\u{fc}cher.example", "https://xn--bcher-kva.example", "xn--bcher-kva.example", true),
        ] {
            let url = text.parse::<PublicUrl>().expect(text);
            assert_eq!((url.to_string().as_str(), url.host(), url.is_https()), (origin, host, is_https), "{text}");
        }
        for (text, why) in [
            ("", "not an address"),
            ("news.example.org", "not an address"),
            ("ftp://news.example.org", "https://"),
            ("file:///etc", "https://"),
            ("https://anna:x@news.example.org", "password"),
            ("https://news.example.org/reader", "access.base_path"),
            ("https://news.example.org/?a", "access.base_path"),
            ("https://news.example.org/#a", "access.base_path"),
        ] {
            let error = text.parse::<PublicUrl>().expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_base_path_is_made_of_plain_segments() {
        for text in ["", "/reader", "/a/b-c_d.e~f/0"] {
            assert_eq!(text.parse::<BasePath>().expect(text).as_str(), text);
        }
        for text in [
            "reader", "/", "/reader/", "//x", "/a//b", "/a b", "/..", "/a/./b", "/a%20b", "/a?b", "/a#b", "/\u{e4}",
            "/a\"b",
        ] {
            assert!(text.parse::<BasePath>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_what_is_below_the_base_path_loses_it() {
        let base = "/reader".parse::<BasePath>().expect("a path");
        for (path, rest) in [
            ("/reader", Some("")),
            ("/reader?view=all", Some("?view=all")),
            ("/reader/", Some("/")),
            ("/reader/feeds", Some("/feeds")),
            ("/reader/reader/api/0", Some("/reader/api/0")),
            ("/readers", None),
            ("/feeds", None),
            ("/Reader/feeds", None),
        ] {
            assert_eq!(base.strip(path), rest, "{path}");
        }
    }
}
