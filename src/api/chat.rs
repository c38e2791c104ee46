//! Conversations with a model.

use crate::{
    domain::chat::{Conversation, ConversationLine, Subject, Talkers},
    error::AppError,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What `/chat` shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Chats {
    pub talkers: Talkers,
    /// What a new conversation is to be about.
    pub subject: Option<Subject>,
    pub conversations: Vec<ConversationLine>,
}

/// What `/chat/{id}` shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OpenChat {
    pub talkers: Talkers,
    pub conversation: Conversation,
}

/// The conversations, and what a new one needs. `article`: its id as it stands in the address, or nothing.
#[server(prefix = "/fn", endpoint = "chat/list")]
pub async fn load_chats(#[server(default)] article: String) -> Result<Chats, AppError> {
    use crate::{
        domain::ids::ArticleId,
        server::{http::reply, services::chat, state::App},
    };
    let app = expect_context::<App>();
    let subject = match article.as_str() {
        "" => None,
        id => {
            let id: ArticleId =
                id.parse().map_err(|_| reply::failed(AppError::not_found("There is no such article.")))?;
            Some(chat::subject(&app, id).await.map_err(reply::failed)?)
        }
    };
    Ok(Chats {
        talkers: chat::talkers(&app).await.map_err(reply::failed)?,
        subject,
        conversations: chat::list(&app).await.map_err(reply::failed)?,
    })
}

/// One conversation; an answer on its way as far as it has come.
#[server(prefix = "/fn", endpoint = "chat/open")]
pub async fn load_chat(id: String) -> Result<OpenChat, AppError> {
    use crate::server::{http::reply, services::chat, state::App};
    let app = expect_context::<App>();
    let id = id.parse().map_err(|_| reply::failed(AppError::not_found("There is no such conversation.")))?;
    Ok(OpenChat {
        conversation: chat::conversation(&app, id).await.map_err(reply::failed)?,
        talkers: chat::talkers(&app).await.map_err(reply::failed)?,
    })
}

/// Stores a question and starts its answer; leads to the conversation, which shows it as it comes.
#[server(name = AskModel, prefix = "/fn", endpoint = "chat/ask")]
pub async fn ask_model(
    message: String,
    #[server(default)] model: Option<String>,
    #[server(default)] conversation: Option<i64>,
    #[server(default)] article: Option<i64>,
) -> Result<(), AppError> {
    use crate::server::{
        http::reply,
        services::chat::{self, Asked},
        state::App,
    };
    let asked = Asked {
        message: message.clone(),
        conversation: conversation.map(Into::into),
        model: model.clone(),
        article: article.map(Into::into),
    };
    let id = chat::ask(&expect_context::<App>(), asked).await.map_err(|error| {
        let page = match (conversation, article) {
            (Some(id), _) => format!("/chat/{id}#ask"),
            (None, Some(id)) => format!("/chat?article={id}#ask"),
            (None, None) => "/chat#ask".to_owned(),
        };
        // A longer message does not fit into an address; the browser's own Back still has it.
        let typed = if message.len() <= 2_000 { message.as_str() } else { "" };
        reply::refused::<AskModel>(&page, &[("message", typed), ("model", model.as_deref().unwrap_or_default())], error)
    })?;
    reply::go(&format!("/chat/{id}#end"), &[]);
    Ok(())
}

/// Stops the answer on its way; what came of it is kept.
#[server(name = StopAnswer, prefix = "/fn", endpoint = "chat/stop")]
pub async fn stop_answer(conversation: i64) -> Result<(), AppError> {
    use crate::{
        error::ErrorKind,
        server::{http::reply, services::chat, state::App},
    };
    match chat::stop(&expect_context::<App>(), conversation.into()).await {
        // It came to its end a moment before.
        Err(error) if error.kind != ErrorKind::Conflict => return Err(reply::failed(error)),
        _ => reply::go(&format!("/chat/{conversation}#end"), &[]),
    }
    Ok(())
}

/// Asks the last question once more.
#[server(name = AskAgain, prefix = "/fn", endpoint = "chat/again")]
pub async fn ask_again(conversation: i64) -> Result<(), AppError> {
    use crate::server::{http::reply, services::chat, state::App};
    chat::ask_again(&expect_context::<App>(), conversation.into()).await.map_err(reply::failed)?;
    reply::go(&format!("/chat/{conversation}#end"), &[]);
    Ok(())
}

/// Deletes a conversation with everything said in it.
#[server(name = DeleteChat, prefix = "/fn", endpoint = "chat/delete")]
pub async fn delete_chat(conversation: i64) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        error::ErrorKind,
        server::{http::reply, services::chat, state::App},
    };
    match chat::delete(&expect_context::<App>(), conversation.into()).await {
        // The button was pressed twice: it is gone, as was wished.
        Err(error) if error.kind != ErrorKind::NotFound => return Err(reply::failed(error)),
        _ => reply::done("/chat", Notice::ChatDeleted),
    }
    Ok(())
}
