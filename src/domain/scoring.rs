//! The state of the scoring worker, as `GET /api/scoring/status` shows it.

use super::model_name::ModelName;
use super::{ids::ArticleId, score::RescoreMode, time::Timestamp};
use serde::{Deserialize, Serialize};

/// Number of articles in each state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ArticleStateCounts {
    /// Not scored and not queued.
    pub unscored: i64,
    /// Queued.
    pub queued: i64,
    /// Being categorized.
    pub categorizing: i64,
    /// Being scored.
    pub scoring: i64,
    /// Scored.
    pub scored: i64,
    /// In a blocked category, not scored.
    pub blocked: i64,
    /// Given up after too many failures.
    pub failed: i64,
}

impl ArticleStateCounts {
    /// Articles that are queued or being scored.
    pub const fn in_progress_count(&self) -> i64 {
        self.queued + self.categorizing + self.scoring
    }
}

string_enum! {
    /// One of the two questions that a model is asked about an article.
    ScoringStep {
        /// Which categories it belongs to.
        Categorize = "categorize",
        /// How interesting it is to the reader.
        Score = "score",
    }
}

impl ScoringStep {
    /// The phase of a worker that is at this step.
    pub const fn phase(self) -> ScoringPhase {
        match self {
            Self::Categorize => ScoringPhase::Categorizing,
            Self::Score => ScoringPhase::Scoring,
        }
    }
}

/// Invalid answers after which an article has failed.
pub const MAX_SCORING_ATTEMPTS: i64 = 3;

string_enum! {
    /// What the worker is doing.
    #[derive(Default)]
    ScoringPhase {
        /// Nothing to do.
        #[default]
        Idle = "idle",
        /// Articles are queued, but the model is not ready; see the readiness.
        Waiting = "waiting",
        /// A request was sent and the model is not in memory yet.
        Loading = "loading",
        /// A model is choosing categories.
        Categorizing = "categorizing",
        /// A model is scoring.
        Scoring = "scoring",
        /// Stopped by the reader.
        Paused = "paused",
    }
}

/// Whether the model can score, and why not.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ScoringReadiness {
    /// Whether it can score.
    pub ready: bool,
    /// A code for programs, such as `refused`, `model_missing`.
    pub reason: Option<String>,
    /// The reason and what to do, as sentences.
    pub message: Option<String>,
}

/// The queue and the worker at one moment.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct ScoringStatus {
    /// Number of articles in each state.
    pub counts: ArticleStateCounts,
    /// What the worker is doing.
    pub phase: ScoringPhase,
    /// Whether the reader paused it; a request in progress is finished.
    #[serde(default)]
    pub paused: bool,
    /// The article in progress.
    pub article_id: Option<ArticleId>,
    /// The model in use.
    pub model: Option<ModelName>,
    /// Whether the model can score.
    pub readiness: ScoringReadiness,
    /// Articles finished per minute, measured recently.
    pub articles_per_minute: Option<f64>,
    /// Seconds until the queue is empty at that rate.
    pub eta_seconds: Option<i64>,
    /// Since when it has been in this phase.
    pub since: Option<Timestamp>,
}

impl ScoringStatus {
    /// The phase as text.
    pub const fn phase_label(&self) -> &'static str {
        match self.phase {
            ScoringPhase::Categorizing | ScoringPhase::Scoring | ScoringPhase::Loading if self.paused => {
                "Paused after the current article"
            }
            _ if self.paused => "Paused",
            ScoringPhase::Idle => "Idle",
            ScoringPhase::Waiting => "Waiting for the model",
            ScoringPhase::Loading => "Loading the model",
            ScoringPhase::Categorizing => "Categorizing",
            ScoringPhase::Scoring => "Scoring",
            ScoringPhase::Paused => "Paused",
        }
    }
}

/// Exactly the text that is sent, with placeholders for the article: `GET /api/ollama/prompts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompts {
    /// The prompt that chooses categories.
    pub categorization_prompt: String,
    /// The prompt that scores.
    pub scoring_prompt: String,
    /// Changes whenever one of the two does.
    pub version: String,
    /// The version that articles categorized with it carry.
    pub categorization_version: String,
    /// The version that articles scored with it carry.
    pub scoring_version: String,
    /// Estimated tokens of each without the article.
    pub categorization_tokens: i64,
    /// Estimated tokens of the scoring prompt without the article.
    pub scoring_tokens: i64,
}

/// What "re-evaluate unread articles" would do now, and which mode is recommended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RescorePreview {
    /// The mode that the changes since the last evaluation require; `None`: nothing relevant changed.
    pub recommended_mode: Option<RescoreMode>,
    /// What would be queued.
    pub report: RescoreReport,
    /// Articles that wait to be scored again and could still keep the score they have.
    pub cancellable_count: i64,
}

/// What a request to score again queued, or would queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RescoreReport {
    /// Number of articles.
    pub rescore_queued: i64,
    /// Whether categories are chosen anew too.
    pub rescore_mode: RescoreMode,
    /// Seconds it takes at the current rate.
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
    /// The scored articles of one feed.
    Feed(super::ids::FeedId),
    /// One article.
    Article(ArticleId),
}
