//! The reader's interests and settings for reading.

use super::{
    article::ArticleSort,
    list_query::{ListDefaults, ListSettings},
};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Default seconds between checks of a feed.
pub const DEFAULT_REFRESH_INTERVAL_SECONDS: i64 = 3600;

/// Allowed seconds between checks of a feed; http-api.md "Reading".
pub const ALLOWED_REFRESH_INTERVAL_SECONDS: RangeInclusive<i64> = 60..=86_400;

/// Characters of interests, and of anti-interests, at most: they are part of every prompt.
pub const MAX_INTERESTS_CHARS: usize = 4_000;

/// The reader's preferences; `GET /api/preferences` shows the first three.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Preferences {
    /// Interests in the reader's own words; may be empty.
    pub interests: String,
    /// What to avoid, in the reader's own words; may be empty.
    pub anti_interests: String,
    /// Seconds between checks of a feed, 60–86400.
    pub feed_refresh_interval: i64,
    /// Theme of the pages; `None` follows the system.
    pub theme: Option<Theme>,
    /// Whether keyboard shortcuts are on.
    pub keyboard: bool,
    /// Whether models may suggest categories.
    pub suggest_categories: bool,
    /// What an address without view and order shows.
    pub list_defaults: ListDefaults,
    /// Whether articles are read without a model that scores them.
    pub without_model: bool,
    /// Whether lists show a story that several feeds tell once.
    pub hide_duplicates: bool,
}

impl Preferences {
    /// How the pages address lists. Without a model there are no scores to sort by: the newest come first.
    pub fn list_settings(&self) -> ListSettings {
        let ListDefaults { view, sort } = self.list_defaults;
        let sort = if self.without_model && sort.is_by_score() { ArticleSort::Newest } else { sort };
        ListSettings { defaults: ListDefaults { view, sort }, without_model: self.without_model }
    }
}

impl Preferences {
    /// The first value that is not allowed; `None` when they can be saved.
    pub fn validation_error(&self) -> Option<PreferenceError> {
        let fields = [
            ("interests", "What you want more of", &self.interests),
            ("anti_interests", "What you want less of", &self.anti_interests),
        ];
        for (field, label, text) in fields {
            let chars = text.chars().count();
            if chars > MAX_INTERESTS_CHARS {
                let message =
                    format!("“{label}” has {chars} characters; at most {MAX_INTERESTS_CHARS} fit into a prompt.");
                return Some(PreferenceError { field, message });
            }
        }
        if !ALLOWED_REFRESH_INTERVAL_SECONDS.contains(&self.feed_refresh_interval) {
            let message = format!(
                "The refresh interval is {} seconds; it must lie between {} and {}.",
                self.feed_refresh_interval,
                ALLOWED_REFRESH_INTERVAL_SECONDS.start(),
                ALLOWED_REFRESH_INTERVAL_SECONDS.end()
            );
            return Some(PreferenceError { field: "feed_refresh_interval", message });
        }
        None
    }
}

/// A preference that cannot be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreferenceError {
    /// The name of the preference in the API.
    pub field: &'static str,
    /// A sentence that calls it by its label.
    pub message: String,
}

string_enum! {
    /// A fixed theme.
    Theme {
        /// Always light.
        Light = "light",
        /// Always dark.
        Dark = "dark",
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
            assert!(bad.validation_error().is_some_and(|error| error.field == field), "{field}");
        }
    }

    #[test]
    fn themes_round_trip() {
        assert_eq!(Theme::parse("dark"), Some(Theme::Dark));
        assert_eq!(Theme::parse(Theme::Light.as_str()), Some(Theme::Light));
        assert_eq!(Theme::parse("sepia"), None);
    }
}
