//! The installed models as rows of lists, and the figures for the memory estimate. Pure functions of the snapshot.

use super::snapshot::Snapshot;
use crate::{
    domain::{
        loaded_memory::LoadedMemory,
        memory_estimate::{MemoryProfiles, ModelMemoryEstimate, ModelMemoryProfile},
        memory_measurement::MemoryMeasurement,
        model::{InstalledModelRow, ModelConfig},
    },
    server::models::ollama::wire::InstalledModel,
};

impl Snapshot {
    /// Every installed model with its place in memory and the tasks that use it.
    pub fn installed_rows(&self, in_use: &ModelConfig) -> Vec<InstalledModelRow> {
        let known = |text: &str| (!text.is_empty() && text != "unknown").then(|| text.to_owned());
        let row = |installed| {
            let is_loaded = self.is_loaded(installed);
            let running = self.running_row(installed).filter(|_| is_loaded);
            InstalledModelRow {
                name: installed.name.clone(),
                size: installed.size,
                parameter_size: known(&installed.details.parameter_size),
                quantization_level: known(&installed.details.quantization_level),
                is_loaded,
                digest: installed.digest.clone(),
                modified_at: installed.modified_at,
                size_vram: running.and_then(|running| running.size_vram),
                expires_at: running.and_then(|running| running.expires_at),
                context_length: installed.details.context_length,
                loaded_context_length: running.and_then(|running| running.context_length),
                memory: self.loaded_memory(installed, in_use),
                capabilities: installed.capabilities.clone(),
                is_cloud: installed.is_cloud(),
                used_for: in_use.tasks_using(&installed.name),
            }
        };
        self.installed.iter().map(row).collect()
    }

    /// What a model takes of memory; `None` while it is not there, or the server does not tell.
    fn loaded_memory(&self, installed: &InstalledModel, in_use: &ModelConfig) -> Option<LoadedMemory> {
        let running = self.running_row(installed).filter(|running| running.size > 0 && self.is_loaded(installed))?;
        let tokens = running.context_length.unwrap_or_else(|| in_use.largest_context(&installed.name));
        let architecture = self.architecture(&installed.digest);
        Some(LoadedMemory {
            size: running.size,
            size_vram: running.size_vram,
            context_length: running.context_length,
            estimate: ModelMemoryEstimate::new(
                &installed.name,
                installed.size,
                architecture,
                tokens,
                &self.measurements(),
            ),
        })
    }

    /// The models in memory whose files were read, as measurements.
    pub fn measured_models(&self) -> Vec<MemoryMeasurement> {
        let measure = |installed: &InstalledModel| {
            let running = self.running_row(installed).filter(|_| self.has_architecture(&installed.digest))?;
            let context_length = running.context_length?;
            let measured = MemoryMeasurement {
                model: installed.name.clone(),
                digest: installed.digest.clone(),
                context_length,
                size: running.size,
                size_vram: running.size_vram,
                weights_bytes: installed.size,
                kv_cache_bytes: self.architecture(&installed.digest).map(|shape| shape.kv_cache_bytes(context_length)),
            };
            measured.is_plausible().then_some(measured)
        };
        self.installed.iter().filter_map(measure).collect()
    }

    /// What every installed model that can chat needs of memory. `machine_memory_bytes`: the memory that the server has,
    /// when it is known.
    pub fn memory_profiles(&self, machine_memory_bytes: Option<i64>) -> MemoryProfiles {
        let models =
            self.installed.iter().filter(|installed| installed.can_chat()).map(|installed| ModelMemoryProfile {
                model: installed.name.clone(),
                weights_bytes: installed.size,
                kv_cache: self.architecture(&installed.digest),
                is_cloud: installed.is_cloud(),
            });
        MemoryProfiles { models: models.collect(), machine_memory_bytes, measurements: self.measurements() }
    }
}

#[cfg(test)]
mod tests {
    use super::Snapshot;
    use crate::{
        domain::{
            memory_estimate::KvCacheParams,
            model::{ModelConfig, ModelConfigSource, ModelOptions, SettingSource},
            time::Timestamp,
        },
        server::models::{
            ollama::wire::{InstalledModel, RunningModel},
            status::event::{PollAnswer, StatusEvent},
        },
    };

    fn installed(name: &str, digest: &str) -> InstalledModel {
        InstalledModel { name: name.into(), digest: digest.into(), ..InstalledModel::default() }
    }

    fn running(name: &str, digest: &str) -> RunningModel {
        RunningModel { name: name.into(), digest: digest.into(), ..RunningModel::default() }
    }

    fn polled(installed: Vec<InstalledModel>, running: Vec<RunningModel>) -> Snapshot {
        let mut snapshot = Snapshot::new("http://x".into(), Timestamp(0));
        let answer = PollAnswer { installed, running: Some(running), ..PollAnswer::default() };
        snapshot.apply(StatusEvent::Polled(Ok(answer)), 0);
        snapshot
    }

    #[test]
    fn loaded_by_name_then_by_digest() {
        let snapshot = polled(
            vec![
                installed("a:latest", "1"),
                installed("MyCorp/Copy:Q4", "2"),
                installed("c:latest", "3"),
                installed("d:latest", ""),
            ],
            vec![running("A", "other, older digest"), running("b:latest", "2"), running("e:latest", "")],
        );
        let config = ModelConfig {
            categorization_model: "A".into(),
            scoring_model: "c".into(),
            use_separate_models: true,
            options: ModelOptions::default(),
            saved: Vec::new(),
            source: ModelConfigSource {
                categorization_model: SettingSource::Default,
                scoring_model: SettingSource::Default,
            },
            fallbacks: Vec::new(),
        };
        let rows = snapshot.installed_rows(&config);
        assert_eq!(rows.iter().map(|row| row.is_loaded).collect::<Vec<_>>(), [true, true, false, false]);
        assert_eq!(rows[0].used_for, ["categorization"]);
        assert_eq!(rows[2].used_for, ["scoring"]);
        assert!(snapshot.find(&"C".into()).is_some() && snapshot.find(&"cc".into()).is_none());
    }

    #[test]
    fn an_architecture_belongs_to_a_digest() {
        let kv_cache =
            KvCacheParams { layers: 1, kv_heads: 2, key_length: 3, value_length: 4, context_length: Some(5) };
        let mut snapshot = polled(vec![installed("a", "1"), installed("b", "2")], Vec::new());
        snapshot.apply(StatusEvent::ArchitectureRead { digest: "1", kv_cache: Some(kv_cache) }, 0);
        snapshot.apply(StatusEvent::ArchitectureRead { digest: "2", kv_cache: None }, 0);
        assert!(snapshot.has_architecture("1") && snapshot.has_architecture("2") && !snapshot.has_architecture("3"));
        let profiles = snapshot.memory_profiles(None).models;
        assert_eq!(profiles.iter().map(|model| model.kv_cache).collect::<Vec<_>>(), [Some(kv_cache), None]);
    }
}
