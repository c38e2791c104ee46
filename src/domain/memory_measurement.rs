//! What models took of memory when they were loaded, and how that corrects estimates of models of the same family.

use super::{humanize::format_count, model_name::ModelName};
use serde::{Deserialize, Serialize};

/// The newest measurements so many correct an estimate.
const MAX_USED_MEASUREMENTS: usize = 5;
/// The lowest and the highest correction, in thousandths of the estimate: what is outside of them was no measurement of a model.
const CORRECTION_BOUNDS: (i64, i64) = (250, 4_000);

/// Memory for buffers of the computation, in percent of weights and KV cache.
const BUFFER_PERCENT: i64 = 5;

/// Bytes for buffers of the computation beside `bare` bytes of weights and KV cache.
pub const fn buffer_bytes(bare: i64) -> i64 {
    bare / 100 * BUFFER_PERCENT
}

/// What a loaded model took of memory, beside the figures that its estimate is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryMeasurement {
    /// Name of the model.
    pub model: ModelName,
    /// sha256 of its manifest.
    pub digest: String,
    /// Tokens of context it was loaded with.
    pub context_length: i64,
    /// Bytes in memory.
    pub size: i64,
    /// Bytes of them on the GPU.
    pub size_vram: Option<i64>,
    /// Bytes of its files.
    pub weights_bytes: i64,
    /// Bytes of the KV cache by its parameters; `None` while they are not known.
    pub kv_cache_bytes: Option<i64>,
}

impl MemoryMeasurement {
    /// Whether the figures are of a loaded model: servers that cannot measure give the size of the file.
    pub fn is_plausible(&self) -> bool {
        self.size > 0 && self.context_length > 0 && self.size != self.weights_bytes
    }

    /// The measured bytes in thousandths of the estimate.
    fn per_mille(&self) -> i64 {
        let bare = self.weights_bytes.saturating_add(self.kv_cache_bytes.unwrap_or(0));
        let estimate = bare.saturating_add(buffer_bytes(bare));
        let (least, most) = CORRECTION_BOUNDS;
        (self.size.saturating_mul(1_000) / estimate.max(1)).clamp(least, most)
    }
}

/// The family of a model: its name without registry, namespace and tag.
pub fn model_family(model: &ModelName) -> String {
    model.model().to_lowercase()
}

/// The class of a context: the next power of two. Estimates are corrected by measurements of their class only.
pub fn context_class(tokens: i64) -> u64 {
    u64::try_from(tokens).unwrap_or_default().max(1).next_power_of_two()
}

/// What measurements say about the estimate of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryCorrection {
    /// The measured memory in thousandths of the estimate.
    pub per_mille: i64,
    /// How many measurements say so.
    pub measurements: i64,
    /// What was measured: the model, or its family.
    pub measured: String,
}

impl MemoryCorrection {
    /// The corrected estimate of `bytes`.
    pub fn apply(&self, bytes: i64) -> i64 {
        i64::try_from(i128::from(bytes) * i128::from(self.per_mille) / 1_000).unwrap_or(i64::MAX)
    }

    /// For people: `estimate corrected by 2 measurements of qwen3`.
    pub fn describe(&self) -> String {
        let count = format_count(self.measurements, "measurement", "measurements");
        format!("estimate corrected by {count} of {}", self.measured)
    }
}

/// All measurements that are kept, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryMeasurements(pub Vec<MemoryMeasurement>);

impl MemoryMeasurements {
    /// How the estimate of `model` with a context of `tokens` is to be corrected: by measurements of the model itself, else of its
    /// family; of the same class of context, and made with the same figures (`has_cache`: the parameters of the cache are known).
    pub fn correction_for(&self, model: &ModelName, tokens: i64, has_cache: bool) -> Option<MemoryCorrection> {
        let (family, class) = (model_family(model), context_class(tokens));
        let is_comparable = |known: &&MemoryMeasurement| {
            context_class(known.context_length) == class && known.kv_cache_bytes.is_some() == has_cache
        };
        let comparable: Vec<&MemoryMeasurement> = self.0.iter().filter(is_comparable).collect();
        let of_model: Vec<i64> =
            comparable.iter().filter(|known| known.model == *model).map(|known| known.per_mille()).collect();
        if !of_model.is_empty() {
            return median_correction(&of_model, model.to_string());
        }
        let of_family = comparable.iter().filter(|known| model_family(&known.model) == family);
        median_correction(&of_family.map(|known| known.per_mille()).collect::<Vec<_>>(), family)
    }
}

/// The median of the newest measurements; of two in the middle the larger, since too little memory is worse than too much.
fn median_correction(newest_first: &[i64], measured: String) -> Option<MemoryCorrection> {
    let mut used: Vec<i64> = newest_first.iter().copied().take(MAX_USED_MEASUREMENTS).collect();
    used.sort_unstable();
    let per_mille = *used.get(used.len() / 2)?;
    Some(MemoryCorrection { per_mille, measurements: i64::try_from(used.len()).unwrap_or(i64::MAX), measured })
}
