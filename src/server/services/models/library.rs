//! What can be pulled: the recommended models beside what is installed and what is on its way.

use super::{choice, memory};
use crate::{
    domain::library::{Library, LibraryModel, RECOMMENDED_MODELS},
    error::AppError,
    server::{services::pulls, state::App},
};

/// The library as it stands, from what was last seen; never waits for Ollama.
pub async fn load_library(app: &App) -> Result<Library, AppError> {
    let num_ctx = choice::load_config(app).await?.options.num_ctx;
    let machine = memory::ollama_memory(app);
    let downloads = pulls::load_downloads(app).await?;
    let observed = app.models_snapshot.borrow();
    let models = RECOMMENDED_MODELS
        .iter()
        .map(|recommended| LibraryModel::new(recommended, observed.find(recommended.name).is_some(), num_ctx, machine));
    Ok(Library {
        models: models.collect(),
        pulls: downloads,
        registries: app.config.ollama.pull_registries.clone(),
        is_connected: observed.is_connected(),
    })
}
