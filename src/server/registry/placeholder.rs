//! Placeholders of an earlier naming scheme: `model-ollama-gguf`, with or without a quantization, for any model.

use super::naming::VariantNaming;
use crate::domain::{model_name::ModelName, registry::Variant};

const PLACEHOLDER_PREFIX: &str = "model-ollama-gguf";

/// Whether a name is `model-ollama-gguf` or `model-ollama-gguf-…`. A current name that begins so contains `-ollama-gguf` twice
/// (`model-ollama-gguf-x-ollama-gguf`).
pub fn is_placeholder(name: &str) -> bool {
    name.strip_prefix(PLACEHOLDER_PREFIX)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-') && !rest.contains("-ollama-gguf"))
}

/// The reason that `--deprecate-placeholders` stores.
pub const PLACEHOLDER_DEPRECATION_REASON: &str = "placeholder name of an earlier version";

/// Whether Ollama's own name of the variant, such as `model:q4_K_M`, leads to the family `model`.
fn is_named_model(variant: &Variant) -> bool {
    variant.served_model_id.parse::<ModelName>().is_ok_and(|id| VariantNaming::of(&id).family == "model")
}

/// Deprecates a placeholder; `false` when the variant is none or is deprecated already.
pub fn deprecate_placeholder(variant: &mut Variant) -> bool {
    let marks = !variant.deprecated && is_placeholder(&variant.name) && !is_named_model(variant);
    if marks {
        variant.deprecated = true;
        variant.deprecated_reason = Some(PLACEHOLDER_DEPRECATION_REASON.to_owned());
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::is_placeholder;

    #[test]
    fn placeholders_and_current_names() {
        for yes in ["model-ollama-gguf", "model-ollama-gguf-q4_k_m", "model-ollama-gguf-a1b2c3"] {
            assert!(is_placeholder(yes), "{yes}");
        }
        for no in [
            "model-7b-ollama-gguf",
            "my-model-ollama-gguf",
            "model-ollama-ggufs",
            "model-ollama-gguf-x-ollama-gguf",
            "mistral-ollama-gguf",
        ] {
            assert!(!is_placeholder(no), "{no}");
        }
    }
}
