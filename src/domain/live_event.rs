//! Events that the server sends to open pages; docs/api.md, tag "live".

use super::{
    ids::ArticleId, pull::PullStatus, pull_format::PullTexts, readiness::OllamaStatus, scoring::ScoringStatus,
};
use serde::Serialize;

/// One event of the stream at `/api/events`.
#[derive(Clone, Debug, PartialEq)]
pub enum LiveEvent {
    /// Ollama's health or a model's readiness changed. The JSON of `GET /api/ollama/health`, with the models in use as `models`.
    Health(OllamaStatus),
    /// A pull progressed, began or ended. The JSON of `GET /api/ollama/download-status`, with the running pull in words as `texts`.
    Pull(Box<PullStatus>),
    /// The queue or the scoring worker changed.
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
    /// The values of [`Self::name`].
    pub const NAMES: [&'static str; 5] = ["health", "pull", "scoring", "article", "feeds"];

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

    /// The `data:` field of the stream: JSON.
    ///
    /// # Errors
    /// A number that JSON cannot represent.
    pub fn data(&self) -> serde_json::Result<String> {
        match self {
            Self::Health(status) => serde_json::to_string(status),
            Self::Pull(pulls) => serde_json::to_string(&PullEventData { pulls, texts: PullTexts::new(pulls) }),
            Self::Scoring(status) => serde_json::to_string(status),
            Self::Article { id } => Ok(serde_json::json!({ "id": id }).to_string()),
            Self::Feeds { new_articles } => Ok(serde_json::json!({ "new_articles": new_articles }).to_string()),
        }
    }
}

#[derive(Serialize)]
struct PullEventData<'a> {
    #[serde(flatten)]
    pulls: &'a PullStatus,
    texts: PullTexts,
}

#[cfg(test)]
mod tests {
    use super::{ArticleId, LiveEvent, PullStatus};
    use serde_json::{Value, json};

    #[test]
    fn events_are_small_and_told_in_words() {
        let pulls = PullStatus {
            running_model: Some("qwen3:8b".into()),
            queued: vec!["qwen3:4b".into()],
            ..PullStatus::default()
        };
        for (event, name, expected) in [
            (LiveEvent::Article { id: ArticleId(7) }, "article", json!({"id": 7})),
            (LiveEvent::Feeds { new_articles: 12 }, "feeds", json!({"new_articles": 12})),
            (
                LiveEvent::Pull(Box::new(pulls)),
                "pull",
                json!({
                    "model": "qwen3:8b", "queued": ["qwen3:4b"], "last": null, "stalled": false, "retry": null,
                    "percent": 0.0,
                    "texts": {"percent": "0 %", "progress": "", "activity": "Pulling the manifest."},
                }),
            ),
        ] {
            let data: Value = serde_json::from_str(&event.data().expect("JSON")).expect("JSON");
            for (field, value) in expected.as_object().expect("an object") {
                assert_eq!(data[field], *value, "{name} {field}");
            }
            assert_eq!(event.name(), name);
            assert!(LiveEvent::NAMES.contains(&name));
        }
    }
}
