//! The keyboard: one table for the handlers and for the list of keys that a reader sees.

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Next,
    Previous,
    Open,
    Back,
    Original,
    ToggleRead,
    ToggleStar,
    VoteUp,
    VoteDown,
    Rescore,
    MarkAllRead,
    Search,
    GoHome,
    GoFeeds,
    GoSettings,
    GoChat,
    Help,
}

/// Keys, what they do, and how the list of keys says it.
#[derive(Clone, Copy, Debug)]
pub struct Shortcut {
    /// As `KeyboardEvent.key` names them; two pressed in turn are joined by a blank. Any of them.
    pub keys: &'static [&'static str],
    pub action: Action,
    pub says: &'static str,
}

const fn on(keys: &'static [&'static str], action: Action, says: &'static str) -> Shortcut {
    Shortcut { keys, action, says }
}

/// Every shortcut, in the order of the list.
pub const SHORTCUTS: &[Shortcut] = &[
    on(&["j"], Action::Next, "Next article"),
    on(&["k"], Action::Previous, "Previous article"),
    on(&["o", "Enter"], Action::Open, "Open the article"),
    on(&["Escape"], Action::Back, "Back to the list"),
    on(&["v"], Action::Original, "Open the original in a new tab"),
    on(&["m"], Action::ToggleRead, "Mark read or unread"),
    on(&["s"], Action::ToggleStar, "Star or unstar"),
    on(&["+"], Action::VoteUp, "Vote up, or take the vote back"),
    on(&["-"], Action::VoteDown, "Vote down, or take the vote back"),
    on(&["r"], Action::Rescore, "Score again"),
    on(&["A"], Action::MarkAllRead, "Mark all of the list read"),
    on(&["/"], Action::Search, "Search"),
    on(&["g h"], Action::GoHome, "Go to the inbox"),
    on(&["g f"], Action::GoFeeds, "Go to the feeds"),
    on(&["g s"], Action::GoSettings, "Go to the settings"),
    on(&["g c"], Action::GoChat, "Go to the chat"),
    on(&["?"], Action::Help, "This list"),
];

/// What a key pressed now does; `pending` is the key before it when that one began a pair.
pub fn action_of(pending: Option<&str>, key: &str) -> Option<Action> {
    let pressed = |name: &str| match (pending, name.split_once(' ')) {
        (Some(first), Some((a, b))) => (first, key) == (a, b),
        (None, None) => name == key,
        _ => false,
    };
    SHORTCUTS.iter().find(|s| s.keys.iter().any(|name| pressed(name))).map(|s| s.action)
}

/// Whether `key` begins a pair.
pub fn begins_pair(key: &str) -> bool {
    SHORTCUTS.iter().flat_map(|s| s.keys).any(|name| name.split_once(' ').is_some_and(|(first, _)| first == key))
}

/// How the list writes a key.
pub fn written(key: &'static str) -> &'static str {
    match key {
        "A" => "Shift+A",
        "Escape" => "Esc",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, SHORTCUTS, action_of, begins_pair};
    use std::collections::HashSet;

    #[test]
    fn keys_lead_to_their_action() {
        for (pending, key, action) in [
            (None, "j", Some(Action::Next)),
            (None, "Enter", Some(Action::Open)),
            (None, "A", Some(Action::MarkAllRead)),
            (None, "a", None),
            (None, "h", None),
            (None, "s", Some(Action::ToggleStar)),
            (None, "+", Some(Action::VoteUp)),
            (None, "-", Some(Action::VoteDown)),
            (Some("g"), "s", Some(Action::GoSettings)),
            (Some("g"), "h", Some(Action::GoHome)),
            (Some("g"), "j", None),
        ] {
            assert_eq!(action_of(pending, key), action, "{pending:?} {key}");
        }
        assert!(begins_pair("g") && !begins_pair("j"));
    }

    #[test]
    fn no_key_has_two_meanings() {
        let keys: Vec<_> = SHORTCUTS.iter().flat_map(|s| s.keys).collect();
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
    }
}
