//! Estimates of the memory that models need: weights and KV cache (ollama-api.md §5.3).

use super::{
    memory_measurement::{MemoryCorrection, MemoryMeasurements, buffer_bytes},
    model_name::ModelName,
};
use serde::{Deserialize, Serialize};

/// Bytes of a number in the KV cache: half precision, Ollama's default.
const BYTES_PER_CACHE_ELEMENT: i64 = 2;

/// The parameters that determine the size of the KV cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KvCacheParams {
    /// Number of layers with a KV cache.
    pub layers: i64,
    /// Number of heads with keys and values.
    pub kv_heads: i64,
    /// Length of a key of one head.
    pub key_length: i64,
    /// Length of a value of one head.
    pub value_length: i64,
    /// Longest context that the model supports, in tokens.
    pub context_length: Option<i64>,
}

impl KvCacheParams {
    /// Bytes of the cache for a context of `num_ctx` tokens, which the server limits to `context_length`.
    pub fn kv_cache_bytes(&self, num_ctx: i64) -> i64 {
        let tokens = self.context_length.filter(|max| *max > 0).map_or(num_ctx, |max| num_ctx.min(max));
        let per_token = self
            .layers
            .saturating_mul(self.kv_heads)
            .saturating_mul(self.key_length.saturating_add(self.value_length))
            .saturating_mul(BYTES_PER_CACHE_ELEMENT);
        per_token.saturating_mul(tokens).max(0)
    }
}

/// The memory that one model needs, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelMemoryEstimate {
    /// Name of the model.
    pub model: ModelName,
    /// Bytes of the weights.
    pub weights_bytes: i64,
    /// Bytes of the KV cache; `None` while its parameters are not known.
    pub kv_cache_bytes: Option<i64>,
    /// Bytes for buffers of the computation.
    pub buffer_bytes: i64,
    /// Bytes of weights, KV cache as far as it is known, and buffers, corrected by what was measured.
    pub total_bytes: i64,
    /// What was measured of this model or its family; `None`: nothing with such a context.
    pub correction: Option<MemoryCorrection>,
}

impl ModelMemoryEstimate {
    /// The estimate for a model of `weights` bytes with a context of `num_ctx` tokens, corrected by `measured`.
    pub fn new(
        model: &ModelName,
        weights: i64,
        shape: Option<KvCacheParams>,
        num_ctx: i64,
        measured: &MemoryMeasurements,
    ) -> Self {
        let cache = shape.map(|shape| shape.kv_cache_bytes(num_ctx));
        let tokens =
            shape.and_then(|shape| shape.context_length).filter(|max| *max > 0).map_or(num_ctx, |max| num_ctx.min(max));
        let uncorrected = Self::of_parts(model, weights, cache);
        let correction = measured.correction_for(model, tokens, cache.is_some());
        let total = correction.as_ref().map_or(uncorrected.total_bytes, |known| known.apply(uncorrected.total_bytes));
        Self { total_bytes: total, correction, ..uncorrected }
    }

    /// The estimate for `weights` and `cache` bytes, without any correction.
    pub fn of_parts(model: &ModelName, weights: i64, cache: Option<i64>) -> Self {
        let bare = weights.saturating_add(cache.unwrap_or(0));
        let buffers = buffer_bytes(bare);
        Self {
            model: model.clone(),
            weights_bytes: weights,
            kv_cache_bytes: cache,
            buffer_bytes: buffers,
            total_bytes: bare.saturating_add(buffers),
            correction: None,
        }
    }

    /// The sum of the parts, as the files of the model say it.
    pub fn uncorrected_bytes(&self) -> i64 {
        let cache = self.kv_cache_bytes.unwrap_or(0);
        self.weights_bytes.saturating_add(cache).saturating_add(self.buffer_bytes)
    }
}

/// What determines the memory of a model beside the context that is chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelMemoryProfile {
    /// Name of the model.
    pub model: ModelName,
    /// Bytes of its files.
    pub weights_bytes: i64,
    /// Parameters of the KV cache; `None` while they are not known.
    pub kv_cache: Option<KvCacheParams>,
    /// Whether it runs in Ollama's cloud and needs no memory here.
    pub is_cloud: bool,
}

/// The memory profiles of the installed models, and the memory of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryProfiles {
    /// Profiles of all models that can be chosen.
    pub models: Vec<ModelMemoryProfile>,
    /// Memory of this machine, when Ollama runs on it; `None`: unknown.
    pub machine_memory_bytes: Option<i64>,
    /// What models took when they were loaded.
    pub measurements: MemoryMeasurements,
}

impl MemoryProfiles {
    /// The memory that `models` need together with a context of `num_ctx` tokens each, without those not installed.
    pub fn estimate(&self, models: &[&ModelName], num_ctx: i64) -> MemoryEstimate {
        let mut needs: Vec<ModelMemoryEstimate> = Vec::new();
        for model in models {
            let found = self.models.iter().find(|known| !known.is_cloud && known.model == **model);
            let Some(found) = found.filter(|found| needs.iter().all(|need| need.model != found.model)) else {
                continue;
            };
            needs.push(ModelMemoryEstimate::new(
                &found.model,
                found.weights_bytes,
                found.kv_cache,
                num_ctx,
                &self.measurements,
            ));
        }
        MemoryEstimate::new(needs, self.machine_memory_bytes)
    }
}

/// The memory that the models in use need together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryEstimate {
    /// Each model once, though it may serve two tasks; without cloud models.
    pub models: Vec<ModelMemoryEstimate>,
    /// Bytes of all models together.
    pub total_bytes: i64,
    /// Memory of this machine, when Ollama runs on it; `None`: it cannot be known.
    pub machine_memory_bytes: Option<i64>,
}

impl MemoryEstimate {
    /// The sum of `needs` on a machine with `machine` bytes.
    pub fn new(needs: Vec<ModelMemoryEstimate>, machine: Option<i64>) -> Self {
        let sum = needs.iter().fold(0_i64, |sum, need| sum.saturating_add(need.total_bytes));
        Self { models: needs, total_bytes: sum, machine_memory_bytes: machine }
    }

    /// Whether it fits; `None` when that cannot be known.
    pub fn fits(&self) -> Option<bool> {
        self.machine_memory_bytes.map(|machine| self.total_bytes <= machine)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        KvCacheParams, MemoryEstimate, MemoryMeasurements, MemoryProfiles, ModelMemoryEstimate, ModelMemoryProfile,
        ModelName,
    };

    const QWEN3_8B: KvCacheParams =
        KvCacheParams { layers: 36, kv_heads: 8, key_length: 128, value_length: 128, context_length: Some(40_960) };

    #[test]
    fn the_cache_grows_with_the_context_up_to_what_the_model_was_made_for() {
        for (num_ctx, bytes) in [(1, 147_456), (8_192, 1_207_959_552), (1_000_000, 40_960 * 147_456)] {
            assert_eq!(QWEN3_8B.kv_cache_bytes(num_ctx), bytes);
        }
        assert_eq!(
            KvCacheParams { context_length: None, ..QWEN3_8B }.kv_cache_bytes(i64::MAX),
            i64::MAX,
            "no overflow"
        );
    }

    #[test]
    fn needs_add_up() {
        let none = MemoryMeasurements::default();
        let one = ModelMemoryEstimate::new(&"qwen3:8b".into(), 5_000_000_000, Some(QWEN3_8B), 8_192, &none);
        assert_eq!((one.kv_cache_bytes, one.total_bytes), (Some(1_207_959_552), 6_518_357_527));
        let other = ModelMemoryEstimate::new(&"unknown".into(), 1_000, None, 8_192, &none);
        assert_eq!((other.kv_cache_bytes, other.total_bytes), (None, 1_050));
        let estimate = MemoryEstimate::new(vec![one, other], Some(6_518_358_577));
        assert_eq!((estimate.total_bytes, estimate.fits()), (6_518_358_577, Some(true)));
        assert_eq!(MemoryEstimate { machine_memory_bytes: Some(1), ..estimate.clone() }.fits(), Some(false));
        assert_eq!(MemoryEstimate { machine_memory_bytes: None, ..estimate }.fits(), None);
    }
    #[test]
    fn each_model_is_counted_once_and_only_where_it_runs() {
        let footprint = |model: &str, is_cloud| ModelMemoryProfile {
            model: model.into(),
            weights_bytes: 1_000,
            kv_cache: None,
            is_cloud,
        };
        let footprints = MemoryProfiles {
            models: vec![footprint("a:latest", false), footprint("b:latest", false), footprint("c:cloud", true)],
            ..MemoryProfiles::default()
        };
        for (models, sum) in
            [(&["a", "b"][..], 2_100), (&["a", "A:latest"], 1_050), (&["a", "c:cloud"], 1_050), (&["gone"], 0)]
        {
            let names: Vec<ModelName> = models.iter().map(|name| ModelName::from(*name)).collect();
            let names: Vec<&ModelName> = names.iter().collect();
            assert_eq!(footprints.estimate(&names, 8_192).total_bytes, sum, "{models:?}");
        }
    }
}
