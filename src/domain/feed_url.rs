//! Addresses of feeds and sites, as a reader types them and as they are fetched.

use super::plain_text::truncate;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};
use url::Url;

/// Bytes of an address.
pub const MAX_URL_BYTES: usize = 4 << 10;
/// Characters of an address that a message repeats.
const MAX_QUOTED_CHARS: usize = 120;

/// An address that may be fetched: http or https, with a host, without a user name. Whether that host is public is decided
/// when connecting.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeedUrl(Url);

/// Host of the placeholder for a stored text that is no address; `.invalid` never resolves (RFC 6761).
const UNREADABLE_HOST: &str = "unreadable.invalid";

/// Why a text is not the address of a feed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedUrlError {
    /// The text is empty.
    #[error("No URL was given.")]
    Empty,
    /// The text is not an address.
    #[error("“{0}” is not a valid URL.")]
    Invalid(String),
    /// The scheme is not http or https.
    #[error("“{0}” uses {1}:, which is not supported; use http or https.")]
    UnsupportedScheme(String, String),
    /// The address contains credentials.
    #[error("The URL contains a user name or a password. Leave them out and save them as the login of the feed.")]
    UserInfo,
    /// The address is longer than [`MAX_URL_BYTES`].
    #[error("The URL is longer than {MAX_URL_BYTES} bytes.")]
    TooLong,
}

impl FeedUrl {
    /// Reads an address as people write it: `example.org/feed`, `<https://…>`, `feed://…`, `http://feed://…` are understood.
    pub fn parse(text: &str) -> Result<Self, FeedUrlError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(FeedUrlError::Empty);
        }
        if text.len() > MAX_URL_BYTES {
            return Err(FeedUrlError::TooLong);
        }
        let unreadable = || FeedUrlError::Invalid(truncate(text, MAX_QUOTED_CHARS));
        let candidate = strip_wrapping(text);
        let url = match Url::parse(candidate) {
            Ok(url) if is_http_or_https(&url) => url,
            Ok(url) if candidate.contains("://") => {
                return Err(FeedUrlError::UnsupportedScheme(truncate(text, MAX_QUOTED_CHARS), url.scheme().to_owned()));
            }
            // `example.org:8080/feed` reads as a scheme; `javascript:…` ends as a bad port.
            Ok(_) | Err(url::ParseError::RelativeUrlWithoutBase) => {
                Url::parse(&format!("https://{candidate}")).map_err(|_| unreadable())?
            }
            Err(_) => return Err(unreadable()),
        };
        Self::try_from(url)
            .map_err(|e| if matches!(e, FeedUrlError::UserInfo | FeedUrlError::TooLong) { e } else { unreadable() })
    }

    /// The address with `http` when `text` names neither scheme: tried when `https` does not answer.
    pub fn parse_with_http(text: &str) -> Option<Self> {
        let candidate = strip_wrapping(text);
        let is_open = !candidate.contains("://") && Self::parse(text).is_ok();
        is_open.then(|| Self::parse(&format!("http://{candidate}")).ok()).flatten()
    }

    /// The address that a row of the database holds. A text that is no address, which only a row written by hand can hold, becomes
    /// the query of an address that never resolves, so that its feed can be seen and removed.
    ///
    /// # Errors
    /// None for any text; the type is that of [`FeedUrl::parse`].
    pub fn from_stored(text: &str) -> Result<Self, FeedUrlError> {
        Self::parse(text).or_else(|_| {
            let query: String =
                url::form_urlencoded::byte_serialize(truncate(text, MAX_QUOTED_CHARS).as_bytes()).collect();
            Self::parse(&format!("http://{UNREADABLE_HOST}/?{query}"))
        })
    }

    /// Whether it stands for a stored text that is no address ([`FeedUrl::from_stored`]).
    pub fn is_unreadable(&self) -> bool {
        self.0.host_str() == Some(UNREADABLE_HOST)
    }

    /// Resolves `reference`, for example the target of a redirect, against this address.
    pub fn join(&self, reference: &str) -> Result<Self, FeedUrlError> {
        let url =
            self.0.join(reference.trim()).map_err(|_| FeedUrlError::Invalid(truncate(reference, MAX_QUOTED_CHARS)))?;
        Self::try_from(url)
    }

    /// The parsed form.
    pub const fn as_url(&self) -> &Url {
        &self.0
    }

    /// The normalized text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The host, with its port unless it is the scheme's default: the key of pauses between requests, stored as `feeds.host`.
    pub fn authority(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

impl TryFrom<Url> for FeedUrl {
    type Error = FeedUrlError;

    fn try_from(mut url: Url) -> Result<Self, FeedUrlError> {
        if !is_http_or_https(&url) {
            return Err(FeedUrlError::UnsupportedScheme(
                truncate(url.as_str(), MAX_QUOTED_CHARS),
                url.scheme().to_owned(),
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FeedUrlError::UserInfo);
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(FeedUrlError::Invalid(truncate(url.as_str(), MAX_QUOTED_CHARS)));
        }
        url.set_fragment(None);
        if url.as_str().len() > MAX_URL_BYTES {
            return Err(FeedUrlError::TooLong);
        }
        Ok(Self(url))
    }
}

impl FromStr for FeedUrl {
    type Err = FeedUrlError;
    fn from_str(text: &str) -> Result<Self, FeedUrlError> {
        Self::parse(text)
    }
}

impl fmt::Display for FeedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for FeedUrl {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for FeedUrl {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(d)?).map_err(D::Error::custom)
    }
}

fn is_http_or_https(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

/// Schemes that mark the address of a feed or podcast.
const FEED_SCHEMES: [&str; 5] = ["feed:", "rss:", "podcast:", "itpc:", "pcast:"];

/// The address without what is put around it: brackets or quotes (RFC 3986, appendix C), the schemes of [`FEED_SCHEMES`], and a
/// scheme before another one.
fn strip_wrapping(text: &str) -> &str {
    let mut text = text.trim();
    loop {
        let inner = [("<", ">"), ("\"", "\""), ("'", "'"), ("“", "”"), ("URL:", "")]
            .iter()
            .find_map(|(open, close)| text.strip_prefix(open)?.strip_suffix(close));
        let marked = || FEED_SCHEMES.iter().find_map(|scheme| strip_prefix_ignoring_case(text, scheme));
        let doubled = || {
            let rest = ["http://", "https://"].iter().find_map(|scheme| strip_prefix_ignoring_case(text, scheme))?;
            let mut schemes = FEED_SCHEMES.iter().copied().chain(["http:", "https:"]);
            let begins_with =
                |scheme| strip_prefix_ignoring_case(rest, scheme).is_some_and(|rest| rest.starts_with("//"));
            schemes.any(begins_with).then_some(rest)
        };
        match inner.or_else(|| marked().map(|rest| rest.trim_start_matches('/'))).or_else(doubled) {
            Some(rest) => text = rest.trim(),
            None => return text,
        }
    }
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

#[cfg(test)]
mod tests {
    use super::{FeedUrl, FeedUrlError};

    #[test]
    fn reads_what_people_write() {
        for (text, url) in [
            ("https://example.org/feed", "https://example.org/feed"),
            ("  example.org/feed ", "https://example.org/feed"),
            ("example.org:8080/feed", "https://example.org:8080/feed"),
            ("localhost:3000", "https://localhost:3000/"),
            ("feed://example.org/rss", "https://example.org/rss"),
            ("feed:http://example.org/rss", "http://example.org/rss"),
            ("feed://http://example.org/rss", "http://example.org/rss"),
            ("http://feed://example.org/rss", "https://example.org/rss"),
            ("https://http://example.org/rss", "http://example.org/rss"),
            ("http://feed.example.org/rss", "http://feed.example.org/rss"),
            ("http://feed:8080/rss", "http://feed:8080/rss"),
            ("<http://example.org/rss>", "http://example.org/rss"),
            ("<URL:http://example.org/rss>", "http://example.org/rss"),
            (" \" https://example.org/rss \" ", "https://example.org/rss"),
            ("“example.org/rss”", "https://example.org/rss"),
            ("podcast://example.org/show", "https://example.org/show"),
            ("HTTP://EXAMPLE.org/a b#top", "http://example.org/a%20b"),
            ("http://0x7f.1/", "http://127.0.0.1/"),
        ] {
            assert_eq!(FeedUrl::parse(text).map(|u| u.to_string()), Ok(url.to_owned()), "{text}");
        }
    }

    #[test]
    fn http_is_tried_where_no_scheme_was_chosen() {
        for (text, http) in [
            ("example.org/feed", Some("http://example.org/feed")),
            ("feed://example.org/feed", Some("http://example.org/feed")),
            ("<example.org>", Some("http://example.org/")),
            ("https://example.org/feed", None),
            ("feed:https://example.org/feed", None),
            ("not a url", None),
        ] {
            assert_eq!(FeedUrl::parse_with_http(text).map(|url| url.to_string()).as_deref(), http, "{text}");
        }
    }

    #[test]
    fn every_stored_text_has_an_address_that_comes_back_the_same() {
        for (stored, url, is_unreadable) in [
            ("https://example.org/feed", "https://example.org/feed", false),
            ("not a url", "http://unreadable.invalid/?not+a+url", true),
            ("https://me:pw@example.org/", "http://unreadable.invalid/?https%3A%2F%2Fme%3Apw%40example.org%2F", true),
            ("", "http://unreadable.invalid/?", true),
        ] {
            let found = FeedUrl::from_stored(stored).expect(stored);
            assert_eq!((found.as_str(), found.is_unreadable()), (url, is_unreadable), "{stored}");
            let json = serde_json::to_string(&found).expect("JSON");
            assert_eq!(json, format!("\"{url}\""));
            assert_eq!(serde_json::from_str::<FeedUrl>(&json).expect(stored), found);
        }
        assert!(FeedUrl::from_stored(&"é\0 ".repeat(10_000)).expect("shortened").is_unreadable());
    }

    #[test]
    fn refuses_the_rest_with_a_reason() {
        assert_eq!(FeedUrl::parse("  "), Err(FeedUrlError::Empty));
        let long = format!("https://example.org/{}", "x".repeat(5_000));
        assert_eq!(FeedUrl::parse(&long), Err(FeedUrlError::TooLong));
        let page = FeedUrl::parse("https://example.org/").expect("an address");
        assert_eq!(page.join(&"é".repeat(1_000)), Err(FeedUrlError::TooLong), "six bytes for each character");
        assert_eq!(FeedUrl::parse("https://me:pw@example.org/"), Err(FeedUrlError::UserInfo));
        assert!(matches!(FeedUrl::parse("ftp://example.org/"), Err(FeedUrlError::UnsupportedScheme(..))));
        assert!(matches!(FeedUrl::parse("file:///etc/passwd"), Err(FeedUrlError::UnsupportedScheme(..))));
        for text in
            ["not a url", "javascript:alert(1)", "http://", "http:@/www.example.com", "http://a b/", "jar:http://x!/"]
        {
            assert!(FeedUrl::parse(text).is_err(), "{text}");
        }
    }
}
