//! The field `think` of chat requests (ollama-api.md §4.2).

use crate::domain::{
    model_name::ModelName,
    thinking::{ThinkingLevel, has_levels},
};
use serde::Serialize;

/// The value of `think`: most models take a boolean, some a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Think {
    /// Whether to think.
    Enabled(bool),
    /// How much to think.
    Level(ThinkingLevel),
}

impl Think {
    /// The value for `model`. The gpt-oss family ignores `false` and thinks at length; its lowest level is `low`. Other models take
    /// no level.
    pub fn for_model(model: &ModelName, wanted: ThinkingLevel) -> Self {
        match (has_levels(model), wanted) {
            (true, ThinkingLevel::Off) => Self::Level(ThinkingLevel::Low),
            (true, ThinkingLevel::On) => Self::Level(ThinkingLevel::Medium),
            (true, level) => Self::Level(level),
            (false, wanted) => Self::Enabled(wanted != ThinkingLevel::Off),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Think, ThinkingLevel};
    use serde_json::json;

    #[test]
    fn think_values_by_model_family() {
        for (model, wanted, json) in [
            ("qwen3:8b", ThinkingLevel::Off, json!(false)),
            ("qwen3:8b", ThinkingLevel::On, json!(true)),
            ("qwen3:8b", ThinkingLevel::High, json!(true)),
            ("gpt-oss:20b", ThinkingLevel::Off, json!("low")),
            ("gpt-oss:120b-cloud", ThinkingLevel::On, json!("medium")),
            ("gpt-oss:120b-cloud", ThinkingLevel::High, json!("high")),
            ("hf.co/unsloth/GPT-OSS-20b-GGUF:Q4_K_M", ThinkingLevel::Off, json!("low")),
        ] {
            assert_eq!(json!(Think::for_model(&model.into(), wanted)), json, "{model} {wanted:?}");
        }
    }
}
