//! The command line: one file per command group; `serve` is the default.
//!
//! A group that works on the data is an enum of subcommands with `async fn run(self, app: &App) -> Result<Exit, AppError>`,
//! a line in [`Command`] and a line in [`run`].

mod articles;
mod chat;
mod config;
mod db;
mod demo;
mod doctor;
mod feeds;
mod models;
mod papers;
mod score;
mod serve;
mod settings;
mod shell;
mod table;

pub use shell::{Exit, say, warn};

use crate::{
    domain::checkup::Finding,
    error::AppError,
    server::{
        clock::Clock,
        config::{Config, Loaded},
        lifecycle::Lifecycle,
        services, startup,
        state::App,
        storage::OpenError,
    },
};
use clap::{CommandFactory, Parser, Subcommand};
use settings::SettingFlags;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  gleaner                                   serve on http://127.0.0.1:3000
  gleaner demo                              look around: sample feeds, a simulated Ollama, no network
  gleaner --ollama-host gpu.lan serve       score with the Ollama of another machine
  gleaner config show                       every setting, and where it comes from
  gleaner doctor                            is everything as it should be, and if not, what to do
  gleaner db backup gleaner-copy.db         a verified copy, also while the server runs

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 checked and found wanting, 4 Ollama not reachable.";

/// A self-hosted feed reader that reads the firehose first, with a model of yours.
#[derive(Debug, Parser)]
#[command(name = "gleaner", version, about, after_help = EXAMPLES, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    settings: SettingFlags,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the pages (the default)
    Serve,
    /// Serve sample feeds and a simulated Ollama from a temporary folder, without any network
    Demo,
    /// Read: list, show, mark and star articles
    Articles(articles::Articles),
    /// List, add, remove and refresh feeds; move them in and out as OPML
    Feeds(feeds::Feeds),
    /// Look after the registry of model variants
    Models(models::Models),
    /// The scoring queue: status, run, pause, resume, score again
    Score(score::Score),
    /// Examine everything: settings, database, disk, Ollama, models, feeds
    Doctor(doctor::Doctor),
    /// Talk to a model
    Chat(chat::Chat),
    /// Look after the database
    #[command(subcommand)]
    Db(db::Command),
    /// Show or check the settings
    #[command(subcommand)]
    Config(config::Command),
    /// Print completions for a shell
    #[command(after_help = "Example:\n  gleaner completions bash > ~/.local/share/bash-completion/completions/gleaner")]
    Completions {
        /// The shell to complete for
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or all commands as Markdown
    #[command(after_help = "Example:\n  gleaner man | man -l -")]
    Man {
        /// Markdown of all commands instead, as in docs/cli.md
        #[arg(long)]
        markdown: bool,
    },
}

/// Runs the command given; the exit code says how it went (see [`Exit`]).
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Printing help to a closed pipe is nobody's failure.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() };
        }
    };
    run(cli).into()
}

/// All commands, as papers and completions describe them.
pub fn command() -> clap::Command {
    Cli::command()
}

fn run(cli: Cli) -> Exit {
    let command = cli.command.unwrap_or(Command::Serve);
    match command {
        Command::Completions { shell } => return papers::completions(shell),
        Command::Man { markdown } => return papers::manual(markdown),
        Command::Config(command) => return command.run(cli.settings.load()),
        Command::Serve
        | Command::Demo
        | Command::Articles(_)
        | Command::Feeds(_)
        | Command::Models(_)
        | Command::Score(_)
        | Command::Doctor(_)
        | Command::Chat(_)
        | Command::Db(_) => {}
    }
    let (loaded, command) = match (cli.settings.load(), command) {
        (Ok(loaded), command) => (loaded, command),
        (Err(error), Command::Doctor(command)) => return command.badly_configured(&error),
        (Err(error), _) => return shell::fail(&error),
    };
    start_logging(&loaded, &command);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return shell::fail(&format!("the system gives no threads: {error}")),
    };
    let exit = runtime.block_on(async {
        match command {
            Command::Serve => serve::run(loaded.config).await,
            Command::Demo => demo::run(loaded.config).await,
            Command::Articles(command) if command.only_looks() => {
                looking(loaded.config, async |app| command.run(app).await).await
            }
            Command::Articles(command) => with_app(loaded.config, async |app| command.run(app).await).await,
            Command::Feeds(command) if command.only_looks() => {
                looking(loaded.config, async |app| command.run(app).await).await
            }
            Command::Feeds(command) => with_app(loaded.config, async |app| command.run(app).await).await,
            Command::Models(command) if command.only_looks() => {
                looking(loaded.config, async |app| command.run(app).await).await
            }
            Command::Models(command) => with_app(loaded.config, async |app| command.run(app).await).await,
            Command::Score(command) if command.only_looks() => {
                looking(loaded.config, async |app| command.run(app).await).await
            }
            Command::Score(command) => with_app(loaded.config, async |app| command.run(app).await).await,
            Command::Doctor(command) => command.run(loaded.config).await,
            Command::Chat(command) => looking(loaded.config, async |app| command.run(app).await).await,
            Command::Db(command) => command.run(loaded.config).await,
            Command::Completions { .. } | Command::Man { .. } | Command::Config(_) => Exit::Done,
        }
    });
    // What does not heed the hard stop is left behind.
    runtime.shutdown_background();
    exit
}

/// A server tells what it does; other commands only what goes wrong, unless the reader asked for more. The doctor tells that itself.
fn start_logging(loaded: &Loaded, command: &Command) {
    let mut log = loaded.config.log.clone();
    if loaded.is_default("log.level") {
        match command {
            Command::Serve | Command::Demo => {}
            Command::Doctor(_) => log.level = "error".into(),
            _ => log.level = "warn".into(),
        }
    }
    crate::server::telemetry::start(&log);
}

/// Runs a command on the data, without any loop; a server may be running on the same folder.
async fn with_app<F>(config: Config, command: F) -> Exit
where
    F: AsyncFnOnce(&App) -> Result<Exit, AppError>,
{
    work(startup::build(config, Clock::System, Lifecycle::default()).await, command).await
}

/// As [`with_app`], for a command that changes nothing: the data folder stays as it is, byte for byte.
async fn looking<F>(config: Config, command: F) -> Exit
where
    F: AsyncFnOnce(&App) -> Result<Exit, AppError>,
{
    work(startup::build_to_look(config, Clock::System, Lifecycle::default()).await, command).await
}

/// The data for looking only; where it cannot be opened, an empty stand-in and what is the matter.
async fn looking_at(config: Config) -> Result<(App, Option<Finding>), OpenError> {
    match startup::build_to_look(config.clone(), Clock::System, Lifecycle::default()).await {
        Ok(app) => Ok((app, None)),
        Err(error) => {
            let app = startup::build_without_data(config, Clock::System, Lifecycle::default()).await?;
            Ok((app, Some(services::doctor::no_database(&error))))
        }
    }
}

async fn work<F>(app: Result<App, OpenError>, command: F) -> Exit
where
    F: AsyncFnOnce(&App) -> Result<Exit, AppError>,
{
    let app = match app {
        Ok(app) => app,
        Err(error) => return shell::fail(&error),
    };
    let exit = command(&app).await.unwrap_or_else(|error| shell::fail_app(&error));
    app.lifecycle.soft.cancel();
    app.lifecycle.hard.cancel();
    app.lifecycle.finished().await;
    app.db.close().await;
    exit
}
