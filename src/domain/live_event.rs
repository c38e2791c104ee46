//! Events that the server sends to open pages; docs/api.md, tag "live".

use super::{ids::ArticleId, pull::PullStatus, readiness::OllamaStatus, scoring::ScoringStatus};
use serde::Deserialize;

/// One event of the stream at `/api/events`.
#[derive(Clone, Debug, PartialEq)]
pub enum LiveEvent {
    /// Ollama's health or a model's readiness changed. The JSON of `GET /api/ollama/health`, with the models in use as `models`.
    Health(OllamaStatus),
    /// A pull progressed, began or ended. The JSON of `GET /api/ollama/download-status`.
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
            Self::Pull(pulls) => serde_json::to_string(pulls),
            Self::Scoring(status) => serde_json::to_string(status),
            Self::Article { id } => Ok(serde_json::json!({ "id": id }).to_string()),
            Self::Feeds { new_articles } => Ok(serde_json::json!({ "new_articles": new_articles }).to_string()),
        }
    }

    /// Reads [`Self::name`] and [`Self::data`] back; `None` for anything else. Each payload has one deserializer: a tagged enum
    /// would bring a second one of each into the browser.
    pub fn parse(name: &str, data: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct ArticleData {
            id: ArticleId,
        }
        #[derive(Deserialize)]
        struct FeedsData {
            new_articles: i64,
        }
        match name {
            "health" => serde_json::from_str(data).ok().map(Self::Health),
            "pull" => serde_json::from_str(data).ok().map(Self::Pull),
            "scoring" => serde_json::from_str(data).ok().map(Self::Scoring),
            "article" => serde_json::from_str(data).ok().map(|ArticleData { id }| Self::Article { id }),
            "feeds" => serde_json::from_str(data).ok().map(|FeedsData { new_articles }| Self::Feeds { new_articles }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ArticleId, LiveEvent, PullStatus};

    #[test]
    fn events_round_trip() {
        for (event, data) in [
            (LiveEvent::Article { id: ArticleId(7) }, Some(r#"{"id":7}"#)),
            (LiveEvent::Feeds { new_articles: 12 }, Some(r#"{"new_articles":12}"#)),
            (LiveEvent::Pull(Box::new(PullStatus { queued: vec!["qwen3:4b".into()], ..PullStatus::default() })), None),
        ] {
            let written = event.data().expect("JSON");
            assert!(data.is_none_or(|data| data == written), "{written}");
            assert!(LiveEvent::NAMES.contains(&event.name()));
            assert_eq!(LiveEvent::parse(event.name(), &written), Some(event));
        }
        for (name, data) in [("feeds", "{}"), ("article", r#"{"new_articles":1}"#), ("other", "{}"), ("feeds", "")] {
            assert_eq!(LiveEvent::parse(name, data), None, "{name} {data}");
        }
    }
}
