//! Pulling a model again while its earlier version is kept under another name, until the owner accepts the new one or goes back.

use super::lock::tasks_of;
use crate::{
    domain::{
        humanize::format_bytes,
        model_name::ModelName,
        model_versions::{KeptVersion, earlier_version_name},
    },
    error::{AppError, ErrorKind},
    server::{
        models::ollama::wire::InstalledModel,
        services::{
            models,
            pulls::{self, QueuedPull},
        },
        state::App,
        storage::model_versions as stored,
    },
};

/// The most versions of a model that are kept on one day.
const MAX_KEPT_A_DAY: u32 = 20;

/// A pull of a model that is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PulledAgain {
    /// The pull.
    pub pull: QueuedPull,
    /// The name under which the installed version is kept; `None` for a model that no task uses.
    pub kept: Option<ModelName>,
}

/// Queues the pull of an installed model; the version of a model in use is kept under another name first. 404 when it is not
/// installed, 409 when it is being pulled already, or when the new version is known not to fit on the disk beside it.
#[tracing::instrument(name = "model_versions.kept.pull_again", level = "debug", skip_all)]
pub async fn pull_again(app: &App, typed: &str) -> Result<PulledAgain, AppError> {
    pulls::parse_allowed_name(app, typed)?;
    let installed = models::find_installed(app, typed).await?;
    if pulls::is_unfinished(app, &installed.name).await? {
        return Err(AppError::conflict(format!("{} is being pulled already.", installed.name)).field("model"));
    }
    let tasks = tasks_of(app, &models::load_config(app).await?, &installed.name).await?;
    let kept = if tasks.is_empty() || installed.is_cloud() { None } else { Some(keep(app, &installed).await?) };
    match pulls::enqueue(app, installed.name.as_str()).await {
        Ok(pull) => Ok(PulledAgain { pull, kept }),
        Err(error) => {
            settle_pull(app, &installed.name).await?;
            Err(error)
        }
    }
}

/// Copies the installed version, unless it is kept already.
async fn keep(app: &App, installed: &InstalledModel) -> Result<ModelName, AppError> {
    let all = stored::list_kept(&app.db.read).await?;
    let snapshot = app.models.snapshot();
    let same = all.iter().find(|kept| {
        kept.model == installed.name && snapshot.manifest_digest(&kept.copy).as_ref() == Some(&installed.digest)
    });
    if let Some(same) = same {
        return Ok(same.copy.clone());
    }
    refuse_without_space(app, installed).await?;
    let now = app.clock.now();
    let names = (1..=MAX_KEPT_A_DAY).map(|number| earlier_version_name(&installed.name, now, number));
    let mut names = names.filter_map(|name| ModelName::parse(&name).ok());
    let copy = names.find(|name| snapshot.find(name).is_none()).ok_or_else(|| {
        AppError::conflict(format!("No name is left under which {} could be kept.", installed.name))
            .hint("Remove earlier versions, or pull the model without keeping it (`gleaner models pull NAME`).")
    })?;
    let kept = KeptVersion {
        copy: copy.clone(),
        model: installed.name.clone(),
        digest: installed.digest.clone(),
        kept_at: now,
    };
    // Recorded first: a copy that nobody knows of would stay for ever.
    let mut db = app.db.write().await?;
    stored::insert_kept(&mut db, &kept).await?;
    db.commit().await?;
    if let Err(error) = models::copy(app, installed.name.as_str(), copy.as_str()).await {
        forget(app, &copy).await?;
        return Err(error);
    }
    tracing::info!(model = %installed.name, %copy, "the installed version is kept");
    Ok(copy)
}

/// 409 when the disk of Ollama is known and has no room for the layers of the new version.
async fn refuse_without_space(app: &App, installed: &InstalledModel) -> Result<(), AppError> {
    let Some(free) = pulls::free_disk_bytes(app) else { return Ok(()) };
    let needed = pulls::missing_bytes(app, &installed.name).await.unwrap_or(installed.size);
    if needed <= free {
        return Ok(());
    }
    Err(AppError::conflict(format!(
        "The new version of {} needs {} beside the installed one, and {} are free on the disk.",
        installed.name,
        format_bytes(needed),
        format_bytes(free)
    ))
    .field("model")
    .hint(
        "Delete models that are not needed. `gleaner models pull NAME` pulls it without keeping the installed version.",
    ))
}

/// After a pull of `model` has ended: a kept version that is the installed one again, or still, is removed.
#[tracing::instrument(name = "model_versions.kept.settle_pull", level = "debug", skip_all, fields(%model))]
pub async fn settle_pull(app: &App, model: &ModelName) -> Result<(), AppError> {
    let Some(installed) = app.models.snapshot().manifest_digest(model) else { return Ok(()) };
    for kept in stored::list_kept(&app.db.read).await? {
        if kept.model == *model && kept.digest == installed {
            remove_copy(app, &kept.copy).await?;
        }
    }
    Ok(())
}

/// Puts a kept version back in place of the installed one. 404 when there is none of that name, 409 while the model is pulled.
#[tracing::instrument(name = "model_versions.kept.use_earlier", level = "debug", skip_all)]
pub async fn use_earlier(app: &App, typed: &str) -> Result<KeptVersion, AppError> {
    let kept = find_kept(app, typed).await?;
    if pulls::is_unfinished(app, &kept.model).await? {
        return Err(AppError::conflict(format!("{} is being pulled.", kept.model)).hint("Cancel the download first."));
    }
    models::replace_by_copy(app, &kept.copy, &kept.model).await?;
    remove_copy(app, &kept.copy).await?;
    tracing::info!(model = %kept.model, "the earlier version is in use again");
    Ok(kept)
}

/// Removes a kept version: the installed one is accepted. 404 when there is none of that name, 409 when a task uses it.
#[tracing::instrument(name = "model_versions.kept.remove_earlier", level = "debug", skip_all)]
pub async fn remove_earlier(app: &App, typed: &str) -> Result<KeptVersion, AppError> {
    let kept = find_kept(app, typed).await?;
    remove_copy(app, &kept.copy).await?;
    Ok(kept)
}

async fn find_kept(app: &App, typed: &str) -> Result<KeptVersion, AppError> {
    let name = ModelName::parse(typed).map_err(|reason| AppError::invalid(reason.to_string()).field("copy"))?;
    let all = stored::list_kept(&app.db.read).await?;
    let mut matching = all.into_iter().filter(|kept| kept.copy == name || kept.model == name);
    match (matching.next(), matching.next()) {
        (Some(kept), None) => Ok(kept),
        (Some(_), Some(_)) => Err(AppError::conflict(format!("Several versions of {name} are kept."))
            .field("copy")
            .hint("Name the one that is meant: `gleaner models earlier` lists them.")),
        (None, _) => Err(AppError::not_found(format!("No earlier version is kept as {name}."))
            .hint("`gleaner models earlier` lists those that are.")),
    }
}

/// Deletes a copy, which may be gone already, and its record.
async fn remove_copy(app: &App, copy: &ModelName) -> Result<(), AppError> {
    match models::delete(app, copy.as_str(), false).await {
        Ok(_) => {}
        Err(error) if error.kind == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    forget(app, copy).await
}

async fn forget(app: &App, copy: &ModelName) -> Result<(), AppError> {
    let mut db = app.db.write().await?;
    stored::remove_kept(&mut db, copy).await?;
    db.commit().await?;
    Ok(())
}
