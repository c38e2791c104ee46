//! Buttons to vote up and down.

use crate::domain::{ids::ArticleId, vote::Vote};
use leptos::prelude::*;

/// Title of a pressed vote button, which removes the vote.
pub const REMOVE_VOTE_LABEL: &str = "Remove your vote";

/// The two vote buttons. Like the other buttons of a row they belong to a form around them (`POST /fn/articles/mark`): their name
/// is the verb, their value the article.
#[component]
pub fn VoteButtons(id: ArticleId, vote: Option<Vote>) -> impl IntoView {
    view! {
        <span class="votes" role="group" aria-label="Your vote">
            {Vote::ALL
                .iter()
                .map(|thumb| {
                    let is_cast = vote == Some(*thumb);
                    view! {
                        <button
                            class="vote"
                            data-vote=thumb.as_str()
                            name=if is_cast { "unvote" } else { thumb.as_str() }
                            value=id.0
                            aria-pressed=is_cast.to_string()
                            title=if is_cast { REMOVE_VOTE_LABEL } else { vote_label(*thumb) }
                        >
                            <span class="sr">{vote_label(*thumb)}</span>
                        </button>
                        " "
                    }
                })
                .collect_view()}
        </span>
    }
}

/// The label of a vote button; `aria-pressed` shows whether it is pressed.
pub const fn vote_label(thumb: Vote) -> &'static str {
    match thumb {
        Vote::Up => "Vote up",
        Vote::Down => "Vote down",
    }
}
