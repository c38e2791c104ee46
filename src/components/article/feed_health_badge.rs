//! The state of a feed as a badge.

use crate::domain::feed::{FeedHealth, FeedState};
use leptos::prelude::*;

/// The word for a feed's state, with a mark that does not rely on color.
#[component]
pub fn FeedHealthBadge(health: FeedHealth) -> impl IntoView {
    let (class, mark, word) = match health.state {
        FeedState::New => ("state state-wait", "…", "not fetched yet"),
        FeedState::Ok => ("state state-good", "✓", "OK"),
        FeedState::Failing => ("state state-bad", "!", "error"),
        FeedState::Gone => ("state state-bad", "×", "gone"),
    };
    view! {
        <span class=class>
            <span aria-hidden="true">{mark}</span>
            " "
            {word}
        </span>
    }
}
