//! Conversations with a model: asking, watching, stopping, keeping. A question is stored before it is asked, and its answer is
//! written by a task of the server, so that nothing is lost by leaving the page.

mod answers;
mod markdown;
mod prompt;
mod talk;

pub use answers::{Answers, Live, follow};
pub use markdown::render;
pub use prompt::Material;
pub use talk::{Ended, Question, Said, talk};

use super::{models, reading, registry};
use crate::{
    domain::{
        chat::{
            AnswerState, ChatMessage, Conversation, ConversationLine, Role, Subject, Talker, Talkers, Wait, checked,
            title_of,
        },
        ids::{ArticleId, ConversationId},
        model::{InstalledModel, ModelOptions},
        model_name::ModelName,
        phrase,
        readiness::ModelState,
        registry::Role as ModelRole,
    },
    error::{AppError, ErrorKind},
    server::{
        ollama::wire::Message,
        state::App,
        storage::conversations::{self, New, Stored, StoredMessage},
    },
};

/// So many conversations are listed; older ones are found by nobody.
const LISTED: i64 = 100;

/// A question of a reader.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub message: String,
    /// `None` begins a conversation.
    pub conversation: Option<ConversationId>,
    /// `None`: that of the conversation, else the one for chats.
    pub model: Option<String>,
    /// What a new conversation is about.
    pub article: Option<ArticleId>,
}

/// Stores a question and starts its answer; does not wait for it. 422 for an empty or too long message or a name that is none, 404
/// when conversation or article do not exist, 409 while an answer is on its way.
pub async fn ask(app: &App, asked: Asked) -> Result<ConversationId, AppError> {
    let message = checked(&asked.message).map_err(|why| AppError::invalid(format!("message: {why}")))?;
    let stored = match asked.conversation {
        Some(id) => Some(stored(app, id).await?),
        None => None,
    };
    let wanted = asked.model.or_else(|| stored.as_ref().map(|stored| stored.line.model.clone()));
    let model = choose(app, wanted.as_deref()).await?;
    let (article, fence) = stored.as_ref().map_or_else(|| (asked.article, rand::random()), |s| (s.article, s.fence));
    let (material, options) = surroundings(app, article, fence).await?;
    let now = app.clock.now();
    let mut db = app.db.write().await?;
    let id = match stored {
        Some(stored) => {
            refuse_while_writing(app, stored.line.id)?;
            conversations::interrupt(&mut db, stored.line.id).await?;
            stored.line.id
        }
        None => {
            let title = title_of(&message);
            conversations::insert(&mut db, &New { title: &title, model: &model, article, fence }, now).await?
        }
    };
    conversations::add_question(&mut db, id, &message, now).await?;
    let said = said(&mut db, id).await?;
    let answer = conversations::add_answer(&mut db, id, &model, now).await?;
    conversations::touch(&mut db, id, &model, now).await?;
    db.commit().await?;
    answers::begin(app, id, answer, Question { model, said, material, by_reader: true, options });
    Ok(id)
}

/// Asks the last question of a conversation once more; the answer it had goes. 409 while an answer is on its way.
pub async fn ask_again(app: &App, id: ConversationId) -> Result<(), AppError> {
    let stored = stored(app, id).await?;
    let model = choose(app, Some(&stored.line.model)).await?;
    let (material, options) = surroundings(app, stored.article, stored.fence).await?;
    let now = app.clock.now();
    let mut db = app.db.write().await?;
    refuse_while_writing(app, id)?;
    conversations::remove_last_answer(&mut db, id).await?;
    let said = said(&mut db, id).await?;
    let answer = conversations::add_answer(&mut db, id, &model, now).await?;
    conversations::touch(&mut db, id, &model, now).await?;
    db.commit().await?;
    answers::begin(app, id, answer, Question { model, said, material, by_reader: true, options });
    Ok(())
}

fn refuse_while_writing(app: &App, id: ConversationId) -> Result<(), AppError> {
    if app.answers.live(id).is_none() {
        return Ok(());
    }
    Err(AppError::conflict("The answer to the last message is still on its way.").hint("Wait for it, or stop it."))
}

/// What goes along with a question; read before the transaction begins.
async fn surroundings(
    app: &App,
    article: Option<ArticleId>,
    fence: i64,
) -> Result<(Option<Material>, ModelOptions), AppError> {
    let material = match article {
        Some(id) => Some(Material::of(&reading::article(app, id).await?, fence.cast_unsigned())),
        None => None,
    };
    Ok((material, models::config(app).await?.options))
}

/// What was said in a conversation up to now. An answer that failed or never began is no part of it.
async fn said(db: &mut sqlx::SqliteConnection, id: ConversationId) -> Result<Vec<Message>, AppError> {
    let all = conversations::messages(db, id).await?;
    let is_said = |m: &&conversations::StoredMessage| m.state != AnswerState::Failed && !m.text.trim().is_empty();
    let told = all.iter().filter(|m| m.role == Role::User || is_said(m));
    Ok(told.map(|m| Message::new(m.role.as_str(), &m.text)).collect())
}

/// Stops the answer of a conversation; what came of it is kept. 409 when none is on its way.
pub async fn stop(app: &App, id: ConversationId) -> Result<(), AppError> {
    stored(app, id).await?;
    if answers::stop(app, id).await {
        return Ok(());
    }
    Err(AppError::conflict("No answer is on its way in this conversation."))
}

/// Deletes a conversation; an answer on its way is stopped. 404 when there is none.
pub async fn delete(app: &App, id: ConversationId) -> Result<(), AppError> {
    answers::stop(app, id).await;
    let mut db = app.db.write().await?;
    let was_there = conversations::remove(&mut db, id).await?;
    db.commit().await?;
    if was_there { Ok(()) } else { Err(no_such()) }
}

/// The conversations used last.
pub async fn list(app: &App) -> Result<Vec<ConversationLine>, AppError> {
    Ok(conversations::latest(&app.db.read, LISTED).await?)
}

/// A conversation with everything said in it; an answer on its way as far as it has come.
pub async fn conversation(app: &App, id: ConversationId) -> Result<Conversation, AppError> {
    // Looked at before the rows: an answer that ends in between is then found whole.
    let live = app.answers.live(id);
    let stored = stored(app, id).await?;
    let messages = conversations::messages(&app.db.read, id).await?;
    let subject = match stored.article {
        Some(id) => Some(subject(app, id).await?),
        None => None,
    };
    let mut messages: Vec<ChatMessage> = messages.into_iter().map(|message| shown(message, live.as_ref())).collect();
    let is_loading = live.is_some_and(|(_, live)| matches!(live.wait, Wait::Loading { .. }));
    if let Some(last) = messages.last_mut().filter(|last| is_loading && last.wait.is_some()) {
        // How long it has been loading by now, when that is known.
        let readiness = models::readiness(app, last.model.as_deref().unwrap_or(&stored.line.model)).await?;
        last.wait = readiness.loading_sentence().or(last.wait.take());
    }
    Ok(Conversation { subject_gone: stored.about_article && subject.is_none(), subject, line: stored.line, messages })
}

/// The article that a conversation is to be about. 404 when there is none.
pub async fn subject(app: &App, id: ArticleId) -> Result<Subject, AppError> {
    let article = reading::article(app, id).await?;
    Ok(Subject { id, title: article.row.title })
}

type OnItsWay = (crate::domain::ids::MessageId, Live);

fn shown(stored: StoredMessage, live: Option<&OnItsWay>) -> ChatMessage {
    let StoredMessage { id, role, mut text, mut state, model, figures, failure, at } = stored;
    let mut wait = None;
    if state == AnswerState::Writing {
        match live {
            Some((writing, live)) if *writing == id => {
                text.clone_from(&live.text);
                wait = live.wait.sentence(model.as_deref().unwrap_or("The model"));
            }
            // Nobody writes it: the process that did has ended.
            _ => state = AnswerState::Interrupted,
        }
    }
    let html = if role == Role::Assistant { render(&text) } else { String::new() };
    let failure = failure.and_then(|json| serde_json::from_str(&json).ok());
    ChatMessage { id, role, html, text, state, model, figures, failure, wait, at }
}

async fn stored(app: &App, id: ConversationId) -> Result<Stored, AppError> {
    conversations::find(&app.db.read, id).await?.ok_or_else(no_such)
}

fn no_such() -> AppError {
    AppError::not_found("There is no such conversation.").hint("It may have been deleted.")
}

/// The model to ask: the one wanted, else the one for chats. 422 for a name that is none or a model that cannot chat, 404 when
/// Ollama was seen without it.
pub async fn choose(app: &App, wanted: Option<&str>) -> Result<String, AppError> {
    let model = match wanted.map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => {
            let name = ModelName::parse(name).map_err(|reason| AppError::invalid(format!("model: {reason}")))?;
            name.to_string()
        }
        None => default_model(app).await?,
    };
    let is_unseen = {
        // Borrowed once: a second borrow beside the first can wait for the observer, who would wait for the first to end.
        let observed = app.observed.borrow();
        observed.is_connected() && observed.find(&model).is_none()
    };
    if is_unseen {
        // It may have been pulled a moment ago.
        models::check_stale(app).await;
    }
    let readiness = models::readiness(app, &model).await?;
    match (readiness.state, readiness.reason.as_deref()) {
        (ModelState::Missing, _) => Err(AppError::not_found(format!("Ollama does not have {model}."))
            .hint("Pull it under Ollama settings, or choose another.")),
        (ModelState::Failed, Some("chat_unsupported")) => {
            Err(AppError::invalid(format!("model: {model} makes embeddings only and cannot talk."))
                .hint("Choose another."))
        }
        _ => Ok(model),
    }
}

async fn default_model(app: &App) -> Result<String, AppError> {
    match registry::select(app, ModelRole::Chat, None).await {
        Ok(selection) => Ok(selection.served_model_id),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(models::config(app).await?.scoring_model),
        Err(error) => Err(error),
    }
}

/// The models one can talk with. Never waits for Ollama.
pub async fn talkers(app: &App) -> Result<Talkers, AppError> {
    let default = default_model(app).await?;
    let (models, trouble) = match models::installed(app).await {
        Ok(installed) => (installed, None),
        Err(error) => {
            let hint = error.hint.map(|hint| format!(" {hint}")).unwrap_or_default();
            (Vec::new(), Some(format!("{}{hint}", error.message)))
        }
    };
    let models = models.into_iter().filter(InstalledModel::can_chat).map(|model| {
        let size = if model.is_cloud { "cloud".to_owned() } else { phrase::size(model.size) };
        let loaded = if model.is_loaded { ", in memory" } else { "" };
        Talker { label: format!("{} — {size}{loaded}", model.name), name: model.name, is_cloud: model.is_cloud }
    });
    Ok(Talkers { models: models.collect(), default, trouble })
}

/// A question outside of any kept conversation, with the article it may be about. 404 when that does not exist.
pub async fn question(
    app: &App,
    model: Option<&str>,
    said: Vec<Message>,
    article: Option<ArticleId>,
    by_reader: bool,
) -> Result<Question, AppError> {
    let (material, options) = surroundings(app, article, rand::random()).await?;
    let model = choose(app, model).await?;
    Ok(Question { model, said, material, by_reader, options })
}
