//! Which of the two steps comes next. Alternating with every article would discard the server's cache of the long static prompt
//! (measured: ten times slower on a CPU), and with two models load one each time.

use crate::domain::scoring::ScoringStep;

/// Articles of one step in a row while the other has work, with one model for both: in the first run of each step, in the second,
/// and in every later one. Short first runs give first scores early; long later ones make changes of the prompt rare.
pub const MAX_CONSECUTIVE_ARTICLES: [usize; 3] = [4, 8, 32];

/// Articles of one step in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepRun {
    /// The step.
    pub step: ScoringStep,
    /// How many articles were claimed.
    pub articles: usize,
    /// Runs of either step before it since the queue was empty.
    pub runs_before: usize,
}

impl StepRun {
    /// The current or next run after `articles` more of `step` were claimed.
    #[must_use]
    pub fn after_claim(current: Option<Self>, step: ScoringStep, articles: usize) -> Self {
        match current {
            Some(run) if run.step == step => Self { articles: run.articles + articles, ..run },
            Some(run) => Self { step, articles, runs_before: run.runs_before + 1 },
            None => Self { step, articles, runs_before: 0 },
        }
    }

    fn is_full(self) -> bool {
        let last = MAX_CONSECUTIVE_ARTICLES.len() - 1;
        self.articles >= MAX_CONSECUTIVE_ARTICLES[(self.runs_before / 2).min(last)]
    }
}

/// The step to claim for next. `heads`: priority of the first in line for each step that has work; `current`: the run at work. With two models a step is finished before the other begins.
/// The higher priority always comes first.
pub fn next_step(heads: &[(ScoringStep, i64)], current: Option<StepRun>, two_models: bool) -> Option<ScoringStep> {
    let top = heads.iter().map(|(_, priority)| *priority).max()?;
    let steps: Vec<ScoringStep> =
        heads.iter().filter(|(_, priority)| *priority == top).map(|(step, _)| *step).collect();
    match current {
        Some(run) if steps.contains(&run.step) && (two_models || !run.is_full()) => Some(run.step),
        Some(run) => steps.iter().copied().find(|s| *s != run.step).or(steps.first().copied()),
        None => steps.first().copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::{StepRun, next_step};
    use crate::domain::scoring::ScoringStep::{Categorize, Score};

    #[test]
    fn the_order_of_steps() {
        let both = &[(Categorize, 0), (Score, 0)][..];
        // A run that is not among the first ones.
        let run = |step, articles| Some(StepRun { step, articles, runs_before: 10 });
        for (heads, current, two_models, expected) in [
            (&[][..], None, false, None),
            (&[(Score, 0)][..], run(Categorize, 5), true, Some(Score)),
            (both, None, false, Some(Categorize)),
            (both, run(Categorize, 1), false, Some(Categorize)),
            (both, run(Categorize, 32), false, Some(Score)),
            (both, run(Score, 32), false, Some(Categorize)),
            (both, run(Score, 31), false, Some(Score)),
            (both, run(Categorize, 3200), true, Some(Categorize)),
            (&[(Categorize, 0)][..], run(Categorize, 32), false, Some(Categorize)),
            (&[(Categorize, 0), (Score, 1)][..], run(Categorize, 1), true, Some(Score)),
            (&[(Categorize, 2), (Score, 1)][..], run(Score, 1), true, Some(Categorize)),
        ] {
            assert_eq!(next_step(heads, current, two_models), expected, "{heads:?} {current:?} {two_models}");
        }
    }

    #[test]
    fn first_runs_are_short() {
        let both = &[(Categorize, 0), (Score, 0)][..];
        let (mut current, mut lengths) = (None, Vec::new());
        for _ in 0..200 {
            let before: Option<StepRun> = current;
            let step = next_step(both, before, false).expect("work");
            let run = StepRun::after_claim(before, step, 1);
            lengths.extend(before.filter(|before| before.step != step).map(|before| (before.step, before.articles)));
            current = Some(run);
        }
        let expected = [(Categorize, 4), (Score, 4), (Categorize, 8), (Score, 8), (Categorize, 32), (Score, 32)];
        assert_eq!(lengths[..6], expected);
    }
}
