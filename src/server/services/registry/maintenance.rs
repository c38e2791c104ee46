//! Comparing the registry with the models that exist: backfill, normalize, verify.

use super::{RegistryUpdate, find_variant, import::digests_by_key, local_store::read_local_store, update_registry};
use crate::server::services::registry::export::render_document;
use crate::{
    domain::registry::{BackfillReport, NormalizeReport, VerifyReport},
    error::AppError,
    server::{
        models::ollama::error_message,
        registry::{
            backfill_plan, normalize_plan,
            verification::{self, VerifyEvidence},
        },
        services::models,
        state::App,
        storage::variants,
    },
};
use std::path::Path;

/// Fills path, size, digest, format and location of variants that lack them, from the store on this machine; needs no Ollama.
#[tracing::instrument(name = "registry.maintenance.backfill", level = "debug", skip_all)]
pub async fn backfill(app: &App, dry_run: bool) -> Result<BackfillReport, AppError> {
    let store = read_local_store(app).await;
    update_registry(app, dry_run, |registry| {
        let plan = backfill_plan::plan(&registry.variants, store.as_ref());
        let problems = store.iter().flat_map(|store| store.problems.clone()).chain(plan.problems).collect();
        let report = BackfillReport {
            store: store.as_ref().map(|store| store.folder.display().to_string()),
            dry_run,
            filled: plan.filled,
            complete: plan.complete,
            problems,
        };
        Ok((RegistryUpdate { put: plan.writes, ..RegistryUpdate::default() }, report))
    })
    .await
}

/// Derives family, quantization and format anew; with `rebuild` also size and digest from the store. Only `apply` writes, after
/// the registry was exported into the data folder's `backups`. 422 when `rebuild` finds no store.
#[tracing::instrument(name = "registry.maintenance.normalize", level = "debug", skip_all)]
pub async fn normalize(app: &App, rebuild: bool, apply: bool) -> Result<NormalizeReport, AppError> {
    let store = if rebuild { Some(read_local_store(app).await.ok_or_else(|| missing_store_error(app))?) } else { None };
    let plan = |registry: &crate::domain::registry::Registry| normalize_plan::plan(&registry.variants, store.as_ref());
    let before = variants::load(&app.db.read).await?;
    let preview = plan(&before);
    let mut report =
        NormalizeReport { applied: apply, changes: preview.changes, backup: None, problems: preview.problems };
    if !apply || report.changes.is_empty() {
        return Ok(report);
    }
    let file = app.config.data_dir.join("backups").join(format!("registry-{}.json", app.clock.millis()));
    write_new_file(&file, &render_document(&before)?).await.map_err(|cause| {
        AppError::conflict(format!("The copy {} could not be written: {cause}. Nothing was changed.", file.display()))
    })?;
    report.backup = Some(file.display().to_string());
    update_registry(app, false, |registry| {
        let plan = plan(registry);
        report.changes = plan.changes;
        Ok((RegistryUpdate { put: plan.writes, ..RegistryUpdate::default() }, report))
    })
    .await
}

/// Where the models that exist are looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifySource {
    /// Ollama itself, now; else the store.
    Now,
    /// The installed models of the last poll; else the store. Never waits for Ollama.
    Observer,
}

/// Whether the named variants (all when none is named) still match the registry. Changes nothing.
#[tracing::instrument(name = "registry.maintenance.verify", level = "debug", skip_all)]
pub async fn verify(app: &App, typed: &[String], ask: VerifySource) -> Result<VerifyReport, AppError> {
    let registry = variants::load(&app.db.read).await?;
    let chosen = if typed.is_empty() {
        registry.variants.iter().collect()
    } else {
        typed.iter().map(|typed| find_variant(&registry.variants, typed)).collect::<Result<Vec<_>, _>>()?
    };
    let (evidence, description) = gather_evidence(app, ask).await;
    let results = chosen.into_iter().map(|variant| verification::verify_variant(variant, &evidence)).collect();
    Ok(VerifyReport { evidence: description, results })
}

/// What to compare with, and its description; `None` when there is nothing.
async fn gather_evidence(app: &App, ask: VerifySource) -> (VerifyEvidence, Option<String>) {
    let host = app.ollama.host();
    let problem = match ask {
        VerifySource::Now => match app.ollama.list_installed().await {
            Ok(tags) => {
                let listed = digests_by_key(tags.iter().map(|tag| (tag.name.as_str(), tag.digest.as_str())));
                return (VerifyEvidence::Listed(listed), Some(format!("Ollama at {host}")));
            }
            Err(error) => error_message::to_app_error(&error, &host).message,
        },
        VerifySource::Observer => match models::list_installed(app).await {
            Ok(models) => {
                let listed = digests_by_key(models.iter().map(|model| (model.name.as_str(), model.digest.as_str())));
                return (VerifyEvidence::Listed(listed), Some(format!("what Ollama at {host} listed last")));
            }
            Err(error) => error.message,
        },
    };
    match read_local_store(app).await {
        Some(store) => {
            let description = format!("the store {} (Ollama does not answer)", store.folder.display());
            (VerifyEvidence::Stored(store), Some(description))
        }
        None => {
            (VerifyEvidence::Nothing(format!("{problem} No store of Ollama's was found on this machine either.")), None)
        }
    }
}

fn missing_store_error(app: &App) -> AppError {
    let message = match &app.config.ollama.models_dir {
        Some(folder) => format!("{} holds no manifests.", folder.display()),
        None => "There is no store of Ollama's in the usual places.".to_owned(),
    };
    AppError::invalid(message).hint("Say where Ollama keeps its models: OLLAMA_MODELS=/path/to/models gleaner models …")
}

async fn write_new_file(file: &Path, text: &str) -> std::io::Result<()> {
    use tokio::io::AsyncWriteExt;
    if let Some(folder) = file.parent() {
        tokio::fs::create_dir_all(folder).await?;
    }
    let mut file = tokio::fs::OpenOptions::new().create_new(true).write(true).open(file).await?;
    file.write_all(text.as_bytes()).await?;
    file.sync_all().await
}
