//! One question to a model and its answer as it comes. Dropping the stream closes the connection, which ends the generation.

use super::prompt::{self, Material};
use crate::{
    domain::{
        chat::{Figures, Wait},
        model::ModelOptions,
    },
    error::{AppError, ErrorKind},
    server::{
        ollama::{
            client::{ChatAnswer, ChatPiece, ChatStream},
            error::OllamaError,
            metrics::Metrics,
            remedy,
            turns::Caller,
            wire::{ChatOptions, ChatRequest, Message},
        },
        services::models,
        state::App,
    },
};
use futures::{FutureExt as _, Stream};
use std::pin::pin;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    pub model: String,
    /// Everything said so far, the question last.
    pub said: Vec<Message>,
    pub material: Option<Material>,
    /// Whether [`Question::said`] is a reader's conversation, which gets our rules and is cut to size, or a program's, which is sent
    /// as it is.
    pub by_reader: bool,
    pub options: ModelOptions,
}

/// A moment of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// Why nothing comes yet.
    Wait(Wait),
    /// A piece of the text.
    Text(String),
    /// The end; nothing follows.
    Done(Ended),
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ended {
    pub figures: Figures,
    /// `false`: the model reached the longest answer that it may give.
    pub complete: bool,
}

/// Asks, before any article that waits, and hands out the answer as it comes. An error ends it; what came before it is not a whole
/// answer.
pub fn talk(app: App, question: Question) -> impl Stream<Item = Result<Said, AppError>> + Send {
    async_stream::try_stream! {
        let began = app.clock.millis();
        let mut taking = pin!(app.turns.take(Caller::Chat));
        let turn = match taking.as_mut().now_or_never() {
            Some(turn) => turn,
            None => {
                yield Said::Wait(Wait::InLine);
                taking.await
            }
        };
        yield Said::Wait(expected_wait(&app, &question.model).await?);
        let mut stream = open(&app, &question).await.map_err(|error| failed(&app, &question, began, &error))?;
        let mut thinks = false;
        while let Some(piece) = stream.next().await.map_err(|error| failed(&app, &question, began, &error))? {
            match piece {
                ChatPiece::Thinking(_) if thinks => {}
                ChatPiece::Thinking(_) => {
                    thinks = true;
                    yield Said::Wait(Wait::Thinking);
                }
                ChatPiece::Text(text) => yield Said::Text(text),
                ChatPiece::Done(answer) => {
                    models::count(&app, "chat", &question.model, began, Ok(&answer.metrics));
                    let end = ended(&answer, app.clock.millis() - began);
                    if answer.content.trim().is_empty() {
                        Err(empty(&question.model, &answer))?;
                    }
                    yield Said::Done(end);
                }
            }
        }
        drop(turn);
    }
}

/// Loading when the model was not seen in memory, with the time it took last.
async fn expected_wait(app: &App, model: &str) -> Result<Wait, AppError> {
    if models::health(app).problem.is_some() {
        return Ok(Wait::Unreachable);
    }
    if models::needs_no_load(app, model) {
        return Ok(Wait::Reading);
    }
    Ok(Wait::Loading { usual_seconds: models::usual_load(app, model).await? })
}

/// Asks, with each remedy once: without the wish about thinking for a model that cannot, and shorter when it was too long.
async fn open(app: &App, question: &Question) -> Result<ChatStream, OllamaError> {
    let mut think = Some(question.options.think);
    let mut shrink = 0;
    loop {
        match app.ollama.chat_stream(&request(question, think, shrink)).await {
            Err(OllamaError::ThinkUnsupported) if think.is_some() => think = None,
            // What a program sends is sent as it is; only an article beside it can be cut.
            Err(OllamaError::Overflow) if shrink == 0 && (question.by_reader || question.material.is_some()) => {
                shrink = 1;
            }
            opened => return opened,
        }
    }
}

fn request(question: &Question, think: Option<bool>, shrink: u32) -> ChatRequest {
    let Question { model, said, material, by_reader, options } = question;
    let compose = if *by_reader { prompt::of_reader } else { prompt::of_program };
    ChatRequest {
        model: model.clone(),
        messages: compose(said, material.as_ref(), options.num_ctx, shrink),
        stream: true,
        format: None,
        think,
        truncate: Some(false),
        keep_alive: Some(models::sent_keep_alive(options)),
        // The context is that of scoring: another one would load the model anew. How it speaks is the model's own.
        options: ChatOptions {
            num_ctx: Some(options.num_ctx),
            num_predict: Some(prompt::longest_answer(options.num_ctx)),
            ..ChatOptions::default()
        },
    }
}

fn ended(answer: &ChatAnswer, elapsed: i128) -> Ended {
    let Metrics { load_duration, .. } = answer.metrics;
    let figures = Figures {
        duration_ms: i64::try_from(elapsed).unwrap_or(i64::MAX),
        load_ms: load_duration.map_or(0, |nanos| nanos.max(0) / 1_000_000),
        tokens_per_second: answer.metrics.tokens_per_second(),
    };
    Ended { figures, complete: answer.complete }
}

fn empty(model: &str, answer: &ChatAnswer) -> AppError {
    let hint = if answer.thinking.trim().is_empty() {
        "Ask again, or choose another model."
    } else {
        "It only thought. Turn thinking off under Ollama settings, or choose another model."
    };
    AppError::new(ErrorKind::BadGateway, format!("{model} gave an empty answer.")).hint(hint)
}

fn failed(app: &App, question: &Question, began: i128, error: &OllamaError) -> AppError {
    models::count(app, "chat", &question.model, began, Err(error));
    tracing::warn!(model = question.model, cause = error.word(), %error, "a question has no answer");
    match error {
        OllamaError::Overflow => AppError::invalid("The message is longer than the model's context.")
            .hint("Shorten it, or give the model more context under Ollama settings."),
        error => remedy::app_error(error, &app.ollama.host()),
    }
}
