//! What the server tells open pages; http-api.md "Live and operations".

use super::{ids::ArticleId, scoring::ScoringStatus};
use serde::{Deserialize, Serialize};

/// One event of the stream at `/api/events`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", content = "data", rename_all = "lowercase")]
pub enum LiveEvent {
    /// Ollama's health or a model's readiness changed; the JSON of `GET /api/ollama/health`, and in `models` how those in use stand.
    Health(serde_json::Value),
    /// A pull moved on; the JSON of `GET /api/ollama/download-status`.
    Pull(serde_json::Value),
    /// The queue or the worker moved on.
    Scoring(ScoringStatus),
    /// An article was scored, blocked, failed, read or starred.
    Article {
        /// The article.
        id: ArticleId,
    },
    /// The counters of feeds changed: how many articles are new since the last such event; 0 after a bulk "mark read".
    Feeds {
        /// Number of articles that are new since the last event.
        new_articles: i64,
    },
}

impl LiveEvent {
    /// The `event:` field of the stream.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Health(_) => "health",
            Self::Pull(_) => "pull",
            Self::Scoring(_) => "scoring",
            Self::Article { .. } => "article",
            Self::Feeds { .. } => "feeds",
        }
    }
}
