//! What the scoring worker is doing, as `GET /api/scoring/status` tells it.

use super::{ids::ArticleId, score::RescoreMode, time::Timestamp};
use serde::{Deserialize, Serialize};

/// Articles in each state of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ArticleStateCounts {
    pub unscored: i64,
    pub queued: i64,
    pub categorizing: i64,
    pub scoring: i64,
    pub scored: i64,
    pub blocked: i64,
    pub failed: i64,
}

impl ArticleStateCounts {
    /// Articles that the worker still has something to do for.
    pub const fn in_progress_count(&self) -> i64 {
        self.queued + self.categorizing + self.scoring
    }
}

/// One of the two questions that a model is asked about an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScoringStep {
    Categorize,
    Score,
}

impl ScoringStep {
    /// Both, in their order.
    pub const ALL: [Self; 2] = [Self::Categorize, Self::Score];

    /// The word used in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Categorize => "categorize",
            Self::Score => "score",
        }
    }

    /// Reads [`ScoringStep::as_str`] back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == word)
    }

    /// The phase of a worker that is at this step.
    pub const fn phase(self) -> ScoringPhase {
        match self {
            Self::Categorize => ScoringPhase::Categorizing,
            Self::Score => ScoringPhase::Scoring,
        }
    }
}

/// Bad answers after which an article is given up.
pub const MAX_SCORING_ATTEMPTS: i64 = 3;

/// What the worker is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScoringPhase {
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

impl ScoringPhase {
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
pub struct ScoringReadiness {
    pub ready: bool,
    /// A short word for programs, such as `refused`, `model_missing`.
    pub reason: Option<String>,
    /// The same for people, with a way out.
    pub message: Option<String>,
}

/// The queue and the worker at one moment.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct ScoringStatus {
    pub counts: ArticleStateCounts,
    pub phase: ScoringPhase,
    pub article_id: Option<ArticleId>,
    pub model: Option<String>,
    pub readiness: ScoringReadiness,
    pub articles_per_minute: Option<f64>,
    pub eta_seconds: Option<i64>,
    /// Since when it has been in this phase.
    pub since: Option<Timestamp>,
}

/// Exactly the text that is sent, with placeholders for the article: `GET /api/ollama/prompts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompts {
    pub categorization_prompt: String,
    pub scoring_prompt: String,
    /// Changes whenever one of the two does.
    pub version: String,
    /// The version that articles categorised with it carry.
    pub categorization_version: String,
    /// The version that articles scored with it carry.
    pub scoring_version: String,
    /// Estimated tokens of each without the article.
    pub categorization_tokens: i64,
    pub scoring_tokens: i64,
}

/// What "re-evaluate unread articles" would do now, and whether there is a reason to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RescorePreview {
    /// What changed since the last evaluation calls for; `None`: nothing relevant changed.
    pub recommended_mode: Option<RescoreMode>,
    /// What would be queued when asked.
    pub report: RescoreReport,
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
