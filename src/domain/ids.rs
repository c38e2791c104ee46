//! Row identifiers as types of their own, so that a feed's id can never be passed for an article's.

use serde::{Deserialize, Serialize};
use std::{fmt, num::ParseIntError, str::FromStr};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }

        impl From<i64> for $name {
            fn from(id: i64) -> Self {
                Self(id)
            }
        }
    )+};
}

ids! {
    /// A subscribed feed: `feeds.id`.
    FeedId,
    /// A folder of feeds: `folders.id`.
    FolderId,
    /// An entry of a feed: `articles.id`.
    ArticleId,
    /// A query saved under a name: `saved_searches.id`.
    SavedSearchId,
    /// What is done with articles that a query finds: `rules.id`.
    RuleId,
    /// A category of either level: `categories.id`.
    CategoryId,
    /// A long-running job, such as the pull of a model: `jobs.id`.
    JobId,
    /// A conversation with a model: `conversations.id`.
    ConversationId,
    /// A question or an answer in one: `conversation_messages.id`.
    MessageId,
    /// A browser that is logged in: `sessions.id`.
    SessionId,
    /// A key of an authenticator that logs in without the password: `passkeys.id`.
    PasskeyId,
    /// A client program with its own credentials: `devices.id`.
    DeviceId,
    /// A model server: `servers.id`.
    ServerId,
}
