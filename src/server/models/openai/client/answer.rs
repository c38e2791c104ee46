//! Reading an answer of `POST /v1/chat/completions`, whole or streamed.

use crate::server::{
    clock::Clock,
    models::{
        ollama::{
            client::{ChatAnswer, LineStream},
            error::OllamaError,
            metrics::AnswerMetrics,
        },
        openai::{
            error::from_error_object,
            event_lines::{self, EventLine},
        },
    },
};
use serde_json::Value;

/// A longer answer means that the model repeats itself.
pub(super) const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// Collects a streamed answer. A `finish_reason` or `[DONE]` ends it; any other end is an error.
pub(super) struct StreamedAnswer {
    clock: Clock,
    began_ms: i128,
    first_token_ms: Option<i128>,
    answer: ChatAnswer,
    has_choice: bool,
    ended: bool,
    done: bool,
}

impl StreamedAnswer {
    /// The answer to a request that began at `began_ms` of the clock.
    pub(super) fn new(clock: Clock, began_ms: i128) -> Self {
        let answer = ChatAnswer { complete: true, ..ChatAnswer::default() };
        Self { clock, began_ms, first_token_ms: None, answer, has_choice: false, ended: false, done: false }
    }

    /// Reads to the end.
    pub(super) async fn collect(mut self, mut lines: LineStream) -> Result<ChatAnswer, OllamaError> {
        while !self.done {
            let Some(line) = lines.next().await? else { break };
            self.apply_line(&line)?;
        }
        if !(self.ended || self.done && self.has_choice) {
            return Err(OllamaError::CutOff);
        }
        let now_ms = self.clock.monotonic_ms();
        self.answer.metrics.total_duration = Some(to_nanos(now_ms - self.began_ms));
        if self.answer.metrics.eval_duration.is_none() {
            self.answer.metrics.eval_duration = self.first_token_ms.map(|first_ms| to_nanos(now_ms - first_ms));
        }
        Ok(self.answer)
    }

    fn apply_line(&mut self, line: &[u8]) -> Result<(), OllamaError> {
        let data = match event_lines::parse(line) {
            EventLine::Data(data) => data,
            EventLine::Done => {
                self.done = true;
                return Ok(());
            }
            EventLine::Error(data) => {
                let error: Value = serde_json::from_slice(data).unwrap_or_default();
                return Err(from_error_object(None, &error, None));
            }
            EventLine::Ignored => return Ok(()),
        };
        let event: Value = serde_json::from_slice(data).map_err(|error| OllamaError::BadAnswer(error.to_string()))?;
        fail_on_error(&event)?;
        apply_figures(&mut self.answer.metrics, &event);
        let Some(choice) = first_choice(&event) else { return Ok(()) };
        self.has_choice = true;
        let piece = choice.get("delta").or_else(|| choice.get("message")).unwrap_or(&Value::Null);
        apply_text(&mut self.answer, piece)?;
        if self.first_token_ms.is_none() && !(self.answer.content.is_empty() && self.answer.thinking.is_empty()) {
            self.first_token_ms = Some(self.clock.monotonic_ms());
        }
        self.ended |= apply_end(&mut self.answer, choice)?;
        Ok(())
    }
}

/// Reads a whole answer that took `elapsed_ms` milliseconds.
pub(super) fn parse_answer(body: &Value, elapsed_ms: i128) -> Result<ChatAnswer, OllamaError> {
    fail_on_error(body)?;
    let choice = first_choice(body).ok_or_else(|| OllamaError::BadAnswer("it has no entry in `choices`".to_owned()))?;
    let mut answer = ChatAnswer { complete: true, ..ChatAnswer::default() };
    apply_text(&mut answer, choice.get("message").unwrap_or(&Value::Null))?;
    apply_figures(&mut answer.metrics, body);
    apply_end(&mut answer, choice)?;
    answer.metrics.total_duration = Some(to_nanos(elapsed_ms));
    answer.metrics.eval_duration = answer.metrics.eval_duration.or(answer.metrics.total_duration);
    Ok(answer)
}

/// `{"error": …}`, and vLLM's `{"object":"error", …}`.
fn fail_on_error(body: &Value) -> Result<(), OllamaError> {
    let has_error = body.get("error").is_some_and(|error| !error.is_null());
    let is_error = body.get("object").and_then(Value::as_str) == Some("error");
    if has_error || is_error { Err(from_error_object(None, body, None)) } else { Ok(()) }
}

fn first_choice(body: &Value) -> Option<&Value> {
    body.get("choices")?.as_array()?.first()
}

/// Adds the text; `reasoning_content` is vLLM's and llama.cpp's name, `reasoning` that of LM Studio and others.
fn apply_text(answer: &mut ChatAnswer, message: &Value) -> Result<(), OllamaError> {
    let text = |key: &str| message.get(key).and_then(Value::as_str).unwrap_or_default();
    answer.content.push_str(text("content"));
    let thinking = text("reasoning_content");
    answer.thinking.push_str(if thinking.is_empty() { text("reasoning") } else { thinking });
    if answer.content.len() + answer.thinking.len() > MAX_ANSWER_BYTES {
        return Err(OllamaError::TooLarge(MAX_ANSWER_BYTES));
    }
    Ok(())
}

/// Reads why the answer ended; whether it did.
fn apply_end(answer: &mut ChatAnswer, choice: &Value) -> Result<bool, OllamaError> {
    let Some(reason) = choice.get("finish_reason").and_then(Value::as_str).filter(|reason| !reason.is_empty()) else {
        return Ok(false);
    };
    match reason {
        "content_filter" => return Err(OllamaError::BadAnswer("withheld by a content filter".to_owned())),
        // The engine aborted the answer; SGLang does so at its shutdown.
        "abort" | "error" => return Err(OllamaError::CutOff),
        _ => {}
    }
    answer.complete = !matches!(reason, "length" | "max_tokens");
    answer.done_reason = Some(reason.to_owned());
    Ok(true)
}

/// Tokens from `usage`; llama.cpp's `timings` know the speed.
fn apply_figures(metrics: &mut AnswerMetrics, body: &Value) {
    if let Some(usage) = body.get("usage").filter(|usage| usage.is_object()) {
        let tokens = |key: &str| usage.get(key).and_then(Value::as_i64);
        metrics.prompt_eval_count = tokens("prompt_tokens").or(metrics.prompt_eval_count);
        metrics.eval_count = tokens("completion_tokens").or(metrics.eval_count);
    }
    if let Some(timings) = body.get("timings").filter(|timings| timings.is_object()) {
        let nanos = |key: &str| timings.get(key).and_then(Value::as_f64).map(|ms| to_nanos(ms as i128));
        metrics.prompt_eval_duration = nanos("prompt_ms").or(metrics.prompt_eval_duration);
        metrics.eval_duration = nanos("predicted_ms").or(metrics.eval_duration);
        metrics.eval_count = metrics.eval_count.or_else(|| timings.get("predicted_n").and_then(Value::as_i64));
    }
}

fn to_nanos(millis: i128) -> i64 {
    i64::try_from(millis.saturating_mul(1_000_000)).unwrap_or(i64::MAX)
}
