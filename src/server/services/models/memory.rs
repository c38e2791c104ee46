//! How much memory models need, for the settings page.

use crate::{
    domain::memory_estimate::{KvCacheParams, MemoryProfiles, ModelMemoryProfile},
    server::{
        models::ollama::{address, wire::ShowResponse},
        state::App,
    },
};
use std::sync::PoisonError;

/// What every model that can be chosen needs, from what is known; never waits for Ollama.
pub fn footprints(app: &App) -> MemoryProfiles {
    let observed = app.models_snapshot.borrow();
    let shapes = app.architectures.read().unwrap_or_else(PoisonError::into_inner);
    let models = observed.installed.iter().filter(|tag| tag.can_chat()).map(|tag| ModelMemoryProfile {
        model: tag.name.clone(),
        weights_bytes: tag.size,
        kv_cache: shapes.get(&tag.digest).copied(),
        is_cloud: tag.is_cloud(),
    });
    MemoryProfiles { models: models.collect(), machine_memory_bytes: ollama_memory(app) }
}

/// The memory that Ollama has, in bytes; `None` when it runs on another machine.
pub(super) fn ollama_memory(app: &App) -> Option<i64> {
    address::is_loopback(&app.config.ollama.host).then(read_total_memory).flatten()
}

/// Asks Ollama for the shapes of the models that are not known yet, each once. For the observer, which has the time.
pub async fn fetch_architectures(app: &App) {
    let tags = app.models_snapshot.borrow().installed.clone();
    for tag in tags.iter().filter(|tag| !tag.digest.is_empty() && tag.can_chat() && !tag.is_cloud()) {
        if app.architectures.read().unwrap_or_else(PoisonError::into_inner).contains_key(&tag.digest) {
            continue;
        }
        match app.ollama.show(&tag.name).await {
            Ok(show) => {
                if let Some(shape) = parse_architecture(&show) {
                    app.architectures.write().unwrap_or_else(PoisonError::into_inner).insert(tag.digest.clone(), shape);
                }
            }
            Err(error) => tracing::debug!(model = tag.name, %error, "the shape of a model is not known"),
        }
    }
}

/// Out of the figures of the model's file; `None` when one that matters is missing.
fn parse_architecture(show: &ShowResponse) -> Option<KvCacheParams> {
    let heads = show.architecture_value("attention.head_count").filter(|heads| *heads > 0);
    // Older files do not give the length of a key: all heads together are as wide as the model.
    let head = heads.and_then(|heads| show.architecture_value("embedding_length").map(|width| width / heads));
    let key_length = show.architecture_value("attention.key_length").or(head)?;
    Some(KvCacheParams {
        layers: show.architecture_value("block_count")?,
        kv_heads: show.architecture_value("attention.head_count_kv").or(heads)?,
        key_length,
        value_length: show.architecture_value("attention.value_length").unwrap_or(key_length),
        context_length: show.architecture_value("context_length"),
    })
}

/// The memory of this machine, in bytes; `None` where the system does not say.
fn read_total_memory() -> Option<i64> {
    let told = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = told.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<i64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::parse_architecture;
    use crate::server::models::ollama::wire::ShowResponse;
    use serde_json::json;

    #[test]
    fn shapes_out_of_what_files_say() {
        let show = |info: serde_json::Value| -> ShowResponse {
            serde_json::from_value(json!({ "model_info": info })).expect("tolerant")
        };
        let whole = parse_architecture(&show(json!({
            "general.architecture": "q", "q.block_count": 36, "q.attention.head_count": 32, "q.attention.head_count_kv": 8,
            "q.embedding_length": 4096, "q.context_length": 40960
        })));
        assert_eq!(whole.map(|s| (s.layers, s.kv_heads, s.key_length, s.value_length)), Some((36, 8, 128, 128)));
        let given = parse_architecture(&show(json!({
            "general.architecture": "g", "g.block_count": 2, "g.attention.head_count_kv": 4, "g.attention.key_length": 256
        })));
        assert_eq!(given.map(|s| (s.key_length, s.value_length, s.context_length)), Some((256, 256, None)));
        assert_eq!(parse_architecture(&show(json!({"general.architecture": "x"}))), None);
    }
}
