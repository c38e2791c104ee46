//! What the reader said they like, and how they like to read.

use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Seconds between checks of a feed while the reader has not chosen.
pub const DEFAULT_REFRESH_INTERVAL_SECONDS: i64 = 3600;

/// What may be chosen instead; http-api.md "Reading".
pub const ALLOWED_REFRESH_INTERVAL_SECONDS: RangeInclusive<i64> = 60..=86_400;

/// Characters of interests, and of anti-interests, at most: they are part of every prompt.
pub const MAX_INTERESTS_CHARS: usize = 4_000;

/// The reader's preferences; `GET /api/preferences` shows the first three.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Preferences {
    /// In the reader's own words; may be empty.
    pub interests: String,
    /// What to avoid, in the reader's own words; may be empty.
    pub anti_interests: String,
    /// Seconds between checks of a feed, 60–86400.
    pub feed_refresh_interval: i64,
    /// `None` follows the system.
    pub theme: Option<Theme>,
    /// Whether keyboard shortcuts are on.
    pub keyboard: bool,
}

impl Preferences {
    /// What is wrong with them, as a sentence that names the field; `None` when they can be saved.
    pub fn validation_error(&self) -> Option<String> {
        for (field, text) in [("interests", &self.interests), ("anti_interests", &self.anti_interests)] {
            let chars = text.chars().count();
            if chars > MAX_INTERESTS_CHARS {
                return Some(format!(
                    "{field} has {chars} characters; at most {MAX_INTERESTS_CHARS} fit into a prompt."
                ));
            }
        }
        if !ALLOWED_REFRESH_INTERVAL_SECONDS.contains(&self.feed_refresh_interval) {
            return Some(format!(
                "feed_refresh_interval is {} seconds; it must lie between {} and {}.",
                self.feed_refresh_interval,
                ALLOWED_REFRESH_INTERVAL_SECONDS.start(),
                ALLOWED_REFRESH_INTERVAL_SECONDS.end()
            ));
        }
        None
    }
}

/// A fixed theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// Always light.
    Light,
    /// Always dark.
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

#[cfg(test)]
mod tests {
    use super::{MAX_INTERESTS_CHARS, Preferences, Theme};

    #[test]
    fn faults_name_their_field() {
        let good = Preferences { feed_refresh_interval: 60, ..Preferences::default() };
        assert_eq!(good.validation_error(), None);
        let long = "x".repeat(MAX_INTERESTS_CHARS + 1);
        for (bad, field) in [
            (Preferences { interests: long.clone(), ..good.clone() }, "interests"),
            (Preferences { anti_interests: long, ..good.clone() }, "anti_interests"),
            (Preferences { feed_refresh_interval: 59, ..good.clone() }, "feed_refresh_interval"),
            (Preferences { feed_refresh_interval: 86_401, ..good.clone() }, "feed_refresh_interval"),
        ] {
            assert!(bad.validation_error().is_some_and(|f| f.starts_with(field)), "{field}");
        }
    }

    #[test]
    fn themes_round_trip() {
        assert_eq!(Theme::parse("dark"), Some(Theme::Dark));
        assert_eq!(Theme::parse(Theme::Light.as_str()), Some(Theme::Light));
        assert_eq!(Theme::parse("sepia"), None);
    }
}
