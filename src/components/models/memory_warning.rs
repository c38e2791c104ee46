//! The memory that the chosen models need.

use crate::domain::{
    humanize::format_bytes,
    memory_estimate::{MemoryEstimate, ModelMemoryEstimate},
};
use leptos::prelude::*;

/// Memory of the models chosen in the form around it: weights, KV cache and buffers of each, their sum, and the memory of the machine. A live
/// part of the page, which follows a form marked `data-preview`; without JavaScript it shows the saved choice.
#[component]
pub fn MemoryWarning(estimate: MemoryEstimate) -> impl IntoView {
    let class = if is_warning(&estimate) { "memory notice warn" } else { "memory help" };
    let needs: Vec<_> = estimate.models.iter().map(|need| view! { <li>{model_need_text(need)}</li> }).collect();
    view! {
        <div id="memory" class=class role="status" data-live>
            <ul>{needs}</ul>
            <p>{total_need_text(&estimate)}</p>
        </div>
    }
}

/// Whether the numbers deserve attention: two models, or one that does not fit.
fn is_warning(estimate: &MemoryEstimate) -> bool {
    estimate.models.len() > 1 || estimate.fits() == Some(false)
}

fn model_need_text(need: &ModelMemoryEstimate) -> String {
    let ModelMemoryEstimate { model, weights_bytes: weights, kv_cache_bytes: cache, buffer_bytes: buffers, .. } = need;
    let cache = match cache {
        Some(cache) => format!("{} for its context", format_bytes(*cache)),
        None => "an unknown amount for its context".to_owned(),
    };
    let corrected = need.correction.as_ref().map(|correction| format!(" ({})", correction.describe()));
    format!(
        "{model}: {} of weights, {cache} and {} for buffers, about {} of memory{}.",
        format_bytes(*weights),
        format_bytes(*buffers),
        format_bytes(need.total_bytes),
        corrected.unwrap_or_default()
    )
}

fn total_need_text(estimate: &MemoryEstimate) -> String {
    let sum = match estimate.models.len() {
        0 => return String::new(),
        1 => String::new(),
        _ => format!("Together about {}. ", format_bytes(estimate.total_bytes)),
    };
    let machine = match (estimate.machine_memory_bytes, estimate.fits()) {
        (Some(machine), Some(true)) => format!("This machine has {}.", format_bytes(machine)),
        (Some(machine), _) if estimate.models.len() > 1 => format!(
            "This machine has {}: they do not fit together, and Ollama loads them in turn, which takes time for every batch.",
            format_bytes(machine)
        ),
        (Some(machine), _) => {
            format!("This machine has {}: it does not fit, and Ollama may refuse to load it.", format_bytes(machine))
        }
        (None, _) => "Ollama runs on another machine; its memory is unknown here.".to_owned(),
    };
    format!("{sum}{machine}")
}

#[cfg(test)]
mod tests {
    use crate::domain::memory_measurement::MemoryCorrection;

    use super::{MemoryEstimate, ModelMemoryEstimate, is_warning, model_need_text, total_need_text};

    fn need(model: &str, weights: i64, cache: Option<i64>) -> ModelMemoryEstimate {
        ModelMemoryEstimate::of_parts(&model.into(), weights, cache)
    }

    #[test]
    fn numbers_are_told() {
        let one = need("qwen3:8b", 5_200_000_000, Some(1_200_000_000));
        assert_eq!(
            model_need_text(&one),
            "qwen3:8b: 5.2 GB of weights, 1.2 GB for its context and 320 MB for buffers, about 6.7 GB of memory."
        );
        let correction = MemoryCorrection { per_mille: 1_100, measurements: 2, measured: "qwen3".into() };
        let corrected = ModelMemoryEstimate { correction: Some(correction), ..one.clone() };
        assert!(model_need_text(&corrected).ends_with("of memory (estimate corrected by 2 measurements of qwen3)."));
        assert!(model_need_text(&need("x", 1_000, None)).contains("an unknown amount"));
        let two = vec![one.clone(), need("llama3.2:3b", 2_000_000_000, Some(900_000_000))];
        for (needs, machine, warns, words) in [
            (vec![], None, false, ""),
            (vec![one.clone()], Some(16_000_000_000), false, "This machine has 16.0 GB."),
            (vec![one.clone()], Some(4_000_000_000), true, "does not fit"),
            (two.clone(), Some(16_000_000_000), true, "Together about 9.8 GB. This machine has 16.0 GB."),
            (two.clone(), Some(8_000_000_000), true, "do not fit together"),
            (two, None, true, "is unknown here"),
        ] {
            let estimate = MemoryEstimate::new(needs, machine);
            assert_eq!(is_warning(&estimate), warns, "{estimate:?}");
            assert!(total_need_text(&estimate).contains(words), "{}", total_need_text(&estimate));
        }
    }
}
