//! A test of a model: one question with the options of real requests.

use super::{model_name::ModelName, model_options::ModelTask};
use serde::{Deserialize, Serialize};

/// What a test of a model found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelTest {
    /// Name of the model.
    pub model: ModelName,
    /// The task whose options were sent.
    pub task: ModelTask,
    /// The options as sent, in JSON.
    pub options: String,
    /// What was asked.
    pub question: String,
    /// What the model answered.
    pub answer: String,
    /// Whether the answer ended by itself; `false`: it was cut off at its maximum length.
    pub complete: bool,
    /// Milliseconds of the whole call.
    pub duration_ms: i64,
    /// Milliseconds of it for loading the model; `None`: it was in memory, or the server does not tell.
    pub load_ms: Option<i64>,
    /// Tokens of the prompt.
    pub prompt_tokens: Option<i64>,
    /// Tokens of the answer.
    pub output_tokens: Option<i64>,
    /// Milliseconds for writing the answer.
    pub output_ms: Option<i64>,
}

impl ModelTest {
    /// Output tokens a second; `None` without the figures.
    pub fn tokens_per_second(&self) -> Option<f64> {
        match (self.output_tokens, self.output_ms) {
            (Some(tokens), Some(ms)) if tokens > 0 && ms > 0 => Some(tokens as f64 * 1000.0 / ms as f64),
            _ => None,
        }
    }

    /// Time and speed in a sentence.
    pub fn describe(&self) -> String {
        let seconds = self.duration_ms as f64 / 1000.0;
        let load = self.load_ms.map(|ms| format!(", {:.1} s of it loading the model", ms as f64 / 1000.0));
        let rate = self.tokens_per_second().map(|rate| format!(", {rate:.1} tokens/s"));
        let cut_off = if self.complete { "" } else { " The answer was cut off at its maximum length." };
        format!(
            "{} answered in {seconds:.1} s{}{}.{cut_off}",
            self.model,
            load.unwrap_or_default(),
            rate.unwrap_or_default()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{ModelTask, ModelTest};

    #[test]
    fn time_and_speed_are_told_as_far_as_they_are_known() {
        let test = |load_ms, output_tokens, output_ms, complete| ModelTest {
            model: "qwen3:8b".into(),
            task: ModelTask::Scoring,
            options: "{}".into(),
            question: "?".into(),
            answer: "Yes.".into(),
            complete,
            duration_ms: 3210,
            load_ms,
            prompt_tokens: None,
            output_tokens,
            output_ms,
        };
        for (found, sentence) in [
            (test(Some(1500), Some(40), Some(2000), true), "1.5 s of it loading the model, 20.0 tokens/s."),
            (test(None, Some(40), Some(0), true), "qwen3:8b answered in 3.2 s."),
            (test(None, None, None, false), "answered in 3.2 s. The answer was cut off at its maximum length."),
        ] {
            assert!(found.describe().contains(sentence), "{}", found.describe());
        }
    }
}
