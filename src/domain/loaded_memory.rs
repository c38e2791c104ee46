//! What a model takes in memory, beside its estimate, and where it is.

use super::{humanize::format_bytes, memory_estimate::ModelMemoryEstimate};
use serde::{Deserialize, Serialize};

/// A model in memory: what it takes there, and what was estimated from its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadedMemory {
    /// Bytes in memory.
    pub size: i64,
    /// Bytes of them on the GPU.
    pub size_vram: Option<i64>,
    /// Tokens of context it is loaded with.
    pub context_length: Option<i64>,
    /// The estimate for that context.
    pub estimate: ModelMemoryEstimate,
}

impl LoadedMemory {
    /// The share on the CPU in percent; `None` when the figures of the server do not tell.
    pub fn cpu_percent(&self) -> Option<i64> {
        let on_gpu = self.size_vram.filter(|bytes| self.size > 0 && (0..=self.size).contains(bytes))?;
        let on_cpu = (self.size - on_gpu).saturating_mul(100);
        // A small rest is told as one percent, never as none.
        Some(on_cpu / self.size + i64::from(on_cpu % self.size > 0))
    }

    /// Size, context and estimate, in a sentence.
    pub fn message(&self) -> String {
        let context = self.context_length.map(|tokens| format!(" with a context of {tokens} tokens"));
        let estimate = &self.estimate;
        let corrected = estimate
            .correction
            .as_ref()
            .map(|correction| format!("; {}: {}", correction.describe(), format_bytes(estimate.total_bytes)));
        format!(
            "It takes {} of memory{}. Its files say {}{}.",
            format_bytes(self.size),
            context.unwrap_or_default(),
            format_bytes(estimate.uncorrected_bytes()),
            corrected.unwrap_or_default()
        )
    }

    /// Where it is, and what that costs as far as it is known.
    pub fn placement(&self) -> String {
        match self.cpu_percent() {
            None => "The server does not tell how much of it is on the GPU.".to_owned(),
            Some(0) => "All of it is on the GPU.".to_owned(),
            Some(100) => "All of it is on the CPU.".to_owned(),
            Some(percent) => format!(
                "{percent} % of it is on the CPU: every token passes through that part too, so answers are slower than with all of it on \
                 the GPU. A shorter context or a smaller model may fit."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LoadedMemory, ModelMemoryEstimate};
    use crate::domain::{
        memory_estimate::KvCacheParams,
        memory_measurement::{MemoryMeasurement, MemoryMeasurements, context_class},
    };

    const GB: i64 = 1_000_000_000;
    /// Like qwen3:4b and qwen3:8b.
    const SHAPE: KvCacheParams =
        KvCacheParams { layers: 36, kv_heads: 8, key_length: 128, value_length: 128, context_length: Some(40_960) };

    fn measured(model: &str, context_length: i64, size: i64, weights_bytes: i64) -> MemoryMeasurement {
        MemoryMeasurement {
            model: model.into(),
            digest: model.to_owned(),
            context_length,
            size,
            size_vram: None,
            weights_bytes,
            kv_cache_bytes: Some(SHAPE.kv_cache_bytes(context_length)),
        }
    }

    /// Synthetic loads of models whose buffers take a fifth: what was measured before, and the model that is estimated now.
    #[test]
    fn estimates_are_corrected_by_their_family_and_class_of_context() {
        let real = |weights: i64, tokens: i64| (weights + SHAPE.kv_cache_bytes(tokens)) / 100 * 120;
        let load = |model, tokens, weights| measured(model, tokens, real(weights, tokens), weights);
        let (small, large) = (5 * GB / 2, 5 * GB);
        for (name, known, corrected_by) in [
            ("nothing", vec![], None),
            ("the model itself", vec![load("qwen3:8b", 8_192, large)], Some((1, "qwen3:8b"))),
            ("the same class", vec![load("qwen3:8b", 6_000, large)], Some((1, "qwen3:8b"))),
            ("its family", vec![load("qwen3:4b", 8_192, small), load("qwen3:14b", 8_192, 9 * GB)], Some((2, "qwen3"))),
            (
                "the model before its family",
                vec![load("qwen3:4b", 8_192, small), load("qwen3:8b", 8_192, large)],
                Some((1, "qwen3:8b")),
            ),
            ("another context", vec![load("qwen3:8b", 16_384, large)], None),
            ("another family", vec![load("gemma3:4b", 8_192, small)], None),
            ("six of the family", vec![load("qwen3:4b", 8_192, small); 6], Some((5, "qwen3"))),
            (
                "one of three is far off",
                vec![
                    load("qwen3:4b", 8_192, small),
                    measured("qwen3:1b", 8_192, 60 * GB, GB),
                    load("qwen3:4b", 8_192, small),
                ],
                Some((3, "qwen3")),
            ),
        ] {
            let estimate =
                ModelMemoryEstimate::new(&"qwen3:8b".into(), large, Some(SHAPE), 8_192, &MemoryMeasurements(known));
            let told = estimate.correction.as_ref().map(|known| (known.measurements, known.measured.as_str()));
            assert_eq!(told, corrected_by, "{name}");
            let error = (estimate.total_bytes - real(large, 8_192)).abs() * 100 / real(large, 8_192);
            let most = if told.is_some() { 1 } else { 13 };
            assert!(error <= most, "{name}: {error} %");
        }
    }

    #[test]
    fn figures_that_are_no_measurements_are_left_out() {
        for (size, weights, plausible) in [(6 * GB, 5 * GB, true), (5 * GB, 5 * GB, false), (0, 5 * GB, false)] {
            assert_eq!(measured("a", 2_048, size, weights).is_plausible(), plausible, "{size}");
        }
        assert!(!measured("a", 0, 6 * GB, 5 * GB).is_plausible());
        assert_eq!([0, 1, 2_048, 2_049, 8_192].map(context_class), [1, 1, 2_048, 4_096, 8_192]);
        let unknown = MemoryMeasurement { kv_cache_bytes: None, ..measured("qwen3:8b", 8_192, 7 * GB, 5 * GB) };
        let known = MemoryMeasurements(vec![unknown]);
        assert_eq!(known.correction_for(&"qwen3:8b".into(), 8_192, true), None, "made of other figures");
        assert!(known.correction_for(&"qwen3:8b".into(), 8_192, false).is_some());
    }

    #[test]
    fn the_place_in_memory_is_told_as_far_as_it_is_known() {
        let estimate = ModelMemoryEstimate::new(
            &"qwen3:8b".into(),
            5 * GB,
            Some(SHAPE),
            8_192,
            &MemoryMeasurements(vec![measured("qwen3:4b", 8_192, 4 * GB, 5 * GB / 2)]),
        );
        for (size, on_gpu, percent, words) in [
            (100, Some(0), Some(100), "All of it is on the CPU."),
            (100, Some(100), Some(0), "All of it is on the GPU."),
            (100, Some(63), Some(37), "37 % of it is on the CPU: every token"),
            (1_000, Some(999), Some(1), "1 % of it"),
            (100, Some(101), None, "does not tell"),
            (0, Some(0), None, "does not tell"),
            (100, None, None, "does not tell"),
        ] {
            let loaded = LoadedMemory { size, size_vram: on_gpu, context_length: None, estimate: estimate.clone() };
            assert_eq!(loaded.cpu_percent(), percent, "{on_gpu:?} of {size}");
            assert!(loaded.placement().contains(words), "{}", loaded.placement());
        }
        let loaded = LoadedMemory { size: 6 * GB, size_vram: None, context_length: Some(8_192), estimate };
        assert_eq!(
            loaded.message(),
            "It takes 6.0 GB of memory with a context of 8192 tokens. Its files say 6.5 GB; estimate corrected by 1 measurement of \
             qwen3: 6.7 GB."
        );
    }
}
