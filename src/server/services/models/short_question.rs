//! One short question to a model of the Ollama of the settings, outside of scoring and chat.

use super::request_options::{request_keep_alive, request_options};
use crate::{
    domain::{model::ModelOptions, model_name::ModelName},
    server::{
        models::{
            ollama::{
                client::ChatAnswer,
                error::OllamaError,
                wire::{ChatRequest, Message},
            },
            resilience::retry_policy::RetryPolicy,
        },
        state::App,
    },
};

/// Asks with exactly `options`; once more without `think` for a model that cannot think.
#[tracing::instrument(name = "models.short_question.ask", level = "debug", skip_all, fields(%model))]
pub async fn ask(
    app: &App,
    model: &ModelName,
    options: &ModelOptions,
    question: &str,
    policy: RetryPolicy,
) -> Result<ChatAnswer, OllamaError> {
    let request = |think| ChatRequest {
        model: model.clone(),
        messages: vec![Message::new("user", question)],
        stream: app.config.ollama.stream,
        format: None,
        think,
        truncate: Some(false),
        keep_alive: Some(request_keep_alive(options)),
        options: request_options(options),
    };
    match app.ollama.chat_with_policy(&request(Some(options.think.into())), policy).await {
        Err(OllamaError::ThinkUnsupported) => app.ollama.chat_with_policy(&request(None), policy).await,
        answered => answered,
    }
}
