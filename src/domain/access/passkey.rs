//! Passkeys: keys of authenticators that log in without the password (docs/spec/access.md, "Passkeys").

use crate::domain::{ids::PasskeyId, plain_text, time::Timestamp};
use serde::{Deserialize, Serialize};

/// The longest name of a passkey, in characters.
pub const MAX_PASSKEY_NAME_CHARS: usize = 60;
/// Passkeys at once.
pub const MAX_PASSKEYS: usize = 20;

/// A passkey, as `/settings/access` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passkey {
    /// Its row: `passkeys.id`.
    pub id: PasskeyId,
    /// What the owner calls it.
    pub name: String,
    /// The host that it logs in to (RP ID).
    pub host: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// Its last login.
    pub last_used_at: Option<Timestamp>,
}

/// The name of a passkey on one line, without unsafe characters; `None` when it is empty or too long.
pub fn parse_passkey_name(typed: &str) -> Option<String> {
    let name = plain_text::clean_line(typed);
    (!name.is_empty() && name.chars().count() <= MAX_PASSKEY_NAME_CHARS).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::{MAX_PASSKEY_NAME_CHARS, parse_passkey_name};

    #[test]
    fn names_have_a_length() {
        let (longest, too_long) = ("ä".repeat(MAX_PASSKEY_NAME_CHARS), "ä".repeat(MAX_PASSKEY_NAME_CHARS + 1));
        for (typed, name) in [
            (" Phone ", Some("Phone")),
            ("Work\u{202e}\tphone", Some("Work phone")),
            ("\u{200b}\u{2066}", None),
            ("", None),
            ("  \t", None),
            (longest.as_str(), Some(longest.as_str())),
            (too_long.as_str(), None),
        ] {
            assert_eq!(parse_passkey_name(typed).as_deref(), name, "{typed}");
        }
    }
}
