//! What is stored from one check of a feed to the next.

use super::feed_url::FeedUrl;

/// Validators of a document (RFC 9110 §8.8), stored and sent byte for byte as the server gave them.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Validators {
    /// Value of the `ETag` header.
    pub etag: Option<String>,
    /// Value of the `Last-Modified` header.
    pub last_modified: Option<String>,
}

impl Validators {
    /// Whether a conditional request is possible.
    pub const fn has_any(&self) -> bool {
        self.etag.is_some() || self.last_modified.is_some()
    }

    /// The validators after a 304: its values where it has any, else the old ones (RFC 9111 §4.3.4).
    #[must_use]
    pub fn updated_by(&self, newer: Self) -> Self {
        Self {
            etag: newer.etag.or_else(|| self.etag.clone()),
            last_modified: newer.last_modified.or_else(|| self.last_modified.clone()),
        }
    }
}

/// A permanent redirect: where to, and in how many checks in a row it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermanentRedirect {
    /// The address redirected to.
    pub target: FeedUrl,
    /// Number of checks in a row that were redirected there.
    pub confirmations: i64,
}

/// How often a permanent redirect must be seen, in a row and leading to a feed, before the address is changed.
pub const MIN_REDIRECT_CONFIRMATIONS: i64 = 2;

impl PermanentRedirect {
    /// What is known after another check that was redirected permanently to `to`; `None` when it was not.
    pub fn after_check(before: Option<&Self>, to: Option<&FeedUrl>) -> Option<Self> {
        let to = to?;
        let seen = before.filter(|b| b.target == *to).map_or(0, |b| b.confirmations);
        Some(Self { target: to.clone(), confirmations: seen + 1 })
    }

    /// Whether the feed's address is to be changed.
    pub const fn is_confirmed(&self) -> bool {
        self.confirmations >= MIN_REDIRECT_CONFIRMATIONS
    }
}

#[cfg(test)]
mod tests {
    use super::{FeedUrl, PermanentRedirect, Validators};

    #[test]
    fn a_move_is_confirmed_by_being_seen_twice_in_a_row() {
        let [b, c] = ["https://b.example/", "https://c.example/"].map(|text| FeedUrl::parse(text).expect(text));
        let once = PermanentRedirect::after_check(None, Some(&b)).expect("seen");
        assert!(!once.is_confirmed());
        assert!(PermanentRedirect::after_check(Some(&once), Some(&b)).expect("seen").is_confirmed());
        assert_eq!(
            PermanentRedirect::after_check(Some(&once), Some(&c)),
            Some(PermanentRedirect { target: c, confirmations: 1 })
        );
        assert_eq!(PermanentRedirect::after_check(Some(&once), None), None);
    }

    #[test]
    fn a_304_replaces_only_what_it_brings() {
        let old = Validators { etag: Some("\"a\"".into()), last_modified: Some("x".into()) };
        let new = old.updated_by(Validators { etag: Some("W/\"b\"".into()), last_modified: None });
        assert_eq!(new, Validators { etag: Some("W/\"b\"".into()), last_modified: Some("x".into()) });
    }
}
