//! Reading response bodies within limits of size and time.

use super::deadline::remaining;
use crate::server::{
    clock::Clock,
    models::ollama::{
        error::OllamaError,
        ndjson::{MAX_LINE_BYTES, NdjsonDecoder},
    },
};
use reqwest::Response;
use std::time::Duration;

/// The whole body, within `total` time and `max_bytes`.
pub(in crate::server::models) async fn read_limited(
    mut response: Response,
    clock: &Clock,
    total: Duration,
    max_bytes: usize,
) -> Result<Vec<u8>, OllamaError> {
    let mut bytes = Vec::new();
    let reading = async {
        while let Some(chunk) = response.chunk().await.map_err(|e| OllamaError::Broken(e.without_url().to_string()))? {
            if bytes.len() + chunk.len() > max_bytes {
                return Err(OllamaError::TooLarge(max_bytes));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(())
    };
    let outcome = tokio::select! {
        outcome = reading => outcome,
        () = clock.sleep(total) => Err(OllamaError::IdleTimeout),
    };
    outcome.map(|()| bytes)
}

/// As much of the body as arrives within the limits, for error messages.
pub(in crate::server::models) async fn read_truncated(
    mut response: Response,
    clock: &Clock,
    total: Duration,
    max_bytes: usize,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let reading = async {
        while let Ok(Some(chunk)) = response.chunk().await {
            bytes.extend_from_slice(&chunk[..chunk.len().min(max_bytes - bytes.len())]);
            if bytes.len() >= max_bytes {
                break;
            }
        }
    };
    tokio::select! {
        () = reading => {}
        () = clock.sleep(total) => {}
    }
    bytes
}

/// A body as lines, each awaited no longer than `idle`.
#[derive(Debug)]
pub struct LineStream {
    response: Response,
    /// `None` once the body has ended.
    decoder: Option<NdjsonDecoder>,
    clock: Clock,
    idle: Duration,
    /// When the whole request must be over, in milliseconds of the clock, and how long it had.
    deadline: Option<(i128, Duration)>,
}

impl LineStream {
    pub(in crate::server::models) fn new(response: Response, clock: Clock, idle: Duration) -> Self {
        Self { response, decoder: Some(NdjsonDecoder::default()), clock, idle, deadline: None }
    }

    /// Ends at a time of the clock, when `budget` is spent.
    pub(super) fn with_deadline(self, deadline_ms: i128, budget: Duration) -> Self {
        Self { deadline: Some((deadline_ms, budget)), ..self }
    }

    /// How long the next chunk may take, and the error when it takes longer.
    fn next_timeout(&self) -> (Duration, OllamaError) {
        match self.deadline {
            Some((deadline_ms, budget)) => {
                let left = remaining(deadline_ms - self.clock.monotonic_ms());
                if left < self.idle {
                    (left, OllamaError::OverBudget(budget))
                } else {
                    (self.idle, OllamaError::IdleTimeout)
                }
            }
            None => (self.idle, OllamaError::IdleTimeout),
        }
    }

    /// The next line; `None` at the regular end of the body.
    ///
    /// # Errors
    /// [`OllamaError::CutOff`] when the connection ended before the body, [`OllamaError::IdleTimeout`],
    /// [`OllamaError::OverBudget`], [`OllamaError::TooLarge`] for a line that is too long.
    pub(in crate::server::models) async fn next(&mut self) -> Result<Option<Vec<u8>>, OllamaError> {
        loop {
            let (timeout, timeout_error) = self.next_timeout();
            let Some(decoder) = &mut self.decoder else { return Ok(None) };
            match decoder.next_line() {
                Ok(Some(line)) => return Ok(Some(line.to_vec())),
                Ok(None) => {}
                Err(_) => return Err(OllamaError::TooLarge(MAX_LINE_BYTES)),
            }
            let chunk = tokio::select! {
                chunk = self.response.chunk() => chunk.map_err(|_| OllamaError::CutOff)?,
                () = self.clock.sleep(timeout) => return Err(timeout_error),
            };
            match chunk {
                Some(bytes) => decoder.push(&bytes),
                None => return Ok(self.decoder.take().and_then(NdjsonDecoder::finish)),
            }
        }
    }
}
