//! Thumbs up, thumbs down.

use crate::domain::{ids::ArticleId, vote::Vote};
use leptos::prelude::*;

/// Beside the button that is pressed: pressing it again takes the vote back.
pub const REMOVE_VOTE_LABEL: &str = "Remove your vote";

/// The two thumbs. Like the other buttons of a row they belong to a form around them (`POST /fn/articles/mark`): their name
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
                    }
                })
                .collect_view()}
        </span>
    }
}

/// The name of a thumb, which stays while it is pressed: that, `aria-pressed` says.
pub const fn vote_label(thumb: Vote) -> &'static str {
    match thumb {
        Vote::Up => "Vote up",
        Vote::Down => "Vote down",
    }
}
