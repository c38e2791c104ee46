//! Bringing the model that is needed first into memory, and having it prove that it answers.

use super::choice;
use crate::server::services::models::{
    poll,
    request_options::{request_keep_alive, request_options},
};
use crate::{
    domain::model::ModelOptions,
    error::AppError,
    server::{
        models::ollama::{
            error::OllamaError,
            wire::{ChatOptions, ChatRequest, Message},
        },
        state::App,
    },
};

/// What a warm-up is for: another model, or the same with other options, is another load.
#[derive(Clone, Debug, PartialEq)]
pub struct WarmUpTarget {
    /// Name of the model.
    pub model: String,
    /// Options of the real requests, with which it is loaded.
    pub options: ModelOptions,
}

/// What should be in memory: the model of the first step. With separate models the second is loaded when it is needed; to
/// bring it in now might only push the first one out.
pub async fn warm_up_target(app: &App) -> Result<WarmUpTarget, AppError> {
    let config = choice::load_config(app).await?;
    Ok(WarmUpTarget { model: config.categorization_model, options: config.options })
}

/// Whether there is something to warm up: the model lies on that machine's disk, can answer, and nobody is asking it already
/// or has had an answer of it.
pub fn needs_warm_up(app: &App, wanted: &WarmUpTarget) -> bool {
    let observed = app.models_snapshot.borrow();
    let Some(tag) = observed.find(&wanted.model).filter(|_| observed.is_connected()) else { return false };
    let seen = app.ollama.tracker().borrow();
    let is_asked = seen
        .get(&wanted.model)
        .is_some_and(|record| record.loading_since().is_some() || (record.in_memory && record.last_answer.is_some()));
    !tag.is_cloud() && tag.can_chat() && !is_asked
}

/// Loads with exactly the options of the real requests, then asks for one token.
///
/// # Errors
/// Why it is not ready; what came of it is on record with the client.
pub async fn warm_up(app: &App, wanted: &WarmUpTarget) -> Result<(), OllamaError> {
    let loaded = app
        .ollama
        .load(&wanted.model, request_options(&wanted.options), request_keep_alive(&wanted.options))
        .await
        .map(drop);
    let proven = match loaded {
        Ok(()) => request_one_token(app, wanted).await,
        Err(error) => Err(error),
    };
    poll::poll_now(app).await;
    proven
}

async fn request_one_token(app: &App, wanted: &WarmUpTarget) -> Result<(), OllamaError> {
    match app.ollama.chat(&one_token_request(app, wanted, Some(wanted.options.think))).await {
        Err(OllamaError::ThinkUnsupported) => app.ollama.chat(&one_token_request(app, wanted, None)).await.map(drop),
        answered => answered.map(drop),
    }
}

fn one_token_request(app: &App, wanted: &WarmUpTarget, think: Option<bool>) -> ChatRequest {
    ChatRequest {
        model: wanted.model.clone(),
        messages: vec![Message::new("user", "Say yes.")],
        stream: app.config.ollama.stream,
        format: None,
        think,
        truncate: Some(false),
        keep_alive: Some(request_keep_alive(&wanted.options)),
        // One token is proof enough, and costs a fraction of a second.
        options: ChatOptions { num_predict: Some(1), ..request_options(&wanted.options) },
    }
}
