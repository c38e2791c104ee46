//! Feeds of saved searches for others (docs/spec/query.md, Outgoing feeds).

use super::ids::SavedSearchId;
use serde::{Deserialize, Serialize};

string_enum! {
    /// What an outgoing feed is written in; the word is the ending of its address.
    OutgoingFormat {
        /// RFC 4287.
        Atom = "atom",
        /// JSON Feed 1.1.
        Json = "json",
        /// RSS 2.0.
        Rss = "rss",
        /// OPML 2.0: the feeds that its articles come from.
        Opml = "opml",
    }
}

impl OutgoingFormat {
    /// Its name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Atom => "Atom",
            Self::Json => "JSON Feed",
            Self::Rss => "RSS",
            Self::Opml => "OPML",
        }
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Atom => "application/atom+xml; charset=utf-8",
            Self::Json => "application/feed+json; charset=utf-8",
            Self::Rss => "application/rss+xml; charset=utf-8",
            Self::Opml => "text/x-opml; charset=utf-8",
        }
    }
}

/// The address of the outgoing feed of a saved search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingFeed {
    /// The saved search.
    pub search: SavedSearchId,
    /// The absolute address without its ending; it holds the secret.
    pub address: String,
}

impl OutgoingFeed {
    /// The address in a format.
    pub fn address_in(&self, format: OutgoingFormat) -> String {
        format!("{}.{}", self.address, format.as_str())
    }
}
