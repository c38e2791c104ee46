//! Reading an answer of a model. Only `done:true` ends one; everything else is an error, whatever the status was.

use super::LineStream;
use crate::server::models::ollama::client::{attempt::CallAttempt, tracked_call::TrackedCall};
use crate::server::models::ollama::{error::OllamaError, metrics::AnswerMetrics, wire::ChatLine};
use serde_json::error::Category;
use std::time::Duration;

/// An answer longer than this is a model going round in circles.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// A whole answer: the server said `done:true`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ChatAnswer {
    /// The text of the answer.
    pub content: String,
    /// What the model said to itself; never part of the answer.
    pub thinking: String,
    /// `stop`, `length`, `load`, `unload`.
    pub done_reason: Option<String>,
    /// Tokens and durations.
    pub metrics: AnswerMetrics,
    /// `false`: the model was stopped by `num_predict`. What it said may be whole all the same, or cut JSON.
    pub complete: bool,
}

/// A piece of an answer on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatChunk {
    /// A piece of the answer.
    Text(String),
    /// A piece of what the model says to itself.
    Thinking(String),
    /// The end, with everything put together.
    Done(Box<ChatAnswer>),
}

/// An answer as it comes.
#[derive(Debug)]
pub struct ChatStream {
    reader: ChatReader,
    /// Came before the stream was handed out.
    first: Option<ChatChunk>,
    tracked_call: TrackedCall,
    /// Until the end is told.
    attempt: Option<CallAttempt>,
}

impl ChatStream {
    pub(super) fn new(reading: ChatReader, first: Option<ChatChunk>, flight: TrackedCall, trial: CallAttempt) -> Self {
        Self { reader: reading, first, tracked_call: flight, attempt: Some(trial) }
    }

    /// The next piece; `None` after [`ChatPiece::Done`].
    pub async fn next(&mut self) -> Result<Option<ChatChunk>, OllamaError> {
        let next = match self.first.take() {
            Some(first) => Ok(Some(first)),
            None => self.reader.next().await,
        };
        match &next {
            Ok(Some(ChatChunk::Done(answer))) => {
                self.tracked_call.record_answer(&answer.metrics);
                self.attempt.take().into_iter().for_each(|trial| trial.log_answer(&answer.metrics));
            }
            Ok(_) => {}
            Err(error) => {
                self.tracked_call.record_failure(error);
                self.attempt.take().into_iter().for_each(|trial| trial.log_failure(error, None));
            }
        }
        next
    }

    /// The rest, put together.
    pub async fn collect(mut self) -> Result<ChatAnswer, OllamaError> {
        while let Some(piece) = self.next().await? {
            if let ChatChunk::Done(answer) = piece {
                return Ok(*answer);
            }
        }
        Err(OllamaError::CutOff)
    }
}

/// The reading of one attempt's answer.
#[derive(Debug)]
pub(super) struct ChatReader {
    lines: LineStream,
    answer: ChatAnswer,
    /// A line may hold both kinds of text and the end.
    pending: Vec<ChatChunk>,
    ended: bool,
    /// Told of the first line.
    tracked_call: Option<TrackedCall>,
}

impl ChatReader {
    pub(super) fn new(lines: LineStream, flight: Option<TrackedCall>) -> Self {
        Self { lines, answer: ChatAnswer::default(), pending: Vec::new(), ended: false, tracked_call: flight }
    }

    /// Not to be read beyond a moment of the clock, the end of `budget`.
    pub(super) fn with_deadline(self, deadline_ms: i128, budget: Duration) -> Self {
        Self { lines: self.lines.with_deadline(deadline_ms, budget), ..self }
    }

    pub(super) async fn next(&mut self) -> Result<Option<ChatChunk>, OllamaError> {
        loop {
            if let Some(piece) = self.pending.pop() {
                return Ok(Some(piece));
            }
            if self.ended {
                return Ok(None);
            }
            let line = self.lines.next().await?.ok_or(OllamaError::CutOff)?;
            self.apply_line(&line)?;
        }
    }

    pub(super) async fn collect(mut self) -> Result<ChatAnswer, OllamaError> {
        while let Some(piece) = self.next().await? {
            if let ChatChunk::Done(answer) = piece {
                return Ok(*answer);
            }
        }
        Err(OllamaError::CutOff)
    }

    fn apply_line(&mut self, line: &[u8]) -> Result<(), OllamaError> {
        let line = ChatLine::parse(line).map_err(|error| match error.classify() {
            // Whoever broke it off, it says no more than an answer without its last line.
            Category::Eof => OllamaError::CutOff,
            _ => OllamaError::BadAnswer(error.to_string()),
        })?;
        if let Some(error) = &line.error {
            return Err(OllamaError::from_error_line(error, line.status.as_ref()));
        }
        if let Some(flight) = self.tracked_call.take() {
            flight.record_first_token();
        }
        self.answer.content.push_str(&line.message.content);
        self.answer.thinking.push_str(&line.message.thinking);
        if self.answer.content.len() + self.answer.thinking.len() > MAX_ANSWER_BYTES {
            return Err(OllamaError::TooLarge(MAX_ANSWER_BYTES));
        }
        if line.done {
            self.ended = true;
            let mut answer = std::mem::take(&mut self.answer);
            answer.complete = line.done_reason.as_deref() != Some("length");
            answer.done_reason = line.done_reason;
            answer.metrics = line.metrics;
            self.pending.push(ChatChunk::Done(Box::new(answer)));
        }
        if !line.message.content.is_empty() {
            self.pending.push(ChatChunk::Text(line.message.content));
        }
        if !line.message.thinking.is_empty() {
            self.pending.push(ChatChunk::Thinking(line.message.thinking));
        }
        Ok(())
    }
}
