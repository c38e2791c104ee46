//! Conversations that are kept, as the page `/chat` has them.

use super::{
    failure::{ErrorDetail, Failure},
    read::{Body, Id},
};
use crate::{
    domain::{
        chat::{self, AnswerState, Role},
        ids::ConversationId,
        time::Timestamp,
    },
    error::AppError,
    server::{
        services::chat::{Asked, Live, ask, ask_again, conversation, delete, follow, list, render, stop},
        state::App,
    },
};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::sse::{Event, KeepAlive, Sse},
};
use futures::{Stream, StreamExt as _};
use serde::{Deserialize, Serialize};
use std::{convert::Infallible, time::Duration};
use utoipa::ToSchema;

/// A comment at least this often: a model may take minutes to come into memory.
const COMMENT_EVERY: Duration = Duration::from_secs(15);

/// The conversations used last, newest first.
#[derive(Serialize, ToSchema)]
pub struct ConversationList {
    conversations: Vec<ConversationEntry>,
}

/// One of them.
#[derive(Serialize, ToSchema)]
struct ConversationEntry {
    id: i64,
    /// The first words of the first message.
    title: String,
    /// The model that answered last.
    model: String,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// A conversation with everything said in it.
#[derive(Serialize, ToSchema)]
pub struct ConversationBody {
    #[serde(flatten)]
    entry: ConversationEntry,
    /// What it is about, while that is there.
    article_id: Option<i64>,
    messages: Vec<ConversationMessage>,
}

/// A question or an answer.
#[derive(Serialize, ToSchema)]
struct ConversationMessage {
    id: i64,
    /// `user` or `assistant`.
    #[schema(value_type = String, example = "user")]
    role: Role,
    /// An answer's is Markdown.
    content: String,
    /// `writing`, `whole`, `cut`, `stopped`, `interrupted` or `failed`.
    #[schema(value_type = String, example = "whole")]
    state: AnswerState,
    model: Option<String>,
    /// Why an answer that is being written has not begun.
    wait: Option<String>,
    duration_ms: Option<i64>,
    load_ms: Option<i64>,
    tokens_per_second: Option<f64>,
    error: Option<ErrorDetail>,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// A conversation to begin.
#[derive(Deserialize, ToSchema)]
pub struct NewConversation {
    /// 1 to 32000 characters.
    message: String,
    /// Absent: the model for chats.
    model: Option<String>,
    /// What it is to be about.
    article_id: Option<i64>,
}

/// A further message.
#[derive(Deserialize, ToSchema)]
pub struct NewMessage {
    /// 1 to 32000 characters.
    message: String,
    /// Absent: the one that answered last.
    model: Option<String>,
}

/// An answer as far as it has come. Each moment holds all of it, so that a reader may come and go.
#[derive(Serialize, ToSchema)]
pub struct AnswerMoment {
    text: String,
    /// The same as harmless HTML.
    html: String,
    /// Why it has not begun.
    wait: Option<String>,
    /// Nothing follows; the conversation tells what it came to.
    ended: bool,
}

/// What was deleted.
#[derive(Serialize, ToSchema)]
pub struct ConversationDeleted {
    /// `success`
    status: &'static str,
}

/// The conversations used last.
#[utoipa::path(get, path = "/api/conversations", tag = "chat", responses((status = 200, body = ConversationList)))]
pub async fn index(State(app): State<App>) -> Result<Json<ConversationList>, Failure> {
    let conversations = list(&app).await?.into_iter().map(Into::into).collect();
    Ok(Json(ConversationList { conversations }))
}

/// Begins a conversation. Its answer is written by the server, whoever watches.
#[utoipa::path(
    post, path = "/api/conversations", tag = "chat", request_body = NewConversation,
    responses((status = 201, body = ConversationBody)),
)]
pub async fn begin(
    State(app): State<App>,
    Body(new): Body<NewConversation>,
) -> Result<(StatusCode, Json<ConversationBody>), Failure> {
    let NewConversation { message, model, article_id } = new;
    let asked = Asked { message, model, article: article_id.map(Into::into), conversation: None };
    let id = ask(&app, asked).await?;
    Ok((StatusCode::CREATED, Json(body(&app, id).await?)))
}

/// A conversation; an answer on its way as far as it has come.
#[utoipa::path(
    get, path = "/api/conversations/{id}", tag = "chat", params(("id" = i64, Path)), responses((status = 200, body = ConversationBody)),
)]
pub async fn show(State(app): State<App>, Id(id): Id) -> Result<Json<ConversationBody>, Failure> {
    Ok(Json(body(&app, id.into()).await?))
}

/// Deletes a conversation; an answer on its way is stopped.
#[utoipa::path(
    delete, path = "/api/conversations/{id}", tag = "chat", params(("id" = i64, Path)),
    responses((status = 200, body = ConversationDeleted)),
)]
pub async fn remove(State(app): State<App>, Id(id): Id) -> Result<Json<ConversationDeleted>, Failure> {
    delete(&app, id.into()).await?;
    Ok(Json(ConversationDeleted { status: "success" }))
}

/// Goes on with a conversation; 409 while an answer is on its way.
#[utoipa::path(
    post, path = "/api/conversations/{id}/messages", tag = "chat", params(("id" = i64, Path)), request_body = NewMessage,
    responses((status = 202, body = ConversationBody)),
)]
pub async fn say(
    State(app): State<App>,
    Id(id): Id,
    Body(new): Body<NewMessage>,
) -> Result<(StatusCode, Json<ConversationBody>), Failure> {
    let NewMessage { message, model } = new;
    let asked = Asked { message, model, conversation: Some(id.into()), article: None };
    let id = ask(&app, asked).await?;
    Ok((StatusCode::ACCEPTED, Json(body(&app, id).await?)))
}

/// Asks the last message once more; the answer it had goes. 409 while an answer is on its way.
#[utoipa::path(
    post, path = "/api/conversations/{id}/again", tag = "chat", params(("id" = i64, Path)),
    responses((status = 202, body = ConversationBody)),
)]
pub async fn again(State(app): State<App>, Id(id): Id) -> Result<(StatusCode, Json<ConversationBody>), Failure> {
    ask_again(&app, id.into()).await?;
    Ok((StatusCode::ACCEPTED, Json(body(&app, id.into()).await?)))
}

/// Stops the answer on its way; what came of it is kept. 409 when there is none.
#[utoipa::path(
    post, path = "/api/conversations/{id}/stop", tag = "chat", params(("id" = i64, Path)),
    responses((status = 200, body = ConversationBody)),
)]
pub async fn halt(State(app): State<App>, Id(id): Id) -> Result<Json<ConversationBody>, Failure> {
    stop(&app, id.into()).await?;
    Ok(Json(body(&app, id.into()).await?))
}

/// Follows the answer on its way to its end. Leaving changes nothing, and any number may follow.
#[utoipa::path(
    get, path = "/api/conversations/{id}/answer", tag = "chat", params(("id" = i64, Path)),
    responses((status = 200, content_type = "text/event-stream", body = AnswerMoment)),
)]
pub async fn answer(
    State(app): State<App>,
    Id(id): Id,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    let id = ConversationId(id);
    let model = conversation(&app, id).await?.line.model;
    let told = follow(app, id).map(move |live| Ok(moment(&live, &model)));
    Ok(Sse::new(told).keep_alive(KeepAlive::new().interval(COMMENT_EVERY).text("still here")))
}

fn moment(live: &Live, model: &str) -> Event {
    let Live { text, wait, ended } = live;
    let moment = AnswerMoment {
        html: render(text),
        text: text.clone(),
        wait: wait.sentence(model).filter(|_| !ended),
        ended: *ended,
    };
    Event::default().data(serde_json::to_value(&moment).unwrap_or_default().to_string())
}

async fn body(app: &App, id: ConversationId) -> Result<ConversationBody, AppError> {
    let chat::Conversation { line, subject, messages, .. } = conversation(app, id).await?;
    Ok(ConversationBody {
        entry: line.into(),
        article_id: subject.map(|subject| subject.id.0),
        messages: messages.into_iter().map(Into::into).collect(),
    })
}

impl From<chat::ConversationLine> for ConversationEntry {
    fn from(line: chat::ConversationLine) -> Self {
        let chat::ConversationLine { id, title, model, updated_at } = line;
        Self { id: id.0, title, model, updated_at }
    }
}

impl From<chat::ChatMessage> for ConversationMessage {
    fn from(message: chat::ChatMessage) -> Self {
        let chat::ChatMessage { id, role, text, html: _, state, model, figures, failure, wait, at } = message;
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
            error: failure.map(|f| ErrorDetail { kind: f.kind, message: f.message, hint: f.hint }),
            at,
        }
    }
}
