//! Talking to a model: one question and its answer. Nothing is kept; conversations that are have addresses of their own.

use crate::domain::model_name::ModelName;
use crate::server::http::event_stream::event_stream;
use crate::server::http::json::{
    error::{ApiError, ErrorJson},
    extract::JsonBody,
};
use crate::{
    domain::chat::{AnswerStats, MAX_MESSAGE_CHARS, MessageRole},
    error::AppError,
    server::{
        models::ollama::wire::Message,
        services::chat::{self, AnswerEnd, AnswerEvent, Question},
        state::App,
    },
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response, sse::Event},
};
use futures::{Stream, StreamExt as _};
use serde::{Deserialize, Serialize};
use std::{convert::Infallible, pin::pin};
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use utoipa::ToSchema;

/// The most messages of a request.
const MAX_MESSAGES: usize = 200;

/// A conversation so far, the question last.
#[derive(Deserialize, ToSchema)]
pub struct SendChatRequest {
    /// Absent: the model for chats, see `gleaner models select chat`.
    #[schema(example = "qwen3:8b")]
    model: Option<String>,
    /// 1 to 200, the last one of the user.
    messages: Vec<ChatMessageJson>,
    /// `false`: the whole answer at once. Absent: `true`.
    stream: Option<bool>,
    /// An article whose text goes along as material, before the first message of the user.
    article_id: Option<i64>,
    /// How much the model thinks: `off` or `on`; for models of the gpt-oss family `low`, `medium` or `high`. Absent: as the options of
    /// chats say.
    thinking: Option<String>,
}

/// A message of the conversation.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct ChatMessageJson {
    /// `system`, `user` or `assistant`.
    #[schema(example = "user")]
    role: String,
    /// 1 to 32000 characters.
    content: String,
}

/// A moment of a streamed answer: `delta`, as often as it takes, and then the end, or `error`.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum ChatStreamEvent {
    /// The next piece of the answer.
    Delta {
        delta: String,
    },
    Done(ChatEndJson),
    /// The answer is incomplete: discard the earlier pieces.
    Error {
        #[schema(value_type = ErrorJson)]
        error: AppError,
    },
}

/// The end of a streamed answer.
#[derive(Serialize, ToSchema)]
pub struct ChatEndJson {
    /// `true`
    done: bool,
    #[serde(flatten)]
    stats: ChatStatsJson,
}

/// A complete answer.
#[derive(Serialize, ToSchema)]
pub struct SendChatResponse {
    message: ChatMessageJson,
    #[serde(flatten)]
    stats: ChatStatsJson,
}

/// Times and token counts of an answer.
#[derive(Serialize, ToSchema)]
pub struct ChatStatsJson {
    #[schema(value_type = String)]
    model: ModelName,
    /// From the question to the last word, including waiting and loading.
    duration_ms: i64,
    /// The part of it until the model was in memory.
    load_ms: i64,
    tokens_per_second: Option<f64>,
    /// `false`: the model reached its maximum answer length.
    complete: bool,
}

/// Sends a chat to a model. Streamed unless `stream` is `false`; closing the stream ends the generation. Comments in the stream say
/// why the answer has not begun. Chats have priority over articles that wait to be scored.
#[utoipa::path(
    post, path = "/api/chat", tag = "chat", request_body = SendChatRequest,
    responses((status = 200, content((SendChatResponse = "application/json"), (ChatStreamEvent = "text/event-stream")))),
)]
pub async fn chat(State(app): State<App>, JsonBody(request): JsonBody<SendChatRequest>) -> Result<Response, ApiError> {
    let messages = parse_messages(request.messages)?;
    let article = request.article_id.map(Into::into);
    let mut question = chat::build_question(&app, request.model.as_deref(), messages, article, false).await?;
    if let Some(typed) = &request.thinking {
        chat::set_thinking(&app, &mut question, typed)?;
    }
    if request.stream == Some(false) {
        return Ok(Json(collect_answer(app, question).await?).into_response());
    }
    let events = stream_events(app, question).map(Ok::<_, Infallible>);
    Ok(event_stream(events).into_response())
}

/// Roles and sizes; the sentence names the field.
fn parse_messages(messages: Vec<ChatMessageJson>) -> Result<Vec<Message>, AppError> {
    if messages.is_empty() || messages.len() > MAX_MESSAGES {
        return Err(AppError::invalid(format!("`messages` holds 1 to {MAX_MESSAGES} messages.")));
    }
    if messages.last().is_some_and(|last| last.role != MessageRole::User.as_str()) {
        return Err(AppError::invalid("`messages`: the last message is the user's question."));
    }
    let mut parsed = Vec::with_capacity(messages.len());
    for (at, ChatMessageJson { role, content }) in messages.into_iter().enumerate() {
        if role != "system" && MessageRole::parse(&role).is_none() {
            return Err(AppError::invalid(format!("`messages[{at}].role` is system, user or assistant.")));
        }
        if content.trim().is_empty() || content.chars().count() > MAX_MESSAGE_CHARS {
            return Err(AppError::invalid(format!(
                "`messages[{at}].content` has 1 to {MAX_MESSAGE_CHARS} characters."
            )));
        }
        parsed.push(Message::new(&role, content));
    }
    Ok(parsed)
}

/// Generates the answer in its own task, so that a slow client does not occupy the model longer. When the client disconnects, the
/// task and the generation end.
fn stream_events(app: App, question: Question) -> impl Stream<Item = Event> + Send {
    // Bounded by the maximum answer length.
    let (sender, receiver) = mpsc::unbounded_channel();
    let task_app = app.clone();
    app.lifecycle.spawn(async move {
        let model = question.model.clone();
        let stop = task_app.lifecycle.soft_stop.clone();
        let mut answer = pin!(chat::stream_answer(task_app, question));
        loop {
            let next = tokio::select! {
                () = sender.closed() => break,
                // An unfinished answer does not delay the stop; clients see that `done` is missing.
                () = stop.cancelled() => break,
                next = answer.next() => next,
            };
            let Some(result) = next else { break };
            let event = match result {
                Ok(AnswerEvent::Wait(wait)) => {
                    Event::default().comment(wait.message(model.as_str()).unwrap_or_default())
                }
                Ok(AnswerEvent::Text(delta)) => sse_event(&ChatStreamEvent::Delta { delta }),
                Ok(AnswerEvent::Done(ended)) => {
                    sse_event(&ChatStreamEvent::Done(ChatEndJson { done: true, stats: stats_json(&model, ended) }))
                }
                Err(error) => sse_event(&ChatStreamEvent::Error { error }),
            };
            if sender.send(event).is_err() {
                break;
            }
        }
    });
    UnboundedReceiverStream::new(receiver)
}

fn sse_event(event: &ChatStreamEvent) -> Event {
    Event::default().data(serde_json::to_value(event).unwrap_or_default().to_string())
}

async fn collect_answer(app: App, question: Question) -> Result<SendChatResponse, AppError> {
    let model = question.model.clone();
    let mut answer = pin!(chat::stream_answer(app, question));
    let mut content = String::new();
    while let Some(event) = answer.next().await {
        match event? {
            AnswerEvent::Wait(_) => {}
            AnswerEvent::Text(text) => content.push_str(&text),
            AnswerEvent::Done(ended) => {
                let message = ChatMessageJson { role: MessageRole::Assistant.as_str().into(), content };
                return Ok(SendChatResponse { message, stats: stats_json(&model, ended) });
            }
        }
    }
    Err(AppError::internal())
}

fn stats_json(model: &ModelName, ended: AnswerEnd) -> ChatStatsJson {
    let AnswerStats { duration_ms, load_ms, tokens_per_second } = ended.stats;
    ChatStatsJson { model: model.clone(), duration_ms, load_ms, tokens_per_second, complete: ended.complete }
}
