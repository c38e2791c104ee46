//! Entries that an earlier naming left behind: `model-ollama-gguf`, with or without a quantization, for whatever model.

use crate::domain::registry::Variant;

const PLACEHOLDER_PREFIX: &str = "model-ollama-gguf";

/// Whether a name is `model-ollama-gguf` or `model-ollama-gguf-…`. A name of today that merely starts so has the mark of
/// every name once more (`model-ollama-gguf-x-ollama-gguf`).
pub fn is_placeholder(name: &str) -> bool {
    name.strip_prefix(PLACEHOLDER_PREFIX)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-') && !rest.contains("-ollama-gguf"))
}

/// Why `--deprecate-placeholders` marks an entry.
pub const PLACEHOLDER_DEPRECATION_REASON: &str = "placeholder name of an earlier version";

/// Marks a placeholder; `false` when it is none or is marked already.
pub fn deprecate_placeholder(variant: &mut Variant) -> bool {
    let marks = !variant.deprecated && is_placeholder(&variant.name);
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
    fn only_the_old_names() {
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
