//! Noting what became of the models in use: for open pages, for the next start, for the history.

use super::{
    observed,
    readiness::{NOT_ASKED, standing},
};
use crate::{
    domain::{
        event::Event,
        readiness::{ModelState, ReadinessChange, Standing},
        time::Timestamp,
    },
    error::AppError,
    server::{
        ollama::{
            error::OllamaError,
            seen::{self, Load},
        },
        state::App,
        storage::readiness,
    },
};
use std::collections::BTreeMap;

/// How long changes are kept, in seconds: the page shows a day, somebody who looks for a pattern asks for some.
const KEPT_SECONDS: i64 = 7 * 86_400;
/// How far back the page looks.
const DAY_SECONDS: i64 = 86_400;

/// What was noted last.
#[derive(Debug, Default)]
pub struct Noted {
    /// State and reason of each model in use.
    told: Vec<(String, ModelState, Option<String>)>,
    loads: BTreeMap<String, Load>,
    /// The last row of the history, once it was read.
    last: Option<(ModelState, String)>,
}

/// Tells open pages when a model in use came into another state, keeps that in the history, and keeps how long loads took. For
/// one loop, with its own memory.
pub async fn note(app: &App, noted: &mut Noted) -> Result<(), AppError> {
    look_again_for_missing(app).await;
    keep_loads(app, noted).await?;
    let standing = standing(app).await?;
    if standing.models.iter().all(|model| model.reason.as_deref() == Some(NOT_ASKED)) {
        return Ok(());
    }
    let now = standing.models.iter().map(|m| (m.name.clone(), m.state, m.reason.clone())).collect();
    if noted.told != now {
        tell(app, &standing);
        keep_change(app, noted, &standing).await?;
        noted.told = now;
    }
    Ok(())
}

/// Tells open pages how Ollama and the models in use stand.
pub(super) fn tell(app: &App, standing: &Standing) {
    if let Ok(standing) = serde_json::to_value(standing) {
        app.tell(Event::Health(standing));
    }
}

/// The changes of the last day, oldest first, beginning with the state at its start.
pub async fn history(app: &App) -> Result<Vec<ReadinessChange>, AppError> {
    let since = Timestamp(app.clock.now().0 - DAY_SECONDS);
    Ok(readiness::changes(&app.db.read, since).await?)
}

/// A call was told that a model is not there, though the list has it: the list is out of date.
async fn look_again_for_missing(app: &App) {
    let is_outdated = {
        let (observed, seen) = (app.observed.borrow(), app.ollama.seen().borrow());
        observed.tags.iter().any(|tag| {
            let failed = seen.of(&tag.name).and_then(|record| record.failed.as_ref());
            matches!(failed, Some(OllamaError::ModelMissing(_)))
        })
    };
    if is_outdated {
        observed::check_now(app).await;
    }
}

async fn keep_loads(app: &App, noted: &mut Noted) -> Result<(), AppError> {
    let loads: BTreeMap<String, Load> =
        app.ollama.seen().borrow().loads().map(|(model, load)| (model.to_owned(), load)).collect();
    if loads == noted.loads {
        return Ok(());
    }
    let mut db = app.db.write().await?;
    for (model, load) in loads.iter().filter(|(model, load)| noted.loads.get(*model) != Some(load)) {
        readiness::put_load(&mut db, model, load.took, load.at).await?;
    }
    db.commit().await?;
    noted.loads = loads;
    Ok(())
}

/// One line for all models in use: the one that stands worst.
async fn keep_change(app: &App, noted: &mut Noted, standing: &Standing) -> Result<(), AppError> {
    let Some(worst) = standing.worst() else { return Ok(()) };
    if noted.last.is_none() {
        let kept = history(app).await?;
        noted.last = kept.last().map(|change| (change.state, seen::key(&change.model)));
    }
    let state = (worst.state, seen::key(&worst.name));
    if noted.last.as_ref() == Some(&state) {
        return Ok(());
    }
    let at = app.clock.now();
    let message = worst.message.clone().filter(|_| worst.state.is_trouble());
    let change = ReadinessChange { at, state: worst.state, model: worst.name.clone(), message };
    let mut db = app.db.write().await?;
    readiness::append(&mut db, &change, Timestamp(at.0 - KEPT_SECONDS)).await?;
    db.commit().await?;
    noted.last = Some(state);
    Ok(())
}
