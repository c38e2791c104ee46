//! Reading the answer of a model. Only `done:true` ends it; any other end is an error, whatever the status was.

use super::body::LineStream;
use crate::server::models::ollama::client::{attempt::CallAttempt, tracked_call::TrackedCall};
use crate::server::models::ollama::{error::OllamaError, metrics::AnswerMetrics, wire::ChatLine};
use serde_json::error::Category;
use std::time::Duration;

/// A longer answer means that the model repeats itself.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// A whole answer: the server said `done:true`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ChatAnswer {
    /// The text of the answer.
    pub content: String,
    /// The reasoning of the model; not part of the answer.
    pub thinking: String,
    /// `stop`, `length`, `load`, `unload`.
    pub done_reason: Option<String>,
    /// Tokens and durations.
    pub metrics: AnswerMetrics,
    /// `false`: `num_predict` ended the answer, which may be cut.
    pub complete: bool,
}

/// A part of a streamed answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatChunk {
    /// A piece of the answer.
    Text(String),
    /// A piece of the model's reasoning.
    Thinking(String),
    /// The end, with the whole answer.
    Done(Box<ChatAnswer>),
}

/// A streamed answer.
#[derive(Debug)]
pub struct ChatStream {
    reader: ChatReader,
    /// Read before the stream was returned.
    first: Option<ChatChunk>,
    tracked_call: TrackedCall,
    /// `None` once its end was logged.
    attempt: Option<CallAttempt>,
}

impl ChatStream {
    pub(super) fn new(
        reader: ChatReader,
        first: Option<ChatChunk>,
        tracked_call: TrackedCall,
        attempt: CallAttempt,
    ) -> Self {
        Self { reader, first, tracked_call, attempt: Some(attempt) }
    }

    /// The next chunk; `None` after [`ChatChunk::Done`].
    pub async fn next(&mut self) -> Result<Option<ChatChunk>, OllamaError> {
        let next = match self.first.take() {
            Some(first) => Ok(Some(first)),
            None => self.reader.next().await,
        };
        match &next {
            Ok(Some(ChatChunk::Done(answer))) => {
                self.tracked_call.record_answer(&answer.metrics);
                self.attempt.take().into_iter().for_each(|attempt| attempt.log_answer(&answer.metrics));
            }
            Ok(_) => {}
            Err(error) => {
                self.tracked_call.record_failure(error);
                self.attempt.take().into_iter().for_each(|attempt| attempt.log_failure(error, None));
            }
        }
        next
    }

    /// The whole answer.
    pub async fn collect(mut self) -> Result<ChatAnswer, OllamaError> {
        while let Some(chunk) = self.next().await? {
            if let ChatChunk::Done(answer) = chunk {
                return Ok(*answer);
            }
        }
        Err(OllamaError::CutOff)
    }
}

/// Reads the answer of one attempt.
#[derive(Debug)]
pub(super) struct ChatReader {
    lines: LineStream,
    answer: ChatAnswer,
    /// Chunks of a line that holds more than one.
    pending: Vec<ChatChunk>,
    ended: bool,
    /// Notified of the first line, then `None`.
    tracked_call: Option<TrackedCall>,
}

impl ChatReader {
    pub(super) fn new(lines: LineStream, tracked_call: Option<TrackedCall>) -> Self {
        Self { lines, answer: ChatAnswer::default(), pending: Vec::new(), ended: false, tracked_call }
    }

    /// Ends at a time of the clock, when `budget` is spent.
    pub(super) fn with_deadline(self, deadline_ms: i128, budget: Duration) -> Self {
        Self { lines: self.lines.with_deadline(deadline_ms, budget), ..self }
    }

    pub(super) async fn next(&mut self) -> Result<Option<ChatChunk>, OllamaError> {
        loop {
            if let Some(chunk) = self.pending.pop() {
                return Ok(Some(chunk));
            }
            if self.ended {
                return Ok(None);
            }
            let line = self.lines.next().await?.ok_or(OllamaError::CutOff)?;
            self.apply_line(&line)?;
        }
    }

    pub(super) async fn collect(mut self) -> Result<ChatAnswer, OllamaError> {
        while let Some(chunk) = self.next().await? {
            if let ChatChunk::Done(answer) = chunk {
                return Ok(*answer);
            }
        }
        Err(OllamaError::CutOff)
    }

    fn apply_line(&mut self, line: &[u8]) -> Result<(), OllamaError> {
        let line = ChatLine::parse(line).map_err(|error| match error.classify() {
            // An incomplete last line means that the answer was cut off.
            Category::Eof => OllamaError::CutOff,
            _ => OllamaError::BadAnswer(error.to_string()),
        })?;
        if let Some(error) = &line.error {
            return Err(OllamaError::from_error_line(error, line.status.as_ref()));
        }
        if let Some(tracked_call) = self.tracked_call.take() {
            tracked_call.record_first_token();
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
