//! Which of the two steps comes next. Alternating with every article would throw away the server's cache of the long static
//! prompt each time (measured: ten times slower on a processor), and load a model each time when there are two.

use crate::domain::scoring::ScoringStep;

/// Articles of one step in a row while the other has work, with one model for both. Long enough that the cold start of the
/// other prompt hardly counts, short enough that the first scores come soon.
pub const MAX_CONSECUTIVE_ARTICLES: usize = 32;

/// The step to claim for next. `heads`: priority of the first in line for each step that has work; `current`: the step at
/// work, with how many articles were claimed for it in a row. With two models a step is finished before the other begins.
/// What the reader asked for with a higher priority always comes first.
pub fn next_step(
    heads: &[(ScoringStep, i64)],
    current: Option<(ScoringStep, usize)>,
    two_models: bool,
) -> Option<ScoringStep> {
    let top = heads.iter().map(|(_, priority)| *priority).max()?;
    let steps: Vec<ScoringStep> =
        heads.iter().filter(|(_, priority)| *priority == top).map(|(step, _)| *step).collect();
    match current {
        Some((step, run)) if steps.contains(&step) && (two_models || run < MAX_CONSECUTIVE_ARTICLES) => Some(step),
        Some((step, _)) => steps.iter().copied().find(|s| *s != step).or(steps.first().copied()),
        None => steps.first().copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_CONSECUTIVE_ARTICLES, next_step};
    use crate::domain::scoring::ScoringStep::{Categorize, Score};

    #[test]
    fn the_order_of_steps() {
        let both = &[(Categorize, 0), (Score, 0)][..];
        for (heads, current, two_models, expected) in [
            (&[][..], None, false, None),
            (&[(Score, 0)][..], Some((Categorize, 5)), true, Some(Score)),
            (both, None, false, Some(Categorize)),
            (both, Some((Categorize, 1)), false, Some(Categorize)),
            (both, Some((Categorize, MAX_CONSECUTIVE_ARTICLES)), false, Some(Score)),
            (both, Some((Score, MAX_CONSECUTIVE_ARTICLES)), false, Some(Categorize)),
            (both, Some((Score, MAX_CONSECUTIVE_ARTICLES - 1)), false, Some(Score)),
            (both, Some((Categorize, 100 * MAX_CONSECUTIVE_ARTICLES)), true, Some(Categorize)),
            (&[(Categorize, 0)][..], Some((Categorize, MAX_CONSECUTIVE_ARTICLES)), false, Some(Categorize)),
            (&[(Categorize, 0), (Score, 1)][..], Some((Categorize, 1)), true, Some(Score)),
            (&[(Categorize, 2), (Score, 1)][..], Some((Score, 1)), true, Some(Categorize)),
        ] {
            assert_eq!(next_step(heads, current, two_models), expected, "{heads:?} {current:?} {two_models}");
        }
    }
}
