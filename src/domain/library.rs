//! Recommended models, and whether they fit the memory of the machine.

use super::model_name::ModelName;
use super::pull::PullStatus;
use crate::domain::{
    memory_estimate::{KvCacheParams, ModelMemoryEstimate},
    memory_measurement::{MemoryCorrection, MemoryMeasurements},
};
use serde::{Deserialize, Serialize};

/// The most models in a list of recommended ones.
pub const MAX_RECOMMENDED_MODELS: usize = 100;

string_enum! {
    /// The class of a model's output tokens a second without a GPU.
    SpeedClass {
        /// 15 or more.
        Fast = "fast",
        /// 5 to 15.
        Medium = "medium",
        /// Fewer.
        Slow = "slow",
    }
}

impl SpeedClass {
    /// For people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Fast => "fast without a GPU (15 tokens/s or more)",
            Self::Medium => "medium speed without a GPU (5 to 15 tokens/s)",
            Self::Slow => "slow without a GPU (fewer than 5 tokens/s)",
        }
    }
}

/// A model that a list recommends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecommendedModel {
    /// Name of the model.
    pub name: ModelName,
    /// Bytes to download.
    pub size: i64,
    /// Bytes of memory with a context of 8,192 tokens.
    pub memory_bytes: i64,
    /// The longest context in tokens.
    pub context_length: i64,
    /// What it reads, in a few words.
    pub languages: String,
    /// Why, in one line.
    pub good_for: String,
    /// How fast it answers.
    pub speed: SpeedClass,
    /// Parameters of its KV cache; `None`: the memory does not follow the context.
    pub kv_cache: Option<KvCacheParams>,
}

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
    /// What it reads, in a few words.
    pub languages: String,
    /// The longest context in tokens.
    pub context_length: i64,
    /// How fast it answers.
    pub speed: SpeedClass,
    /// Whether Ollama has it.
    pub is_installed: bool,
    /// Bytes of memory with the context in use.
    pub needed_memory_bytes: i64,
    /// What was measured of it or its family; `None`: the memory is not corrected.
    pub correction: Option<MemoryCorrection>,
    /// `None`: the memory of Ollama's machine cannot be known.
    pub fit: Option<MemoryFit>,
}

impl LibraryModel {
    /// `recommended` with a context of `num_ctx` tokens on a machine with `machine` bytes of memory, as far as `measured` corrects it.
    pub fn new(
        recommended: &RecommendedModel,
        is_installed: bool,
        num_ctx: i64,
        machine: Option<i64>,
        measured: &MemoryMeasurements,
    ) -> Self {
        let RecommendedModel { name, size, memory_bytes, context_length, languages, good_for, speed, kv_cache } =
            recommended.clone();
        let (need, correction) = match kv_cache {
            Some(_) => {
                let estimate = ModelMemoryEstimate::new(&name, size, kv_cache, num_ctx, measured);
                (estimate.total_bytes, estimate.correction)
            }
            None => (memory_bytes, None),
        };
        Self {
            name,
            size,
            reason: good_for,
            languages,
            context_length,
            speed,
            is_installed,
            needed_memory_bytes: need,
            correction,
            fit: MemoryFit::classify(need, machine),
        }
    }
}

/// Orders models by what fits the machine: those that fit, the largest first; then the tight ones and those that are too large, the
/// smallest first. Without knowledge of the machine the order of the list stays.
pub fn sort_by_fit(models: &mut [LibraryModel]) {
    models.sort_by_key(|model| match model.fit {
        None => (0, 0),
        Some(MemoryFit::Fits) => (0, -model.needed_memory_bytes),
        Some(MemoryFit::Tight) => (1, model.needed_memory_bytes),
        Some(MemoryFit::TooLarge) => (2, model.needed_memory_bytes),
    });
}

/// What can be pulled, and what is being pulled.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Library {
    /// The recommended models, those first that fit the machine.
    pub models: Vec<LibraryModel>,
    /// The file that recommends them; `None`: the built-in list.
    pub source: Option<String>,
    /// Why a file that recommends models is not used; empty without a problem.
    pub problems: Vec<String>,
    /// All pulls at this moment.
    pub pulls: PullStatus,
    /// Where models may come from.
    pub registries: Vec<String>,
    /// Whether Ollama answers; without it nothing can be pulled.
    pub is_connected: bool,
}

#[cfg(test)]
mod tests {
    use super::{LibraryModel, MemoryFit, RecommendedModel, SpeedClass, sort_by_fit};
    use crate::domain::{
        memory_estimate::KvCacheParams,
        memory_measurement::{MemoryMeasurement, MemoryMeasurements},
    };

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

    fn recommended(name: &str, memory_bytes: i64) -> RecommendedModel {
        RecommendedModel {
            name: name.into(),
            size: 1,
            memory_bytes,
            context_length: 8_192,
            languages: "English".into(),
            good_for: "Tests.".into(),
            speed: SpeedClass::Fast,
            kv_cache: None,
        }
    }

    #[test]
    fn what_fits_the_machine_comes_first() {
        let list = [
            recommended("a", 20),
            recommended("b", 10),
            recommended("c", 12),
            recommended("d", 14),
            recommended("e", 30),
        ];
        for (machine, order) in [(None, "abcde"), (Some(16), "cbdae"), (Some(100), "eadcb"), (Some(1), "bcdae")] {
            let measured = MemoryMeasurements::default();
            let mut models: Vec<LibraryModel> =
                list.iter().map(|one| LibraryModel::new(one, false, 8_192, machine, &measured)).collect();
            sort_by_fit(&mut models);
            let names: String = models.iter().map(|model| model.name.model()).collect();
            assert_eq!(names, order, "{machine:?}");
        }
    }

    #[test]
    fn the_memory_follows_context_and_measurements_where_the_cache_is_known() {
        let shape =
            KvCacheParams { layers: 36, kv_heads: 8, key_length: 128, value_length: 128, context_length: Some(40_960) };
        let known = RecommendedModel { size: 5_000_000_000, kv_cache: Some(shape), ..recommended("qwen3:8b", 7) };
        let measured = MemoryMeasurements(vec![MemoryMeasurement {
            model: "qwen3:4b".into(),
            digest: "1".into(),
            context_length: 8_192,
            size: 4_400_000_000,
            size_vram: None,
            weights_bytes: 2_500_000_000,
            kv_cache_bytes: Some(shape.kv_cache_bytes(8_192)),
        }]);
        let need = |num_ctx| LibraryModel::new(&known, false, num_ctx, None, &measured);
        assert!(need(8_192).correction.is_some() && need(16_384).correction.is_none());
        assert!(need(8_192).needed_memory_bytes > 7_000_000_000, "{:?}", need(8_192));
        let fixed = LibraryModel::new(&recommended("x", 7), false, 32_768, None, &measured);
        assert_eq!((fixed.needed_memory_bytes, fixed.correction), (7, None));
    }
}
