//! The memory that models need, for the settings page.

use crate::{
    domain::memory_estimate::{KvCacheParams, MemoryProfiles},
    error::AppError,
    server::{
        models::{
            ollama::{address, wire::ShowResponse},
            status::event::StatusEvent,
        },
        state::App,
        storage::memory_measurements,
    },
};

/// The memory that every installed model that can chat needs; never waits for Ollama.
pub fn footprints(app: &App) -> MemoryProfiles {
    app.models.snapshot().memory_profiles(ollama_memory(app))
}

/// The memory of the machine that Ollama runs on, in bytes; `None` when that is another machine.
pub(super) fn ollama_memory(app: &App) -> Option<i64> {
    address::is_loopback(&app.config.ollama.host).then(read_total_memory).flatten()
}

/// Reads `/api/show` once for every installed model whose figures are not known yet.
#[tracing::instrument(name = "models.memory.fetch_architectures", level = "debug", skip_all)]
pub async fn fetch_architectures(app: &App) {
    let snapshot = app.models.snapshot();
    let wanted = snapshot.installed.iter().filter(|model| {
        !model.digest.is_empty() && model.can_chat() && !model.is_cloud() && !snapshot.has_architecture(&model.digest)
    });
    for model in wanted {
        match app.ollama.show(&model.name).await {
            Ok(show) => app
                .models
                .apply(StatusEvent::ArchitectureRead { digest: &model.digest, kv_cache: parse_architecture(&show) }),
            Err(error) => tracing::debug!(model = %model.name, %error, "the architecture of a model is not known"),
        }
    }
}

/// Reads the measurements of earlier processes, once.
#[tracing::instrument(name = "models.memory.load_measurements", level = "debug", skip_all)]
pub async fn load_measurements(app: &App) -> Result<(), AppError> {
    if !app.models.snapshot().has_measurements() {
        app.models.apply(StatusEvent::MeasurementsRead(memory_measurements::list(&app.db.read).await?));
    }
    Ok(())
}

/// Stores what the models in memory take, as far as it is not known yet.
#[tracing::instrument(name = "models.memory.record_measurements", level = "debug", skip_all)]
pub async fn record_measurements(app: &App) -> Result<(), AppError> {
    load_measurements(app).await?;
    let snapshot = app.models.snapshot();
    let known = snapshot.measurements();
    let new: Vec<_> = snapshot.measured_models().into_iter().filter(|measured| !known.0.contains(measured)).collect();
    if new.is_empty() {
        return Ok(());
    }
    let mut db = app.db.write().await?;
    for measured in &new {
        memory_measurements::save(&mut db, measured, app.clock.now()).await?;
        tracing::debug!(model = %measured.model, bytes = measured.size, "the memory of a model was measured");
    }
    db.commit().await?;
    app.models.apply(StatusEvent::MeasurementsRead(memory_measurements::list(&app.db.read).await?));
    Ok(())
}

/// The size of the key-value cache from the figures of the model's file; `None` when a needed one is missing.
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
    let meminfo = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
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
