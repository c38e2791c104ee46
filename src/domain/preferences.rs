//! What the reader said they like, and how they like to read.

use serde::{Deserialize, Serialize};

/// The reader's preferences; `GET /api/preferences` shows the first three.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Preferences {
    /// In the reader's own words; may be empty.
    pub interests: String,
    pub anti_interests: String,
    /// Seconds between checks of a feed, 60–86400.
    pub feed_refresh_interval: i64,
    /// `None` follows the system.
    pub theme: Option<Theme>,
    /// Whether keyboard shortcuts are on.
    pub keyboard: bool,
}

/// A fixed theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    Light,
    Dark,
}

impl Theme {
    /// The word used in the database, the API and `data-theme`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Reads [`Theme::as_str`] back; anything else follows the system.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Light, Self::Dark].into_iter().find(|t| t.as_str() == word)
    }
}
