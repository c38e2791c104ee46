//! Changing what Ollama has: off the disk, into memory, out of it.

use super::{
    Observed, choice, observed,
    sent::{sent_keep_alive, sent_options},
};
use crate::{
    domain::{
        model::{ModelConfig, ModelOptions},
        model_name::{ModelName, same_model},
    },
    error::{AppError, ErrorKind},
    server::{
        ollama::{error::OllamaError, remedy, wire::Tag},
        services::pulls,
        state::App,
        storage::model_choices,
    },
};
use serde::Serialize;
use std::time::Duration;

/// Whoever asks for a load waits this long for its end; it goes on without them.
const LOAD_WAIT: Duration = Duration::from_secs(10);

/// A model that was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deleted {
    pub name: String,
    /// Bytes of its layers; those that another model shares stay on the disk.
    pub size: i64,
    /// Tasks that used it, and what they use from now on.
    pub fell_back: Vec<FellBack>,
}

impl Deleted {
    /// Whether a task is left without a model: what it would fall back to is what was deleted.
    pub fn was_the_default(&self) -> bool {
        self.fell_back.iter().any(|fallen| same_model(&fallen.model, &self.name))
    }
}

/// A task whose model was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FellBack {
    /// `categorization` or `scoring`.
    pub task: String,
    pub model: String,
}

/// Whether a model is in memory: the words of `GET /api/models`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    Installed,
    Loading,
    Ready,
}

impl Presence {
    /// The word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Loading => "loading",
            Self::Ready => "ready",
        }
    }
}

/// Removes a model from Ollama's disk; one in memory is unloaded first. 404 when there is none of that name, 409 while it is
/// being pulled, and when a task uses it, unless `force`: then the task falls back to the configured model.
pub async fn delete(app: &App, name: &str, force: bool) -> Result<Deleted, AppError> {
    let tag = installed(app, name).await?;
    let downloads = pulls::downloads(app).await?;
    if downloads.model.is_some_and(|pulled| same_model(&pulled, &tag.name)) {
        return Err(AppError::conflict(format!("{} is being pulled.", tag.name)).hint("Cancel the download first."));
    }
    let before = choice::config(app).await?;
    let tasks = tasks(&before, &tag.name);
    if !tasks.is_empty() && !force {
        return Err(AppError::conflict(format!("{} is in use for {}.", tag.name, tasks.join(" and ")))
            .hint("Choose another model for it first, or delete it with force; it then falls back to the default."));
    }
    if app.observed.borrow().is_loaded(&tag) {
        match app.ollama.unload(&tag.name).await {
            // Somebody else was quicker; the call below says the same.
            Ok(()) | Err(OllamaError::ModelMissing(_) | OllamaError::ChatUnsupported) => {}
            Err(error) => return Err(failed(app, &error)),
        }
    }
    app.ollama.delete(&tag.name).await.map_err(|error| failed(app, &error))?;
    tracing::info!(model = tag.name, "deleted");
    let mut db = app.db.write().await?;
    let is_chosen = |task: &str| tasks.iter().any(|used| used == task);
    model_choices::forget(&mut db, is_chosen("categorization"), is_chosen("scoring"), app.clock.now()).await?;
    db.commit().await?;
    observed::check_now(app).await;
    app.scoring_bell.notify_one();
    if !tasks.is_empty() {
        app.choice_bell.notify_one();
    }
    let after = choice::config(app).await?;
    let fell_back = tasks.into_iter().map(|task| {
        let model = if task == "scoring" { after.scoring_model.clone() } else { after.categorization_model.clone() };
        FellBack { task, model }
    });
    Ok(Deleted { size: tag.size, fell_back: fell_back.collect(), name: tag.name })
}

/// Brings a model into memory with the options of the real calls. [`Presence::Loading`] when that takes longer than a moment:
/// it goes on. 404 when there is none of that name, 422 when it cannot chat.
pub async fn load(app: &App, name: &str) -> Result<Presence, AppError> {
    let (tag, options) = loadable(app, name).await?;
    let (told, hears) = tokio::sync::oneshot::channel();
    let loading = app.clone();
    app.lifecycle.spawn(async move {
        let loaded = tokio::select! {
            loaded = bring(&loading, &tag, &options) => loaded,
            () = loading.lifecycle.soft.cancelled() => return,
        };
        if let Err(Err(unheard)) = told.send(loaded) {
            tracing::warn!(model = tag.name, error = %unheard, "the model could not be loaded");
        }
    });
    tokio::select! {
        outcome = hears => outcome.unwrap_or(Ok(())).map(|()| Presence::Ready),
        () = app.clock.sleep(LOAD_WAIT) => Ok(Presence::Loading),
    }
}

/// As [`load`], but waits for the end: for a process that lives no longer than this call.
pub async fn load_wholly(app: &App, name: &str) -> Result<Presence, AppError> {
    let (tag, options) = loadable(app, name).await?;
    bring(app, &tag, &options).await.map(|()| Presence::Ready)
}

async fn loadable(app: &App, name: &str) -> Result<(Tag, ModelOptions), AppError> {
    let tag = installed(app, name).await?;
    if !tag.can_chat() {
        return Err(AppError::invalid(format!("{} makes embeddings only; it is loaded when it is used.", tag.name)));
    }
    Ok((tag, choice::config(app).await?.options))
}

async fn bring(app: &App, tag: &Tag, options: &ModelOptions) -> Result<(), AppError> {
    let loaded = app.ollama.load(&tag.name, sent_options(options), sent_keep_alive(options)).await;
    observed::check_now(app).await;
    loaded.map(drop).map_err(|error| failed(app, &error))
}

/// Takes a model out of memory, after the request it may be working on. [`Presence::Ready`]: it is still at work. 404 when there
/// is none of that name.
pub async fn unload(app: &App, name: &str) -> Result<Presence, AppError> {
    let tag = installed(app, name).await?;
    app.ollama.unload(&tag.name).await.map_err(|error| failed(app, &error))?;
    observed::check_now(app).await;
    Ok(if app.observed.borrow().is_loaded(&tag) { Presence::Ready } else { Presence::Installed })
}

/// The installed model that `name` means, as Ollama has it now.
async fn installed(app: &App, name: &str) -> Result<Tag, AppError> {
    let name = ModelName::parse(name).map_err(|reason| AppError::invalid(format!("name: {reason}")))?;
    observed::check_now(app).await;
    let observed: Observed = app.observed.borrow().clone();
    if !observed.is_connected() {
        // Says why.
        observed::installed(app).await?;
    }
    let found = observed.find(&name.to_string()).cloned();
    found.ok_or_else(|| {
        AppError::not_found(format!("Ollama does not have {name}."))
            .hint("Its list under Ollama settings is up to date now.")
    })
}

fn failed(app: &App, error: &OllamaError) -> AppError {
    let told = remedy::app_error(error, &app.ollama.host());
    if told.kind == ErrorKind::BadGateway {
        tracing::warn!(%error, "Ollama refused a change of its models");
    }
    told
}

fn tasks(config: &ModelConfig, name: &str) -> Vec<String> {
    [("categorization", &config.categorization_model), ("scoring", &config.scoring_model)]
        .into_iter()
        .filter(|(_, model)| same_model(model, name))
        .map(|(task, _)| task.to_owned())
        .collect()
}
