//! The models that can be pulled, with what is installed and what is being pulled.

use super::{memory, model_config::load_config};
use crate::{
    domain::library::{Library, LibraryModel, RECOMMENDED_MODELS},
    error::AppError,
    server::{services::pulls, state::App},
};

/// The library from the snapshot; never waits for Ollama.
#[tracing::instrument(name = "models.library.load_library", level = "debug", skip_all)]
pub async fn load_library(app: &App) -> Result<Library, AppError> {
    let config = load_config(app).await?;
    let machine = memory::ollama_memory(app);
    let downloads = pulls::load_downloads(app).await?;
    let snapshot = app.models.snapshot();
    let models = RECOMMENDED_MODELS.iter().map(|recommended| {
        let name = recommended.name.into();
        LibraryModel::new(recommended, snapshot.find(&name).is_some(), config.largest_context(&name), machine)
    });
    Ok(Library {
        models: models.collect(),
        pulls: downloads,
        registries: app.config.ollama.pull_registries.clone(),
        is_connected: snapshot.is_connected(),
    })
}
