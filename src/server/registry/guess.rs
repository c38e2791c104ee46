//! Guessed capabilities of a model for which Ollama reports none, from its name and architecture.

use crate::domain::registry::{Capability, CapabilityOrigin};
use crate::server::registry::listed_model::ListedModel;

const EMBEDDING_NAME_PARTS: [&str; 7] = ["embed", "minilm", "bge-", "e5-", "gte-", "paraphrase-", "arctic-embed"];
const EMBEDDING_ARCHITECTURES: [&str; 4] = ["bert", "nomic-bert", "nomic-bert-moe", "gemma-embedding"];
const VISION_NAME_PARTS: [&str; 7] = ["llava", "vision", "-vl", "vl:", "moondream", "minicpm-v", "qwen2.5vl"];
const VISION_ARCHITECTURES: [&str; 3] = ["mllama", "clip", "qwen25vl"];

/// The capabilities of a row: those reported, else guesses.
pub fn derive_capabilities(listed: &ListedModel) -> Vec<Capability> {
    let mut found: Vec<Capability> = match &listed.capabilities {
        Some(reported) => {
            reported.iter().map(|name| Capability { name: name.clone(), origin: CapabilityOrigin::Reported }).collect()
        }
        None => guess_capabilities(listed)
            .into_iter()
            .map(|name| Capability { name: name.into(), origin: CapabilityOrigin::Guessed })
            .collect(),
    };
    found.sort();
    found.dedup();
    found
}

fn guess_capabilities(listed: &ListedModel) -> Vec<&'static str> {
    let name = listed.id.key();
    let has = |marks: &[&str]| marks.iter().any(|mark| name.contains(mark));
    let architecture = listed.architecture.as_deref().unwrap_or_default();
    if has(&EMBEDDING_NAME_PARTS) || EMBEDDING_ARCHITECTURES.contains(&architecture) {
        return vec!["embedding"];
    }
    let mut found = vec!["completion"];
    if has(&VISION_NAME_PARTS) || VISION_ARCHITECTURES.contains(&architecture) {
        found.push("vision");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{ListedModel, derive_capabilities};
    use crate::domain::registry::CapabilityOrigin;

    #[test]
    fn reported_capabilities_replace_guesses() {
        for (name, expected) in [
            ("nomic-embed-text", "embedding"),
            ("all-minilm", "embedding"),
            ("llava:7b", "completion vision"),
            ("llama3.2-vision:11b", "completion vision"),
            ("qwen3:8b", "completion"),
        ] {
            let mut listed = ListedModel::named(name).expect(name);
            let words =
                |o: &ListedModel| derive_capabilities(o).iter().map(|c| c.name.clone()).collect::<Vec<_>>().join(" ");
            assert_eq!(words(&listed), expected, "{name}");
            listed.capabilities = Some(vec!["tools".into(), "completion".into()]);
            assert_eq!(words(&listed), "completion tools");
            assert!(derive_capabilities(&listed).iter().all(|c| c.origin == CapabilityOrigin::Reported));
        }
    }
}
