//! Copying models: another name for the same layers.

use super::{
    change::{find_installed, log_and_convert},
    poll, readiness,
};
use crate::{
    domain::model_name::ModelName,
    error::{AppError, ErrorKind},
    server::{
        models::{ollama::error::OllamaError, status::event::StatusEvent},
        state::App,
    },
};
use serde::Serialize;

/// A copy that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CopiedModel {
    /// Name of the model that was copied.
    pub source: ModelName,
    /// Name of the copy.
    pub destination: ModelName,
}

/// Gives a model a second name; the layers are shared, so that it needs no space. 404 when there is no model `source`, 409 when
/// `destination` exists: Ollama would overwrite it.
#[tracing::instrument(name = "models.copy", level = "debug", skip_all, fields(source, destination))]
pub async fn copy(app: &App, source: &str, destination: &str) -> Result<CopiedModel, AppError> {
    let destination =
        ModelName::parse(destination).map_err(|reason| AppError::invalid(reason.to_string()).field("destination"))?;
    ModelName::parse(source).map_err(|reason| AppError::invalid(reason.to_string()).field("source"))?;
    let source = find_installed(app, source).await.map_err(|error| match error.kind {
        ErrorKind::NotFound => error.field("source"),
        _ => error,
    })?;
    if source.is_cloud() || destination.is_cloud() {
        return Err(AppError::invalid("A model that runs in the cloud cannot be copied.").field("source"));
    }
    if app.models.snapshot().find(&destination).is_some() {
        return Err(AppError::conflict(format!("There is a model called {destination} already."))
            .field("destination")
            .hint("Choose another name, or delete that model first."));
    }
    app.ollama.copy(&source.name, &destination).await.map_err(|error| log_and_convert(app, &error))?;
    tracing::info!(source = %source.name, copy = %destination, "copied");
    poll::poll_now(app).await;
    readiness::publish_status(app).await;
    Ok(CopiedModel { source: source.name, destination })
}

/// Puts the version that is called `copy` in place of `model`, which is unloaded first: the memory is needed for the other one.
#[tracing::instrument(name = "models.replace_by_copy", level = "debug", skip_all, fields(%copy, %model))]
pub async fn replace_by_copy(app: &App, copy: &ModelName, model: &ModelName) -> Result<(), AppError> {
    let copied = find_installed(app, copy.as_str()).await?;
    let is_loaded =
        app.models.snapshot().find(model).is_some_and(|installed| app.models.snapshot().is_loaded(installed));
    if is_loaded {
        match app.ollama.unload(model).await {
            Ok(()) | Err(OllamaError::ModelMissing(_) | OllamaError::ChatUnsupported) => {}
            Err(error) => return Err(log_and_convert(app, &error)),
        }
    }
    app.ollama.copy(&copied.name, model).await.map_err(|error| log_and_convert(app, &error))?;
    app.models.apply(StatusEvent::OptionsChanged(model));
    poll::poll_now(app).await;
    readiness::publish_status(app).await;
    app.scoring_wakeup.notify_one();
    app.choice_wakeup.notify_one();
    Ok(())
}
