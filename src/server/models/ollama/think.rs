//! How a model is told to think, or not to (ollama-api.md §4.2).

use serde::Serialize;

/// The field `think` of a chat. Most models are told whether, some only how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Think {
    Enabled(bool),
    Level(ThinkLevel),
}

/// For models that cannot stop thinking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ThinkLevel {
    /// A little.
    Low,
    /// Some.
    Medium,
}

impl Think {
    /// What tells `model` the wish to think or not. A model of the gpt-oss family takes "no" for nothing and thinks at length;
    /// the least that it can be brought to is "low".
    pub fn for_model(model: &str, wanted: bool) -> Self {
        match (model.to_ascii_lowercase().contains("gpt-oss"), wanted) {
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
            assert_eq!(json!(Think::for_model(model, wanted)), json, "{model} {wanted}");
        }
    }
}
