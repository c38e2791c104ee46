//! Counting what models do, from their own figures.

use crate::server::{
    meters::Call,
    ollama::{error::OllamaError, metrics::Metrics},
    state::App,
};

/// Counts a question to a model that was asked at `started` (milliseconds of the clock) and has ended. `task`: `categorize`, `score`,
/// `chat`.
pub fn count(app: &App, task: &'static str, model: &str, started: i128, heard: Result<&Metrics, &OllamaError>) {
    let (outcome, output) = match heard {
        Ok(metrics) => ("ok", output(metrics)),
        Err(error) => (error.word(), None),
    };
    let seconds = (app.clock.millis() - started) as f64 / 1000.0;
    app.meters.asked(&Call { task, model, outcome, seconds, output });
}

/// Tokens and seconds; both or none.
fn output(metrics: &Metrics) -> Option<(u64, f64)> {
    let tokens = u64::try_from(metrics.eval_count?).ok()?;
    let nanos = metrics.eval_duration.filter(|nanos| *nanos > 0)?;
    Some((tokens, nanos as f64 / 1e9))
}
