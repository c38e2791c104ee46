//! Well-known feeds by topic, as they are offered.

use serde::{Deserialize, Serialize};

/// A list of feeds about one topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StarterPackOffer {
    /// Its name in addresses and commands.
    pub name: String,
    /// The topic, and the folder that its feeds come into.
    pub title: String,
    /// Its feeds.
    pub feeds: Vec<StarterFeed>,
}

/// A feed of such a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StarterFeed {
    /// Its title.
    pub title: String,
    /// Its address.
    pub url: String,
    /// Whether the reader has subscribed to it.
    pub is_subscribed: bool,
}

impl StarterPackOffer {
    /// How many feeds it would add.
    pub fn new_count(&self) -> i64 {
        self.feeds.iter().filter(|feed| !feed.is_subscribed).count().try_into().unwrap_or(i64::MAX)
    }
}
