//! Pulling models: asking, following, cancelling, and how it stands.

use crate::domain::model_name::ModelName;
use crate::server::http::event_stream::event_stream;
use crate::server::http::json::{error::ApiError, extract::JsonBody};
use crate::{
    domain::{
        library::{Library, LibraryModel, MemoryFit, SpeedClass},
        pull::{FinishedPull, PullFailure, PullOutcome, PullPhase, PullProgress, PullRetry, PullStatus},
        time::Timestamp,
    },
    server::{
        services::{
            models,
            pulls::{self, PullView},
        },
        state::App,
    },
};
use axum::{
    Json,
    extract::State,
    response::sse::{Event, Sse},
};
use futures::{Stream, StreamExt as _};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use utoipa::ToSchema;

/// Which model to pull.
#[derive(Deserialize, ToSchema)]
pub struct PullModelRequest {
    /// `[registry/][namespace/]model[:tag]`
    #[schema(example = "qwen3:4b")]
    model: String,
}

/// Which pull to cancel; absent: the one that runs.
#[derive(Deserialize, ToSchema)]
pub struct CancelPullRequest {
    model: Option<String>,
}

/// The pull is cancelled, and the connection to Ollama is closed.
#[derive(Serialize, ToSchema)]
pub struct CancelPullResponse {
    #[schema(value_type = String, example = "cancelled")]
    status: PullOutcome,
    #[schema(value_type = String)]
    model: ModelName,
}

/// One moment of a pull. The last one has only `status` (`success`, `cancelled`, `error`) and, for `error`, `error`.
#[derive(Serialize, ToSchema)]
pub struct PullStreamEvent {
    /// The status that Ollama reports; `queued` before the pull starts.
    status: String,
    #[schema(value_type = Option<String>, example = "downloading")]
    phase: Option<PullPhase>,
    /// The layer being downloaded.
    digest: Option<String>,
    /// Bytes of the whole model; never falls.
    completed: i64,
    /// Bytes of the whole model as far as its layers are known.
    total: i64,
    /// 0–100; never falls.
    percent: f64,
    bytes_per_second: i64,
    eta_seconds: Option<i64>,
    /// No byte for a while.
    stalled: bool,
    retry: Option<PullRetryJson>,
}

/// All pulls at one moment; the figures are of the one that runs.
#[derive(Serialize, ToSchema)]
pub struct DownloadStatusResponse {
    active: bool,
    #[schema(value_type = Option<String>)]
    model: Option<ModelName>,
    status: Option<String>,
    /// `manifest`, `downloading`, `verifying`, `writing` or `done`.
    #[schema(value_type = Option<String>, example = "downloading")]
    phase: Option<PullPhase>,
    digest: Option<String>,
    completed: i64,
    total: i64,
    percent: f64,
    bytes_per_second: i64,
    eta_seconds: Option<i64>,
    stalled: bool,
    /// Seconds since the last byte.
    quiet_seconds: i64,
    retry: Option<PullRetryJson>,
    /// Queued models.
    #[schema(value_type = Vec<String>)]
    queued: Vec<ModelName>,
    last: Option<LastPullJson>,
}

/// The pull that ended last; stays until the next is asked for.
#[derive(Serialize, ToSchema)]
struct LastPullJson {
    #[schema(value_type = String)]
    model: ModelName,
    /// `success`, `cancelled` or `error`.
    #[schema(value_type = String, example = "success")]
    outcome: PullOutcome,
    error: Option<PullFailureJson>,
    #[schema(value_type = String, format = DateTime)]
    finished_at: Timestamp,
    dismissed: bool,
}

/// What can be pulled.
#[derive(Serialize, ToSchema)]
pub struct LibraryResponse {
    /// Those first that fit the machine.
    models: Vec<LibraryModelJson>,
    /// The file that recommends them; null: the built-in list.
    source: Option<String>,
    /// Why a file that recommends models is not used, with file, line and field.
    problems: Vec<String>,
    /// Registries that models may come from.
    registries: Vec<String>,
    /// Whether Ollama answers; without it nothing can be pulled.
    is_connected: bool,
}

/// A recommended model.
#[derive(Serialize, ToSchema)]
struct LibraryModelJson {
    #[schema(value_type = String)]
    name: ModelName,
    /// Bytes to download.
    size: i64,
    /// What it is good for.
    reason: String,
    is_installed: bool,
    /// What it reads, in a few words.
    languages: String,
    /// The longest context in tokens.
    context_length: i64,
    /// The class of tokens a second without a GPU: `fast` (15 or more), `medium` (5 to 15) or `slow`.
    #[schema(value_type = String, example = "medium")]
    speed: SpeedClass,
    /// Bytes of memory with the context in use, corrected by measurements of its family.
    needed_memory_bytes: i64,
    /// How many measurements corrected it.
    measurements: i64,
    /// `fits`, `tight` or `too_large`; null when the memory of the machine is not known.
    #[schema(value_type = Option<String>, example = "fits")]
    memory_fit: Option<MemoryFit>,
}

/// Why a pull failed.
#[derive(Serialize, ToSchema)]
struct PullFailureJson {
    /// A word as of other errors, such as `not_found`.
    kind: String,
    /// The same more closely, such as `unknown_model` or `disk_full`.
    cause: String,
    message: String,
    hint: Option<String>,
}

/// A temporary failure; the pull is retried automatically.
#[derive(Serialize, ToSchema)]
struct PullRetryJson {
    /// Failures in a row so far, and how many there may be.
    failures: u32,
    most: u32,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    error: PullFailureJson,
}

/// Pulls a model and streams its progress, at most 4 events a second; ends with `success`, `cancelled` or `error`. Closing the
/// stream does not stop the pull; the same request again follows it. Only one pull runs; others are queued.
#[utoipa::path(
    post, path = "/api/ollama/models/pull", tag = "ollama", request_body = PullModelRequest,
    responses((status = 200, content_type = "text/event-stream", body = PullStreamEvent)),
)]
pub async fn pull(
    State(app): State<App>,
    JsonBody(request): JsonBody<PullModelRequest>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let pull = pulls::enqueue(&app, &request.model).await?;
    let events = pulls::follow(app, pull.id).map(|view| Ok(Event::default().data(event_data(view))));
    Ok(event_stream(events))
}

/// Cancels a pull; 409 when there is none. What was downloaded stays with Ollama, and a later pull goes on from there.
#[utoipa::path(
    post, path = "/api/ollama/models/pull/cancel", tag = "ollama", request_body = CancelPullRequest,
    responses((status = 200, body = CancelPullResponse)),
)]
pub async fn cancel(
    State(app): State<App>,
    JsonBody(request): JsonBody<CancelPullRequest>,
) -> Result<Json<CancelPullResponse>, ApiError> {
    let model = pulls::cancel(&app, request.model.as_deref()).await?;
    Ok(Json(CancelPullResponse { status: PullOutcome::Cancelled, model }))
}

/// Marks the pull that ended last as seen; pages show it no more.
#[utoipa::path(
    post, path = "/api/ollama/models/pull/dismiss", tag = "ollama", responses((status = 200, body = DownloadStatusResponse)),
)]
pub async fn dismiss(State(app): State<App>) -> Result<Json<DownloadStatusResponse>, ApiError> {
    pulls::dismiss(&app).await?;
    show_status(State(app)).await
}

/// The recommended models, and which of them are installed.
#[utoipa::path(get, path = "/api/ollama/library", tag = "ollama", responses((status = 200, body = LibraryResponse)))]
pub async fn show_library(State(app): State<App>) -> Result<Json<LibraryResponse>, ApiError> {
    let Library { models, source, problems, registries, is_connected, .. } = models::load_library(&app).await?;
    let models = models.into_iter().map(Into::into).collect();
    Ok(Json(LibraryResponse { models, source, problems, registries, is_connected }))
}

impl From<LibraryModel> for LibraryModelJson {
    fn from(model: LibraryModel) -> Self {
        Self {
            name: model.name,
            size: model.size,
            reason: model.reason,
            is_installed: model.is_installed,
            languages: model.languages,
            context_length: model.context_length,
            speed: model.speed,
            needed_memory_bytes: model.needed_memory_bytes,
            measurements: model.correction.map_or(0, |correction| correction.measurements),
            memory_fit: model.fit,
        }
    }
}

/// The state of pulls.
#[utoipa::path(get, path = "/api/ollama/download-status", tag = "ollama", responses((status = 200, body = DownloadStatusResponse)))]
pub async fn show_status(State(app): State<App>) -> Result<Json<DownloadStatusResponse>, ApiError> {
    Ok(Json(pulls::load_downloads(&app).await?.into()))
}

fn event_data(view: PullView) -> String {
    let running = |progress: PullProgress, retry: Option<PullRetry>, phase: Option<PullPhase>| {
        serde_json::json!(PullStreamEvent {
            status: progress.status,
            phase,
            digest: progress.digest,
            completed: progress.completed,
            total: progress.total,
            percent: progress.percent,
            bytes_per_second: progress.bytes_per_second,
            eta_seconds: progress.eta_seconds,
            stalled: progress.stalled,
            retry: retry.map(Into::into),
        })
    };
    let moment = match view {
        PullView::Queued => running(PullProgress { status: "queued".into(), ..PullProgress::default() }, None, None),
        PullView::Running { progress, retry } => {
            let phase = progress.phase;
            running(progress, retry, Some(phase))
        }
        PullView::Ended(FinishedPull { outcome, error: None, .. }) => serde_json::json!({ "status": outcome }),
        PullView::Ended(FinishedPull { outcome, error: Some(error), .. }) => {
            serde_json::json!({ "status": outcome, "error": PullFailureJson::from(error) })
        }
    };
    moment.to_string()
}

impl From<PullStatus> for DownloadStatusResponse {
    fn from(downloads: PullStatus) -> Self {
        let active = downloads.is_active();
        let progress = downloads.progress;
        Self {
            active,
            model: downloads.running_model,
            status: active.then_some(progress.status),
            phase: active.then_some(progress.phase),
            digest: progress.digest,
            completed: progress.completed,
            total: progress.total,
            percent: progress.percent,
            bytes_per_second: progress.bytes_per_second,
            eta_seconds: progress.eta_seconds,
            stalled: progress.stalled,
            quiet_seconds: progress.quiet_seconds,
            retry: downloads.retry.map(Into::into),
            queued: downloads.queued,
            last: downloads.last.map(Into::into),
        }
    }
}

impl From<FinishedPull> for LastPullJson {
    fn from(last: FinishedPull) -> Self {
        let FinishedPull { model, outcome, error, finished_at, dismissed } = last;
        Self { model, outcome, error: error.map(Into::into), finished_at, dismissed }
    }
}

impl From<PullFailure> for PullFailureJson {
    fn from(failure: PullFailure) -> Self {
        let PullFailure { kind, cause, message, hint } = failure;
        Self { kind, cause, message, hint }
    }
}

impl From<PullRetry> for PullRetryJson {
    fn from(retry: PullRetry) -> Self {
        Self { failures: retry.failures, most: retry.most, at: retry.at, error: retry.error.into() }
    }
}
