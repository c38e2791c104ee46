//! How far the download of a model is, as the pages and the API tell it.

use serde::{Deserialize, Serialize};

/// What a running pull is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PullPhase {
    /// Asking the registry what the model consists of.
    #[default]
    Manifest,
    Downloading,
    /// Hashing what was downloaded; minutes for a large model, without a word from Ollama.
    Verifying,
    Writing,
    Done,
}

/// One moment of a pull. Sizes in bytes, of the whole model.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct PullProgress {
    pub phase: PullPhase,
    /// Ollama's own word, such as `pulling 3bfbb1170b29`.
    pub status: String,
    /// The layer being downloaded.
    pub digest: Option<String>,
    /// Never falls.
    pub completed: i64,
    /// Of the layers known so far; grows as Ollama comes to the next one.
    pub total: i64,
    /// 0–100, never falls; 100 only when Ollama has said success.
    pub percent: f64,
    /// 0 while nothing arrives.
    pub bytes_per_second: i64,
    /// `None` while nothing arrives or everything has.
    pub eta_seconds: Option<i64>,
    /// No byte for a while, although Ollama keeps sending lines.
    pub stalled: bool,
    /// Seconds since the last byte.
    pub quiet_seconds: i64,
}
