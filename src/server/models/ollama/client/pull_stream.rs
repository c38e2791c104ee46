//! Reading the lines of a pull. Only `success` ends one.

use super::body::LineStream;
use crate::server::models::{
    ollama::error::OllamaError,
    pull::pull_line::{PullError, PullLine},
};
use serde_json::Value;

/// A pull as it comes.
#[derive(Debug)]
pub struct PullStream {
    lines: LineStream,
    succeeded: bool,
}

impl PullStream {
    pub(super) fn new(lines: LineStream) -> Self {
        Self { lines, succeeded: false }
    }

    /// The next line; `None` when the body ended after `success`.
    ///
    /// # Errors
    /// An error line, or [`PullError::Interrupted`] when the stream ended without a word.
    pub async fn next(&mut self) -> Result<Option<PullLine>, PullError> {
        if self.succeeded {
            return Ok(None);
        }
        let line = match self.lines.next().await {
            Ok(Some(line)) => line,
            Ok(None) | Err(OllamaError::CutOff) => return Err(PullError::Interrupted),
            Err(error) => return Err(error.into()),
        };
        let value: Value = serde_json::from_slice(&line).map_err(|error| OllamaError::BadAnswer(error.to_string()))?;
        if let Some(error) = value.get("error").filter(|e| !e.is_null()) {
            return Err(PullError::from_error_line(error));
        }
        let line: PullLine =
            serde_json::from_value(value).map_err(|error| OllamaError::BadAnswer(error.to_string()))?;
        self.succeeded = line.status == "success";
        Ok(Some(line))
    }
}
