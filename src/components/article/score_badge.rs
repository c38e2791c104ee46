//! An article's score, and the state of its scoring.

use crate::domain::score::{ArticleState, Score, ScoreTier};
use leptos::prelude::*;

/// The badge of a row or the reader: strong scores are filled, plain ones outlined, faint ones only a number. A provisional one
/// is marked `~`; one that is being re-evaluated is dimmed. Screen readers get the same as text.
#[component]
pub fn ScoreBadge(
    /// The last score.
    score: Option<Score>,
    state: ArticleState,
    /// Why the model's answers were refused, in state `failed`.
    error: Option<String>,
) -> impl IntoView {
    let label = state_label(state, score.as_ref().is_some_and(|s| !s.is_keyword_rank));
    let again = state.is_in_progress() && score.as_ref().is_some_and(|s| !s.is_keyword_rank);
    view! {
        <span class="score">
            {score.map(|score| render_score(&score, again))}
            {label.map(|label| view! { <span class="state" title=error>{label}</span> })}
        </span>
    }
}

fn render_score(score: &Score, again: bool) -> impl IntoView + use<> {
    let tier = match ScoreTier::from_composite(score.composite) {
        ScoreTier::High => "strong",
        ScoreTier::Medium => "plain",
        ScoreTier::Low => "faint",
    };
    let class = if again { format!("badge {tier} again") } else { format!("badge {tier}") };
    let (words, mark) = if score.is_keyword_rank { ("Provisional score ", "~") } else { ("Score ", "") };
    view! {
        <span class=class>
            <span class="sr">{words}</span>
            {format!("{mark}{:.1}", score.composite)}
        </span>
    }
}

/// The text beside the number; none once the article is scored.
fn state_label(state: ArticleState, has_score: bool) -> Option<&'static str> {
    match state {
        ArticleState::Unscored | ArticleState::Scored => None,
        ArticleState::Queued | ArticleState::Categorizing | ArticleState::Scoring if has_score => Some("re-evaluating"),
        ArticleState::Queued => Some("queued"),
        ArticleState::Categorizing => Some("categorizing"),
        ArticleState::Scoring => Some("scoring"),
        ArticleState::Blocked => Some("blocked"),
        ArticleState::Failed => Some("failed"),
    }
}

#[cfg(test)]
mod tests {
    use super::{ArticleState, state_label};

    #[test]
    fn every_state_but_the_quiet_ones_has_a_word() {
        for &state in ArticleState::ALL {
            let quiet = matches!(state, ArticleState::Unscored | ArticleState::Scored);
            assert_eq!(state_label(state, false).is_none(), quiet, "{state:?}");
        }
        assert_eq!(state_label(ArticleState::Queued, true), Some("re-evaluating"));
    }
}
