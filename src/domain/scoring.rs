//! What the scoring worker is doing, as `GET /api/scoring/status` tells it.

use super::{ids::ArticleId, score::RescoreMode};
use serde::{Deserialize, Serialize};

/// Articles in each state of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StateCounts {
    pub unscored: i64,
    pub queued: i64,
    pub categorizing: i64,
    pub scoring: i64,
    pub scored: i64,
    pub blocked: i64,
    pub failed: i64,
}

/// What the worker is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Nothing to do.
    #[default]
    Idle,
    /// There is work, but the model cannot take it now; see the readiness.
    Waiting,
    /// A request is out and the model is not in memory yet.
    Loading,
    Categorizing,
    Scoring,
    /// Stopped by the reader.
    Paused,
}

impl Phase {
    /// The word used in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Waiting => "waiting",
            Self::Loading => "loading",
            Self::Categorizing => "categorizing",
            Self::Scoring => "scoring",
            Self::Paused => "paused",
        }
    }
}

/// Whether the model can take work, and why not.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Readiness {
    pub ready: bool,
    /// A short word for programs, such as `refused`, `model_missing`.
    pub reason: Option<String>,
    /// The same for people, with a way out.
    pub message: Option<String>,
}

/// The queue and the worker at one moment.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct ScoringStatus {
    pub counts: StateCounts,
    pub phase: Phase,
    pub article_id: Option<ArticleId>,
    pub model: Option<String>,
    pub readiness: Readiness,
    pub articles_per_minute: Option<f64>,
    pub eta_seconds: Option<i64>,
}

/// What a request to score again queued, or would queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RescoreReport {
    pub rescore_queued: i64,
    pub rescore_mode: RescoreMode,
    pub estimate_seconds: Option<i64>,
}

/// Which articles a request to score again covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "scope", content = "id")]
pub enum RescoreScope {
    /// All unread articles that have a score.
    Unread,
    /// All that failed.
    Failed,
    Feed(super::ids::FeedId),
    Article(ArticleId),
}
