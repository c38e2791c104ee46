//! Devices: client programs with their own credentials, their scopes and their display options.

use crate::domain::{ids::DeviceId, time::Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

string_enum! {
    /// What a device may do.
    Scope {
        /// Read everything.
        Read = "read",
        /// Change everything.
        Write = "write",
        /// Read `/metrics` and `/readyz`.
        Metrics = "metrics",
    }
}

/// A set of scopes, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeSet {
    read: bool,
    write: bool,
    metrics: bool,
}

impl ScopeSet {
    /// The scopes of a feed reader.
    pub const READ_WRITE: Self = Self { read: true, write: true, metrics: false };

    /// Reads scopes separated by commas or spaces. The error is the word that is not a scope, or "" for an empty list.
    pub fn parse(list: &str) -> Result<Self, String> {
        let mut set = Self { read: false, write: false, metrics: false };
        let words = list.split([',', ' ']).filter(|word| !word.is_empty());
        for word in words {
            match Scope::parse(word).ok_or_else(|| word.to_owned())? {
                Scope::Read => set.read = true,
                Scope::Write => set.write = true,
                Scope::Metrics => set.metrics = true,
            }
        }
        if set.read || set.write || set.metrics { Ok(set) } else { Err(String::new()) }
    }

    /// Whether the set has a scope.
    pub const fn contains(self, scope: Scope) -> bool {
        match scope {
            Scope::Read => self.read,
            Scope::Write => self.write,
            Scope::Metrics => self.metrics,
        }
    }
}

impl fmt::Display for ScopeSet {
    /// As [`ScopeSet::parse`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = Scope::ALL.iter().filter(|s| self.contains(**s)).map(|s| s.as_str()).collect();
        f.write_str(&words.join(","))
    }
}

string_enum! {
    /// Which labels a reader is shown.
    #[derive(Default)]
    LabelChoice {
        /// By the program.
        #[default]
        Auto = "auto",
        Scores = "scores",
        ScoresAndTopics = "scores+topics",
        None = "none",
    }
}

/// How scores are shown in a feed reader whose API has no scores.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct DeviceView {
    /// Labels for scores and topics.
    pub labels: LabelChoice,
    /// Only articles with this score or more; `None` for all.
    pub min_score: Option<f64>,
    /// Whether titles begin with the score.
    pub score_in_title: bool,
}

/// A client program with its own user name, password and token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Device {
    /// Its row: `devices.id`.
    pub id: DeviceId,
    /// The name that the owner gave it.
    pub name: String,
    /// The user name that it logs in with.
    pub username: String,
    /// What it may do.
    pub scopes: ScopeSet,
    /// How scores are shown in it.
    pub view: DeviceView,
    /// When it was added.
    pub created_at: Timestamp,
    /// Its last request, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// The IP address of that request.
    pub last_address: Option<String>,
    /// The User-Agent of that request.
    pub last_program: Option<String>,
    /// Requests today, in UTC.
    pub requests_today: i64,
}

/// The secrets of a device, shown once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceSecrets {
    /// The user name for Google Reader and Fever.
    pub username: String,
    /// The password for them: 28 letters.
    pub password: String,
    /// The token for the JSON API, the Miniflux API and metrics.
    pub token: String,
}

/// The longest name of a device, in characters.
pub const MAX_DEVICE_NAME_CHARS: usize = 60;

/// The highest score that a view can ask for.
pub const MAX_VIEW_SCORE: f64 = 20.0;

/// Words that some readers treat as "no value" when a token contains them; a token begins with the user name.
const EMPTY_WORDS: [&str; 3] = ["null", "none", "unused"];

/// The user name of a device: the letters and digits of its name, in lower case; "device" without any. Readers paste it unencoded
/// into forms.
pub fn username_of(name: &str) -> String {
    let plain: String = deunicode::deunicode(name).chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_lowercase();
    if plain.is_empty() || EMPTY_WORDS.iter().any(|word| plain.contains(word)) { "device".to_owned() } else { plain }
}

#[cfg(test)]
mod tests {
    use super::{Scope, ScopeSet, username_of};

    #[test]
    fn scopes_round_trip_and_name_the_wrong_word() {
        for (list, parsed) in [
            ("read", Ok("read")),
            ("write, read", Ok("read,write")),
            ("metrics", Ok("metrics")),
            ("read,admin", Err("admin")),
            ("", Err("")),
            (" , ", Err("")),
        ] {
            let found = ScopeSet::parse(list).map(|set| set.to_string());
            assert_eq!(found.as_deref().map_err(String::as_str), parsed, "{list}");
        }
        assert!(!ScopeSet::READ_WRITE.contains(Scope::Metrics) && ScopeSet::READ_WRITE.contains(Scope::Write));
    }

    #[test]
    fn user_names_are_letters_and_digits() {
        for (name, username) in
            [("My Phone", "myphone"), ("Zoë's iPad 2", "zoesipad2"), ("…", "device"), ("None", "device")]
        {
            assert_eq!(username_of(name), username);
        }
    }
}
