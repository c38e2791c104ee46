//! What the scoring worker is doing now.

use crate::domain::model_name::ModelName;
use crate::domain::{
    ids::ArticleId,
    scoring::{ScoringPhase, ScoringReadiness},
    time::Timestamp,
};
use std::collections::VecDeque;

/// The time over which the rate is measured, in milliseconds.
const THROUGHPUT_WINDOW_MS: i128 = 5 * 60 * 1000;

/// The most finished articles that are remembered.
const MAX_FINISHED_TIMES: usize = 600;

/// What the worker is doing; written by `worker::scorer` alone.
#[derive(Clone, Debug, Default)]
pub struct ScoringActivity {
    /// What it is doing.
    pub phase: ScoringPhase,
    /// The article that was sent to the model last.
    pub article: Option<ArticleId>,
    /// The model at work.
    pub model: Option<ModelName>,
    /// Since when it has been in this phase.
    pub since: Option<Timestamp>,
    /// Why it waits, while it does.
    pub readiness: ScoringReadiness,
    /// When articles were finished, in milliseconds, oldest first.
    finished_at_ms: VecDeque<i128>,
}

impl ScoringActivity {
    /// Records that an article was scored or blocked.
    pub fn record_finished(&mut self, now_ms: i128) {
        if self.finished_at_ms.len() == MAX_FINISHED_TIMES {
            self.finished_at_ms.pop_front();
        }
        self.finished_at_ms.push_back(now_ms);
    }

    /// The rate over the last five minutes; `None` while fewer than two articles were finished in them.
    pub fn articles_per_minute(&self, now_ms: i128) -> Option<f64> {
        let recent = self.finished_at_ms.iter().filter(|at| **at > now_ms - THROUGHPUT_WINDOW_MS);
        let (first, count) = (recent.clone().next()?, recent.count());
        let elapsed = now_ms - first;
        #[expect(clippy::cast_precision_loss, reason = "minutes, to a few digits")]
        (count > 1 && elapsed > 0).then(|| (count - 1) as f64 * 60_000.0 / elapsed as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_FINISHED_TIMES, ScoringActivity};

    #[test]
    fn pace_is_unknown_until_two_have_finished_and_forgets_old_ones() {
        let mut state = ScoringActivity::default();
        assert_eq!(state.articles_per_minute(0), None);
        state.record_finished(0);
        assert_eq!(state.articles_per_minute(1_000), None);
        for n in 1..=10 {
            state.record_finished(n * 1_000);
        }
        assert_eq!(state.articles_per_minute(10_000), Some(60.0));
        assert_eq!(state.articles_per_minute(400_000), None);
    }

    #[test]
    fn pace_stays_bounded() {
        let mut state = ScoringActivity::default();
        for n in 0..10 * MAX_FINISHED_TIMES as i128 {
            state.record_finished(n);
        }
        assert_eq!(state.finished_at_ms.len(), MAX_FINISHED_TIMES);
    }
}
