//! The canary: a harmless request, which tells a model that is down from an article that crashes it.

use crate::server::services::scoring::model_call::{self, ModelCallError};
use crate::{
    domain::{model::ModelOptions, model_name::ModelName, scoring::ScoringStep},
    server::{
        models::{
            ollama::wire::{ChatOptions, ChatRequest, Message},
            resilience::retry_policy::RetryPolicy,
            server::ModelServer,
        },
        services::models,
        state::App,
    },
};

/// Asks the model of a step for one token; any answer counts.
#[tracing::instrument(name = "scoring.canary.run_canary", level = "debug", skip_all)]
pub async fn run_canary(app: &App, server: &ModelServer, step: ScoringStep) -> Result<(), ModelCallError> {
    // Without a configuration nothing can be asked; the claim that follows meets the same trouble and tells it.
    let Ok(config) = models::load_config(app).await else { return Ok(()) };
    let model = match step {
        ScoringStep::Categorize => &config.categorization_model,
        ScoringStep::Score => &config.scoring_model,
    };
    let target = match server.find_target(model).await {
        Ok(target) => target,
        Err(error) => return model_call::classify_error(server, &error).map(drop),
    };
    let options = config.options_for(&target.model, step.into());
    let request = build_canary_request(app, target.model, &options);
    let turn = model_call::acquire_permit(app, server).await?;
    // Its failures go to the circuit breaker, which sets the pause before the next one.
    let answer = server.chat(&request, RetryPolicy::Quick).await;
    drop(turn);
    match answer {
        Ok(_) => Ok(()),
        Err(error) => model_call::classify_error(server, &error).map(drop),
    }
}

fn build_canary_request(app: &App, model: ModelName, options: &ModelOptions) -> ChatRequest {
    ChatRequest {
        model,
        messages: vec![Message::new("user", "Say yes.")],
        stream: app.config.ollama.stream,
        format: None,
        think: None,
        truncate: None,
        keep_alive: Some(models::request_keep_alive(options)),
        options: ChatOptions { num_predict: Some(1), ..models::request_options(options) },
    }
}
