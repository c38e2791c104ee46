//! The figures that Ollama adds to the end of every answer (ollama-api.md §4.5).

use super::lenient::lenient;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The figures of one answer; each may be missing. Durations in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AnswerMetrics {
    /// The whole call.
    #[serde(deserialize_with = "lenient")]
    pub total_duration: Option<i64>,
    /// Loading the model.
    #[serde(deserialize_with = "lenient")]
    pub load_duration: Option<i64>,
    /// Tokens of the prompt.
    #[serde(deserialize_with = "lenient")]
    pub prompt_eval_count: Option<i64>,
    /// Reading the prompt.
    #[serde(deserialize_with = "lenient")]
    pub prompt_eval_duration: Option<i64>,
    /// Tokens of the answer.
    #[serde(deserialize_with = "lenient")]
    pub eval_count: Option<i64>,
    /// Writing the answer.
    #[serde(deserialize_with = "lenient")]
    pub eval_duration: Option<i64>,
}

impl AnswerMetrics {
    /// Output tokens a second; `None` without the figures.
    pub fn tokens_per_second(&self) -> Option<f64> {
        match (self.eval_count, self.eval_duration) {
            (Some(count), Some(nanos)) if count > 0 && nanos > 0 => Some(count as f64 / nanos as f64 * 1e9),
            _ => None,
        }
    }

    /// Time spent waiting for other requests (and, for a model that thinks, on its first pass); never negative.
    pub fn queue_wait(&self) -> Option<Duration> {
        let own =
            [self.load_duration, self.prompt_eval_duration, self.eval_duration].into_iter().flatten().sum::<i64>();
        self.total_duration.map(|total| Duration::from_nanos(u64::try_from(total.saturating_sub(own)).unwrap_or(0)))
    }

    /// How long the load took; some milliseconds when the model was in memory already.
    pub fn load_time(&self) -> Option<Duration> {
        self.load_duration.and_then(|nanos| u64::try_from(nanos).ok()).map(Duration::from_nanos)
    }

    /// Whether the prompt filled the context, so that the server dropped its start. `context`: tokens.
    pub fn fills_context(&self, context: i64) -> bool {
        self.prompt_eval_count.is_some_and(|count| count >= context - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::AnswerMetrics;
    use std::time::Duration;

    #[test]
    fn missing_and_zero_figures_are_unknown() {
        assert_eq!(AnswerMetrics::default().tokens_per_second(), None);
        assert_eq!(
            AnswerMetrics { eval_count: Some(5), eval_duration: Some(0), ..AnswerMetrics::default() }
                .tokens_per_second(),
            None
        );
        assert_eq!(AnswerMetrics::default().queue_wait(), None);
    }

    #[test]
    fn rates_and_waits() {
        let metrics = AnswerMetrics {
            total_duration: Some(10_000_000_000),
            load_duration: Some(1_000_000_000),
            prompt_eval_duration: Some(2_000_000_000),
            prompt_eval_count: Some(2048),
            eval_count: Some(40),
            eval_duration: Some(4_000_000_000),
        };
        assert_eq!(metrics.tokens_per_second(), Some(10.0));
        assert_eq!(metrics.queue_wait(), Some(Duration::from_secs(3)));
        let odd = AnswerMetrics { total_duration: Some(1), ..metrics };
        assert_eq!(odd.queue_wait(), Some(Duration::ZERO));
        assert!(metrics.fills_context(2048) && !metrics.fills_context(8192));
    }
}
