//! The field `think` of chat requests (ollama-api.md §4.2).

use crate::domain::model_name::ModelName;
use serde::Serialize;

/// The value of `think`: most models take a boolean, some a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Think {
    /// Whether to think.
    Enabled(bool),
    /// How much to think.
    Level(ThinkLevel),
}

/// How much a model thinks, for models that cannot disable it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ThinkLevel {
    /// A little.
    Low,
    /// Some.
    Medium,
}

impl Think {
    /// The value for `model`. The gpt-oss family ignores `false` and thinks at length; its lowest level is `low`.
    pub fn for_model(model: &ModelName, wanted: bool) -> Self {
        match (model.as_str().to_ascii_lowercase().contains("gpt-oss"), wanted) {
            (true, false) => Self::Level(ThinkLevel::Low),
            (true, true) => Self::Level(ThinkLevel::Medium),
            (false, wanted) => Self::Enabled(wanted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Think;
    use serde_json::json;

    #[test]
    fn think_values_by_model_family() {
        for (model, wanted, json) in [
            ("qwen3:8b", false, json!(false)),
            ("qwen3:8b", true, json!(true)),
            ("gpt-oss:20b", false, json!("low")),
            ("gpt-oss:120b-cloud", true, json!("medium")),
            ("hf.co/unsloth/GPT-OSS-20b-GGUF:Q4_K_M", false, json!("low")),
        ] {
            assert_eq!(json!(Think::for_model(&model.into(), wanted)), json, "{model} {wanted}");
        }
    }
}
