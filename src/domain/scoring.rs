//! What the scoring worker is doing, as `GET /api/scoring/status` tells it.

use super::model_name::ModelName;
use super::{ids::ArticleId, score::RescoreMode, time::Timestamp};
use serde::{Deserialize, Serialize};

/// Articles in each state of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ArticleStateCounts {
    /// Not scored and not waiting.
    pub unscored: i64,
    /// Waiting for the model.
    pub queued: i64,
    /// With the model, which chooses categories.
    pub categorizing: i64,
    /// With the model, which scores.
    pub scoring: i64,
    /// Scored.
    pub scored: i64,
    /// In a blocked category, not scored.
    pub blocked: i64,
    /// Given up after too many failures.
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
    /// Which categories it belongs to.
    Categorize,
    /// How interesting it is to the reader.
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
    /// A model is choosing categories.
    Categorizing,
    /// A model is scoring.
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
    /// Whether it can.
    pub ready: bool,
    /// A short word for programs, such as `refused`, `model_missing`.
    pub reason: Option<String>,
    /// The same for people, with a way out.
    pub message: Option<String>,
}

/// The queue and the worker at one moment.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct ScoringStatus {
    /// Number of articles in each state.
    pub counts: ArticleStateCounts,
    /// What the worker is doing.
    pub phase: ScoringPhase,
    /// Whether the reader stopped it; what is with the model at that moment may finish.
    #[serde(default)]
    pub paused: bool,
    /// The article the model works on.
    pub article_id: Option<ArticleId>,
    /// The model at work.
    pub model: Option<ModelName>,
    /// Whether the model can take work.
    pub readiness: ScoringReadiness,
    /// Articles finished per minute, lately.
    pub articles_per_minute: Option<f64>,
    /// Seconds until the queue is empty at that rate.
    pub eta_seconds: Option<i64>,
    /// Since when it has been in this phase.
    pub since: Option<Timestamp>,
}

impl ScoringStatus {
    /// What it is doing, in words.
    pub const fn phase_label(&self) -> &'static str {
        match self.phase {
            ScoringPhase::Categorizing | ScoringPhase::Scoring | ScoringPhase::Loading if self.paused => {
                "Paused after the article at hand"
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

/// What "re-evaluate unread articles" would do now, and whether there is a reason to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RescorePreview {
    /// What changed since the last evaluation calls for; `None`: nothing relevant changed.
    pub recommended_mode: Option<RescoreMode>,
    /// What would be queued when asked.
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
    /// Seconds it takes at the present rate.
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
