//! The options that every request to a model carries: warm-up, canary, doctor, load, scoring. A difference between two of them
//! makes Ollama load the model again (ollama-api.md §5.2).

use crate::{
    domain::model::ModelOptions,
    server::models::ollama::wire::{ChatOptions, KeepAlive},
};

/// Fixed, so that the same article with the same settings gets the same answer, as far as the server allows.
const SEED: i64 = 7;

/// The options as they are sent.
pub fn request_options(options: &ModelOptions) -> ChatOptions {
    ChatOptions {
        num_ctx: Some(options.num_ctx),
        num_predict: Some(options.num_predict),
        temperature: Some(options.temperature),
        seed: Some(SEED),
    }
}

/// How long the model stays in memory; the default when the saved value cannot be read.
pub fn request_keep_alive(options: &ModelOptions) -> KeepAlive {
    KeepAlive::parse(&options.keep_alive).unwrap_or_else(|| KeepAlive::Duration(ModelOptions::default().keep_alive))
}
