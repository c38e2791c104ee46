//! Ollama and its models as the pages and the API show them; http-api.md "Ollama".

use super::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What stands between Gleaner and Ollama.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthProblemKind {
    /// Nothing listens there.
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
}

/// Why Ollama cannot be used now, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthProblem {
    pub kind: HealthProblemKind,
    pub message: String,
    pub hint: String,
}

/// `GET /api/ollama/health`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OllamaHealth {
    pub connected: bool,
    pub version: Option<String>,
    pub latency_ms: Option<i64>,
    /// The base address without credentials.
    pub host: String,
    pub problem: Option<HealthProblem>,
    /// When this was seen.
    pub checked_at: Option<Timestamp>,
}

/// An installed model: an element of `GET /api/ollama/models`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstalledModel {
    pub name: String,
    /// Bytes on disk.
    pub size: i64,
    pub parameter_size: Option<String>,
    pub quantization_level: Option<String>,
    pub is_loaded: bool,
    /// 64 hex digits, without `sha256:`.
    pub digest: String,
    pub modified_at: Option<Timestamp>,
    /// Bytes on the GPU; 0 is all on the CPU.
    pub size_vram: Option<i64>,
    pub expires_at: Option<Timestamp>,
    pub context_length: Option<i64>,
    pub capabilities: Vec<String>,
    /// Runs elsewhere: article text would leave the machine.
    pub is_cloud: bool,
    /// Tasks that use it: `categorization`, `scoring`.
    pub used_for: Vec<String>,
}

impl InstalledModel {
    /// Whether it can be asked to score: embedding-only models cannot.
    pub fn can_chat(&self) -> bool {
        self.capabilities.is_empty() || self.capabilities.iter().any(|c| c == "completion")
    }
}

/// Options sent with every request of a task; `None` leaves it to the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelOptions {
    pub num_ctx: i64,
    pub temperature: f64,
    /// As Ollama takes it, for example `15m`.
    pub keep_alive: String,
    pub num_predict: i64,
    pub think: bool,
}

impl Default for ModelOptions {
    fn default() -> Self {
        Self { num_ctx: 8192, temperature: 0.0, keep_alive: "15m".into(), num_predict: 400, think: false }
    }
}

/// `GET /api/ollama/config`: which model does what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
    pub categorization_model: String,
    pub scoring_model: String,
    pub use_separate_models: bool,
    pub options: ModelOptions,
    pub source: ModelConfigSource,
}

/// Where each model's name comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelConfigSource {
    pub categorization_model: Source,
    pub scoring_model: Source,
}

/// The tier a setting comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Flags, environment or file.
    Default,
    /// Chosen on the page, kept in the database.
    Saved,
}
