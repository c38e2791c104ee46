//! One question to a model, and its answer as it arrives. Dropping the stream closes the connection, which ends the generation.

use super::prompt::{self, ArticleContext};
use crate::domain::model_name::ModelName;
use crate::{
    domain::{
        chat::{AnswerStats, WaitReason},
        model::ModelOptions,
        thinking::ThinkingLevel,
    },
    error::{AppError, ErrorKind},
    server::{
        models::{
            ollama::{
                client::{ChatAnswer, ChatChunk, ChatStream},
                error::OllamaError,
                error_message,
                metrics::AnswerMetrics,
                wire::{ChatRequest, Message},
            },
            resilience::priority_queue::Priority,
        },
        scoring::prompt::ContextWindow,
        services::models,
        state::App,
    },
};
use futures::{FutureExt as _, Stream};
use std::pin::pin;

/// A question to a model, with what is sent along.
#[derive(Clone, Debug)]
pub struct Question {
    /// Name of the model.
    pub model: ModelName,
    /// The conversation so far, the question last.
    pub messages: Vec<Message>,
    /// The article that the conversation is about.
    pub article_context: Option<ArticleContext>,
    /// Whether [`Question::messages`] are a reader's conversation, which gets the chat rules and is shortened to fit, or a
    /// program's, which is sent as it is.
    pub by_reader: bool,
    /// Options of the request.
    pub options: ModelOptions,
    /// How much the model thinks; `None`: as the options say.
    pub thinking: Option<ThinkingLevel>,
}

/// An event of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum AnswerEvent {
    /// Why there is no text yet.
    Wait(WaitReason),
    /// A piece of the text.
    Text(String),
    /// The end; nothing follows.
    Done(AnswerEnd),
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnswerEnd {
    /// Tokens and time.
    pub stats: AnswerStats,
    /// `false`: the answer was cut off at its maximum length.
    pub complete: bool,
}

/// Sends the question, before any waiting article, and yields the answer as it arrives. An error ends the stream; the text before
/// it is incomplete.
pub fn stream_answer(app: App, question: Question) -> impl Stream<Item = Result<AnswerEvent, AppError>> + Send {
    async_stream::try_stream! {
        let began = app.clock.monotonic_ms();
        let mut acquiring = pin!(app.priority_queue.acquire(Priority::Chat));
        let permit = match acquiring.as_mut().now_or_never() {
            Some(permit) => permit,
            None => {
                yield AnswerEvent::Wait(WaitReason::Queued);
                acquiring.await
            }
        };
        yield AnswerEvent::Wait(predict_wait(&app, &question.model).await?);
        let mut stream = open_stream(&app, &question).await.map_err(|error| record_failure(&app, &question, began, &error))?;
        let mut thinks = false;
        while let Some(piece) = stream.next().await.map_err(|error| record_failure(&app, &question, began, &error))? {
            match piece {
                ChatChunk::Thinking(_) if thinks => {}
                ChatChunk::Thinking(_) => {
                    thinks = true;
                    yield AnswerEvent::Wait(WaitReason::Thinking);
                }
                ChatChunk::Text(text) => yield AnswerEvent::Text(text),
                ChatChunk::Done(answer) => {
                    record_call(&app, &question, began, Ok(&answer.metrics));
                    let end = answer_end(&answer, app.clock.monotonic_ms() - began);
                    if answer.content.trim().is_empty() {
                        Err(empty_answer_error(&question.model, &answer))?;
                    }
                    yield AnswerEvent::Done(end);
                }
            }
        }
        drop(permit);
    }
}

/// What the answer waits for first: Ollama, the load of a model that is not in memory (with the duration of its last load), or the
/// prompt.
pub async fn predict_wait(app: &App, model: &ModelName) -> Result<WaitReason, AppError> {
    if !models::health(app).connected && models::health(app).problem.is_some() {
        return Ok(WaitReason::Unreachable);
    }
    if models::needs_no_load(app, model) {
        return Ok(WaitReason::ProcessingPrompt);
    }
    Ok(WaitReason::Loading { expected_seconds: models::last_load_seconds(app, model).await? })
}

/// Sends the request; repeats it once without `think` for a model that cannot think, and once with a shorter prompt after an
/// overflow.
async fn open_stream(app: &App, question: &Question) -> Result<ChatStream, OllamaError> {
    let mut think = Some(question.thinking.unwrap_or_else(|| question.options.think.into()));
    let mut shrink = 0;
    loop {
        match app.ollama.chat_stream(&build_request(question, think, shrink, app.config.ollama.stream)).await {
            Err(OllamaError::ThinkUnsupported) if think.is_some() => think = None,
            // What a program sends is sent as it is; only an article beside it can be cut.
            Err(OllamaError::Overflow) if shrink == 0 && (question.by_reader || question.article_context.is_some()) => {
                shrink = 1;
            }
            opened => return opened,
        }
    }
}

fn build_request(question: &Question, think: Option<ThinkingLevel>, shrink: u32, stream: bool) -> ChatRequest {
    let Question { model, messages, article_context, by_reader, options, .. } = question;
    let compose = if *by_reader { prompt::compose_for_reader } else { prompt::compose_for_program };
    ChatRequest {
        model: model.clone(),
        messages: compose(
            messages,
            article_context.as_ref(),
            ContextWindow { num_ctx: options.num_ctx, num_predict: options.num_predict },
            shrink,
        ),
        stream,
        format: None,
        think,
        truncate: Some(false),
        keep_alive: Some(models::request_keep_alive(options)),
        options: models::request_options(options),
    }
}

fn answer_end(answer: &ChatAnswer, elapsed: i128) -> AnswerEnd {
    let AnswerMetrics { load_duration, .. } = answer.metrics;
    let figures = AnswerStats {
        duration_ms: i64::try_from(elapsed).unwrap_or(i64::MAX),
        load_ms: load_duration.map_or(0, |nanos| nanos.max(0) / 1_000_000),
        tokens_per_second: answer.metrics.tokens_per_second(),
    };
    AnswerEnd { stats: figures, complete: answer.complete }
}

fn empty_answer_error(model: &ModelName, answer: &ChatAnswer) -> AppError {
    let hint = if answer.thinking.trim().is_empty() {
        "Regenerate the answer, or choose another model."
    } else {
        "It only produced thinking. Let it think less, or choose another model."
    };
    AppError::new(ErrorKind::BadGateway, format!("{model} gave an empty answer.")).hint(hint)
}

fn record_failure(app: &App, question: &Question, began: i128, error: &OllamaError) -> AppError {
    record_call(app, question, began, Err(error));
    tracing::warn!(model = %question.model, cause = error.code(), %error, "a question has no answer");
    match error {
        OllamaError::Overflow => AppError::invalid("The message is longer than the model's context.")
            .hint("Shorten it, or raise the context length in the Ollama settings."),
        error => error_message::to_chat_error(error, &app.ollama.host()),
    }
}

/// Counts a question, which always goes to the Ollama of the settings.
fn record_call(app: &App, question: &Question, began: i128, result: Result<&AnswerMetrics, &OllamaError>) {
    let servers = app.servers.list();
    let server = servers.iter().find(|server| server.settings.is_main());
    let server = server.map_or("Ollama", |server| server.settings.name.as_str());
    models::record_call(app, "chat", &question.model, models::TimedCall { server, started_ms: began }, result);
}
