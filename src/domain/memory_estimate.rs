//! How much memory models need: weights and the cache of their context (ollama-api.md §5.3). An estimate for a warning.

use super::model_name::ModelName;
use serde::{Deserialize, Serialize};

/// Bytes of a number in the cache: Ollama keeps it in half precision unless it is told otherwise.
const BYTES_PER_CACHE_ELEMENT: i64 = 2;
/// Beside weights and cache: buffers of the computation.
const OVERHEAD_PERCENT: i64 = 5;

/// What the size of the context cache follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KvCacheParams {
    /// Number of layers with a cache.
    pub layers: i64,
    /// Heads that keys and values are kept for.
    pub kv_heads: i64,
    /// Numbers of a key and of a value, each of one head.
    pub key_length: i64,
    /// Length of a value of one head.
    pub value_length: i64,
    /// The longest context that the model was made for.
    pub context_length: Option<i64>,
}

impl KvCacheParams {
    /// Bytes of the cache for a context of `num_ctx` tokens, which the server cuts to what the model was made for.
    pub fn kv_cache_bytes(&self, num_ctx: i64) -> i64 {
        let tokens = self.context_length.filter(|most| *most > 0).map_or(num_ctx, |most| num_ctx.min(most));
        let per_token = self
            .layers
            .saturating_mul(self.kv_heads)
            .saturating_mul(self.key_length.saturating_add(self.value_length))
            .saturating_mul(BYTES_PER_CACHE_ELEMENT);
        per_token.saturating_mul(tokens).max(0)
    }
}

/// What one model needs, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelMemoryEstimate {
    /// Name of the model.
    pub model: ModelName,
    /// Bytes of the weights.
    pub weights_bytes: i64,
    /// `None` while the model's shape is not known.
    pub kv_cache_bytes: Option<i64>,
    /// Weights, cache as far as it is known, and some for the computation.
    pub total_bytes: i64,
}

impl ModelMemoryEstimate {
    /// The need of a model of `weights` bytes with a context of `num_ctx` tokens.
    pub fn new(model: &ModelName, weights: i64, shape: Option<KvCacheParams>, num_ctx: i64) -> Self {
        let cache = shape.map(|shape| shape.kv_cache_bytes(num_ctx));
        let bare = weights.saturating_add(cache.unwrap_or(0));
        Self {
            model: model.clone(),
            weights_bytes: weights,
            kv_cache_bytes: cache,
            total_bytes: bare.saturating_add(bare / 100 * OVERHEAD_PERCENT),
        }
    }
}

/// What is known of a model's need before a context is chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelMemoryProfile {
    /// Name of the model.
    pub model: ModelName,
    /// Bytes of its files.
    pub weights_bytes: i64,
    /// `None` while it is not known.
    pub kv_cache: Option<KvCacheParams>,
    /// Runs elsewhere and needs nothing here.
    pub is_cloud: bool,
}

/// What the models of this installation need, and what there is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryProfiles {
    /// Of every model that can be chosen.
    pub models: Vec<ModelMemoryProfile>,
    /// Of this machine, when Ollama runs on it; `None`: it cannot be known.
    pub machine_memory_bytes: Option<i64>,
}

impl MemoryProfiles {
    /// What `models` need together with a context of `num_ctx` tokens each. Those not installed are left out.
    pub fn estimate(&self, models: &[&ModelName], num_ctx: i64) -> MemoryEstimate {
        let mut needs: Vec<ModelMemoryEstimate> = Vec::new();
        for model in models {
            let found = self.models.iter().find(|known| !known.is_cloud && known.model == **model);
            let Some(found) = found.filter(|found| needs.iter().all(|need| need.model != found.model)) else {
                continue;
            };
            needs.push(ModelMemoryEstimate::new(&found.model, found.weights_bytes, found.kv_cache, num_ctx));
        }
        MemoryEstimate::new(needs, self.machine_memory_bytes)
    }
}

/// What the models in use need together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryEstimate {
    /// Each model once, though it may serve two tasks. Cloud models need nothing here.
    pub models: Vec<ModelMemoryEstimate>,
    /// Bytes of all models together.
    pub total_bytes: i64,
    /// Of this machine, when Ollama runs on it; `None`: it cannot be known.
    pub machine_memory_bytes: Option<i64>,
}

impl MemoryEstimate {
    /// Adds up.
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
    use super::{KvCacheParams, MemoryEstimate, MemoryProfiles, ModelMemoryEstimate, ModelMemoryProfile, ModelName};

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
        let one = ModelMemoryEstimate::new(&"qwen3:8b".into(), 5_000_000_000, Some(QWEN3_8B), 8_192);
        assert_eq!((one.kv_cache_bytes, one.total_bytes), (Some(1_207_959_552), 6_518_357_527));
        let other = ModelMemoryEstimate::new(&"unknown".into(), 1_000, None, 8_192);
        assert_eq!((other.kv_cache_bytes, other.total_bytes), (None, 1_050));
        let outlook = MemoryEstimate::new(vec![one, other], Some(6_518_358_577));
        assert_eq!((outlook.total_bytes, outlook.fits()), (6_518_358_577, Some(true)));
        assert_eq!(MemoryEstimate { machine_memory_bytes: Some(1), ..outlook.clone() }.fits(), Some(false));
        assert_eq!(MemoryEstimate { machine_memory_bytes: None, ..outlook }.fits(), None);
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
            machine_memory_bytes: None,
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
