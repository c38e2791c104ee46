//! The state of model downloads, as the pages and the API show it.

use super::model_name::ModelName;
use super::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What a running pull is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PullPhase {
    /// Asking the registry what the model consists of.
    #[default]
    Manifest,
    /// Downloading the layers.
    Downloading,
    /// Hashing what was downloaded; takes minutes for a large model, without output from Ollama.
    Verifying,
    /// Writing the manifest.
    Writing,
    /// The model is installed.
    Done,
}

/// The progress of a pull. Sizes are bytes of the whole model.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct PullProgress {
    /// The current phase.
    pub phase: PullPhase,
    /// Ollama's status line, such as `pulling 3bfbb1170b29`.
    pub status: String,
    /// The layer being downloaded.
    pub digest: Option<String>,
    /// Bytes downloaded; never decreases.
    pub completed: i64,
    /// Bytes of the layers known so far; grows when Ollama begins the next one.
    pub total: i64,
    /// 0–100, never decreases; 100 only when Ollama has reported success.
    pub percent: f64,
    /// Bytes per second; 0 while nothing arrives.
    pub bytes_per_second: i64,
    /// Seconds left; `None` while nothing arrives or everything has.
    pub eta_seconds: Option<i64>,
    /// Whether no byte has arrived for a while, although Ollama keeps sending lines.
    pub stalled: bool,
    /// Seconds since the last byte.
    pub quiet_seconds: i64,
}

impl PullProgress {
    /// The same, with sizes and percent not below those of `floor`: what is shown never decreases, even when the download restarts
    /// after a failure.
    #[must_use]
    pub fn at_least(mut self, floor: &Self) -> Self {
        self.total = self.total.max(floor.total);
        self.completed = self.completed.max(floor.completed);
        self.percent = self.percent.max(floor.percent);
        self
    }

    /// The same while nothing is downloaded: no speed, no time left.
    #[must_use]
    pub fn without_rate(mut self) -> Self {
        self.bytes_per_second = 0;
        self.eta_seconds = None;
        self.stalled = false;
        self
    }
}

string_enum! {
    /// How a pull ended.
    PullOutcome {
        Success = "success",
        Cancelled = "cancelled",
        Error = "error",
    }
}

/// Why a pull ended without the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullFailure {
    /// The kind of the API's errors, such as `not_found`.
    pub kind: String,
    /// The specific cause, such as `unknown_model` or `disk_full`.
    pub cause: String,
    /// What happened, in a sentence.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// A pull that failed temporarily and is retried automatically.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRetry {
    /// Failures in a row so far.
    pub failures: u32,
    /// Failures in a row after which the pull has failed.
    pub most: u32,
    /// When it is tried again.
    pub at: Timestamp,
    /// Why the last try failed.
    pub error: PullFailure,
}

/// A pull that has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FinishedPull {
    /// Name of the model.
    pub model: ModelName,
    /// How it ended.
    pub outcome: PullOutcome,
    /// Why it failed.
    pub error: Option<PullFailure>,
    /// When it ended.
    pub finished_at: Timestamp,
    /// Whether the reader dismissed it; then pages do not show it.
    pub dismissed: bool,
}

/// All pulls: `GET /api/ollama/download-status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "PullStatusJson", into = "PullStatusJson")]
pub struct PullStatus {
    /// Name of the model being pulled.
    pub running_model: Option<ModelName>,
    /// Progress of the running pull.
    pub progress: PullProgress,
    /// The retry that the running pull waits for.
    pub retry: Option<PullRetry>,
    /// Queued models, in the order in which they will be pulled.
    pub queued: Vec<ModelName>,
    /// The pull that ended last; `None` once another one is requested.
    pub last: Option<FinishedPull>,
}

impl PullStatus {
    /// Whether a pull runs or waits to be tried again.
    pub const fn is_active(&self) -> bool {
        self.running_model.is_some()
    }
}

/// The JSON of [`PullStatus`]: flat, and without phase and status while nothing runs.
#[derive(Serialize, Deserialize)]
struct PullStatusJson {
    active: bool,
    model: Option<ModelName>,
    status: Option<String>,
    phase: Option<PullPhase>,
    digest: Option<String>,
    completed: i64,
    total: i64,
    percent: f64,
    bytes_per_second: i64,
    eta_seconds: Option<i64>,
    stalled: bool,
    quiet_seconds: i64,
    retry: Option<PullRetry>,
    queued: Vec<ModelName>,
    last: Option<FinishedPull>,
}

impl From<PullStatus> for PullStatusJson {
    fn from(pulls: PullStatus) -> Self {
        let active = pulls.is_active();
        let progress = pulls.progress;
        Self {
            active,
            model: pulls.running_model,
            status: active.then_some(progress.status),
            phase: active.then_some(progress.phase),
            digest: progress.digest,
            completed: progress.completed,
            total: progress.total,
            percent: progress.percent,
            bytes_per_second: progress.bytes_per_second,
            eta_seconds: progress.eta_seconds,
            stalled: progress.stalled,
            quiet_seconds: progress.quiet_seconds,
            retry: pulls.retry,
            queued: pulls.queued,
            last: pulls.last,
        }
    }
}

impl From<PullStatusJson> for PullStatus {
    fn from(json: PullStatusJson) -> Self {
        let progress = PullProgress {
            phase: json.phase.unwrap_or_default(),
            status: json.status.unwrap_or_default(),
            digest: json.digest,
            completed: json.completed,
            total: json.total,
            percent: json.percent,
            bytes_per_second: json.bytes_per_second,
            eta_seconds: json.eta_seconds,
            stalled: json.stalled,
            quiet_seconds: json.quiet_seconds,
        };
        Self { running_model: json.model, progress, retry: json.retry, queued: json.queued, last: json.last }
    }
}

#[cfg(test)]
mod tests {
    use super::{PullProgress, PullStatus};

    #[test]
    fn what_was_shown_never_falls() {
        let before = PullProgress { completed: 700, total: 1000, percent: 70.0, ..PullProgress::default() };
        let anew = PullProgress { completed: 10, total: 400, percent: 2.5, ..PullProgress::default() };
        let shown = anew.at_least(&before);
        assert_eq!((shown.completed, shown.total, shown.percent), (700, 1000, 70.0));
        let further = PullProgress { completed: 900, total: 1200, percent: 75.0, ..PullProgress::default() };
        assert_eq!(further.clone().at_least(&before), further);
    }

    #[test]
    fn nothing_runs() {
        let json = serde_json::to_value(PullStatus::default()).expect("JSON");
        assert_eq!((&json["active"], &json["status"], &json["model"]), (&false.into(), &().into(), &().into()));
        assert_eq!(json["queued"], serde_json::json!([]));
    }
}
