//! `gleaner models`: the registry of model variants.

mod changes;
mod disk;
mod import;
mod list;
mod papers;
mod ps;
mod pull;
mod roles;
mod upkeep;

use super::{Exit, say, table, warn};
use crate::{domain::phrase, error::AppError, server::state::App};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::Serialize;

const EXAMPLES: &str = "\
Examples:
  gleaner models import                     take in what Ollama has
  gleaner models list --details             what is known, with digests, roles and capabilities
  gleaner models roles set qwen3:8b scoring categorization
  gleaner models backfill --dry-run -v      what the files on this machine would add
  gleaner models verify && echo all there   exit code 3 when something is missing or changed

NAME is a name of the registry (qwen3-8b-ollama-gguf) or what Ollama calls the model (qwen3:8b).";

/// Options of all commands, and the command.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Models {
    /// JSON instead of text; fields may be added in later versions, none is taken away
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the variants
    List(list::List),
    /// Take in the models that Ollama has, without loading any
    Import(import::Import),
    /// Show everything that is known of a variant
    Show(list::Show),
    /// See and set what variants are for
    #[command(subcommand)]
    Roles(roles::Roles),
    /// Mark variants as not to be used; the mark survives every import
    Deprecate(changes::Deprecate),
    /// Take the mark away
    Undeprecate(changes::Undeprecate),
    /// Remove deprecated variants from the registry; never a file of a model
    PurgeDeprecated(changes::Purge),
    /// Fill missing paths, sizes and digests from Ollama's files on this machine; needs no Ollama
    Backfill(upkeep::Backfill),
    /// Derive family, quantisation and format anew; previews unless --apply is given
    Normalize(upkeep::Normalize),
    /// Check that variants are still there, with the digest on record; changes nothing
    Verify(upkeep::Verify),
    /// Print the registry as JSON; the same content gives the same bytes
    Export(papers::Export),
    /// Put the registry into the state of an export; what is not in it is removed
    Restore(papers::Restore),
    /// List the models in Ollama's memory
    Ps(ps::Ps),
    /// Let Ollama download a model
    Pull(pull::Pull),
    /// Delete a model from Ollama's disk
    Rm(disk::Rm),
    /// Bring a model into memory
    Load(disk::Named),
    /// Take a model out of memory
    Unload(disk::Named),
    /// Print the variant that would serve a role, and why
    Select(roles::Select),
}

impl Models {
    /// Whether the data folder stays as it is, byte for byte.
    pub(super) fn only_looks(&self) -> bool {
        match &self.command {
            Command::List(_)
            | Command::Show(_)
            | Command::Verify(_)
            | Command::Export(_)
            | Command::Ps(_)
            | Command::Select(_) => true,
            Command::Pull(_) | Command::Rm(_) | Command::Load(_) | Command::Unload(_) => false,
            Command::Roles(command) => command.only_looks(),
            Command::Import(command) => command.dry_run.dry_run,
            Command::Deprecate(command) => command.dry_run.dry_run,
            Command::Undeprecate(command) => command.dry_run.dry_run,
            Command::PurgeDeprecated(command) => command.dry_run.dry_run,
            Command::Backfill(command) => command.dry_run.dry_run,
            Command::Restore(command) => command.dry_run.dry_run,
            Command::Normalize(command) => !command.apply,
        }
    }

    /// Runs the command.
    pub(super) async fn run(self, app: &App) -> Result<Exit, AppError> {
        let output = Output { json: self.json };
        match self.command {
            Command::List(command) => command.run(app, output).await,
            Command::Import(command) => command.run(app, output).await,
            Command::Show(command) => command.run(app, output).await,
            Command::Roles(command) => command.run(app, output).await,
            Command::Deprecate(command) => command.run(app, output).await,
            Command::Undeprecate(command) => command.run(app, output).await,
            Command::PurgeDeprecated(command) => command.run(app, output).await,
            Command::Backfill(command) => command.run(app, output).await,
            Command::Normalize(command) => command.run(app, output).await,
            Command::Verify(command) => command.run(app, output).await,
            Command::Export(_) => papers::export(app).await,
            Command::Restore(command) => command.run(app, output).await,
            Command::Ps(_) => ps::ps(app, output).await,
            Command::Pull(command) => command.run(app, output).await,
            Command::Rm(command) => command.run(app, output).await,
            Command::Load(command) => command.load(app, output).await,
            Command::Unload(command) => command.unload(app, output).await,
            Command::Select(command) => command.run(app, output).await,
        }
    }
}

/// How the outcome is told.
#[derive(Clone, Copy, Debug)]
struct Output {
    json: bool,
}

impl Output {
    /// JSON when that was asked for, else what `text` says.
    fn tell<T: Serialize>(self, outcome: &T, text: impl FnOnce(&T)) -> Result<(), AppError> {
        if !self.json {
            text(outcome);
            return Ok(());
        }
        let json = serde_json::to_string_pretty(outcome).map_err(|cause| {
            tracing::error!(%cause, "the outcome cannot be written as JSON");
            AppError::internal()
        })?;
        say(json);
        Ok(())
    }
}

/// `--dry-run`.
#[derive(Clone, Copy, Debug, clap::Args)]
struct DryRun {
    /// Print exactly what would happen and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Reads one of a closed set of words; help and errors list them.
fn word<T: Clone + Send + Sync + 'static>(
    words: &'static [T],
    as_str: fn(T) -> &'static str,
    parse: fn(&str) -> Option<T>,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(words.iter().cloned().map(as_str))
        .try_map(move |word| parse(&word).ok_or("not one of them"))
}

/// Reads a text that a command is given: a file, or `-` for what is piped in. 16 MiB at most.
fn read_text(file: &std::path::Path) -> Result<(String, String), AppError> {
    use std::io::Read;
    const LIMIT: u64 = 16 * 1024 * 1024;
    let piped = file.as_os_str() == "-";
    let label = if piped { "What was piped in".to_owned() } else { file.display().to_string() };
    let mut bytes = Vec::new();
    let read = if piped {
        std::io::stdin().lock().take(LIMIT + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes))
    };
    read.map_err(|cause| AppError::invalid(format!("{label} cannot be read: {cause}.")))?;
    if bytes.len() as u64 > LIMIT {
        return Err(AppError::invalid(format!("{label} is larger than 16 MiB; a list of models is not.")));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
        let line = good.filter(|byte| **byte == b'\n').count() + 1;
        AppError::invalid(format!("{label} is not text: line {line} is not UTF-8."))
    })?;
    Ok((label, text))
}

/// Bytes for people: decimal units, as Ollama writes them.
fn size(bytes: Option<i64>) -> String {
    bytes.map_or_else(|| "-".to_owned(), phrase::size)
}
