//! Conversations with a model: sending a message, following, stopping and storing its answer. A question is stored before it is
//! sent, and its answer is received by a task of the server, so that nothing is lost by leaving the page.

mod answer_stream;
mod answers;
mod prompt;

pub use crate::server::html::markdown::render_markdown;
pub use crate::server::services::chat::answer_stream::{AnswerEnd, AnswerEvent, Question, predict_wait, stream_answer};
pub use answers::follow;
pub use prompt::ArticleContext;

use super::{models, reading, registry};
use crate::{
    domain::{
        chat::{
            AnswerState, ChatArticle, ChatMessage, ChatModel, ChatModels, Conversation, ConversationSummary,
            MessageRole, WaitReason, derive_title, validate_message, validate_title,
        },
        humanize,
        ids::{ArticleId, ConversationId, MessageId},
        model::{InstalledModelRow, ModelOptions},
        model_name::ModelName,
        model_options::ModelTask,
        readiness::ModelState,
        registry::ModelRole,
        safe_html::SafeHtml,
        thinking::ThinkingLevel,
    },
    error::{AppError, ErrorKind},
    server::{
        blocking::ParseKind,
        live::{answers::AnswerProgress, rendered_answers::RenderedAnswers},
        models::ollama::wire::Message,
        state::App,
        storage::conversations::{self, NewConversationRow, StoredConversation, StoredMessage},
    },
};

/// Maximum conversations in the list; older ones are not listed.
const MAX_LISTED_CONVERSATIONS: i64 = 100;

/// A question of a reader.
#[derive(Clone, Debug, Default)]
pub struct NewMessage {
    /// What the reader wrote.
    pub message: String,
    /// `None` begins a conversation.
    pub conversation: Option<ConversationId>,
    /// The name of a model as typed. `None`: that of the conversation, else the one for chats.
    pub model: Option<String>,
    /// The article that a new conversation is about.
    pub article: Option<ArticleId>,
    /// How much the model thinks, as typed; empty: as the options say. `None`: as before in the conversation.
    pub thinking: Option<String>,
}

/// Stores a question and starts its answer; does not wait for it. 422 for an empty or too long message, an invalid name or a level of
/// thinking that the model does not know, 404 when
/// conversation or article do not exist, 409 while an answer is being generated.
#[tracing::instrument(name = "chat.send_message", level = "debug", skip_all)]
pub async fn send_message(app: &App, new: NewMessage) -> Result<ConversationId, AppError> {
    let message = validate_message(&new.message).map_err(|why| AppError::invalid(why).field("message"))?;
    let stored = match new.conversation {
        Some(id) => Some(load_stored(app, id).await?),
        None => None,
    };
    let conversation_model = stored.as_ref().map(|stored| stored.line.model.as_str());
    let model = choose_model(app, new.model.as_deref().or(conversation_model)).await?;
    let (article, delimiter_seed) =
        stored.as_ref().map_or_else(|| (new.article, rand::random()), |s| (s.article, s.delimiter_seed));
    let thinking = match &new.thinking {
        Some(typed) => parse_thinking(app, &model, typed)?,
        None => stored.as_ref().and_then(|stored| known_thinking(app, &model, stored.thinking)),
    };
    let context = load_context(app, article, delimiter_seed).await?;
    let options = load_options(app, &model).await?;
    let now = app.clock.now();
    let mut db = app.db.write().await?;
    let id = match stored {
        Some(stored) => {
            refuse_while_writing(app, stored.line.id)?;
            conversations::mark_interrupted(&mut db, stored.line.id).await?;
            stored.line.id
        }
        None => {
            let title = derive_title(&message);
            conversations::insert(
                &mut db,
                &NewConversationRow { title: &title, model: &model, article, delimiter_seed },
                now,
            )
            .await?
        }
    };
    conversations::add_question(&mut db, id, &message, now).await?;
    let history = load_history(&mut db, id).await?;
    let answer = conversations::add_answer(&mut db, id, &model, now).await?;
    conversations::set_last_used(&mut db, id, &model, thinking, now).await?;
    db.commit().await?;
    answers::start_answer(
        app,
        id,
        answer,
        Question { model, messages: history, article_context: context, by_reader: true, options, thinking },
    );
    Ok(id)
}

/// Asks the last question of a conversation again and deletes its answer. 409 while an answer is being generated.
#[tracing::instrument(name = "chat.regenerate", level = "debug", skip_all, fields(%id))]
pub async fn regenerate(app: &App, id: ConversationId) -> Result<(), AppError> {
    let stored = load_stored(app, id).await?;
    let model = choose_model(app, Some(stored.line.model.as_str())).await?;
    let context = load_context(app, stored.article, stored.delimiter_seed).await?;
    let options = load_options(app, &model).await?;
    let thinking = known_thinking(app, &model, stored.thinking);
    let now = app.clock.now();
    let mut db = app.db.write().await?;
    refuse_while_writing(app, id)?;
    conversations::remove_last_answer(&mut db, id).await?;
    let history = load_history(&mut db, id).await?;
    let answer = conversations::add_answer(&mut db, id, &model, now).await?;
    conversations::set_last_used(&mut db, id, &model, stored.thinking, now).await?;
    db.commit().await?;
    answers::start_answer(
        app,
        id,
        answer,
        Question { model, messages: history, article_context: context, by_reader: true, options, thinking },
    );
    Ok(())
}

fn refuse_while_writing(app: &App, id: ConversationId) -> Result<(), AppError> {
    if app.answers.progress(id).is_none() {
        return Ok(());
    }
    Err(AppError::conflict("The answer to the last message is still being generated.").hint("Wait for it, or stop it."))
}

/// The article of a question; loaded before the transaction begins.
async fn load_context(
    app: &App,
    article: Option<ArticleId>,
    delimiter_seed: i64,
) -> Result<Option<ArticleContext>, AppError> {
    let Some(id) = article else { return Ok(None) };
    let article = reading::load_article(app, id).await?;
    Ok(Some(ArticleContext::from_article(&article, delimiter_seed.cast_unsigned())))
}

async fn load_options(app: &App, model: &ModelName) -> Result<ModelOptions, AppError> {
    Ok(models::load_config(app).await?.options_for(model, ModelTask::Chat))
}

/// Reads a level of thinking that was typed for a model. 422 when the model does not know it.
fn parse_thinking(app: &App, model: &ModelName, typed: &str) -> Result<Option<ThinkingLevel>, AppError> {
    ThinkingLevel::parse_for(typed, model, &capabilities_of(app, model))
        .map_err(|why| AppError::invalid(why).field("thinking").hint("Choose another level, or another model."))
}

/// The level of a conversation, unless it was chosen for a model that knows other ones.
fn known_thinking(app: &App, model: &ModelName, saved: Option<ThinkingLevel>) -> Option<ThinkingLevel> {
    saved.filter(|level| ThinkingLevel::of_model(model, &capabilities_of(app, model)).contains(level))
}

/// What a model can do; empty when that is not known.
fn capabilities_of(app: &App, model: &ModelName) -> Vec<String> {
    app.models.snapshot().find(model).map(|installed| installed.capabilities.clone()).unwrap_or_default()
}

/// The messages of a conversation so far, without answers that failed or are empty.
async fn load_history(db: &mut sqlx::SqliteConnection, id: ConversationId) -> Result<Vec<Message>, AppError> {
    let all = conversations::list_messages(db, id).await?;
    let is_usable = |m: &&conversations::StoredMessage| m.state != AnswerState::Failed && !m.text.trim().is_empty();
    let included = all.iter().filter(|m| m.role == MessageRole::User || is_usable(m));
    Ok(included.map(|m| Message::new(m.role.as_str(), &m.text)).collect())
}

/// Stops the answer of a conversation; its text so far is kept. 409 when none is being generated.
#[tracing::instrument(name = "chat.stop", level = "debug", skip_all, fields(%id))]
pub async fn stop(app: &App, id: ConversationId) -> Result<(), AppError> {
    load_stored(app, id).await?;
    if answers::stop_answer(app, id).await {
        return Ok(());
    }
    Err(AppError::conflict("No answer is being generated in this conversation."))
}

/// Renames a conversation. 422 for a title that is empty or too long, 404 when there is no such conversation.
#[tracing::instrument(name = "chat.rename", level = "debug", skip_all, fields(%id))]
pub async fn rename(app: &App, id: ConversationId, title: &str) -> Result<(), AppError> {
    let title = validate_title(title).map_err(|why| AppError::invalid(why).field("title"))?;
    let mut db = app.db.write().await?;
    let existed = conversations::set_title(&mut db, id, &title).await?;
    db.commit().await?;
    if existed { Ok(()) } else { Err(no_such_conversation()) }
}

/// Deletes a conversation; an unfinished answer is stopped. 404 when there is none.
#[tracing::instrument(name = "chat.delete", level = "debug", skip_all, fields(%id))]
pub async fn delete(app: &App, id: ConversationId) -> Result<(), AppError> {
    answers::stop_answer(app, id).await;
    let mut db = app.db.write().await?;
    let existed = conversations::delete(&mut db, id).await?;
    db.commit().await?;
    if existed { Ok(()) } else { Err(no_such_conversation()) }
}

/// The conversations used last.
#[tracing::instrument(name = "chat.list", level = "debug", skip_all)]
pub async fn list(app: &App) -> Result<Vec<ConversationSummary>, AppError> {
    Ok(conversations::list_latest(&app.db.read, MAX_LISTED_CONVERSATIONS).await?)
}

/// A conversation with its messages; of an unfinished answer, the text so far.
#[tracing::instrument(name = "chat.load_conversation", level = "debug", skip_all, fields(%id))]
pub async fn load_conversation(app: &App, id: ConversationId) -> Result<Conversation, AppError> {
    // Read before the rows: an answer that ends in between is then complete in its row.
    let live = app.answers.progress(id);
    let stored = load_stored(app, id).await?;
    let messages = conversations::list_messages(&app.db.read, id).await?;
    let subject = match stored.article {
        Some(id) => Some(load_chat_article(app, id).await?),
        None => None,
    };
    let (progress, rendered) = (live.clone(), app.rendered_answers.clone());
    let mut messages: Vec<ChatMessage> = app
        .parse_pool
        .run(ParseKind::Markdown, move |_| {
            messages.into_iter().map(|message| to_chat_message(message, progress.as_ref(), &rendered)).collect()
        })
        .await?;
    let is_loading = live.is_some_and(|(_, live)| matches!(live.wait, WaitReason::Loading { .. }));
    if let Some(last) = messages.last_mut().filter(|last| is_loading && last.wait_message.is_some()) {
        // How long it has been loading by now, when that is known.
        let readiness = models::model_readiness(app, last.model.as_ref().unwrap_or(&stored.line.model)).await?;
        last.wait_message = readiness.loading_message().or(last.wait_message.take());
    }
    Ok(Conversation {
        is_article_deleted: stored.about_article && subject.is_none(),
        article: subject,
        thinking: stored.thinking,
        summary: stored.line,
        messages,
    })
}

/// The article that a conversation is to be about. 404 when there is none.
#[tracing::instrument(name = "chat.load_chat_article", level = "debug", skip_all, fields(%id))]
pub async fn load_chat_article(app: &App, id: ArticleId) -> Result<ChatArticle, AppError> {
    let article = reading::load_article(app, id).await?;
    Ok(ChatArticle { id, title: article.row.title })
}

type MessageProgress = (MessageId, AnswerProgress);

fn to_chat_message(stored: StoredMessage, live: Option<&MessageProgress>, rendered: &RenderedAnswers) -> ChatMessage {
    let StoredMessage { id, role, mut text, mut state, model, figures, failure, at } = stored;
    let mut wait = None;
    if state == AnswerState::Streaming {
        match live {
            Some((writing, live)) if *writing == id => {
                text.clone_from(&live.text);
                wait = live.wait.message(model.as_ref().map_or("The model", ModelName::as_str));
            }
            // No task receives it: the process that did has ended.
            _ => state = AnswerState::Interrupted,
        }
    }
    let html = match role {
        MessageRole::Assistant if state == AnswerState::Streaming => render_markdown(&text),
        MessageRole::Assistant => rendered.get_or_render(id, &text, render_markdown),
        MessageRole::User => SafeHtml::default(),
    };
    let failure = failure.and_then(|json| serde_json::from_str(&json).ok());
    ChatMessage { id, role, html, text, state, model, stats: figures, failure, wait_message: wait, at }
}

async fn load_stored(app: &App, id: ConversationId) -> Result<StoredConversation, AppError> {
    conversations::find(&app.db.read, id).await?.ok_or_else(no_such_conversation)
}

fn no_such_conversation() -> AppError {
    AppError::not_found("There is no such conversation.").hint("It may have been deleted.")
}

/// The model to ask: the one whose name was typed, else the one for chats. 422 for an invalid name or a model that cannot chat, 404
/// when Ollama does not have it.
#[tracing::instrument(name = "chat.choose_model", level = "debug", skip_all)]
pub async fn choose_model(app: &App, typed: Option<&str>) -> Result<ModelName, AppError> {
    let model = match typed.map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => ModelName::parse(name).map_err(|reason| AppError::invalid(reason.to_string()).field("model"))?,
        None => default_model(app).await?,
    };
    let snapshot = app.models.snapshot();
    if snapshot.is_connected() && snapshot.find(&model).is_none() {
        // It may have been pulled a moment ago.
        models::poll_if_stale(app).await;
    }
    let readiness = models::model_readiness(app, &model).await?;
    match (readiness.state, readiness.reason.as_deref()) {
        (ModelState::Missing, _) => Err(AppError::not_found(format!("Ollama does not have {model}."))
            .field("model")
            .link("Ollama and the models", "/settings/ollama#library")
            .hint("Pull it under Ollama settings, or choose another.")),
        (ModelState::Failed, Some("chat_unsupported")) => {
            Err(AppError::invalid(format!("{model} is an embedding model and cannot chat."))
                .field("model")
                .hint("Choose another."))
        }
        _ => Ok(model),
    }
}

/// The model of a new conversation: the one for chats, else the one that scores.
#[tracing::instrument(name = "chat.default_model", level = "debug", skip_all)]
pub async fn default_model(app: &App) -> Result<ModelName, AppError> {
    match registry::select_variant(app, ModelRole::Chat, None).await {
        Ok(selection) => Ok(selection.served_model_id.into()),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(models::load_config(app).await?.scoring_model),
        Err(error) => Err(error),
    }
}

/// The models that can chat. Never waits for Ollama.
#[tracing::instrument(name = "chat.list_chat_models", level = "debug", skip_all)]
pub async fn list_chat_models(app: &App) -> Result<ChatModels, AppError> {
    let default = default_model(app).await?;
    let (models, problem) = match models::list_installed(app).await {
        Ok(installed) => (installed, None),
        Err(error) => {
            let hint = error.hint.map(|hint| format!(" {hint}")).unwrap_or_default();
            (Vec::new(), Some(format!("{}{hint}", error.message)))
        }
    };
    let models = models.into_iter().filter(InstalledModelRow::can_chat).map(|model| {
        let size = if model.is_cloud { "cloud".to_owned() } else { humanize::format_bytes(model.size) };
        let loaded = if model.is_loaded { " (loaded)" } else { "" };
        ChatModel {
            label: format!("{} — {size}{loaded}", model.name),
            thinking: ThinkingLevel::of_model(&model.name, &model.capabilities).to_vec(),
            name: model.name,
            is_cloud: model.is_cloud,
        }
    });
    Ok(ChatModels { models: models.collect(), default_model: default, unavailable_reason: problem })
}

/// A question outside of any stored conversation, with the article it may be about. 404 when that does not exist. How much the model
/// thinks is up to the options; see [`set_thinking`].
#[tracing::instrument(name = "chat.build_question", level = "debug", skip_all)]
pub async fn build_question(
    app: &App,
    typed_model: Option<&str>,
    messages: Vec<Message>,
    article: Option<ArticleId>,
    by_reader: bool,
) -> Result<Question, AppError> {
    let context = load_context(app, article, rand::random()).await?;
    let model = choose_model(app, typed_model).await?;
    let options = load_options(app, &model).await?;
    Ok(Question { model, messages, article_context: context, by_reader, options, thinking: None })
}

/// Sets how much the model of a question thinks, as typed. 422 when the model does not know the level.
pub fn set_thinking(app: &App, question: &mut Question, typed: &str) -> Result<(), AppError> {
    question.thinking = parse_thinking(app, &question.model, typed)?;
    Ok(())
}
