//! How far models are from answering: what the last look at Ollama found, and what came of asking them since. Never waits for
//! Ollama.

use super::{Observed, choice, observed};
use crate::{
    domain::{
        model::ModelConfig,
        model_name::{ModelName, same_model},
        readiness::{ModelReadiness, ModelState, Standing},
        scoring::Readiness,
        time::Timestamp,
    },
    error::AppError,
    server::{
        ollama::{
            error::OllamaError,
            remedy,
            seen::{self, Record},
        },
        state::App,
        storage::readiness,
    },
};
use std::{collections::BTreeMap, sync::PoisonError, time::Duration};

/// The word for a model that nobody could ask about yet, because Ollama was not looked at.
pub(super) const NOT_ASKED: &str = "not_asked";

/// Since when each model has been in its state, by key; what [`ModelReadiness::since`] tells.
pub type States = BTreeMap<String, (ModelState, Timestamp)>;

/// One model, by any spelling of its name.
pub async fn readiness(app: &App, model: &str) -> Result<ModelReadiness, AppError> {
    let config = choice::config(app).await?;
    let loads = readiness::loads(&app.db.read).await?;
    Ok(stand(app, model, &config, &loads))
}

/// Ollama and the models in use.
pub async fn standing(app: &App) -> Result<Standing, AppError> {
    let config = choice::config(app).await?;
    let loads = readiness::loads(&app.db.read).await?;
    let models = in_use(&config).into_iter().map(|model| stand(app, model, &config, &loads)).collect();
    Ok(Standing { health: observed::health(app), models })
}

/// Whether `model` was in memory when it was last looked at or heard, or needs to be in none here.
pub fn needs_no_load(app: &App, model: &str) -> bool {
    let observed = app.observed.borrow();
    ModelName::parse(model).is_ok_and(|name| name.is_cloud())
        || observed.find(model).is_some_and(|tag| tag.is_elsewhere() || observed.is_loaded(tag))
        || app.ollama.seen().borrow().of(model).is_some_and(|record| record.in_memory)
}

/// How many seconds `model` last took to come into memory, when that is known.
pub async fn usual_load(app: &App, model: &str) -> Result<Option<i64>, AppError> {
    let loads = readiness::loads(&app.db.read).await?;
    Ok(loads.get(&seen::key(model)).copied().map(whole_seconds))
}

/// The models in use, and every other one that was seen installed.
pub async fn all(app: &App) -> Result<Vec<ModelReadiness>, AppError> {
    let config = choice::config(app).await?;
    let loads = readiness::loads(&app.db.read).await?;
    let mut names: Vec<String> = in_use(&config).into_iter().map(str::to_owned).collect();
    for tag in &app.observed.borrow().tags {
        if !names.iter().any(|name| same_model(name, &tag.name)) {
            names.push(tag.name.clone());
        }
    }
    Ok(names.iter().map(|model| stand(app, model, &config, &loads)).collect())
}

/// Whether the models in use can take work, for the queue. Before the first look: yes, the first call will show.
pub async fn of_queue(app: &App) -> Result<Readiness, AppError> {
    let standing = standing(app).await?;
    let in_the_way = standing.worst().filter(|model| {
        let waits = model.state.is_trouble() || model.state == ModelState::Loading;
        waits && model.reason.as_deref() != Some(NOT_ASKED)
    });
    Ok(match in_the_way {
        None => Readiness { ready: true, reason: None, message: None },
        Some(model) => {
            let sentences = [model.message.as_deref(), model.hint.as_deref()].into_iter().flatten();
            let reason = model.reason.clone().unwrap_or_else(|| model.state.as_str().to_owned());
            Readiness { ready: false, reason: Some(reason), message: Some(sentences.collect::<Vec<_>>().join(" ")) }
        }
    })
}

/// The models of both tasks, each once.
pub(super) fn in_use(config: &ModelConfig) -> Vec<&str> {
    let (first, second) = (config.categorization_model.as_str(), config.scoring_model.as_str());
    if same_model(first, second) { vec![first] } else { vec![first, second] }
}

fn stand(app: &App, model: &str, config: &ModelConfig, loads: &BTreeMap<String, Duration>) -> ModelReadiness {
    let (observed, seen) = (app.observed.borrow(), app.ollama.seen().borrow());
    let (record, key, now) = (seen.of(model), seen::key(model), app.clock.now());
    let judged = judge(&observed, record, model, &app.ollama.host());
    let loading_since = record.and_then(Record::loading_since).map(to_second);
    let since = match (judged.state, loading_since) {
        (ModelState::Loading, Some(since)) => since,
        (state, _) => since(&mut app.states.write().unwrap_or_else(PoisonError::into_inner), &key, state, now),
    };
    let is_loading = judged.state == ModelState::Loading;
    let mut stands = ModelReadiness {
        name: model.to_owned(),
        state: judged.state,
        since,
        elapsed_seconds: is_loading.then(|| now.since(since).max(0)),
        expected_seconds: loads.get(&key).filter(|_| is_loading).map(|took| whole_seconds(*took)),
        reason: judged.reason,
        message: judged.message,
        hint: judged.hint,
        size: observed.find(model).map_or(0, |tag| tag.size),
        roles: roles(config, model),
        health: judged.state == ModelState::Ready
            || (!judged.state.is_trouble() && record.is_some_and(|record| record.is_proven(now))),
    };
    stands.message = stands.loading_sentence().or(stands.message);
    stands
}

/// When the model came into `state`; remembers it when that is news.
fn since(states: &mut States, key: &str, state: ModelState, now: Timestamp) -> Timestamp {
    match states.get(key) {
        Some((known, since)) if *known == state => *since,
        _ => {
            states.insert(key.to_owned(), (state, now));
            now
        }
    }
}

fn roles(config: &ModelConfig, model: &str) -> Vec<String> {
    [("categorization", &config.categorization_model), ("scoring", &config.scoring_model)]
        .into_iter()
        .filter(|(_, used)| same_model(used, model))
        .map(|(task, _)| task.to_owned())
        .collect()
}

#[derive(Debug)]
struct Judged {
    state: ModelState,
    reason: Option<String>,
    message: Option<String>,
    hint: Option<String>,
}

impl Judged {
    fn plain(state: ModelState) -> Self {
        Self { state, reason: None, message: None, hint: None }
    }

    fn trouble(state: ModelState, reason: &str, (message, hint): (String, String)) -> Self {
        Self { state, reason: Some(reason.to_owned()), message: Some(message), hint: Some(hint) }
    }
}

/// The ladder of ollama-api.md §5.6.
fn judge(observed: &Observed, record: Option<&Record>, model: &str, host: &str) -> Judged {
    let Some(health) = &observed.health else {
        let words = ("Ollama has not been asked yet.".to_owned(), "Look again in a moment.".to_owned());
        return Judged::trouble(ModelState::Unreachable, NOT_ASKED, words);
    };
    if let Some(problem) = &health.problem {
        let kind = serde_json::to_value(problem.kind).ok().and_then(|kind| kind.as_str().map(str::to_owned));
        let words = (problem.message.clone(), problem.hint.clone());
        return Judged::trouble(ModelState::Unreachable, kind.as_deref().unwrap_or("unreachable"), words);
    }
    let failed = record.and_then(|record| record.failed.as_ref());
    let is_cloud = ModelName::parse(model).is_ok_and(|name| name.is_cloud());
    let tag = observed.find(model);
    if (tag.is_none() && !is_cloud) || matches!(failed, Some(OllamaError::ModelMissing(_))) {
        let words =
            (format!("Ollama does not have {model}."), "Pull it, or choose another under Ollama settings.".to_owned());
        return Judged::trouble(ModelState::Missing, "model_missing", words);
    }
    if tag.is_some_and(|tag| !tag.can_chat()) {
        let error = OllamaError::ChatUnsupported;
        return Judged::trouble(ModelState::Failed, error.word(), remedy::words(&error, host));
    }
    let Some(record) = record else { return Judged::plain(ModelState::Installed) };
    if record.loading_since().is_some() && !is_cloud {
        return Judged::plain(ModelState::Loading);
    }
    if let Some(error) = failed {
        return Judged::trouble(ModelState::Failed, error.word(), remedy::words(error, host));
    }
    // A model in the cloud is in nobody's memory here.
    let is_there = record.in_memory || is_cloud;
    Judged::plain(if is_there && record.answered.is_some() { ModelState::Ready } else { ModelState::Installed })
}

fn to_second(millis: i128) -> Timestamp {
    Timestamp(i64::try_from(millis.div_euclid(1000)).unwrap_or(i64::MAX))
}

fn whole_seconds(took: Duration) -> i64 {
    i64::try_from((took.as_millis() + 500) / 1000).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[path = "readiness_tests.rs"]
mod tests;
