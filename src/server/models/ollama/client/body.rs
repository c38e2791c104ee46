//! Bodies within limits: of time as a whole or between two pieces, and of size.

use crate::server::models::ollama::client::retry::remaining;
use crate::server::{
    clock::Clock,
    models::ollama::{
        error::OllamaError,
        ndjson::{MAX_LINE_BYTES, NdjsonDecoder},
    },
};
use reqwest::Response;
use std::time::Duration;

/// The whole body.
pub(super) async fn read_limited(
    mut response: Response,
    clock: &Clock,
    total: Duration,
    most: usize,
) -> Result<Vec<u8>, OllamaError> {
    let mut bytes = Vec::new();
    let reading = async {
        while let Some(piece) = response.chunk().await.map_err(|e| OllamaError::Broken(e.without_url().to_string()))? {
            if bytes.len() + piece.len() > most {
                return Err(OllamaError::TooLarge(most));
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(())
    };
    let outcome = tokio::select! {
        outcome = reading => outcome,
        () = clock.sleep(total) => Err(OllamaError::IdleTimeout),
    };
    outcome.map(|()| bytes)
}

/// As much of the body as comes within the limits: enough to judge an error by.
pub(super) async fn read_truncated(mut response: Response, clock: &Clock, total: Duration, most: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let reading = async {
        while let Ok(Some(piece)) = response.chunk().await {
            bytes.extend_from_slice(&piece[..piece.len().min(most - bytes.len())]);
            if bytes.len() >= most {
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
    pub(super) fn new(response: Response, clock: Clock, idle: Duration) -> Self {
        Self { response, decoder: Some(NdjsonDecoder::default()), clock, idle, deadline: None }
    }

    /// Not to be read beyond a moment of the clock, the end of `budget`.
    pub(super) fn with_deadline(self, deadline_ms: i128, budget: Duration) -> Self {
        Self { deadline: Some((deadline_ms, budget)), ..self }
    }

    /// How long the next piece may take, and what it is when it does not come.
    fn next_timeout(&self) -> (Duration, OllamaError) {
        match self.deadline {
            Some((deadline_ms, budget)) => {
                let left = remaining(deadline_ms - self.clock.millis());
                if left < self.idle {
                    (left, OllamaError::OverBudget(budget))
                } else {
                    (self.idle, OllamaError::IdleTimeout)
                }
            }
            None => (self.idle, OllamaError::IdleTimeout),
        }
    }

    /// The next line; `None` when the body has ended as HTTP says.
    ///
    /// # Errors
    /// [`OllamaError::CutOff`] when the connection ended before the body, [`OllamaError::IdleTimeout`],
    /// [`OllamaError::OverBudget`], [`OllamaError::TooLarge`] for a line without end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, OllamaError> {
        loop {
            let (patience, too_late) = self.next_timeout();
            let Some(decoder) = &mut self.decoder else { return Ok(None) };
            match decoder.next_line() {
                Ok(Some(line)) => return Ok(Some(line.to_vec())),
                Ok(None) => {}
                Err(_) => return Err(OllamaError::TooLarge(MAX_LINE_BYTES)),
            }
            let piece = tokio::select! {
                piece = self.response.chunk() => piece.map_err(|_| OllamaError::CutOff)?,
                () = self.clock.sleep(patience) => return Err(too_late),
            };
            match piece {
                Some(bytes) => decoder.push(&bytes),
                None => return Ok(self.decoder.take().and_then(NdjsonDecoder::finish)),
            }
        }
    }
}
