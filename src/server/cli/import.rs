//! `gleaner import` and `gleaner export`: moving in from other readers, and from one Gleaner to another.

use super::{Exit, print_json, print_stderr, print_stdout, terminal};
use crate::{
    domain::{archive::ArchiveReport, humanize::format_count},
    error::{AppError, ErrorKind},
    server::{
        services::moving::{self, ImportReport, ReaderCredentials, ReaderSource},
        state::App,
    },
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{io::IsTerminal, path::PathBuf};

const IMPORT_EXAMPLES: &str = "\
Examples:
  gleaner import miniflux https://miniflux.example.org --dry-run     asks for the token; nothing is stored
  gleaner import miniflux https://miniflux.example.org --token KEY
  gleaner import freshrss https://rss.example.org --user alice       asks for the API password
  gleaner import gleaner all.zip                                     into an empty folder

What was interrupted goes on when it is asked for again. Nothing is stored twice.";

/// Options of all commands, and the command.
#[derive(Debug, clap::Args)]
#[command(after_help = IMPORT_EXAMPLES)]
pub(super) struct ImportArgs {
    /// JSON instead of text; fields may be added in later versions, none is removed
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: ImportCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ImportCommand {
    /// Feeds, folders, articles, read and starred marks of a Miniflux
    Miniflux {
        /// The address of the Miniflux
        address: String,
        /// A key of its API (Settings → API keys)
        #[arg(long, conflicts_with = "user")]
        token: Option<String>,
        /// The user name, in place of a key
        #[arg(long)]
        user: Option<String>,
        /// The password of the user; asked for when it is left out
        #[arg(long, requires = "user")]
        password: Option<String>,
        /// Count what would be imported; nothing is stored
        #[arg(long)]
        dry_run: bool,
    },
    /// Feeds, folders, articles, read and starred marks and labels of a FreshRSS, or another reader with the Google Reader API
    Freshrss {
        /// The address of the FreshRSS, or that of its API (…/api/greader.php)
        address: String,
        /// The user name
        #[arg(long)]
        user: String,
        /// The API password of the user; asked for when it is left out
        #[arg(long)]
        password: Option<String>,
        /// Count what would be imported; nothing is stored
        #[arg(long)]
        dry_run: bool,
    },
    /// Everything of another Gleaner, as `gleaner export` wrote it, into an empty folder
    Gleaner {
        /// The archive
        file: PathBuf,
    },
}

/// What is exported.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  gleaner export all.zip\n  gleaner --data-dir /srv/other import gleaner all.zip")]
pub(super) struct ExportArgs {
    /// JSON instead of text; fields may be added in later versions, none is removed
    #[arg(long)]
    json: bool,
    /// The file to write; must not exist yet
    file: PathBuf,
}

impl ImportArgs {
    pub(super) async fn run(self, app: &App) -> Result<Exit, AppError> {
        match self.execute(app).await {
            // It is not Ollama that does not answer.
            Err(error) if error.kind == ErrorKind::Unavailable => {
                terminal::fail_with_hint(&error);
                Ok(Exit::Failed)
            }
            done => done,
        }
    }

    async fn execute(self, app: &App) -> Result<Exit, AppError> {
        let json = self.json;
        match self.command {
            ImportCommand::Miniflux { address, token, user, password, dry_run } => {
                let credentials = match (token, user) {
                    (Some(token), _) => ReaderCredentials::Token(token),
                    (None, Some(user)) => ReaderCredentials::Basic(user, password_or_ask(password, "Password: ")?),
                    (None, None) => ReaderCredentials::Token(password_or_ask(None, "API key: ")?),
                };
                let source = ReaderSource::connect_miniflux(app, &address, credentials).await?;
                import_from(app, &source, dry_run, json).await
            }
            ImportCommand::Freshrss { address, user, password, dry_run } => {
                let password = password_or_ask(password, "API password: ")?;
                let source = ReaderSource::connect_freshrss(app, &address, &user, &password).await?;
                import_from(app, &source, dry_run, json).await
            }
            ImportCommand::Gleaner { file } => {
                let bar = progress_bar();
                let show = |report: &ArchiveReport| bar.set_message(format_archive(report));
                let imported = moving::import_archive(app, &file, show).await;
                bar.finish_and_clear();
                print_archive("Imported", &imported?, json)
            }
        }
    }
}

impl ExportArgs {
    pub(super) async fn run(self, app: &App) -> Result<Exit, AppError> {
        let report = moving::export(app, &self.file).await?;
        print_archive("Exported", &report, self.json)
    }
}

async fn import_from(app: &App, source: &ReaderSource, dry_run: bool, json: bool) -> Result<Exit, AppError> {
    let bar = progress_bar();
    let show = |report: &ImportReport| bar.set_message(format_count(report.articles, "article", "articles"));
    let imported = moving::import(app, source, dry_run, show).await;
    bar.finish_and_clear();
    let report = imported?;
    if json {
        return print_json(&report);
    }
    let verb = if dry_run { "Would import" } else { "Imported" };
    print_stdout(format_args!(
        "{verb} {} ({} new) and {}: {} read, {} starred, {} with labels.",
        format_count(report.feeds, "feed", "feeds"),
        report.new_feeds,
        format_count(report.articles, "article", "articles"),
        report.read,
        report.starred,
        report.labeled
    ));
    if !dry_run {
        print_stdout(format_args!("{} are new here.", format_count(report.new_articles, "article", "articles")));
    }
    if report.unusable_feeds > 0 {
        print_stderr(format_args!(
            "{} an address that cannot be used.",
            format_count(report.unusable_feeds, "feed has", "feeds have")
        ));
    }
    if report.left_out > 0 {
        print_stderr(format_args!(
            "{} left out: their feeds are not subscribed.",
            format_count(report.left_out, "article was", "articles were")
        ));
    }
    Ok(Exit::Done)
}

/// A line that tells how far it is, on a terminal.
fn progress_bar() -> ProgressBar {
    let is_terminal = std::io::stderr().is_terminal();
    let target = if is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    ProgressBar::with_draw_target(None, target).with_style(ProgressStyle::default_spinner())
}

fn password_or_ask(given: Option<String>, prompt: &str) -> Result<String, AppError> {
    match given {
        Some(password) => Ok(password),
        None => terminal::ask_secret(prompt),
    }
}

fn format_archive(report: &ArchiveReport) -> String {
    let feeds = format_count(report.feeds, "feed", "feeds");
    format!("{feeds}, {}", format_count(report.articles, "article", "articles"))
}

fn print_archive(verb: &str, report: &ArchiveReport, json: bool) -> Result<Exit, AppError> {
    if json {
        return print_json(report);
    }
    print_stdout(format_args!("{verb} {}.", format_archive(report)));
    Ok(Exit::Done)
}
