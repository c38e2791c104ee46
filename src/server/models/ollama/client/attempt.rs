//! One attempt of a request, logged exactly once however it ends.

use crate::domain::model_name::ModelName;
use crate::server::{
    clock::Clock,
    models::ollama::{error::OllamaError, metrics::AnswerMetrics},
};
use std::time::Duration;

/// An attempt under way.
#[derive(Debug)]
pub(super) struct CallAttempt {
    clock: Clock,
    path: &'static str,
    model: Option<ModelName>,
    number: u32,
    started_ms: i128,
    is_logged: bool,
}

impl CallAttempt {
    /// The attempt `number` (from 1) of a request to `path`.
    pub(super) fn begin(clock: &Clock, path: &'static str, model: Option<&ModelName>, number: u32) -> Self {
        let (clock, model) = (clock.clone(), model.cloned());
        Self { started_ms: clock.monotonic_ms(), clock, path, model, number, is_logged: false }
    }

    /// The time since it began.
    pub(super) fn elapsed(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.clock.monotonic_ms() - self.started_ms).unwrap_or(0))
    }

    /// Logs the whole answer.
    pub(super) fn log_answer(mut self, metrics: &AnswerMetrics) {
        self.is_logged = true;
        let millis = |time: Option<Duration>| time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        tracing::debug!(
            call = self.path,
            model = self.model.as_ref().map(ModelName::as_str),
            attempt = self.number,
            elapsed_ms = millis(Some(self.elapsed())),
            queue_ms = millis(metrics.queue_wait()),
            load_ms = millis(metrics.load_time()),
            prompt_tokens = metrics.prompt_eval_count,
            output_tokens = metrics.eval_count,
            tokens_per_second = metrics.tokens_per_second(),
            "Ollama answered"
        );
    }

    /// Logs a failure and the pause before the next attempt. Without one the caller reports the failure.
    pub(super) fn log_failure(mut self, error: &OllamaError, wait: Option<Duration>) {
        self.is_logged = true;
        let elapsed_ms = u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (call, model, attempt, cause) =
            (self.path, self.model.as_ref().map(ModelName::as_str), self.number, error.code());
        match wait {
            Some(wait) => {
                let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                tracing::warn!(call, model, attempt, cause, %error, elapsed_ms, wait_ms, "the request to Ollama is retried");
            }
            None => tracing::debug!(call, model, attempt, cause, %error, elapsed_ms, "Ollama did not answer"),
        }
    }
}

impl Drop for CallAttempt {
    fn drop(&mut self) {
        if !self.is_logged {
            let elapsed_ms = u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX);
            let (call, model, attempt) = (self.path, self.model.as_ref().map(ModelName::as_str), self.number);
            tracing::debug!(
                call,
                model,
                attempt,
                cause = "left",
                elapsed_ms,
                "the caller stopped waiting for the answer"
            );
        }
    }
}
