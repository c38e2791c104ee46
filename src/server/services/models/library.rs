//! The models that can be pulled, with what is installed and what is being pulled.

use super::{memory, model_config::load_config, recommended::load_recommended};
use crate::{
    domain::library::{Library, LibraryModel, RecommendedModel, sort_by_fit},
    error::AppError,
    server::{services::pulls, state::App},
};

/// The library from the snapshot; never waits for Ollama.
#[tracing::instrument(name = "models.library.load_library", level = "debug", skip_all)]
pub async fn load_library(app: &App) -> Result<Library, AppError> {
    let config = load_config(app).await?;
    let machine = memory::ollama_memory(app);
    let downloads = pulls::load_downloads(app).await?;
    memory::load_measurements(app).await?;
    let list = load_recommended(app).await;
    let snapshot = app.models.snapshot();
    let measured = snapshot.measurements();
    let model = |recommended: &RecommendedModel| {
        let name = &recommended.name;
        LibraryModel::new(recommended, snapshot.find(name).is_some(), config.largest_context(name), machine, &measured)
    };
    let mut models: Vec<LibraryModel> = list.models.iter().map(model).collect();
    sort_by_fit(&mut models);
    Ok(Library {
        models,
        source: list.source,
        problems: list.problems,
        pulls: downloads,
        registries: app.config.ollama.pull_registries.clone(),
        is_connected: snapshot.is_connected(),
    })
}
