//! The queue and its worker, as the pages see them.

use crate::{
    domain::{
        score::RescoreMode,
        scoring::{RescoreReport, RescoreScope, ScoringStatus},
    },
    error::AppError,
    server::state::App,
};

/// What the worker is doing; written by `worker::scorer` alone.
#[derive(Clone, Debug, Default)]
pub struct WorkerState;

/// The queue and the worker at this moment.
pub async fn status(app: &App) -> Result<ScoringStatus, AppError> {
    todo!()
}

/// Queues articles to be scored again; `dry_run` only says what would be queued. `mode` `None`: what the changes of settings
/// since the last evaluation call for.
pub async fn rescore(
    app: &App,
    scope: RescoreScope,
    mode: Option<RescoreMode>,
    dry_run: bool,
) -> Result<RescoreReport, AppError> {
    todo!()
}

/// Stops (`true`) or starts the worker; survives a restart.
pub async fn set_paused(app: &App, paused: bool) -> Result<ScoringStatus, AppError> {
    todo!()
}
