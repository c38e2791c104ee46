//! Ollama and its models as the pages and the API show them; http-api.md "Ollama".

use super::{
    loaded_memory::LoadedMemory, model_name::ModelName, model_options::SavedOptions, registry::ModelRole,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

pub use super::model_options::ModelOptions;

/// Why Ollama cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthProblemKind {
    /// The connection was refused.
    Refused,
    /// The host's name is unknown.
    Dns,
    /// No answer in time.
    Timeout,
    /// The secure connection could not be made.
    Tls,
    /// 401: a proxy wants credentials.
    Auth,
    /// 403 with an empty body: Ollama refuses the Host or Origin.
    ForbiddenHost,
    /// Something answers, but it is not Ollama.
    NotOllama,
    /// It is Ollama, but the answer cannot be used.
    BadAnswer,
    /// It answers, but its version cannot score.
    TooOld,
}

/// Why Ollama cannot be used now, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthProblem {
    /// The kind of the problem.
    pub kind: HealthProblemKind,
    /// What happened, in a sentence.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// `GET /api/ollama/health`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OllamaHealth {
    /// Whether Ollama answers.
    pub connected: bool,
    /// Ollama's version.
    pub version: Option<String>,
    /// Milliseconds until the last answer.
    pub latency_ms: Option<i64>,
    /// The base address without credentials.
    pub host: String,
    /// Why it cannot be used.
    pub problem: Option<HealthProblem>,
    /// When this was checked.
    pub checked_at: Option<Timestamp>,
}

/// An installed model: an element of `GET /api/ollama/models`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstalledModelRow {
    /// Name of the model.
    pub name: ModelName,
    /// Bytes on disk.
    pub size: i64,
    /// Number of parameters as Ollama writes it, for example `8.2B`.
    pub parameter_size: Option<String>,
    /// Quantization as Ollama writes it, for example `Q4_K_M`.
    pub quantization_level: Option<String>,
    /// Whether it is in memory.
    pub is_loaded: bool,
    /// 64 hex digits, without `sha256:`.
    pub digest: String,
    /// When it was last changed on disk.
    pub modified_at: Option<Timestamp>,
    /// Bytes on the GPU; 0 is all on the CPU.
    pub size_vram: Option<i64>,
    /// When it leaves memory.
    pub expires_at: Option<Timestamp>,
    /// Tokens of context it was trained with, as far as Ollama says.
    pub context_length: Option<i64>,
    /// Tokens of context it is loaded with; `None` while it is not in memory.
    pub loaded_context_length: Option<i64>,
    /// What it takes of memory; `None` while it is not there, or the server does not tell.
    pub memory: Option<LoadedMemory>,
    /// What Ollama says it can do, for example `completion`.
    pub capabilities: Vec<String>,
    /// Whether it runs in Ollama's cloud: article text would leave the machine.
    pub is_cloud: bool,
    /// Tasks that use it: `categorization`, `scoring`.
    pub used_for: Vec<String>,
}

impl InstalledModelRow {
    /// Whether it can generate text: embedding-only models cannot.
    pub fn can_chat(&self) -> bool {
        self.capabilities.is_empty() || self.capabilities.iter().any(|c| c == "completion")
    }
}

/// How long a model stays in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelExpiry {
    /// Until it is unloaded.
    Never,
    /// It is in use; the time counts from the end of the request.
    Busy,
    /// Until this time, unless it is used before.
    At(Timestamp),
}

/// Ollama represents "never" by a time in the year 2318 or 2319; anything a century away is read as never.
const NEVER_EXPIRES_AFTER_SECONDS: i64 = 100 * 365 * 86_400;

impl InstalledModelRow {
    /// How long it stays in memory, seen at `now`; `None` when it is not there, or Ollama does not say.
    pub fn expiry(&self, now: Timestamp) -> Option<ModelExpiry> {
        let until = self.expires_at.filter(|_| self.is_loaded)?;
        Some(match until.since(now) {
            ..=0 => ModelExpiry::Busy,
            NEVER_EXPIRES_AFTER_SECONDS.. => ModelExpiry::Never,
            _ => ModelExpiry::At(until),
        })
    }
}

/// `GET /api/ollama/config`: which model serves which task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// Name of the model that chooses categories.
    pub categorization_model: ModelName,
    /// Name of the model that scores.
    pub scoring_model: ModelName,
    /// Whether the two tasks have different models.
    pub use_separate_models: bool,
    /// The general options; those of a request are [`ModelConfig::options_for`].
    pub options: ModelOptions,
    /// The options saved at each level, the general ones included.
    pub saved: Vec<SavedOptions>,
    /// Where each name comes from.
    pub source: ModelConfigSource,
    /// The tasks whose chosen model is not installed and that another model serves.
    pub fallbacks: Vec<ModelFallback>,
}

string_enum! {
    /// What serves a task whose chosen model is not installed (`ollama.fallback`).
    ModelFallbackPolicy {
        /// Nothing: the task waits.
        Off = "off",
        /// The installed model that has the task's role in the registry.
        Role = "role",
        /// The smallest installed model that can chat.
        Smallest = "smallest",
    }
}

/// A task whose chosen model is not installed, and the model that serves it (`ollama.fallback`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelFallback {
    /// The task.
    pub task: ModelRole,
    /// The model that was chosen.
    pub chosen: ModelName,
    /// The model that serves.
    pub serving: ModelName,
}

impl ModelConfig {
    /// The models of both tasks, each once.
    pub fn models_in_use(&self) -> Vec<&ModelName> {
        let (first, second) = (&self.categorization_model, &self.scoring_model);
        if first == second { vec![first] } else { vec![first, second] }
    }

    /// The model chosen for categorization; the one that serves may be another ([`Self::fallbacks`]).
    pub fn chosen_categorization_model(&self) -> &ModelName {
        self.replaced(ModelRole::Categorization).unwrap_or(&self.categorization_model)
    }

    /// The model chosen for scoring; the one that serves may be another ([`Self::fallbacks`]).
    pub fn chosen_scoring_model(&self) -> &ModelName {
        self.replaced(ModelRole::Scoring).unwrap_or(&self.scoring_model)
    }

    fn replaced(&self, task: ModelRole) -> Option<&ModelName> {
        self.fallbacks.iter().find(|fallback| fallback.task == task).map(|fallback| &fallback.chosen)
    }

    /// The tasks that use `model` (`categorization`, `scoring`).
    pub fn tasks_using(&self, model: &ModelName) -> Vec<String> {
        [("categorization", &self.categorization_model), ("scoring", &self.scoring_model)]
            .into_iter()
            .filter(|(_, used)| *used == model)
            .map(|(task, _)| task.to_owned())
            .collect()
    }
}

/// Where each model's name comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelConfigSource {
    /// Origin of the name of the categorization model.
    pub categorization_model: SettingSource,
    /// Origin of the name of the scoring model.
    pub scoring_model: SettingSource,
}

/// The source of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SettingSource {
    /// Flags, environment or file.
    Default,
    /// Chosen on the page and stored in the database.
    Saved,
}

#[cfg(test)]
mod tests {
    use super::{InstalledModelRow, ModelExpiry, Timestamp};

    #[test]
    fn how_long_a_model_stays() {
        let now = Timestamp(1_772_366_400);
        let model = |is_loaded, expires_at: Option<&str>| InstalledModelRow {
            name: "a:latest".into(),
            size: 1,
            parameter_size: None,
            quantization_level: None,
            is_loaded,
            digest: String::new(),
            modified_at: None,
            size_vram: None,
            expires_at: expires_at.map(|at| at.parse().expect("RFC 3339")),
            context_length: None,
            loaded_context_length: None,
            memory: None,
            capabilities: Vec::new(),
            is_cloud: false,
            used_for: Vec::new(),
        };
        for (is_loaded, at, stay) in [
            (true, Some("2319-03-05T09:16:08.860547459Z"), Some(ModelExpiry::Never)),
            (true, Some("0001-01-01T00:00:00Z"), Some(ModelExpiry::Busy)),
            (true, Some("2026-03-01T12:00:00Z"), Some(ModelExpiry::Busy)),
            (true, Some("2026-03-01T12:10:00Z"), Some(ModelExpiry::At(now.plus(600)))),
            (true, None, None),
            (false, Some("2026-03-01T12:10:00Z"), None),
        ] {
            assert_eq!(model(is_loaded, at).expiry(now), stay, "{at:?}");
        }
    }
}
