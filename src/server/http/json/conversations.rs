//! Conversations that are kept, as the page `/chat` has them.

use crate::domain::model_name::ModelName;
use crate::server::http::event_stream::event_stream;
use crate::server::http::json::{
    error::{ApiError, ErrorJson},
    extract::{JsonBody, PathId},
};
use crate::{
    domain::{
        chat::{self, AnswerState, MessageRole},
        ids::ConversationId,
        thinking::ThinkingLevel,
        time::Timestamp,
    },
    error::AppError,
    server::{
        blocking::ParseKind,
        live::answers::AnswerProgress,
        services::chat::{
            NewMessage, delete, follow, list, load_conversation, regenerate, rename, render_markdown, send_message,
            stop,
        },
        state::App,
    },
};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::sse::{Event, Sse},
};
use futures::{Stream, StreamExt as _};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use utoipa::ToSchema;

/// The conversations used last, newest first.
#[derive(Serialize, ToSchema)]
pub struct ConversationListResponse {
    conversations: Vec<ConversationSummaryJson>,
}

/// One of them.
#[derive(Serialize, ToSchema)]
struct ConversationSummaryJson {
    id: i64,
    /// The first words of the first message, or the name that it was given.
    title: String,
    /// The model that answered last.
    #[schema(value_type = String)]
    model: ModelName,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// A conversation with its messages.
#[derive(Serialize, ToSchema)]
pub struct ConversationResponse {
    #[serde(flatten)]
    summary: ConversationSummaryJson,
    /// The article that it is about; null without one or when it is deleted.
    article_id: Option<i64>,
    /// How much the model thinks: `off`, `on`, `low`, `medium` or `high`; null: as the options of chats say.
    #[schema(value_type = Option<String>)]
    thinking: Option<ThinkingLevel>,
    messages: Vec<ConversationMessageJson>,
}

/// A question or an answer.
#[derive(Serialize, ToSchema)]
struct ConversationMessageJson {
    id: i64,
    /// `user` or `assistant`.
    #[schema(value_type = String, example = "user")]
    role: MessageRole,
    /// An answer's is Markdown.
    content: String,
    /// `writing`, `whole`, `cut`, `stopped`, `interrupted` or `failed`.
    #[schema(value_type = String, example = "whole")]
    state: AnswerState,
    #[schema(value_type = Option<String>)]
    model: Option<ModelName>,
    /// Why an answer that is being written has not begun.
    wait: Option<String>,
    duration_ms: Option<i64>,
    load_ms: Option<i64>,
    tokens_per_second: Option<f64>,
    error: Option<ErrorJson>,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// A new conversation.
#[derive(Deserialize, ToSchema)]
pub struct CreateConversationRequest {
    /// 1 to 32000 characters.
    message: String,
    /// Absent: the model for chats.
    model: Option<String>,
    /// The article to talk about.
    article_id: Option<i64>,
    /// `off` or `on`; for models of the gpt-oss family `low`, `medium` or `high`. Absent: as the options of chats say.
    thinking: Option<String>,
}

/// A further message.
#[derive(Deserialize, ToSchema)]
pub struct SendMessageRequest {
    /// 1 to 32000 characters.
    message: String,
    /// Absent: the one that answered last.
    model: Option<String>,
    /// As for a new conversation. Absent: as before; empty: as the options of chats say.
    thinking: Option<String>,
}

/// A new name.
#[derive(Deserialize, ToSchema)]
pub struct RenameConversationRequest {
    /// 1 to 120 characters.
    #[schema(example = "Looms")]
    title: String,
}

/// An unfinished answer. Each event has the whole text so far, so that clients may reconnect.
#[derive(Serialize, ToSchema)]
pub struct AnswerStreamEvent {
    text: String,
    /// The same as harmless HTML.
    html: String,
    /// Why the answer has not begun; null once it has.
    wait: Option<String>,
    /// The last event; the conversation has the result.
    ended: bool,
}

/// What was deleted.
#[derive(Serialize, ToSchema)]
pub struct DeleteConversationResponse {
    /// `success`
    status: &'static str,
}

/// The conversations used last.
#[utoipa::path(get, path = "/api/conversations", tag = "chat", responses((status = 200, body = ConversationListResponse)))]
pub async fn list_conversations(State(app): State<App>) -> Result<Json<ConversationListResponse>, ApiError> {
    let conversations = list(&app).await?.into_iter().map(Into::into).collect();
    Ok(Json(ConversationListResponse { conversations }))
}

/// Begins a conversation. Its answer is written by the server, whether or not a client stays connected.
#[utoipa::path(
    post, path = "/api/conversations", tag = "chat", request_body = CreateConversationRequest,
    responses((status = 201, body = ConversationResponse)),
)]
pub async fn create(
    State(app): State<App>,
    JsonBody(new): JsonBody<CreateConversationRequest>,
) -> Result<(StatusCode, Json<ConversationResponse>), ApiError> {
    let CreateConversationRequest { message, model, article_id, thinking } = new;
    let message = NewMessage { message, model, article: article_id.map(Into::into), conversation: None, thinking };
    let id = send_message(&app, message).await?;
    Ok((StatusCode::CREATED, Json(load_response(&app, id).await?)))
}

/// A conversation; an unfinished answer with its text so far.
#[utoipa::path(
    get, path = "/api/conversations/{id}", tag = "chat", params(("id" = i64, Path)), responses((status = 200, body = ConversationResponse)),
)]
pub async fn show(State(app): State<App>, PathId(id): PathId) -> Result<Json<ConversationResponse>, ApiError> {
    Ok(Json(load_response(&app, id.into()).await?))
}

/// Renames a conversation.
#[utoipa::path(
    patch, path = "/api/conversations/{id}", tag = "chat", params(("id" = i64, Path)), request_body = RenameConversationRequest,
    responses((status = 200, body = ConversationResponse)),
)]
pub async fn change(
    State(app): State<App>,
    PathId(id): PathId,
    JsonBody(RenameConversationRequest { title }): JsonBody<RenameConversationRequest>,
) -> Result<Json<ConversationResponse>, ApiError> {
    rename(&app, id.into(), &title).await?;
    Ok(Json(load_response(&app, id.into()).await?))
}

/// Deletes a conversation; an unfinished answer is stopped.
#[utoipa::path(
    delete, path = "/api/conversations/{id}", tag = "chat", params(("id" = i64, Path)),
    responses((status = 200, body = DeleteConversationResponse)),
)]
pub async fn remove(State(app): State<App>, PathId(id): PathId) -> Result<Json<DeleteConversationResponse>, ApiError> {
    delete(&app, id.into()).await?;
    Ok(Json(DeleteConversationResponse { status: "success" }))
}

/// Adds a message to a conversation; 409 while an answer is written.
#[utoipa::path(
    post, path = "/api/conversations/{id}/messages", tag = "chat", params(("id" = i64, Path)), request_body = SendMessageRequest,
    responses((status = 202, body = ConversationResponse)),
)]
pub async fn create_message(
    State(app): State<App>,
    PathId(id): PathId,
    JsonBody(new): JsonBody<SendMessageRequest>,
) -> Result<(StatusCode, Json<ConversationResponse>), ApiError> {
    let SendMessageRequest { message, model, thinking } = new;
    let message = NewMessage { message, model, conversation: Some(id.into()), article: None, thinking };
    let id = send_message(&app, message).await?;
    Ok((StatusCode::ACCEPTED, Json(load_response(&app, id).await?)))
}

/// Replaces the last answer by a new one. 409 while an answer is written.
#[utoipa::path(
    post, path = "/api/conversations/{id}/again", tag = "chat", params(("id" = i64, Path)),
    responses((status = 202, body = ConversationResponse)),
)]
pub async fn regenerate_answer(
    State(app): State<App>,
    PathId(id): PathId,
) -> Result<(StatusCode, Json<ConversationResponse>), ApiError> {
    regenerate(&app, id.into()).await?;
    Ok((StatusCode::ACCEPTED, Json(load_response(&app, id.into()).await?)))
}

/// Stops the unfinished answer; its text so far is kept. 409 when there is none.
#[utoipa::path(
    post, path = "/api/conversations/{id}/stop", tag = "chat", params(("id" = i64, Path)),
    responses((status = 200, body = ConversationResponse)),
)]
pub async fn stop_answer(State(app): State<App>, PathId(id): PathId) -> Result<Json<ConversationResponse>, ApiError> {
    stop(&app, id.into()).await?;
    Ok(Json(load_response(&app, id.into()).await?))
}

/// Streams the unfinished answer to its end. Closing the stream does not stop it; any number of clients may read it.
#[utoipa::path(
    get, path = "/api/conversations/{id}/answer", tag = "chat", params(("id" = i64, Path)),
    responses((status = 200, content_type = "text/event-stream", body = AnswerStreamEvent)),
)]
pub async fn stream_answer(
    State(app): State<App>,
    PathId(id): PathId,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let id = ConversationId(id);
    let model = load_conversation(&app, id).await?.summary.model;
    let events = follow(app.clone(), id).then(move |live| {
        let (app, model) = (app.clone(), model.clone());
        async move {
            let event = app.parse_pool.run(ParseKind::Markdown, move |_| sse_event(&live, &model)).await;
            // A moment that cannot be rendered is left out; the next one holds all of it.
            Ok(event.unwrap_or_default())
        }
    });
    Ok(event_stream(events))
}

fn sse_event(live: &AnswerProgress, model: &ModelName) -> Event {
    let AnswerProgress { text, wait, ended } = live;
    let moment = AnswerStreamEvent {
        html: render_markdown(text).into_string(),
        text: text.clone(),
        wait: wait.message(model.as_str()).filter(|_| !ended),
        ended: *ended,
    };
    Event::default().data(serde_json::to_value(&moment).unwrap_or_default().to_string())
}

async fn load_response(app: &App, id: ConversationId) -> Result<ConversationResponse, AppError> {
    let chat::Conversation { summary: line, article: subject, messages, thinking, .. } =
        load_conversation(app, id).await?;
    Ok(ConversationResponse {
        summary: line.into(),
        article_id: subject.map(|subject| subject.id.0),
        thinking,
        messages: messages.into_iter().map(Into::into).collect(),
    })
}

impl From<chat::ConversationSummary> for ConversationSummaryJson {
    fn from(line: chat::ConversationSummary) -> Self {
        let chat::ConversationSummary { id, title, model, updated_at } = line;
        Self { id: id.0, title, model, updated_at }
    }
}

impl From<chat::ChatMessage> for ConversationMessageJson {
    fn from(message: chat::ChatMessage) -> Self {
        let chat::ChatMessage {
            id,
            role,
            text,
            html: _,
            state,
            model,
            stats: figures,
            failure,
            wait_message: wait,
            at,
        } = message;
        Self {
            id: id.0,
            role,
            content: text,
            state,
            model,
            wait,
            duration_ms: figures.map(|f| f.duration_ms),
            load_ms: figures.map(|f| f.load_ms),
            tokens_per_second: figures.and_then(|f| f.tokens_per_second),
            error: failure.map(|f| ErrorJson {
                kind: f.kind,
                message: f.message,
                hint: f.hint,
                field: None,
                link: None,
            }),
            at,
        }
    }
}
