//! What a model can probably do, when Ollama does not say: from its name and architecture alone. Nothing is loaded to find out.

use super::observed::Observed;
use crate::domain::registry::{Capability, Origin};

const EMBEDDERS: [&str; 7] = ["embed", "minilm", "bge-", "e5-", "gte-", "paraphrase-", "arctic-embed"];
const EMBEDDING_ARCHITECTURES: [&str; 4] = ["bert", "nomic-bert", "nomic-bert-moe", "gemma-embedding"];
const SEERS: [&str; 7] = ["llava", "vision", "-vl", "vl:", "moondream", "minicpm-v", "qwen2.5vl"];
const SEEING_ARCHITECTURES: [&str; 3] = ["mllama", "clip", "qwen25vl"];

/// The capabilities of a row: those reported, else guesses.
pub fn capabilities(observed: &Observed) -> Vec<Capability> {
    let mut found: Vec<Capability> = match &observed.capabilities {
        Some(reported) => {
            reported.iter().map(|name| Capability { name: name.clone(), origin: Origin::Reported }).collect()
        }
        None => guessed(observed)
            .into_iter()
            .map(|name| Capability { name: name.into(), origin: Origin::Guessed })
            .collect(),
    };
    found.sort();
    found.dedup();
    found
}

fn guessed(observed: &Observed) -> Vec<&'static str> {
    let name = observed.id.key();
    let has = |marks: &[&str]| marks.iter().any(|mark| name.contains(mark));
    let architecture = observed.architecture.as_deref().unwrap_or_default();
    if has(&EMBEDDERS) || EMBEDDING_ARCHITECTURES.contains(&architecture) {
        return vec!["embedding"];
    }
    let mut found = vec!["completion"];
    if has(&SEERS) || SEEING_ARCHITECTURES.contains(&architecture) {
        found.push("vision");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Observed, capabilities};
    use crate::domain::registry::Origin;

    #[test]
    fn guesses_give_way_to_reports() {
        for (name, expected) in [
            ("nomic-embed-text", "embedding"),
            ("all-minilm", "embedding"),
            ("llava:7b", "completion vision"),
            ("llama3.2-vision:11b", "completion vision"),
            ("qwen3:8b", "completion"),
        ] {
            let mut observed = Observed::named(name).expect(name);
            let words = |o: &Observed| capabilities(o).iter().map(|c| c.name.clone()).collect::<Vec<_>>().join(" ");
            assert_eq!(words(&observed), expected, "{name}");
            observed.capabilities = Some(vec!["tools".into(), "completion".into()]);
            assert_eq!(words(&observed), "completion tools");
            assert!(capabilities(&observed).iter().all(|c| c.origin == Origin::Reported));
        }
    }
}
