//! Asking a model something harmless, to learn whether it is down or only could not bear an article.

use super::ask::{self, Failed};
use crate::{
    domain::{model::ModelConfig, scoring::Step},
    server::{
        ollama::{
            tries::Patience,
            wire::{ChatOptions, ChatRequest, Message},
        },
        services::models,
        state::App,
    },
};

/// Lets the model of a step say one token. An answer that cannot be used is an answer too.
pub async fn sound(app: &App, step: Step) -> Result<(), Failed> {
    // Without a configuration nothing can be asked; the claim that follows meets the same trouble and tells it.
    let Ok(config) = models::config(app).await else { return Ok(()) };
    let turn = ask::turn(app).await?;
    // Its failures are the gate's matter, which paces what comes after them.
    let heard = app.ollama.chat_with(&request(&config, step), Patience::Brisk).await;
    drop(turn);
    match heard {
        Ok(_) => Ok(()),
        Err(error) => ask::judge(app, &error).map(drop),
    }
}

fn request(config: &ModelConfig, step: Step) -> ChatRequest {
    let model = match step {
        Step::Categorize => &config.categorization_model,
        Step::Score => &config.scoring_model,
    };
    ChatRequest {
        model: model.clone(),
        messages: vec![Message::new("user", "Say yes.")],
        stream: true,
        format: None,
        think: None,
        truncate: None,
        keep_alive: Some(models::sent_keep_alive(&config.options)),
        options: ChatOptions { num_predict: Some(1), ..models::sent_options(&config.options) },
    }
}
