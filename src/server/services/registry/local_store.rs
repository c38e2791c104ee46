//! Ollama's store of models on this machine.

use crate::server::{
    registry::ollama_store::{self, StoreIndex},
    state::App,
};

/// The store on this machine: the configured one, else the first of the default places.
pub(super) async fn read_local_store(app: &App) -> Option<StoreIndex> {
    let configured = app.config.ollama.models_dir.clone();
    let read = move || {
        let home = etcetera::home_dir().ok();
        Some(ollama_store::read_index(&ollama_store::find_folder(configured.as_deref(), home.as_deref())?))
    };
    // A panic in the task was logged by the runtime; it counts as no store.
    tokio::task::spawn_blocking(read).await.ok().flatten()
}
