//! Locking the versions of the models in use, and comparing what is installed with the lock.

use super::lock_file;
use crate::{
    domain::{
        model::ModelConfig,
        model_name::ModelName,
        model_versions::{KeptVersion, LockDifference, LockDifferenceKind, LockedModel, ModelLock},
        scoring::ScoringStep,
    },
    error::AppError,
    server::{
        models::ollama::wire::InstalledModel,
        services::{chat, models},
        state::App,
        storage::model_versions as stored,
    },
};
use serde::Serialize;
use std::path::PathBuf;

/// A lock that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LockReport {
    /// The file.
    pub path: PathBuf,
    /// Its content.
    pub lock: ModelLock,
    /// What could not be locked and why, as sentences.
    pub not_locked: Vec<String>,
}

/// The model of one task of one server.
struct ModelInUse {
    server: String,
    is_main: bool,
    task: &'static str,
    model: ModelName,
}

/// Locks the models in use of every server. 409 when one of the main server is not installed, 503 when Ollama cannot be reached.
#[tracing::instrument(name = "model_versions.lock.write_lock", level = "debug", skip_all)]
pub async fn write_lock(app: &App) -> Result<LockReport, AppError> {
    models::poll_now(app).await;
    models::list_installed(app).await?;
    let mut report = LockReport {
        path: lock_file::path(app),
        lock: ModelLock { schema_version: lock_file::SCHEMA_VERSION, locked_at: app.clock.now(), models: Vec::new() },
        not_locked: Vec::new(),
    };
    let installed = list_installed(app).await;
    for used in list_in_use(app).await? {
        let ModelInUse { server, is_main, task, model } = used;
        let Some(list) = installed.of(&server) else {
            report.not_locked.push(format!("{server} ({task}): it tells no digests, or could not be asked."));
            continue;
        };
        match list.iter().find(|found| found.name == model) {
            Some(found) if !found.digest.is_empty() => report.lock.models.push(LockedModel {
                server,
                task: task.to_owned(),
                model: found.name.clone(),
                digest: found.digest.clone(),
                size: found.size,
            }),
            None if is_main && !model.is_cloud() => {
                return Err(AppError::conflict(format!("{model} ({task}) is not installed, so it cannot be locked."))
                    .hint(format!("Pull it (`gleaner models pull {model}`), or choose another model.")));
            }
            _ => report.not_locked.push(format!("{model} ({task}, {server}): its digest is not known.")),
        }
    }
    report.lock.models.sort_by(|a, b| (&a.server, &a.task).cmp(&(&b.server, &b.task)));
    report.path = lock_file::write(app, &report.lock).await?;
    tracing::info!(models = report.lock.models.len(), "the versions of the models in use are locked");
    Ok(report)
}

/// What differs from the lock, with every server asked; 409 when there is no lock.
#[tracing::instrument(name = "model_versions.lock.compare_with_servers", level = "debug", skip_all)]
pub async fn compare_with_servers(app: &App) -> Result<Vec<LockDifference>, AppError> {
    let Some(lock) = lock_file::read(app).await? else {
        return Err(AppError::conflict("There is no lock yet.")
            .hint("`gleaner models lock` writes the versions of the models in use."));
    };
    models::poll_now(app).await;
    models::list_installed(app).await?;
    let kept = stored::list_kept(&app.db.read).await?;
    let (used, installed) = (list_in_use(app).await?, list_installed(app).await);
    Ok(lock.models.iter().filter_map(|locked| compare(locked, &used, &installed, &kept)).collect())
}

/// As [`compare_with_servers`], for the main server alone as its last poll found it; nothing before the first.
pub(super) async fn compare_with_snapshot(
    app: &App,
    lock: &ModelLock,
    kept: &[KeptVersion],
) -> Result<Vec<LockDifference>, AppError> {
    let used = list_in_use(app).await?;
    let Some(main) = used.iter().find(|used| used.is_main).map(|used| used.server.clone()) else {
        return Ok(Vec::new());
    };
    let snapshot = app.models.snapshot();
    if !snapshot.has_list() {
        return Ok(Vec::new());
    }
    let installed = InstalledModels(vec![(main.clone(), Some(snapshot.installed.clone()))]);
    let of_main = lock.models.iter().filter(|locked| locked.server == main);
    Ok(of_main.filter_map(|locked| compare(locked, &used, &installed, kept)).collect())
}

fn compare(
    locked: &LockedModel,
    used: &[ModelInUse],
    installed: &InstalledModels,
    kept: &[KeptVersion],
) -> Option<LockDifference> {
    let now = used.iter().find(|used| used.server == locked.server && used.task == locked.task)?;
    let difference = |kind, installed_digest: Option<String>| LockDifference {
        kept_copy: kept
            .iter()
            .find(|kept| now.is_main && kept.model == locked.model && kept.digest == locked.digest)
            .map(|kept| kept.copy.clone()),
        locked: locked.clone(),
        kind,
        model: now.model.clone(),
        installed_digest,
        is_main: now.is_main,
    };
    let Some(list) = installed.of(&locked.server) else {
        return Some(difference(LockDifferenceKind::Unverifiable, None));
    };
    match list.iter().find(|found| found.name == locked.model) {
        _ if now.model != locked.model => Some(difference(LockDifferenceKind::OtherModel, None)),
        None => Some(difference(LockDifferenceKind::Missing, None)),
        Some(found) if found.digest == locked.digest => None,
        Some(found) => Some(difference(LockDifferenceKind::Changed, Some(found.digest.clone()))),
    }
}

/// What each server has; `None` for one that tells no digests or could not be asked.
struct InstalledModels(Vec<(String, Option<Vec<InstalledModel>>)>);

impl InstalledModels {
    fn of(&self, server: &str) -> Option<&[InstalledModel]> {
        self.0.iter().find(|(name, _)| name == server)?.1.as_deref()
    }
}

async fn list_installed(app: &App) -> InstalledModels {
    let mut all = Vec::new();
    for server in app.servers.list() {
        let found = if server.settings.is_main() {
            Some(app.models.snapshot().installed.clone())
        } else {
            server.list_installed().await
        };
        all.push((server.settings.name.clone(), found));
    }
    InstalledModels(all)
}

/// The models in use: of the tasks of every server, and for chat.
async fn list_in_use(app: &App) -> Result<Vec<ModelInUse>, AppError> {
    let config = models::load_config(app).await?;
    let mut used = Vec::new();
    for server in app.servers.list() {
        let settings = &server.settings;
        let is_main = settings.is_main();
        let in_use = |task, chosen: &ModelName| ModelInUse {
            server: settings.name.clone(),
            is_main,
            task,
            model: if settings.model.is_empty() { chosen.clone() } else { settings.model.as_str().into() },
        };
        if settings.serves(ScoringStep::Categorize) {
            used.push(in_use("categorization", &config.categorization_model));
        }
        if settings.serves(ScoringStep::Score) {
            used.push(in_use("scoring", &config.scoring_model));
        }
        if is_main {
            used.push(ModelInUse { model: chat::default_model(app).await?, ..in_use("chat", &config.scoring_model) });
        }
    }
    Ok(used)
}

/// The tasks of the main server that use `model`, chat included.
pub(super) async fn tasks_of(app: &App, config: &ModelConfig, model: &ModelName) -> Result<Vec<String>, AppError> {
    let mut tasks = config.tasks_using(model);
    if chat::default_model(app).await? == *model {
        tasks.push("chat".to_owned());
    }
    Ok(tasks)
}
