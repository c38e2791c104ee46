//! Deleting, loading and unloading models.

use super::{model_config::load_config, readiness};
use crate::server::services::models::{
    poll,
    request_options::{request_keep_alive, request_options},
};
use crate::{
    domain::{
        model::{ModelFallbackPolicy, ModelOptions},
        model_name::ModelName,
    },
    error::{AppError, ErrorKind},
    server::{
        models::ollama::{error::OllamaError, error_message, wire::InstalledModel},
        services::pulls,
        state::App,
    },
};
use serde::Serialize;
use std::time::Duration;

/// A request for a load is answered after this time at the latest; the load goes on.
const MAX_LOAD_WAIT: Duration = Duration::from_secs(10);

/// A model that was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeletedModel {
    /// Name of the model.
    pub name: ModelName,
    /// Bytes of its layers; layers that another model shares stay on the disk.
    pub size: i64,
    /// The tasks that used it, and the model that serves each from now on: the deleted one while a task waits.
    pub fell_back: Vec<FallbackTask>,
}

impl DeletedModel {
    /// Whether a task is left without a model.
    pub fn leaves_task_without_model(&self) -> bool {
        self.fell_back.iter().any(|fallen| fallen.model == self.name)
    }
}

/// A task whose model was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FallbackTask {
    /// `categorization` or `scoring`.
    pub task: String,
    /// Name of the model.
    pub model: ModelName,
}

string_enum! {
    /// Whether a model is in memory, in the words of `GET /api/models`.
    LoadState {
        /// On disk only.
        Installed = "installed",
        /// Being loaded into memory.
        Loading = "loading",
        /// In memory.
        Ready = "ready",
    }
}

/// Removes a model from Ollama's disk; one in memory is unloaded first. 404 when there is none of that name, 409 while it is
/// being pulled, and when a task uses it, unless `force`: then the task waits for the model, or is served as `ollama.fallback`
/// says. The choice stays saved.
#[tracing::instrument(name = "models.change.delete", level = "debug", skip_all, fields(model = name))]
pub async fn delete(app: &App, name: &str, force: bool) -> Result<DeletedModel, AppError> {
    let installed = find_installed(app, name).await?;
    let downloads = pulls::load_downloads(app).await?;
    if downloads.running_model.as_ref() == Some(&installed.name) {
        return Err(
            AppError::conflict(format!("{} is being pulled.", installed.name)).hint("Cancel the download first.")
        );
    }
    let before = load_config(app).await?;
    let tasks = before.tasks_using(&installed.name);
    if !tasks.is_empty() && !force {
        return Err(AppError::conflict(format!("{} is in use for {}.", installed.name, tasks.join(" and "))).hint(
            match app.config.ollama.fallback {
                ModelFallbackPolicy::Off => {
                    "Choose another model for it first, or delete it with force; it then waits for a model."
                }
                ModelFallbackPolicy::Role | ModelFallbackPolicy::Smallest => {
                    "Choose another model for it first, or delete it with force; ollama.fallback then chooses one."
                }
            },
        ));
    }
    if app.models.snapshot().is_loaded(&installed) {
        match app.ollama.unload(&installed.name).await {
            // Another program deleted the model meanwhile; the call below reports it.
            Ok(()) | Err(OllamaError::ModelMissing(_) | OllamaError::ChatUnsupported) => {}
            Err(error) => return Err(log_and_convert(app, &error)),
        }
    }
    app.ollama.delete(&installed.name).await.map_err(|error| log_and_convert(app, &error))?;
    tracing::info!(model = %installed.name, "deleted");
    poll::poll_now(app).await;
    readiness::publish_status(app).await;
    app.scoring_wakeup.notify_one();
    if !tasks.is_empty() {
        app.choice_wakeup.notify_one();
    }
    let after = load_config(app).await?;
    let fell_back = tasks.into_iter().map(|task| {
        let model = if task == "scoring" { after.scoring_model.clone() } else { after.categorization_model.clone() };
        FallbackTask { task, model }
    });
    Ok(DeletedModel { size: installed.size, fell_back: fell_back.collect(), name: installed.name })
}

/// Loads a model with the options of the real calls. [`LoadState::Loading`] when that takes longer than ten seconds; the load goes
/// on. 404 when there is none of that name, 422 when it cannot chat.
#[tracing::instrument(name = "models.change.load", level = "debug", skip_all, fields(model = name))]
pub async fn load(app: &App, name: &str) -> Result<LoadState, AppError> {
    let (installed, options) = find_loadable(app, name).await?;
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let task_app = app.clone();
    app.lifecycle.spawn(async move {
        let loaded = tokio::select! {
            loaded = load_and_poll(&task_app, &installed, &options) => loaded,
            () = task_app.lifecycle.soft_stop.cancelled() => return,
        };
        if let Err(Err(error)) = sender.send(loaded) {
            tracing::warn!(model = %installed.name, %error, "the model could not be loaded");
        }
    });
    tokio::select! {
        outcome = receiver => outcome.unwrap_or(Ok(())).map(|()| LoadState::Ready),
        () = app.clock.sleep(MAX_LOAD_WAIT) => Ok(LoadState::Loading),
    }
}

/// As [`load`], but waits for the end: for a process that lives no longer than this call.
#[tracing::instrument(name = "models.change.load_and_wait", level = "debug", skip_all, fields(model = name))]
pub async fn load_and_wait(app: &App, name: &str) -> Result<LoadState, AppError> {
    let (installed, options) = find_loadable(app, name).await?;
    load_and_poll(app, &installed, &options).await.map(|()| LoadState::Ready)
}

async fn find_loadable(app: &App, name: &str) -> Result<(InstalledModel, ModelOptions), AppError> {
    let installed = find_installed(app, name).await?;
    if !installed.can_chat() {
        return Err(AppError::invalid(format!(
            "{} is an embedding model; it is loaded when it is used.",
            installed.name
        )));
    }
    let options = load_config(app).await?.load_options(&installed.name);
    Ok((installed, options))
}

async fn load_and_poll(app: &App, installed: &InstalledModel, options: &ModelOptions) -> Result<(), AppError> {
    let loaded = app.ollama.load(&installed.name, request_options(options), request_keep_alive(options)).await;
    poll::poll_now(app).await;
    loaded.map(drop).map_err(|error| log_and_convert(app, &error))
}

/// Unloads a model, after the request it may be working on. [`LoadState::Ready`]: it is still busy with one. 404 when there is none
/// of that name.
#[tracing::instrument(name = "models.change.unload", level = "debug", skip_all, fields(model = name))]
pub async fn unload(app: &App, name: &str) -> Result<LoadState, AppError> {
    let installed = find_installed(app, name).await?;
    app.ollama.unload(&installed.name).await.map_err(|error| log_and_convert(app, &error))?;
    poll::poll_now(app).await;
    Ok(if app.models.snapshot().is_loaded(&installed) { LoadState::Ready } else { LoadState::Installed })
}

/// The installed model that `name` means, as Ollama has it now.
pub async fn find_installed(app: &App, name: &str) -> Result<InstalledModel, AppError> {
    let name = ModelName::parse(name).map_err(|reason| AppError::invalid(format!("name: {reason}")))?;
    poll::poll_now(app).await;
    let snapshot = app.models.snapshot();
    if !snapshot.is_connected() {
        // Fails with the reason.
        poll::list_installed(app).await?;
    }
    snapshot.find(&name).cloned().ok_or_else(|| {
        AppError::not_found(format!("Ollama does not have {name}."))
            .hint("The list in the Ollama settings has been updated.")
    })
}

/// An error of Ollama as the answer to a form or a request.
pub(super) fn log_and_convert(app: &App, error: &OllamaError) -> AppError {
    let converted = error_message::to_app_error(error, &app.ollama.host());
    if converted.kind == ErrorKind::BadGateway {
        tracing::warn!(%error, "Ollama refused a change of its models");
    }
    converted
}
