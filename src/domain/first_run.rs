//! The checklist of a first visit: what is still to be done until articles are scored.

use super::model_name::ModelName;
use serde::{Deserialize, Serialize};

string_enum! {
    /// A step of the checklist.
    FirstRunStep {
        /// Ollama answers and has the model.
        Model = "model",
        /// The reader described what to look for.
        Interests = "interests",
        /// There is a feed.
        Feeds = "feeds",
        /// A model has scored an article.
        Scores = "scores",
    }
}

impl FirstRunStep {
    /// The page that does it.
    pub const fn page(self) -> &'static str {
        match self {
            Self::Model => "/settings/ollama",
            Self::Interests => "/interests",
            Self::Feeds => "/feeds/new",
            Self::Scores => "/status",
        }
    }
}

/// What is there of what a first visit leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstRun {
    /// The address of Ollama.
    pub ollama_address: String,
    /// Whether Ollama answers.
    pub is_ollama_connected: bool,
    /// The models that Ollama has.
    pub installed_models: Vec<ModelName>,
    /// The model that scores.
    pub model: ModelName,
    /// Whether Ollama answers and does not have it.
    pub is_model_missing: bool,
    /// Why it cannot score now, with what to do; `None` when it can.
    pub model_problem: Option<String>,
    /// Whether the reader described interests.
    pub has_interests: bool,
    /// Subscriptions.
    pub feed_count: i64,
    /// Articles that wait for the model.
    pub waiting_count: i64,
    /// Whether a model has scored an article.
    pub has_scores: bool,
}

impl FirstRun {
    /// Whether a step is done.
    pub const fn is_done(&self, step: FirstRunStep) -> bool {
        match step {
            FirstRunStep::Model => self.model_problem.is_none(),
            FirstRunStep::Interests => self.has_interests,
            FirstRunStep::Feeds => self.feed_count > 0,
            FirstRunStep::Scores => self.has_scores,
        }
    }

    /// How many steps are done.
    pub fn done_count(&self) -> usize {
        FirstRunStep::ALL.iter().filter(|step| self.is_done(**step)).count()
    }

    /// Whether every step is done.
    pub fn is_finished(&self) -> bool {
        self.done_count() == FirstRunStep::ALL.len()
    }
}
