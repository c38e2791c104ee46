//! The readiness of models. That Ollama can be reached, or lists a model, does not prove that the model answers: only an answer
//! does.

use super::model_name::ModelName;
use super::{model::OllamaHealth, time::Timestamp};
use crate::domain::humanize::format_duration_short;
use serde::{Deserialize, Serialize};

string_enum! {
    /// The readiness of a model, from the worst to the best; the words of `GET /api/models`.
    ModelState {
        /// Ollama cannot be reached.
        Unreachable = "unreachable",
        /// Ollama does not have the model.
        Missing = "missing",
        /// Its last request failed.
        Failed = "failed",
        /// A request of Gleaner waits until it is in memory.
        Loading = "loading",
        /// On the disk; it has not yet answered.
        Installed = "installed",
        /// In memory, and it has answered.
        Ready = "ready",
    }
}

impl ModelState {
    /// Whether the owner must act before the model can be used.
    pub const fn needs_attention(self) -> bool {
        matches!(self, Self::Unreachable | Self::Missing | Self::Failed)
    }
}

/// The readiness of one model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelReadiness {
    /// Name of the model.
    pub name: ModelName,
    /// The state.
    pub state: ModelState,
    /// Since when it has been in this state, as far as this process knows.
    pub since: Timestamp,
    /// Seconds so far of loading or of processing the first prompt; `None` in other states.
    pub elapsed_seconds: Option<i64>,
    /// Seconds that its last load took; `None` when it is not loading or no load was measured.
    pub expected_seconds: Option<i64>,
    /// A code of the problem for programs, such as `refused`, `out_of_memory`.
    pub reason: Option<String>,
    /// The problem, as a sentence.
    pub message: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// Bytes on disk; 0 when it is not there.
    pub size: i64,
    /// Tasks that use it: `categorization`, `scoring`.
    pub roles: Vec<String>,
    /// Whether the state is ready.
    pub health: bool,
}

impl ModelReadiness {
    /// The activity before the first answer, as a sentence: `qwen3:8b is being loaded: 12 s so far, usually 40 s.` or
    /// `qwen3:8b is in memory and reads its first prompt: 12 s so far.`
    pub fn loading_message(&self) -> Option<String> {
        let so_far = self.elapsed_seconds.map(format_duration_short)?;
        let usually =
            self.expected_seconds.map(|s| format!(", usually {}", format_duration_short(s))).unwrap_or_default();
        match self.state {
            ModelState::Loading => Some(format!("{} is being loaded: {so_far} so far{usually}.", self.name)),
            ModelState::Installed => {
                Some(format!("{} is in memory and reads its first prompt: {so_far} so far.", self.name))
            }
            _ => None,
        }
    }
}

/// Ollama and the models in use, for the badge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OllamaStatus {
    /// Whether Ollama answers.
    #[serde(flatten)]
    pub health: OllamaHealth,
    /// The models in use, each once, in the order of the tasks.
    pub models: Vec<ModelReadiness>,
}

impl OllamaStatus {
    /// The model in the worst state.
    pub fn worst_model(&self) -> Option<&ModelReadiness> {
        self.models.iter().min_by_key(|model| model.state)
    }
}

/// A change of the state of the models in use, for the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadinessChange {
    /// When it changed.
    pub at: Timestamp,
    /// The new state.
    pub state: ModelState,
    /// Name of the model.
    pub model: ModelName,
    /// Why, in a sentence.
    pub message: Option<String>,
}

/// A period of time in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadinessInterval {
    /// The state.
    pub state: ModelState,
    /// When it began.
    pub from: Timestamp,
    /// When it ended.
    pub to: Timestamp,
}

/// The states from `from` to `to` that follow from `changes` (oldest first); the time before the first change is left out.
pub fn readiness_intervals(changes: &[ReadinessChange], from: Timestamp, to: Timestamp) -> Vec<ReadinessInterval> {
    let ends = changes.iter().skip(1).map(|change| change.at).chain([to]);
    let span = |(change, end): (&ReadinessChange, Timestamp)| {
        let (from, to) = (change.at.max(from), end.min(to));
        (from < to).then_some(ReadinessInterval { state: change.state, from, to })
    };
    changes.iter().zip(ends).filter_map(span).collect()
}

#[cfg(test)]
mod tests {
    use super::{ModelReadiness, ModelState, OllamaStatus, ReadinessChange, readiness_intervals};
    use crate::domain::{model::OllamaHealth, time::Timestamp};

    fn model(name: &str, state: ModelState) -> ModelReadiness {
        ModelReadiness {
            name: name.into(),
            state,
            since: Timestamp(0),
            elapsed_seconds: (state == ModelState::Loading).then_some(12),
            expected_seconds: None,
            reason: None,
            message: None,
            hint: None,
            size: 0,
            roles: Vec::new(),
            health: false,
        }
    }

    #[test]
    fn a_load_says_how_long_it_takes() {
        let mut loading = model("qwen3:8b", ModelState::Loading);
        assert_eq!(loading.loading_message().as_deref(), Some("qwen3:8b is being loaded: 12 s so far."));
        loading.expected_seconds = Some(90);
        assert_eq!(loading.loading_message().as_deref(), Some("qwen3:8b is being loaded: 12 s so far, usually 90 s."));
        for (state, elapsed_seconds, message) in [
            (ModelState::Ready, None, None),
            (ModelState::Installed, None, None),
            (ModelState::Installed, Some(19), Some("x is in memory and reads its first prompt: 19 s so far.")),
        ] {
            let readiness = ModelReadiness { elapsed_seconds, ..model("x", state) };
            assert_eq!(readiness.loading_message().as_deref(), message);
        }
    }

    #[test]
    fn the_worst_one_counts() {
        let health = OllamaHealth {
            connected: true,
            version: None,
            latency_ms: None,
            host: String::new(),
            problem: None,
            checked_at: None,
        };
        let models =
            vec![model("a", ModelState::Ready), model("b", ModelState::Failed), model("c", ModelState::Loading)];
        let status = OllamaStatus { health, models };
        assert_eq!(status.worst_model().map(|m| m.name.as_str()), Some("b"));
    }

    #[test]
    fn intervals_follow_from_changes() {
        let change = |at, state| ReadinessChange { at: Timestamp(at), state, model: "m".into(), message: None };
        let changes = [
            change(-50, ModelState::Ready),
            change(10, ModelState::Unreachable),
            change(10, ModelState::Missing),
            change(40, ModelState::Ready),
        ];
        let intervals = |from, to| {
            let all = readiness_intervals(&changes, Timestamp(from), Timestamp(to));
            all.into_iter().map(|s| (s.state.as_str(), s.from.0, s.to.0)).collect::<Vec<_>>()
        };
        assert_eq!(intervals(0, 100), [("ready", 0, 10), ("missing", 10, 40), ("ready", 40, 100)]);
        assert_eq!(
            intervals(-100, 20),
            [("ready", -50, 10), ("missing", 10, 20)],
            "nothing is known of the time before"
        );
        assert_eq!(readiness_intervals(&[], Timestamp(0), Timestamp(9)), []);
    }
}
