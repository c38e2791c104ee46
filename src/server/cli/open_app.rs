//! Commands that work on the data folder without a server.

use crate::{
    domain::diagnostics::DiagnosticResult,
    error::AppError,
    server::{
        cli::terminal::{self, Exit},
        clock::Clock,
        config::Config,
        lifecycle::Lifecycle,
        services, startup,
        state::App,
        storage::OpenError,
    },
};

/// Runs a command on the data, without any loop; a server may be running on the same folder.
pub(super) async fn run_with_app<F>(config: Config, command: F) -> Exit
where
    F: AsyncFnOnce(&App) -> Result<Exit, AppError>,
{
    run_and_close(startup::build(config, Clock::System, Lifecycle::default()).await, command).await
}

/// As [`run_with_app`], for a command that changes nothing: the data folder stays as it is, byte for byte.
pub(super) async fn run_read_only<F>(config: Config, command: F) -> Exit
where
    F: AsyncFnOnce(&App) -> Result<Exit, AppError>,
{
    run_and_close(startup::build_read_only(config, Clock::System, Lifecycle::default()).await, command).await
}

/// Opens the data without changing it; when it cannot be opened, an empty database in memory and the reason.
pub(super) async fn open_read_only(config: Config) -> Result<(App, Option<DiagnosticResult>), OpenError> {
    match startup::build_read_only(config.clone(), Clock::System, Lifecycle::default()).await {
        Ok(app) => Ok((app, None)),
        Err(error) => {
            let app = startup::build_in_memory(config, Clock::System, Lifecycle::default()).await?;
            Ok((app, Some(services::doctor::diagnose_open_error(&error))))
        }
    }
}

async fn run_and_close<F>(app: Result<App, OpenError>, command: F) -> Exit
where
    F: AsyncFnOnce(&App) -> Result<Exit, AppError>,
{
    let app = match app {
        Ok(app) => app,
        Err(error) => return terminal::fail(&error),
    };
    let exit = command(&app).await.unwrap_or_else(|error| terminal::fail_with_hint(&error));
    app.lifecycle.soft_stop.cancel();
    app.lifecycle.hard_stop.cancel();
    app.lifecycle.wait_for_tasks().await;
    app.db.close().await;
    exit
}
