//! The command line: one file per command group; `serve` is the default.
//!
//! A group that works on the data is an enum of subcommands with `async fn run(self, app: &App) -> Result<Exit, AppError>`,
//! a line in `CliCommand` and a line in `run`.

mod answer_waits;
mod articles;
mod categories;
mod chat;
mod clients;
mod config;
mod config_args;
mod db;
mod demo;
mod docs;
mod doctor;
mod feed_lists;
mod feed_show;
mod feeds;
mod import;
mod models;
mod open_app;
mod owner;
mod retention;
mod rules;
mod score;
mod searches;
mod serve;
mod servers;
mod table;
mod terminal;

pub use crate::server::cli::terminal::{Exit, print_json, print_stderr, print_stdout};

use crate::server::{
    cli::{
        config_args::ConfigArgs,
        open_app::{run_read_only, run_with_app},
    },
    config::LoadedConfig,
};
use clap::{CommandFactory, Parser, Subcommand};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  gleaner                                   serve on http://127.0.0.1:3000
  gleaner demo                              look around: sample feeds, a simulated Ollama, no network
  gleaner --ollama-host gpu.lan serve       score with the Ollama of another machine
  gleaner config show                       every setting, and where it comes from
  gleaner doctor                            check everything, and say what to do about problems
  gleaner db backup gleaner-copy.db         a verified copy, also while the server runs

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a check failed, 4 Ollama not reachable.";

/// A self-hosted feed reader that scores every article with a model of yours.
#[derive(Debug, Parser)]
#[command(name = "gleaner", version, about, after_help = EXAMPLES, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    settings: ConfigArgs,
    #[command(subcommand)]
    command: Option<CliCommand>,
}

#[derive(Debug, Subcommand)]
enum CliCommand {
    /// Serve the pages (the default)
    Serve(serve::ServeArgs),
    /// Serve sample feeds and a simulated Ollama from a temporary folder, without any network
    Demo,
    /// Read: list, show, mark and star articles
    Articles(articles::ArticlesArgs),
    /// List categories, and accept, merge or refuse what models suggested
    Categories(categories::CategoriesArgs),
    /// Saved searches: list, add, change, move, remove
    Searches(searches::SearchesArgs),
    /// List, add, remove and refresh feeds; move them in and out as OPML
    Feeds(feeds::FeedsArgs),
    /// Rules: what is done with articles that a query finds
    Rules(rules::RulesArgs),
    /// Rules that remove articles: show, set, test, run
    Retention(retention::RetentionArgs),
    /// Move in from Miniflux, FreshRSS or another Gleaner
    Import(import::ImportArgs),
    /// Write everything but secrets to an archive
    Export(import::ExportArgs),
    /// Manage the registry of model variants
    Models(models::ModelsArgs),
    /// The scoring queue: status, run, pause, resume, score again
    Score(score::ScoreArgs),
    /// Check everything: settings, database, disk, Ollama, models, feeds
    Doctor(doctor::DoctorArgs),
    /// Talk to a model
    Chat(chat::ChatArgs),
    /// Set the password that browsers log in with
    Owner(owner::OwnerArgs),
    /// Readers, scripts and collectors: add, list, revoke
    Clients(clients::ClientsArgs),
    /// Model servers: add, list, test, remove
    Servers(servers::ServersArgs),
    /// Look after the database
    #[command(subcommand)]
    Db(db::DbCommand),
    /// Show or check the settings
    #[command(subcommand)]
    Config(config::ConfigCommand),
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

/// Runs the command; the exit code is that of [`Exit`].
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Printing help to a closed pipe is no failure.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() };
        }
    };
    run(cli).into()
}

/// All commands, as the reference and the completions describe them.
pub fn build_command() -> clap::Command {
    Cli::command()
}

fn run(cli: Cli) -> Exit {
    let command = cli.command.unwrap_or_else(|| CliCommand::Serve(serve::ServeArgs::default()));
    match command {
        CliCommand::Completions { shell } => return docs::print_completions(build_command(), shell),
        CliCommand::Man { markdown } => return docs::print_manual(build_command(), markdown),
        CliCommand::Config(command) => return command.run(cli.settings.load()),
        CliCommand::Serve(_)
        | CliCommand::Demo
        | CliCommand::Owner(_)
        | CliCommand::Clients(_)
        | CliCommand::Servers(_)
        | CliCommand::Articles(_)
        | CliCommand::Categories(_)
        | CliCommand::Feeds(_)
        | CliCommand::Searches(_)
        | CliCommand::Import(_)
        | CliCommand::Export(_)
        | CliCommand::Retention(_)
        | CliCommand::Rules(_)
        | CliCommand::Models(_)
        | CliCommand::Score(_)
        | CliCommand::Doctor(_)
        | CliCommand::Chat(_)
        | CliCommand::Db(_) => {}
    }
    let (loaded, command) = match (cli.settings.load(), command) {
        (Ok(loaded), command) => (loaded, command),
        (Err(error), CliCommand::Doctor(command)) => return command.report_config_error(&error),
        (Err(error), _) => return terminal::fail(&error),
    };
    start_logging(&loaded, &command);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return terminal::fail(&format!("the threads of the program cannot be started: {error}")),
    };
    let exit = runtime.block_on(async {
        match command {
            CliCommand::Serve(options) => serve::run(loaded.config, options).await,
            CliCommand::Demo => demo::run(loaded.config).await,
            CliCommand::Articles(command) if command.is_read_only() => {
                run_read_only(loaded.config, async |app| command.run(app).await).await
            }
            CliCommand::Articles(command) => run_with_app(loaded.config, async |app| command.run(app).await).await,
            CliCommand::Categories(command) if command.is_read_only() => {
                run_read_only(loaded.config, async |app| command.run(app).await).await
            }
            CliCommand::Categories(command) => run_with_app(loaded.config, async |app| command.run(app).await).await,
            CliCommand::Feeds(command) if command.is_read_only() => {
                run_read_only(loaded.config, async |app| command.run(app).await).await
            }
            CliCommand::Feeds(command) => run_with_app(loaded.config, async |app| command.run(app).await).await,
            CliCommand::Searches(command) if command.is_read_only() => {
                run_read_only(loaded.config, async |app| command.run(app).await).await
            }
            CliCommand::Searches(command) => run_with_app(loaded.config, async |app| command.run(app).await).await,
            CliCommand::Retention(command) if command.is_read_only() => {
                run_read_only(loaded.config, async |app| command.run(app).await).await
            }
            CliCommand::Retention(command) => run_with_app(loaded.config, async |app| command.run(app).await).await,
            CliCommand::Rules(command) if command.is_read_only() => {
                run_read_only(loaded.config, async |app| command.run(app).await).await
            }
            CliCommand::Rules(command) => run_with_app(loaded.config, async |app| command.run(app).await).await,
            CliCommand::Import(command) => run_with_app(loaded.config, async |app| command.run(app).await).await,
            CliCommand::Export(command) => run_read_only(loaded.config, async |app| command.run(app).await).await,
            CliCommand::Models(command) if command.is_read_only() => {
                run_read_only(loaded.config, async |app| command.run(app).await).await
            }
            CliCommand::Models(command) => run_with_app(loaded.config, async |app| command.run(app).await).await,
            CliCommand::Score(command) if command.is_read_only() => {
                run_read_only(loaded.config, async |app| command.run(app).await).await
            }
            CliCommand::Score(command) => run_with_app(loaded.config, async |app| command.run(app).await).await,
            CliCommand::Owner(command) if command.is_read_only() => {
                run_read_only(loaded.config, async |app| command.run(app).await).await
            }
            CliCommand::Owner(command) => run_with_app(loaded.config, async |app| command.run(app).await).await,
            CliCommand::Clients(command) if command.is_read_only() => {
                run_read_only(loaded.config, async |app| command.run(app).await).await
            }
            CliCommand::Clients(command) => run_with_app(loaded.config, async |app| command.run(app).await).await,
            CliCommand::Servers(command) => run_with_app(loaded.config, async |app| command.run(app).await).await,
            CliCommand::Doctor(command) => command.run(loaded.config).await,
            CliCommand::Chat(command) => run_read_only(loaded.config, async |app| command.run(app).await).await,
            CliCommand::Db(command) => command.run(loaded.config).await,
            CliCommand::Completions { .. } | CliCommand::Man { .. } | CliCommand::Config(_) => Exit::Done,
        }
    });
    // Tasks that ignore the hard stop are abandoned.
    runtime.shutdown_background();
    exit
}

/// Starts the log: of a server at the configured level, of other commands with errors only unless a level is set.
fn start_logging(loaded: &LoadedConfig, command: &CliCommand) {
    let mut log = loaded.config.log.clone();
    if loaded.is_default("log.level") {
        match command {
            CliCommand::Serve(_) | CliCommand::Demo => {}
            // Commands print their errors themselves; the log would repeat them.
            _ => log.level = "error".into(),
        }
    }
    crate::server::telemetry::init_logging(&log);
}
