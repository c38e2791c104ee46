//! What is known of versions without asking anybody.

use super::{lock::compare_with_snapshot, lock_file};
use crate::{
    domain::model_versions::ModelVersions,
    error::AppError,
    server::{state::App, storage::model_versions as stored},
};

/// Everything known of versions; asks neither Ollama nor a registry.
#[tracing::instrument(name = "model_versions.load_versions", level = "debug", skip_all)]
pub async fn load_versions(app: &App) -> Result<ModelVersions, AppError> {
    let snapshot = app.models.snapshot();
    let kept = stored::list_kept(&app.db.read).await?;
    let kept: Vec<_> = kept.into_iter().filter(|kept| !snapshot.is_absent(&kept.copy)).collect();
    let updates = stored::list_updates(&app.db.read).await?.into_iter();
    // After a pull, nothing is known of the version that is installed now.
    let updates = updates.filter(|found| snapshot.manifest_digest(&found.model).as_ref() == Some(&found.digest));
    let (lock, lock_problem) = match lock_file::read(app).await {
        Ok(lock) => (lock, None),
        Err(error) => (None, Some(error.to_string())),
    };
    let differences = match &lock {
        Some(lock) => compare_with_snapshot(app, lock, &kept).await?,
        None => Vec::new(),
    };
    Ok(ModelVersions {
        updates: updates.collect(),
        lock,
        lock_problem,
        differences,
        kept,
        may_look_up: app.config.ollama.manifest_lookup,
    })
}
