//! How far models are from answering: what the last look at Ollama found, and what came of asking them since. Never waits for
//! Ollama.

use super::{ModelsSnapshot, choice};
use crate::server::services::models::poll;
use crate::{
    domain::{
        model::ModelConfig,
        model_name::{ModelName, same_model},
        readiness::{ModelReadiness, ModelStateResponse, OllamaStatus},
        scoring::ScoringReadiness,
        time::Timestamp,
    },
    error::AppError,
    server::{
        models::{
            ollama::{error::OllamaError, error_message},
            status::tracker::{self, ModelRecord},
        },
        state::App,
        storage::readiness,
    },
};
use std::{collections::BTreeMap, sync::PoisonError, time::Duration};

/// The word for a model that nobody could ask about yet, because Ollama was not looked at.
pub(super) const NOT_POLLED_CODE: &str = "not_asked";

/// Since when each model has been in its state, by key; what [`ModelReadiness::state_since`] tells.
pub type ModelStatesSince = BTreeMap<String, (ModelStateResponse, Timestamp)>;

/// One model, by any spelling of its name.
pub async fn model_readiness(app: &App, model: &str) -> Result<ModelReadiness, AppError> {
    let config = choice::load_config(app).await?;
    let loads = readiness::load_times(&app.db.read).await?;
    Ok(build_readiness(app, model, &config, &loads))
}

/// Ollama and the models in use.
pub async fn status(app: &App) -> Result<OllamaStatus, AppError> {
    let config = choice::load_config(app).await?;
    let loads = readiness::load_times(&app.db.read).await?;
    let models = models_in_use(&config).into_iter().map(|model| build_readiness(app, model, &config, &loads)).collect();
    Ok(OllamaStatus { health: poll::health(app), models })
}

/// Whether `model` was in memory when it was last looked at or heard, or needs to be in none here.
pub fn needs_no_load(app: &App, model: &str) -> bool {
    let observed = app.models_snapshot.borrow();
    ModelName::parse(model).is_ok_and(|name| name.is_cloud())
        || observed.find(model).is_some_and(|tag| tag.is_cloud() || observed.is_loaded(tag))
        || app.ollama.tracker().borrow().get(model).is_some_and(|record| record.in_memory)
}

/// How many seconds `model` last took to come into memory, when that is known.
pub async fn last_load_seconds(app: &App, model: &str) -> Result<Option<i64>, AppError> {
    let loads = readiness::load_times(&app.db.read).await?;
    Ok(loads.get(&tracker::model_key(model)).copied().map(to_whole_seconds))
}

/// The models in use, and every other one that was seen installed.
pub async fn list_readiness(app: &App) -> Result<Vec<ModelReadiness>, AppError> {
    let config = choice::load_config(app).await?;
    let loads = readiness::load_times(&app.db.read).await?;
    let mut names: Vec<String> = models_in_use(&config).into_iter().map(str::to_owned).collect();
    for tag in &app.models_snapshot.borrow().installed {
        if !names.iter().any(|name| same_model(name, &tag.name)) {
            names.push(tag.name.clone());
        }
    }
    Ok(names.iter().map(|model| build_readiness(app, model, &config, &loads)).collect())
}

/// Whether the models in use can take work, for the queue. Before the first look: yes, the first call will show.
pub async fn queue_readiness(app: &App) -> Result<ScoringReadiness, AppError> {
    let standing = status(app).await?;
    let in_the_way = standing.worst_model().filter(|model| {
        let waits = model.state.needs_attention() || model.state == ModelStateResponse::Loading;
        waits && model.reason.as_deref() != Some(NOT_POLLED_CODE)
    });
    Ok(match in_the_way {
        None => ScoringReadiness { ready: true, reason: None, message: None },
        Some(model) => {
            let sentences = [model.message.as_deref(), model.hint.as_deref()].into_iter().flatten();
            let reason = model.reason.clone().unwrap_or_else(|| model.state.as_str().to_owned());
            ScoringReadiness {
                ready: false,
                reason: Some(reason),
                message: Some(sentences.collect::<Vec<_>>().join(" ")),
            }
        }
    })
}

/// The models of both tasks, each once.
pub(super) fn models_in_use(config: &ModelConfig) -> Vec<&str> {
    let (first, second) = (config.categorization_model.as_str(), config.scoring_model.as_str());
    if same_model(first, second) { vec![first] } else { vec![first, second] }
}

fn build_readiness(app: &App, model: &str, config: &ModelConfig, loads: &BTreeMap<String, Duration>) -> ModelReadiness {
    let (observed, seen) = (app.models_snapshot.borrow(), app.ollama.tracker().borrow());
    let (record, key, now) = (seen.get(model), tracker::model_key(model), app.clock.now());
    let judged = classify(&observed, record, model, &app.ollama.host());
    let loading_since = record.and_then(ModelRecord::loading_since).map(to_timestamp);
    let since = match (judged.state, loading_since) {
        (ModelStateResponse::Loading, Some(since)) => since,
        (state, _) => state_since(&mut app.model_states_since.write().unwrap_or_else(PoisonError::into_inner), &key, state, now),
    };
    let is_loading = judged.state == ModelStateResponse::Loading;
    let mut stands = ModelReadiness {
        name: model.to_owned(),
        state: judged.state,
        since,
        elapsed_seconds: is_loading.then(|| now.since(since).max(0)),
        expected_seconds: loads.get(&key).filter(|_| is_loading).map(|took| to_whole_seconds(*took)),
        reason: judged.reason,
        message: judged.message,
        hint: judged.hint,
        size: observed.find(model).map_or(0, |tag| tag.size),
        roles: tasks_using(config, model),
        health: judged.state == ModelStateResponse::FetchedFeed
            || (!judged.state.needs_attention() && record.is_some_and(|record| record.is_proven(now))),
    };
    stands.message = stands.loading_message().or(stands.message);
    stands
}

/// When the model came into `state`; remembers it when that is news.
fn state_since(states: &mut ModelStatesSince, key: &str, state: ModelStateResponse, now: Timestamp) -> Timestamp {
    match states.get(key) {
        Some((known, since)) if *known == state => *since,
        _ => {
            states.insert(key.to_owned(), (state, now));
            now
        }
    }
}

fn tasks_using(config: &ModelConfig, model: &str) -> Vec<String> {
    [("categorization", &config.categorization_model), ("scoring", &config.scoring_model)]
        .into_iter()
        .filter(|(_, used)| same_model(used, model))
        .map(|(task, _)| task.to_owned())
        .collect()
}

#[derive(Debug)]
struct ClassifiedState {
    state: ModelStateResponse,
    reason: Option<String>,
    message: Option<String>,
    hint: Option<String>,
}

impl ClassifiedState {
    fn without_reason(state: ModelStateResponse) -> Self {
        Self { state, reason: None, message: None, hint: None }
    }

    fn with_reason(state: ModelStateResponse, reason: &str, (message, hint): (String, String)) -> Self {
        Self { state, reason: Some(reason.to_owned()), message: Some(message), hint: Some(hint) }
    }
}

/// The ladder of ollama-api.md §5.6.
fn classify(observed: &ModelsSnapshot, record: Option<&ModelRecord>, model: &str, host: &str) -> ClassifiedState {
    let Some(health) = &observed.health else {
        let words = ("Ollama has not been asked yet.".to_owned(), "Look again in a moment.".to_owned());
        return ClassifiedState::with_reason(ModelStateResponse::Unreachable, NOT_POLLED_CODE, words);
    };
    if let Some(problem) = &health.problem {
        let kind = serde_json::to_value(problem.kind).ok().and_then(|kind| kind.as_str().map(str::to_owned));
        let words = (problem.message.clone(), problem.hint.clone());
        return ClassifiedState::with_reason(
            ModelStateResponse::Unreachable,
            kind.as_deref().unwrap_or("unreachable"),
            words,
        );
    }
    let failed = record.and_then(|record| record.last_error.as_ref());
    let is_cloud = ModelName::parse(model).is_ok_and(|name| name.is_cloud());
    let tag = observed.find(model);
    if (tag.is_none() && !is_cloud) || matches!(failed, Some(OllamaError::ModelMissing(_))) {
        let words =
            (format!("Ollama does not have {model}."), "Pull it, or choose another under Ollama settings.".to_owned());
        return ClassifiedState::with_reason(ModelStateResponse::MissingModelNotice, "model_missing", words);
    }
    if tag.is_some_and(|tag| !tag.can_chat()) {
        let error = OllamaError::ChatUnsupported;
        return ClassifiedState::with_reason(
            ModelStateResponse::Failed,
            error.code(),
            error_message::message_and_hint(&error, host),
        );
    }
    let Some(record) = record else { return ClassifiedState::without_reason(ModelStateResponse::Installed) };
    if record.loading_since().is_some() && !is_cloud {
        return ClassifiedState::without_reason(ModelStateResponse::Loading);
    }
    if let Some(error) = failed {
        return ClassifiedState::with_reason(
            ModelStateResponse::Failed,
            error.code(),
            error_message::message_and_hint(error, host),
        );
    }
    // A model in the cloud is in nobody's memory here.
    let is_there = record.in_memory || is_cloud;
    ClassifiedState::without_reason(if is_there && record.last_answer.is_some() {
        ModelStateResponse::FetchedFeed
    } else {
        ModelStateResponse::Installed
    })
}

fn to_timestamp(millis: i128) -> Timestamp {
    Timestamp(i64::try_from(millis.div_euclid(1000)).unwrap_or(i64::MAX))
}

fn to_whole_seconds(took: Duration) -> i64 {
    i64::try_from((took.as_millis() + 500) / 1000).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[path = "readiness_tests.rs"]
mod tests;
