//! The keyboard: one table for the handlers and for the list of keys that a reader sees.

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShortcutAction {
    /// Goes to the next article.
    Next,
    /// Goes to the previous article.
    Previous,
    /// Opens the selected article.
    Open,
    /// Goes back to the list.
    Back,
    /// Opens the original in a new tab.
    OpenOriginal,
    /// Marks the article read or unread.
    ToggleRead,
    /// Stars the article or removes the star.
    ToggleStar,
    /// Votes the article up.
    VoteUp,
    /// Votes the article down.
    VoteDown,
    /// Scores the article again.
    Rescore,
    /// Marks the whole list read.
    MarkAllRead,
    /// Focuses the search field.
    Search,
    /// Goes to the next page of the list.
    NextPage,
    /// Goes to the first page of the list.
    FirstPage,
    /// Goes to the inbox.
    GoHome,
    /// Goes to the starred articles.
    GoStarred,
    /// Goes to the feeds.
    GoFeeds,
    /// Goes to the settings.
    GoSettings,
    /// Goes to the conversations.
    GoChat,
    /// Shows or hides the list of shortcuts.
    Help,
}

/// Keys, what they do, and how the list of keys says it.
#[derive(Clone, Copy, Debug)]
pub struct Shortcut {
    /// As `KeyboardEvent.key` names them; two pressed in turn are joined by a blank. Any of them.
    pub keys: &'static [&'static str],
    /// What they do.
    pub action: ShortcutAction,
    /// What the list of shortcuts says.
    pub description: &'static str,
}

const fn shortcut(keys: &'static [&'static str], action: ShortcutAction, description: &'static str) -> Shortcut {
    Shortcut { keys, action, description }
}

/// Every shortcut, in the order of the list.
pub const SHORTCUTS: &[Shortcut] = &[
    shortcut(&["j", "n"], ShortcutAction::Next, "Next article"),
    shortcut(&["k", "p"], ShortcutAction::Previous, "Previous article"),
    shortcut(&["o", "Enter"], ShortcutAction::Open, "Open the article"),
    shortcut(&["Escape"], ShortcutAction::Back, "Back to the list"),
    shortcut(&["v"], ShortcutAction::OpenOriginal, "Open the original in a new tab, mark as read"),
    shortcut(&["m"], ShortcutAction::ToggleRead, "Mark as read or unread"),
    shortcut(&["s", "f"], ShortcutAction::ToggleStar, "Star or unstar"),
    shortcut(&["+"], ShortcutAction::VoteUp, "Vote up, or remove the vote"),
    shortcut(&["-"], ShortcutAction::VoteDown, "Vote down, or remove the vote"),
    shortcut(&["r"], ShortcutAction::Rescore, "Score again"),
    shortcut(&["A"], ShortcutAction::MarkAllRead, "Mark all as read"),
    shortcut(&["/"], ShortcutAction::Search, "Search"),
    shortcut(&["l"], ShortcutAction::NextPage, "Next page"),
    shortcut(&["h"], ShortcutAction::FirstPage, "First page"),
    shortcut(&["g h", "g u"], ShortcutAction::GoHome, "Go to the inbox"),
    shortcut(&["g b"], ShortcutAction::GoStarred, "Go to the starred articles"),
    shortcut(&["g f"], ShortcutAction::GoFeeds, "Go to the feeds"),
    shortcut(&["g s"], ShortcutAction::GoSettings, "Go to the settings"),
    shortcut(&["g c"], ShortcutAction::GoChat, "Go to the chat"),
    shortcut(&["?"], ShortcutAction::Help, "Show keyboard shortcuts"),
];

/// What a key pressed now does; `pending` is the key before it when that one began a pair.
pub fn find_action(pending: Option<&str>, key: &str) -> Option<ShortcutAction> {
    let pressed = |name: &str| match (pending, name.split_once(' ')) {
        (Some(first), Some((a, b))) => (first, key) == (a, b),
        (None, None) => name == key,
        _ => false,
    };
    SHORTCUTS.iter().find(|s| s.keys.iter().any(|name| pressed(name))).map(|s| s.action)
}

/// Punctuation keys by `KeyboardEvent.code`, without and with Shift, as on a US keyboard.
const SIGNS_BY_CODE: [(&str, &str, &str); 3] = [("Slash", "/", "?"), ("Minus", "-", "_"), ("Equal", "=", "+")];

/// The key as on a Latin keyboard. `key`, `code` and `shift` are the event's; a letter of another script stands where `code`
/// says: <https://www.w3.org/TR/uievents-code/>. So do the full stop and the comma that Cyrillic and Hebrew keyboards have in the
/// place of `/` and `?`.
pub fn latin_key(key: String, code: &str, shift: bool) -> String {
    let is_foreign = key.chars().count() == 1 && !key.is_ascii();
    let is_foreign_slash = code == "Slash" && key == if shift { "," } else { "." };
    let by_place = match code.strip_prefix("Key") {
        Some(letter) if shift => Some(letter.to_owned()),
        Some(letter) => Some(letter.to_ascii_lowercase()),
        None => SIGNS_BY_CODE
            .iter()
            .find(|(sign_code, ..)| *sign_code == code)
            .map(|(_, plain, shifted)| (*(if shift { shifted } else { plain })).to_owned()),
    };
    by_place.filter(|_| is_foreign || is_foreign_slash).unwrap_or(key)
}

/// Whether `key` begins a pair.
pub fn starts_sequence(key: &str) -> bool {
    SHORTCUTS.iter().flat_map(|s| s.keys).any(|name| name.split_once(' ').is_some_and(|(first, _)| first == key))
}

/// How the list writes a key.
pub fn key_label(key: &'static str) -> &'static str {
    match key {
        "A" => "Shift+A",
        "Escape" => "Esc",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::{SHORTCUTS, ShortcutAction, find_action, latin_key, starts_sequence};
    use std::collections::HashSet;

    #[test]
    fn keys_lead_to_their_action() {
        for (pending, key, action) in [
            (None, "j", Some(ShortcutAction::Next)),
            (None, "Enter", Some(ShortcutAction::Open)),
            (None, "A", Some(ShortcutAction::MarkAllRead)),
            (None, "a", None),
            (None, "h", Some(ShortcutAction::FirstPage)),
            (None, "u", None),
            (None, "s", Some(ShortcutAction::ToggleStar)),
            (None, "+", Some(ShortcutAction::VoteUp)),
            (None, "-", Some(ShortcutAction::VoteDown)),
            (Some("g"), "s", Some(ShortcutAction::GoSettings)),
            (Some("g"), "h", Some(ShortcutAction::GoHome)),
            (Some("g"), "j", None),
        ] {
            assert_eq!(find_action(pending, key), action, "{pending:?} {key}");
        }
        assert!(starts_sequence("g") && !starts_sequence("j"));
    }

    #[test]
    fn letters_of_other_scripts_go_by_their_place() {
        for (key, code, shift, expected) in [
            ("j", "KeyJ", false, "j"),
            ("о", "KeyJ", false, "j"),
            ("ξ", "KeyJ", false, "j"),
            ("Ф", "KeyA", true, "A"),
            ("ж", "Semicolon", false, "ж"),
            // Dvorak: the letter counts, not its place.
            ("j", "KeyC", false, "j"),
            ("Escape", "Escape", false, "Escape"),
            ("?", "Digit7", true, "?"),
            // Russian and Ukrainian, Hebrew, Arabic, Bulgarian, Thai.
            (".", "Slash", false, "/"),
            (",", "Slash", true, "?"),
            ("ظ", "Slash", false, "/"),
            ("؟", "Slash", true, "?"),
            ("б", "Slash", false, "/"),
            ("Б", "Slash", true, "?"),
            ("ฝ", "Slash", false, "/"),
            ("ฦ", "Slash", true, "?"),
            ("ข", "Minus", false, "-"),
            ("ซ", "Equal", true, "+"),
            // Latin ones: German, French, Dvorak, Turkish.
            ("-", "Slash", false, "-"),
            ("_", "Slash", true, "_"),
            ("!", "Slash", false, "!"),
            ("z", "Slash", false, "z"),
            (":", "Slash", true, ":"),
            (".", "Period", false, "."),
            (",", "Comma", false, ","),
            ("/", "Backslash", true, "/"),
        ] {
            assert_eq!(latin_key(key.to_owned(), code, shift), expected, "{key} {code}");
        }
    }

    #[test]
    fn no_key_has_two_meanings() {
        let keys: Vec<_> = SHORTCUTS.iter().flat_map(|s| s.keys).collect();
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
    }
}
