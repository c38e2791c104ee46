//! Counting requests to models.

use crate::domain::model_name::ModelName;
use crate::server::{
    metrics::ModelCallRecord,
    models::ollama::{error::OllamaError, metrics::AnswerMetrics},
    state::App,
};

/// Which server was asked, and when.
#[derive(Clone, Copy, Debug)]
pub struct TimedCall<'a> {
    /// Its name.
    pub server: &'a str,
    /// Milliseconds of the clock.
    pub started_ms: i128,
}

/// Counts a question to a model that has ended. `task`: `categorize`, `score`,
/// `chat`, `test`.
pub fn record_call(
    app: &App,
    task: &'static str,
    model: &ModelName,
    call: TimedCall<'_>,
    result: Result<&AnswerMetrics, &OllamaError>,
) {
    let (outcome, output) = match result {
        Ok(metrics) => ("ok", output_tokens_and_seconds(metrics)),
        Err(error) => (error.code(), None),
    };
    let seconds = (app.clock.monotonic_ms() - call.started_ms) as f64 / 1000.0;
    app.metrics.record_model_call(&ModelCallRecord { task, server: call.server, model, outcome, seconds, output });
}

/// Tokens and seconds; both or none.
fn output_tokens_and_seconds(metrics: &AnswerMetrics) -> Option<(u64, f64)> {
    let tokens = u64::try_from(metrics.eval_count?).ok()?;
    let nanos = metrics.eval_duration.filter(|nanos| *nanos > 0)?;
    Some((tokens, nanos as f64 / 1e9))
}
