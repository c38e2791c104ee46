//! What can go wrong with a feed, in words for its reader, with what to do about it.

string_enum! {
    /// The cause of a failed check. Its word is stored with the feed; the remedy follows from it.
    FeedErrorKind {
        /// The address is not one that can be fetched.
        BadAddress = "bad_address",
        /// The host is not public.
        Private = "private",
        /// The host name does not resolve.
        Dns = "dns",
        /// Nothing answers at the host.
        Unreachable = "unreachable",
        /// No trusted encrypted connection.
        Tls = "tls",
        /// The answer took too long.
        Timeout = "timeout",
        /// The answer is larger than feeds may be.
        TooLarge = "too_large",
        /// A loop or a long chain of redirects, or one without a target.
        Redirects = "redirects",
        /// 401 and 403.
        Denied = "denied",
        /// 404.
        Missing = "missing",
        /// 410.
        Gone = "gone",
        /// 429.
        TooOften = "too_often",
        /// 5xx.
        Server = "server",
        /// Any other status.
        Status = "status",
        /// The response was cut off or garbled.
        Transfer = "transfer",
        /// The response is a web page instead of a feed.
        WebPage = "web_page",
        /// The response is empty, or a document without a feed's title and entries.
        Empty = "empty",
        /// The response is another kind of document.
        NotAFeed = "not_a_feed",
        /// Gleaner crashed several times while it read the feed.
        Crashed = "crashed",
        /// Gleaner could not open a connection: no fault of the feed, and not counted as one.
        TooManyOpenFiles = "too_many_open_files",
    }
}

impl FeedErrorKind {
    /// What the reader can do before subscribing, while nothing is retried automatically.
    pub const fn hint_before_subscribing(self) -> &'static str {
        match self {
            Self::Unreachable | Self::Timeout => {
                "The site may be down temporarily. Try again later, or open the site in a browser."
            }
            Self::Denied => {
                "The site requires a login or blocks feed readers. Add the feed with the user name and password that it asks for, or look for another feed URL."
            }
            Self::Missing => "Look on the site for the URL of its feed.",
            Self::Gone => "The site removed this feed permanently. Look there for another one.",
            Self::TooOften => "Try again later: the site limits how often it is asked.",
            Self::Server => "The error is on the site's side. Try again later.",
            Self::Status | Self::Transfer => "Open the URL in a browser, and try again later.",
            Self::Empty => "The site may be rebuilding its feed. Try again later, or tell the site's owner.",
            other => other.hint(),
        }
    }

    /// What the reader can do.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::BadAddress => "Check the URL: it needs http:// or https:// and a host name.",
            Self::Private => {
                "If this is your own server, add its network to the setting fetch.allow_networks, for example 192.168.1.0/24."
            }
            Self::Dns => {
                "Check the spelling of the host name. If it is right, the site may have closed, or your network is down."
            }
            Self::Unreachable | Self::Timeout => {
                "The site may be down temporarily; Gleaner retries automatically. If this persists, open the site in a browser."
            }
            Self::Tls => "The site's certificate is not valid. Try again later, or ask its owner.",
            Self::TooLarge => "Ask the site for a shorter feed, or raise the setting fetch.max_bytes.",
            Self::Redirects => "Open the URL in a browser and subscribe to the URL that it redirects to.",
            Self::Denied => {
                "The site requires a login or blocks feed readers. Save a login in the feed's settings, or look for another feed URL."
            }
            Self::Missing => {
                "Look on the site for the new URL of the feed; Gleaner retries this one at growing intervals."
            }
            Self::Gone => "The site removed this feed permanently. Remove it, or refresh it by hand if it comes back.",
            Self::TooOften => "No action needed: Gleaner waits as long as the site asks.",
            Self::Server => "The error is on the site's side. Gleaner retries at growing intervals.",
            Self::Status | Self::Transfer => {
                "Gleaner retries automatically. If this persists, open the URL in a browser."
            }
            Self::WebPage => "Subscribe to the URL of the site: Gleaner finds the feeds it offers.",
            Self::Empty => {
                "The site may be rebuilding its feed; Gleaner retries automatically. If this persists, tell the site's owner."
            }
            Self::NotAFeed => "Check that the URL is an RSS, Atom or JSON feed.",
            Self::Crashed => {
                "Gleaner no longer checks it automatically. Report the feed's URL, and refresh it by hand after an update."
            }
            Self::TooManyOpenFiles => {
                "Raise the limit of open files (LimitNOFILE= in a systemd unit, ulimit -n in a shell), or lower fetch.concurrency; then try again."
            }
        }
    }
}

/// A failed check of a feed: the cause, and what happened in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FeedError {
    /// The cause.
    pub kind: FeedErrorKind,
    /// What happened, in a sentence.
    pub message: String,
}

impl FeedError {
    /// An error with its message.
    pub fn new(kind: FeedErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::FeedErrorKind;

    #[test]
    fn words_round_trip_and_every_cause_has_a_remedy() {
        for &kind in FeedErrorKind::ALL {
            assert_eq!(FeedErrorKind::parse(kind.as_str()), Some(kind));
            assert!(kind.hint().ends_with('.'));
            let before = kind.hint_before_subscribing();
            assert!(before.ends_with('.') && !before.contains("Gleaner retries") && !before.contains("Gleaner waits"));
        }
    }
}
