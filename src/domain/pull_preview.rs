//! What a model consists of and whether it fits, before it is downloaded; and the downloads of the past.

use super::{
    library::MemoryFit,
    model_name::ModelName,
    pull::{PullFailure, PullOutcome},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// A part of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestLayer {
    /// What it holds: `model`, `template`, `params`, `license`, `config` and so on.
    pub kind: String,
    /// `sha256:` and hex.
    pub digest: String,
    /// Bytes.
    pub size: i64,
}

/// A model as its registry describes it, and whether it fits here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullPreview {
    /// Name of the model.
    pub model: ModelName,
    /// Bytes of all layers; those that Ollama has already are not downloaded again.
    pub size: i64,
    /// The parts, as the manifest lists them.
    pub layers: Vec<ManifestLayer>,
    /// The first line of its license, when it has one that could be read.
    pub license: Option<String>,
    /// Whether Ollama has it.
    pub is_installed: bool,
    /// Bytes of memory with the context in use, estimated from the weights alone while its shape is not known.
    pub needed_memory_bytes: i64,
    /// `None`: the memory of Ollama's machine cannot be known.
    pub memory_fit: Option<MemoryFit>,
    /// Bytes free where Ollama keeps its models; `None`: that is another machine, or the folder was not found.
    pub free_disk_bytes: Option<i64>,
}

impl PullPreview {
    /// Whether the download fits on the disk; `None` when that cannot be known.
    pub fn fits_disk(&self) -> Option<bool> {
        self.free_disk_bytes.map(|free| self.size <= free)
    }
}

/// A download of the past.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastPull {
    /// Its job.
    pub id: i64,
    /// Name of the model.
    pub model: ModelName,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// Bytes that were there at the end.
    pub completed: i64,
    /// How it ended.
    pub outcome: PullOutcome,
    /// Why it failed.
    pub error: Option<PullFailure>,
}
