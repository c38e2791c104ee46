//! How far models are from answering, in the words of the pages and the API. Pure functions of the snapshot.

use super::{
    snapshot::{Obstacle, Snapshot},
    tracker::{ModelRecord, to_timestamp},
};
use crate::{
    domain::{
        model::ModelConfig,
        model_name::ModelName,
        readiness::{ModelReadiness, ModelState, OllamaStatus},
        scoring::ScoringReadiness,
        time::Timestamp,
    },
    server::models::ollama::error_message,
};
use std::time::Duration;

/// The most models that a hint names.
const MAX_LISTED_MODELS: usize = 3;

/// The reason given while the server has not been polled.
pub const NOT_POLLED_CODE: &str = "not_asked";

impl Snapshot {
    /// The server and the models in use at `now`.
    pub fn readiness_for(&self, in_use: &ModelConfig, now: Timestamp) -> OllamaStatus {
        let models = in_use.models_in_use().into_iter().map(|model| self.model_readiness(model, in_use, now)).collect();
        OllamaStatus { health: self.health(), models }
    }

    /// The models in use, those chosen that others stand in for, then every other installed model.
    pub fn list_readiness(&self, in_use: &ModelConfig, now: Timestamp) -> Vec<ModelReadiness> {
        let mut names = in_use.models_in_use();
        for fallback in &in_use.fallbacks {
            if !names.contains(&&fallback.chosen) {
                names.push(&fallback.chosen);
            }
        }
        for installed in &self.installed {
            if !names.contains(&&installed.name) {
                names.push(&installed.name);
            }
        }
        names.into_iter().map(|model| self.model_readiness(model, in_use, now)).collect()
    }

    /// Whether the models in use can take work from the scoring queue. Before the first poll: yes, the first request will
    /// show.
    pub fn queue_readiness(&self, in_use: &ModelConfig, now: Timestamp) -> ScoringReadiness {
        let status = self.readiness_for(in_use, now);
        let blocking = status.worst_model().filter(|model| {
            let waits = model.state.needs_attention() || model.state == ModelState::Loading;
            waits && model.reason.as_deref() != Some(NOT_POLLED_CODE)
        });
        let Some(model) = blocking else { return ScoringReadiness { ready: true, reason: None, message: None } };
        let sentences = [model.message.as_deref(), model.hint.as_deref()].into_iter().flatten();
        ScoringReadiness {
            ready: false,
            reason: Some(model.reason.clone().unwrap_or_else(|| model.state.as_str().to_owned())),
            message: Some(sentences.collect::<Vec<_>>().join(" ")),
        }
    }

    /// One model.
    pub fn model_readiness(&self, model: &ModelName, in_use: &ModelConfig, now: Timestamp) -> ModelReadiness {
        let (state, obstacle) = self.state_of(model);
        let (reason, message, hint) = match obstacle.map(|obstacle| self.explain(model, obstacle)) {
            Some((reason, message, hint)) => (Some(reason), Some(message), Some(hint)),
            None => (None, None, None),
        };
        let since = self.state_since(model, state);
        let is_loading = state == ModelState::Loading;
        let record = self.tracker.get(model).filter(|record| state == ModelState::Installed && record.in_memory);
        let first_prompt_since = record.and_then(ModelRecord::first_token_awaited_since).map(to_timestamp);
        let mut readiness = ModelReadiness {
            name: model.clone(),
            state,
            since,
            elapsed_seconds: first_prompt_since.or(is_loading.then_some(since)).map(|since| now.since(since).max(0)),
            expected_seconds: self.last_load_time(model).filter(|_| is_loading).map(to_whole_seconds),
            reason,
            message,
            hint,
            size: self.find(model).map_or(0, |installed| installed.size),
            roles: in_use.tasks_using(model),
            health: state == ModelState::Ready,
        };
        readiness.message = readiness.loading_message().or(readiness.message);
        readiness
    }

    /// A code for programs, a sentence and a way out for people.
    fn explain(&self, model: &ModelName, obstacle: Obstacle) -> (String, String, String) {
        match obstacle {
            Obstacle::NotPolled => (
                NOT_POLLED_CODE.to_owned(),
                "Ollama has not been asked yet.".to_owned(),
                "Reload the page in a moment.".to_owned(),
            ),
            Obstacle::Server(problem) => {
                let code = serde_json::to_value(problem.kind).ok();
                let code = code.as_ref().and_then(|code| code.as_str()).unwrap_or("unreachable");
                (code.to_owned(), problem.message, problem.hint)
            }
            Obstacle::NotInstalled => {
                let is_coming = self.pulling.as_ref() == Some(model);
                let alternatives = self.alternatives(model);
                let hint = match alternatives.first() {
                    _ if is_coming => "It is being downloaded now.".to_owned(),
                    None => "Pull it, or choose another under Ollama settings.".to_owned(),
                    Some(largest) => format!(
                        "Pull it, or choose one that is installed under Ollama settings or with `gleaner models use {largest}`: {}.",
                        list_names(&alternatives)
                    ),
                };
                ("model_missing".to_owned(), format!("Ollama does not have {model}."), hint)
            }
            Obstacle::Failure(error) => {
                let (message, hint) = error_message::message_and_hint(&error, &self.host);
                (error.code().to_owned(), message, hint)
            }
        }
    }
}

/// The first names of a list, and how many follow.
fn list_names(names: &[&ModelName]) -> String {
    let shown = names.iter().take(MAX_LISTED_MODELS).map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MAX_LISTED_MODELS) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Rounded to the nearest second.
pub fn to_whole_seconds(duration: Duration) -> i64 {
    i64::try_from((duration.as_millis() + 500) / 1000).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[path = "readiness_tests.rs"]
mod tests;
