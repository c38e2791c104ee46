//! Options of requests as they are sent. Which they are is decided by
//! [`ModelConfig::options_for`](crate::domain::model::ModelConfig::options_for) alone, for scoring, warm-up, load, canary, chat, test
//! and doctor: a difference of contexts makes Ollama load the model again (ollama-api.md §5.2).

use crate::{
    domain::model::ModelOptions,
    server::models::ollama::wire::{ChatOptions, KeepAlive},
};

/// The options as they are sent.
pub fn request_options(options: &ModelOptions) -> ChatOptions {
    ChatOptions {
        num_ctx: Some(options.num_ctx),
        num_predict: Some(options.num_predict),
        temperature: options.temperature,
        top_p: options.top_p,
        seed: options.seed,
    }
}

/// How long the model stays in memory; the default when the saved value cannot be read.
pub fn request_keep_alive(options: &ModelOptions) -> KeepAlive {
    KeepAlive::parse(&options.keep_alive).unwrap_or_else(|| KeepAlive::Duration(ModelOptions::default().keep_alive))
}
