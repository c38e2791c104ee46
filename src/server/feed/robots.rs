//! robots.txt (RFC 9309): whether a page may be fetched.

use crate::domain::{feed_error::FeedErrorKind, feed_url::FeedUrl};
use robotxt::{AccessResult, Robots};

/// The product token of Gleaner (RFC 9309, section 2.2.1).
pub const PRODUCT_TOKEN: &str = "Gleaner";
/// Where the rules of a host lie.
pub const ROBOTS_PATH: &str = "/robots.txt";

/// The rules of one host.
#[derive(Clone, Debug)]
pub enum RobotsRules {
    /// As its file says.
    File(Box<Robots>),
    /// It has no file: everything may be fetched.
    AllowAll,
    /// Its file could not be had: nothing may be fetched for now (RFC 9309, section 2.3.1.4).
    Unreachable(FeedErrorKind),
}

impl RobotsRules {
    /// Reads a file.
    pub fn parse(file: &[u8]) -> Self {
        Self::File(Box::new(Robots::from_access(AccessResult::Successful(file), PRODUCT_TOKEN)))
    }

    /// What holds when the file could not be fetched.
    pub const fn after_failure(kind: FeedErrorKind) -> Self {
        match kind {
            FeedErrorKind::Denied
            | FeedErrorKind::Missing
            | FeedErrorKind::Gone
            | FeedErrorKind::Status
            | FeedErrorKind::Redirects => Self::AllowAll,
            other => Self::Unreachable(other),
        }
    }

    /// Whether `page` may be fetched; the failure while that is not known.
    ///
    /// # Errors
    /// Why the file could not be had.
    pub fn allows(&self, page: &FeedUrl) -> Result<bool, FeedErrorKind> {
        match self {
            Self::File(rules) => Ok(rules.is_url_allowed(page.as_url())),
            Self::AllowAll => Ok(true),
            Self::Unreachable(kind) => Err(*kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RobotsRules;
    use crate::domain::{feed_error::FeedErrorKind, feed_url::FeedUrl};

    #[test]
    fn rules_for_everybody_and_for_gleaner() {
        for (file, path, expected) in [
            ("", "/a", true),
            ("User-agent: *\nDisallow: /", "/a", false),
            ("User-agent: *\nDisallow: /private/", "/a", true),
            ("User-agent: *\nDisallow: /private/", "/private/a", false),
            ("User-agent: *\nDisallow: /\n\nUser-agent: gleaner\nDisallow:", "/a", true),
            ("User-agent: Gleaner\nDisallow: /a", "/a", false),
            ("User-agent: GPTBot\nDisallow: /", "/a", true),
            ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", true),
            ("<html>Not found</html>", "/a", true),
        ] {
            let page = FeedUrl::parse(&format!("https://example.org{path}")).expect("an address");
            assert_eq!(RobotsRules::parse(file.as_bytes()).allows(&page), Ok(expected), "{file:?} {path}");
        }
    }

    #[test]
    fn without_a_file_everything_is_allowed_and_without_an_answer_nothing() {
        let page = FeedUrl::parse("https://example.org/a").expect("an address");
        for (kind, expected) in [
            (FeedErrorKind::Missing, Ok(true)),
            (FeedErrorKind::Denied, Ok(true)),
            (FeedErrorKind::Server, Err(FeedErrorKind::Server)),
            (FeedErrorKind::Timeout, Err(FeedErrorKind::Timeout)),
        ] {
            assert_eq!(RobotsRules::after_failure(kind).allows(&page), expected, "{kind:?}");
        }
    }
}
