//! Answers of models, as they are kept for provenance.

use crate::domain::{article::ModelRun, model_name::ModelName, scoring::ScoringStep, time::Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// Where an answer of a model came from.
#[derive(Serialize, ToSchema)]
pub struct ModelRunJson {
    /// `categorize` or `score`.
    #[schema(value_type = String, example = "score")]
    step: ScoringStep,
    #[schema(value_type = String)]
    model: ModelName,
    /// The model server that answered; null: the Ollama of the settings.
    server: Option<String>,
    /// sha256 of the model's manifest, when it is known.
    model_digest: Option<String>,
    /// Hash of the exact prompt text.
    prompt_version: String,
    /// As sent.
    #[schema(value_type = Object)]
    options: serde_json::Value,
    prompt_tokens: Option<i64>,
    output_tokens: Option<i64>,
    duration_ms: i64,
    /// Characters of the article that did not fit into the model's context.
    cut_chars: i64,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl From<ModelRun> for ModelRunJson {
    fn from(run: ModelRun) -> Self {
        Self {
            step: run.step,
            model: run.model,
            server: run.server,
            model_digest: run.model_digest,
            prompt_version: run.prompt_version,
            options: serde_json::from_str(&run.options).unwrap_or_default(),
            prompt_tokens: run.prompt_tokens,
            output_tokens: run.output_tokens,
            duration_ms: run.duration_ms,
            cut_chars: run.cut_chars,
            at: run.at,
        }
    }
}
