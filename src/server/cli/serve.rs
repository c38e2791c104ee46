//! `gleaner serve`: settings → lock → database → address → loops → pages, until a signal.

use super::Exit;
use crate::server::cli::terminal;
use crate::server::{
    clock::Clock,
    config::Config,
    lifecycle::{self, Lifecycle, Signals},
    open_files,
    services::{access::password, models},
    startup::{self, StartError},
    state::App,
    worker,
};

/// Options of `serve`.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(super) struct ServeArgs {
    /// Print a code, valid for 15 minutes, with which the page /setup sets the first password
    #[arg(long)]
    setup: bool,
}

/// Serves until a signal.
pub(super) async fn run(config: Config, options: ServeArgs) -> Exit {
    match serve(config, options, |_| {}).await {
        Ok(()) => Exit::Done,
        Err(error) => terminal::fail(&error),
    }
}

/// Serves; `opened` is called when the pages answer and the loops run.
pub(super) async fn serve(config: Config, options: ServeArgs, opened: impl FnOnce(&App)) -> Result<(), StartError> {
    open_files::raise_limit();
    let lifecycle = Lifecycle::default();
    let _lock = startup::lock_data_dir(&config)?;
    let app = startup::build(config, Clock::System, lifecycle.clone()).await?;
    if options.setup {
        print_setup_code(&app).await?;
    }
    let listener = startup::listen(&app).await?;
    let addr = listener.local_addr().unwrap_or(app.config.addr);
    let scheme = if app.config.tls.files().is_some() { "https" } else { "http" };
    // Registered before the ready line is printed: a signal right after it must not kill the process.
    match Signals::new() {
        Ok(signals) => drop(tokio::spawn(lifecycle::stop_on_signals(signals, lifecycle, Clock::System))),
        Err(error) => tracing::error!(%error, "signals cannot be handled; only SIGKILL stops this process"),
    }
    models::log_list_problems(&app).await;
    worker::start(&app);
    tracing::info!(url = %format_args!("{scheme}://{addr}"), folder = %app.config.data_dir.display(), "Gleaner is ready");
    opened(&app);
    startup::serve(app, listener).await;
    tracing::info!("stopped");
    Ok(())
}

/// Prints the first-run code on the terminal; it never enters the log.
async fn print_setup_code(app: &App) -> Result<(), StartError> {
    let code = password::issue_setup_code(app).await.map_err(StartError::Unreadable)?;
    let Some(code) = code else {
        tracing::info!(
            "a password is set already, so there is no first-run code; `gleaner owner set-password` changes it"
        );
        return Ok(());
    };
    let (first, second) = code.split_at(code.len() / 2);
    terminal::print_stderr(format_args!(
        "First-run code: {first}-{second}. Open /setup within 15 minutes to set the password."
    ));
    Ok(())
}
