//! Recommended models, and whether they fit the memory of the machine.

use super::model_name::ModelName;
use super::pull::PullStatus;
use crate::domain::memory_estimate::{KvCacheParams, ModelMemoryEstimate};
use serde::{Deserialize, Serialize};

/// A model that Gleaner recommends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecommendedModel {
    /// Name of the model.
    pub name: &'static str,
    /// Bytes to download.
    pub size: i64,
    /// Why, in one line.
    pub reason: &'static str,
    /// Parameters of its KV cache.
    pub kv_cache: KvCacheParams,
}

const fn kv_cache_params(layers: i64, kv_heads: i64, head: i64, context: i64) -> KvCacheParams {
    KvCacheParams { layers, kv_heads, key_length: head, value_length: head, context_length: Some(context) }
}

/// The models that the settings page recommends, smallest of a family first. Sizes and parameters are from Ollama's library.
pub const RECOMMENDED_MODELS: [RecommendedModel; 5] = [
    RecommendedModel {
        name: "qwen3:1.7b",
        size: 1_359_291_908,
        reason: "The quickest; for small machines and first tries.",
        kv_cache: kv_cache_params(28, 8, 128, 40_960),
    },
    RecommendedModel {
        name: "qwen3:4b",
        size: 2_497_291_520,
        reason: "A good balance of judgment and speed without a GPU.",
        kv_cache: kv_cache_params(36, 8, 128, 40_960),
    },
    RecommendedModel {
        name: "qwen3:8b",
        size: 5_225_388_164,
        reason: "The default: the best judgment of these five.",
        kv_cache: kv_cache_params(36, 8, 128, 40_960),
    },
    RecommendedModel {
        name: "gemma3:4b",
        size: 3_338_801_718,
        reason: "Strong with languages other than English.",
        kv_cache: kv_cache_params(34, 4, 256, 131_072),
    },
    RecommendedModel {
        name: "llama3.2:3b",
        size: 2_019_393_189,
        reason: "Small and steady; a good second model for categories.",
        kv_cache: kv_cache_params(28, 8, 128, 131_072),
    },
];

string_enum! {
    /// Whether a model fits the memory of the machine.
    MemoryFit {
        Fits = "fits",
        Tight = "tight",
        TooLarge = "too_large",
    }
}

impl MemoryFit {
    /// `need` and `machine` in bytes; `None` when the machine is not known. A quarter is left to
    /// the system and other programs.
    pub fn classify(need: i64, machine: Option<i64>) -> Option<Self> {
        let machine = machine?;
        Some(match need {
            _ if need <= machine / 4 * 3 => Self::Fits,
            _ if need <= machine => Self::Tight,
            _ => Self::TooLarge,
        })
    }

    /// The text beside the memory that it needs.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Fits => "fits this machine",
            Self::Tight => "tight on this machine",
            Self::TooLarge => "too large for this machine",
        }
    }
}

/// A recommended model as the library shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LibraryModel {
    /// Name of the model.
    pub name: ModelName,
    /// Bytes to download.
    pub size: i64,
    /// Why it is recommended, in a sentence.
    pub reason: String,
    /// Whether Ollama has it.
    pub is_installed: bool,
    /// Bytes of memory with the context in use.
    pub needed_memory_bytes: i64,
    /// `None`: the memory of Ollama's machine cannot be known.
    pub fit: Option<MemoryFit>,
}

impl LibraryModel {
    /// `recommended` with a context of `num_ctx` tokens on a machine with `machine` bytes of memory.
    pub fn new(recommended: &RecommendedModel, is_installed: bool, num_ctx: i64, machine: Option<i64>) -> Self {
        let RecommendedModel { name, size, reason, kv_cache } = *recommended;
        let name = ModelName::from(name);
        let need = ModelMemoryEstimate::new(&name, size, Some(kv_cache), num_ctx).total_bytes;
        Self {
            name,
            size,
            reason: reason.into(),
            is_installed,
            needed_memory_bytes: need,
            fit: MemoryFit::classify(need, machine),
        }
    }
}

/// What can be pulled, and what is being pulled.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Library {
    /// The recommended models.
    pub models: Vec<LibraryModel>,
    /// All pulls at this moment.
    pub pulls: PullStatus,
    /// Where models may come from.
    pub registries: Vec<String>,
    /// Whether Ollama answers; without it nothing can be pulled.
    pub is_connected: bool,
}

#[cfg(test)]
mod tests {
    use super::{LibraryModel, MemoryFit, RECOMMENDED_MODELS};
    use crate::domain::model_name::ModelName;

    #[test]
    fn a_quarter_of_the_machine_is_left_to_others() {
        for (need, machine, fit) in [
            (7, None, None),
            (12, Some(16), Some(MemoryFit::Fits)),
            (13, Some(16), Some(MemoryFit::Tight)),
            (17, Some(16), Some(MemoryFit::TooLarge)),
        ] {
            assert_eq!(MemoryFit::classify(need, machine), fit, "{need} of {machine:?}");
        }
    }

    #[test]
    fn recommended_models_have_names_and_needs() {
        for recommended in &RECOMMENDED_MODELS {
            let name = ModelName::parse(recommended.name).expect("a name");
            assert_eq!(name.to_string(), recommended.name, "written as Ollama lists it");
            let model = LibraryModel::new(recommended, false, 8_192, Some(8_000_000_000));
            assert!(
                model.needed_memory_bytes > recommended.size
                    && model.needed_memory_bytes < 2 * recommended.size + 1_000_000_000,
                "{model:?}"
            );
        }
    }
}
