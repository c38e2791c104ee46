//! Polling Ollama, and reading what the last poll found.

use super::{memory, model_config::load_config, readiness};
use crate::domain::model_name::ModelName;
use crate::{
    domain::model::{InstalledModelRow, OllamaHealth},
    error::{AppError, ErrorKind},
    server::{
        models::{
            ollama::error::OllamaError,
            status::{
                event::{PollAnswer, StatusEvent},
                snapshot::Snapshot,
            },
        },
        services::registry,
        state::App,
    },
};

/// [`poll_if_stale`] polls again when the last poll is this many seconds old.
const MAX_POLL_AGE_SECONDS: i64 = 5;

/// Health from the snapshot; never waits for Ollama.
pub fn health(app: &App) -> OllamaHealth {
    app.models.snapshot().health()
}

/// Polls Ollama and updates the snapshot. Concurrent callers share a poll that began after their calls, so the snapshot shows
/// what had changed by then.
#[tracing::instrument(name = "models.poll.poll_now", level = "debug", skip_all)]
pub async fn poll_now(app: &App) -> OllamaHealth {
    app.models.poll_anew(async || poll(app).await).await;
    health(app)
}

/// Health, polled again when the last poll is older than a few seconds; a poll that is under way is waited for. For the API.
#[tracing::instrument(name = "models.poll.poll_if_stale", level = "debug", skip_all)]
pub async fn poll_if_stale(app: &App) -> OllamaHealth {
    let known = health(app);
    let is_fresh = known.checked_at.is_some_and(|at| (0..MAX_POLL_AGE_SECONDS).contains(&app.clock.now().since(at)));
    if !is_fresh {
        app.models.poll_or_join(async || poll(app).await).await;
    }
    health(app)
}

async fn poll(app: &App) {
    let before = app.models.snapshot();
    let answer = fetch_poll_answer(app).await;
    if let Err(error) = &answer
        && before.failed_polls == 0
    {
        tracing::warn!(host = app.ollama.host(), cause = error.code(), %error, "Ollama cannot be used");
    }
    app.models.apply(StatusEvent::Polled(answer));
    let after = app.models.snapshot();
    if after.is_connected()
        && let Err(error) = registry::import_polled_list(app, &after.installed).await
    {
        // The next poll tries again.
        tracing::warn!(%error, "the registry could not be updated from Ollama's list");
    }
    let is_back = after.is_connected() && !before.is_connected();
    if is_back && before.failed_polls > 0 {
        tracing::info!(host = app.ollama.host(), "Ollama can be reached again");
    }
    let has_changed = health_changed(&before, &after) || before.polled_names() != after.polled_names();
    if is_back || has_changed {
        app.scoring_wakeup.notify_one();
    }
    if has_changed {
        readiness::publish_status(app).await;
    }
}

async fn fetch_poll_answer(app: &App) -> Result<PollAnswer, OllamaError> {
    let started = app.clock.monotonic_ms();
    let version = app.ollama.version().await?;
    let latency_ms = i64::try_from(app.clock.monotonic_ms() - started).ok();
    let installed = app.ollama.list_installed().await?;
    // Ollama before 0.1.38 does not have this call.
    let running = app.ollama.list_running().await.ok();
    Ok(PollAnswer { version, latency_ms, installed, running })
}

/// Whether pages show the difference: not the time and latency of the poll.
fn health_changed(before: &Snapshot, after: &Snapshot) -> bool {
    let shown = |health: OllamaHealth| (health.connected, health.version, health.problem);
    shown(before.health()) != shown(after.health())
}

/// The installed models from the snapshot.
///
/// # Errors
/// 503 when Ollama cannot be reached or was not polled yet.
#[tracing::instrument(name = "models.poll.list_installed", level = "debug", skip_all)]
pub async fn list_installed(app: &App) -> Result<Vec<InstalledModelRow>, AppError> {
    let config = load_config(app).await?;
    memory::load_measurements(app).await?;
    let snapshot = app.models.snapshot();
    match snapshot.health() {
        OllamaHealth { connected: true, .. } => Ok(snapshot.installed_rows(&config)),
        OllamaHealth { problem: Some(problem), .. } => {
            Err(AppError::new(ErrorKind::Unavailable, problem.message).hint(problem.hint))
        }
        _ => {
            Err(AppError::new(ErrorKind::Unavailable, "Ollama has not been checked yet.")
                .hint("Try again in a moment."))
        }
    }
}

/// The sha256 of a model's manifest, when the model is installed.
pub fn manifest_digest(app: &App, model: &ModelName) -> Option<String> {
    app.models.snapshot().manifest_digest(model)
}
