//! Comparing the installed versions with those of the registries.

use super::versions::load_versions;
use crate::{
    domain::{
        model_name::ModelName,
        model_versions::{ModelUpdate, ModelVersions, UpdateState},
    },
    error::{AppError, ErrorKind},
    server::{
        models::ollama::wire::InstalledModel,
        registry::remote_manifest,
        services::{models, pulls},
        state::App,
        storage::model_versions as stored,
    },
};
use std::time::Duration;

/// A page that starts a check is answered after this time at the latest.
const MAX_CHECK_WAIT: Duration = Duration::from_secs(10);
/// The most models of one check.
const MAX_CHECKED_MODELS: usize = 100;
/// A version that was compared so many seconds ago is not compared again.
const MIN_CHECK_AGE_SECONDS: i64 = 60;

/// Requests the manifest of every installed model from its registry, one after the other with the pause between requests to one
/// host, and stores what differs. Only allowed registries are asked. 409 when `ollama.manifest_lookup` is off, 503 when Ollama
/// cannot be reached.
#[tracing::instrument(name = "model_versions.updates.check_updates", level = "debug", skip_all)]
pub async fn check_updates(app: &App) -> Result<ModelVersions, AppError> {
    pulls::ensure_lookup_is_on(app)?;
    models::poll_now(app).await;
    models::list_installed(app).await?;
    let kept = stored::list_kept(&app.db.read).await?;
    let known = stored::list_updates(&app.db.read).await?;
    let snapshot = app.models.snapshot();
    let is_recent = |installed: &InstalledModel| {
        known.iter().any(|found| {
            let age = app.clock.now().since(found.checked_at);
            found.model == installed.name
                && found.digest == installed.digest
                && found.state != UpdateState::Unknown
                && (0..MIN_CHECK_AGE_SECONDS).contains(&age)
        })
    };
    let wanted = snapshot.installed.iter().filter(|installed| {
        !installed.is_cloud()
            && !installed.digest.is_empty()
            && installed.name.is_from(&app.config.ollama.pull_registries)
            && !kept.iter().any(|kept| kept.copy == installed.name)
            && !is_recent(installed)
    });
    for (at, installed) in wanted.take(MAX_CHECKED_MODELS).enumerate() {
        if at > 0 && !app.config.fetch.per_host_spacing.is_zero() {
            app.clock.sleep(app.config.fetch.per_host_spacing).await;
        }
        let found = check_update(app, &installed.name, &installed.digest).await;
        let mut db = app.db.write().await?;
        stored::save_update(&mut db, &found).await?;
        db.commit().await?;
    }
    let gone: Vec<&ModelName> =
        known.iter().map(|found| &found.model).filter(|model| snapshot.find(model).is_none()).collect();
    if !gone.is_empty() {
        let mut db = app.db.write().await?;
        for model in gone {
            stored::remove_update(&mut db, model).await?;
        }
        db.commit().await?;
    }
    load_versions(app).await
}

/// How far a check is when the caller stops waiting for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateCheckState {
    /// It has ended and found so many updates.
    Done(i64),
    /// It goes on.
    Running,
}

/// As [`check_updates`], but waits ten seconds at most; the check goes on.
#[tracing::instrument(name = "model_versions.updates.start_update_check", level = "debug", skip_all)]
pub async fn start_update_check(app: &App) -> Result<UpdateCheckState, AppError> {
    pulls::ensure_lookup_is_on(app)?;
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let task_app = app.clone();
    app.lifecycle.spawn(async move {
        let checked = tokio::select! {
            checked = check_updates(&task_app) => checked,
            () = task_app.lifecycle.soft_stop.cancelled() => return,
        };
        let found = checked.map(|versions| {
            let updates = versions.updates.iter().filter(|found| found.state == UpdateState::Available);
            i64::try_from(updates.count()).unwrap_or(i64::MAX)
        });
        if let Err(Err(error)) = sender.send(found) {
            tracing::warn!(%error, "the check for updates failed");
        }
    });
    tokio::select! {
        ended = receiver => ended.unwrap_or(Ok(0)).map(UpdateCheckState::Done),
        () = app.clock.sleep(MAX_CHECK_WAIT) => Ok(UpdateCheckState::Running),
    }
}

/// One request to the registry of a model.
async fn check_update(app: &App, model: &ModelName, digest: &str) -> ModelUpdate {
    let (state, problem) = match pulls::fetch_manifest(app, model).await {
        Ok(document) if remote_manifest::digests(&document).iter().any(|found| found == digest) => {
            (UpdateState::Current, None)
        }
        Ok(_) => (UpdateState::Available, None),
        Err(error) if error.kind == ErrorKind::NotFound => {
            (UpdateState::Unknown, Some(format!("{} does not know it.", model.host())))
        }
        Err(error) => (UpdateState::Unknown, Some(error.message)),
    };
    ModelUpdate { model: model.clone(), digest: digest.to_owned(), state, problem, checked_at: app.clock.now() }
}
