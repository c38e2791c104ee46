//! `gleaner serve`: settings → lock → database → address → loops → pages, until a signal.

use super::Exit;
use crate::server::cli::terminal;
use crate::server::{
    clock::Clock,
    config::Config,
    lifecycle::{self, Lifecycle, Signals},
    startup::{self, StartError},
    state::App,
    worker,
};

/// Serves until told to stop.
pub(super) async fn run(config: Config) -> Exit {
    match serve(config, |_| {}).await {
        Ok(()) => Exit::Done,
        Err(error) => terminal::fail(&error),
    }
}

/// Serves; `opened` is told when the pages answer and the loops run.
pub(super) async fn serve(config: Config, opened: impl FnOnce(&App)) -> Result<(), StartError> {
    let lifecycle = Lifecycle::default();
    let _lock = startup::lock_data_dir(&config)?;
    let app = startup::build(config, Clock::System, lifecycle.clone()).await?;
    let listener = startup::listen(&app.config).await?;
    let addr = listener.local_addr().unwrap_or(app.config.addr);
    // Registered before the ready line is printed: a signal right after it must not kill the process.
    match Signals::new() {
        Ok(signals) => drop(tokio::spawn(lifecycle::stop_on_signals(signals, lifecycle, Clock::System))),
        Err(error) => tracing::error!(%error, "signals cannot be heard; only kill will stop this"),
    }
    worker::start(&app);
    tracing::info!(url = %format_args!("http://{addr}"), folder = %app.config.data_dir.display(), "Gleaner is ready");
    opened(&app);
    startup::serve(app, listener).await?;
    tracing::info!("stopped");
    Ok(())
}
