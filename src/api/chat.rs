//! Conversations with a model.

use crate::{
    domain::{
        chat::{ChatArticle, ChatModels, Conversation, ConversationSummary},
        model_options::InheritedOptions,
    },
    error::AppError,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What `/chat` shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChatOverview {
    /// The models that can chat.
    pub models: ChatModels,
    /// The article of a new conversation.
    pub article: Option<ChatArticle>,
    /// All conversations, newest first.
    pub conversations: Vec<ConversationSummary>,
}

/// What `/chat/{id}` shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConversationOverview {
    /// The models that can chat.
    pub models: ChatModels,
    /// The conversation shown.
    pub conversation: Conversation,
    /// What its model is asked with.
    pub options: InheritedOptions,
}

/// The conversations, and what a new one needs. `article`: its id as it stands in the address, or nothing.
#[server(prefix = "/fn", endpoint = "chat/list")]
pub async fn load_conversations(#[server(default)] article: String) -> Result<ChatOverview, AppError> {
    use crate::{
        domain::ids::ArticleId,
        server::{services::chat, state::App},
    };
    let app = expect_context::<App>();
    let article = match article.as_str() {
        "" => None,
        id => {
            let id: ArticleId = id.parse().map_err(|_| AppError::not_found("There is no such article."))?;
            Some(chat::load_chat_article(&app, id).await?)
        }
    };
    Ok(ChatOverview { models: chat::list_chat_models(&app).await?, article, conversations: chat::list(&app).await? })
}

/// One conversation; an unfinished answer with its text so far.
#[server(prefix = "/fn", endpoint = "chat/open")]
pub async fn load_conversation(id: String) -> Result<ConversationOverview, AppError> {
    use crate::{
        domain::model_options::ModelTask,
        server::{
            services::{chat, models},
            state::App,
        },
    };
    let app = expect_context::<App>();
    let id = id.parse().map_err(|_| AppError::not_found("There is no such conversation."))?;
    let conversation = chat::load_conversation(&app, id).await?;
    Ok(ConversationOverview {
        options: models::load_config(&app).await?.inherited_options(&conversation.summary.model, ModelTask::Chat),
        conversation,
        models: chat::list_chat_models(&app).await?,
    })
}

/// Stores a question and starts its answer; redirects to the conversation, which shows the answer while it is written.
#[server(name = SendMessage, prefix = "/fn", endpoint = "chat/ask")]
pub async fn send_message(
    message: String,
    #[server(default)] model: Option<String>,
    #[server(default)] conversation: Option<i64>,
    #[server(default)] article: Option<i64>,
    #[server(default)] thinking: Option<String>,
) -> Result<(), AppError> {
    use crate::server::{
        http::form_response,
        services::chat::{self, NewMessage},
        state::App,
    };
    form_response::errors_shown_at(&match (conversation, article) {
        (Some(id), _) => format!("/chat/{id}"),
        (None, Some(id)) => format!("/chat?article={id}"),
        (None, None) => "/chat".to_owned(),
    });
    let (conversation, article) = (conversation.map(Into::into), article.map(Into::into));
    let new_message = NewMessage { message, conversation, model, article, thinking };
    let id = chat::send_message(&expect_context::<App>(), new_message).await?;
    form_response::redirect_to(&format!("/chat/{id}#end"), &[]);
    Ok(())
}

/// Stops the answer that is being written; its text so far is stored.
#[server(name = StopAnswer, prefix = "/fn", endpoint = "chat/stop")]
pub async fn stop_answer(conversation: i64) -> Result<(), AppError> {
    use crate::{
        error::ErrorKind,
        server::{http::form_response, services::chat, state::App},
    };
    match chat::stop(&expect_context::<App>(), conversation.into()).await {
        // The answer ended before the request arrived.
        Err(error) if error.kind != ErrorKind::Conflict => return Err(error),
        _ => form_response::redirect_to(&format!("/chat/{conversation}#end"), &[]),
    }
    Ok(())
}

/// Sends the last question again.
#[server(name = RegenerateAnswer, prefix = "/fn", endpoint = "chat/again")]
pub async fn regenerate_answer(conversation: i64) -> Result<(), AppError> {
    use crate::server::{http::form_response, services::chat, state::App};
    chat::regenerate(&expect_context::<App>(), conversation.into()).await?;
    form_response::redirect_to(&format!("/chat/{conversation}#end"), &[]);
    Ok(())
}

/// Renames a conversation.
#[server(name = RenameConversation, prefix = "/fn", endpoint = "chat/rename")]
pub async fn rename_conversation(conversation: i64, title: String) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::chat, state::App},
    };
    let page = format!("/chat/{conversation}");
    form_response::errors_shown_at(&page);
    chat::rename(&expect_context::<App>(), conversation.into(), &title).await?;
    form_response::redirect_with_notice(&page, Notice::ChatRenamed);
    Ok(())
}

/// Deletes a conversation with its messages.
#[server(name = DeleteConversation, prefix = "/fn", endpoint = "chat/delete")]
pub async fn delete_conversation(conversation: i64) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        error::ErrorKind,
        server::{http::form_response, services::chat, state::App},
    };
    match chat::delete(&expect_context::<App>(), conversation.into()).await {
        // Already deleted: the button was pressed twice.
        Err(error) if error.kind != ErrorKind::NotFound => return Err(error),
        _ => form_response::redirect_with_notice("/chat", Notice::ChatDeleted),
    }
    Ok(())
}
