//! `models deprecate`, `undeprecate` and `purge-deprecated`.

use crate::server::cli::{
    models::options::{DryRunArgs, OutputFormat},
    terminal::{Exit, print_stdout},
};
use crate::{
    domain::{
        humanize::format_count,
        registry::{FieldChange, format_value},
    },
    error::AppError,
    server::{cli::table::replace_control_chars, services::registry, state::App},
};
use serde::Serialize;

const DEPRECATE_HELP: &str = "\
Output with --json:
  {\"dry_run\", \"changes\": [{\"name\", \"field\", \"old\", \"new\"}…]}

Example:
  gleaner models deprecate llama2:7b --reason \"too old\"";

#[derive(Debug, clap::Args)]
#[command(after_help = DEPRECATE_HELP)]
pub(super) struct ModelsDeprecateArgs {
    /// The variants
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// The reason
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    pub(super) dry_run: DryRunArgs,
}

impl ModelsDeprecateArgs {
    pub(super) async fn run(self, app: &App, output: OutputFormat) -> Result<Exit, AppError> {
        let dry_run = self.dry_run.dry_run;
        let changes = registry::deprecate(app, &self.names, self.reason.as_deref(), dry_run).await?;
        print_changes(output, dry_run, changes)
    }
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Output with --json: as of `gleaner models deprecate`.\n\nExample:\n  gleaner models undeprecate llama2:7b"
)]
pub(super) struct ModelsUndeprecateArgs {
    /// The variants
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    pub(super) dry_run: DryRunArgs,
}

impl ModelsUndeprecateArgs {
    pub(super) async fn run(self, app: &App, output: OutputFormat) -> Result<Exit, AppError> {
        let dry_run = self.dry_run.dry_run;
        let changes = registry::undeprecate(app, &self.names, dry_run).await?;
        print_changes(output, dry_run, changes)
    }
}

/// The changes made, or planned.
#[derive(Serialize)]
struct FieldChangesOutput {
    dry_run: bool,
    changes: Vec<FieldChange>,
}

/// Prints changes with the old and the new value.
pub(super) fn print_changes(output: OutputFormat, dry_run: bool, changes: Vec<FieldChange>) -> Result<Exit, AppError> {
    output.print(&FieldChangesOutput { dry_run, changes }, |outcome| {
        for change in &outcome.changes {
            let (old, new) = (format_value(&change.old), format_value(&change.new));
            print_stdout(format_args!(
                "{} {}: {} → {}",
                change.name,
                change.field,
                replace_control_chars(&old),
                replace_control_chars(&new)
            ));
        }
        match (outcome.changes.is_empty(), dry_run) {
            (true, _) => print_stdout("No change."),
            (false, true) => print_stdout("Dry run: nothing was written."),
            (false, false) => {}
        }
    })?;
    Ok(Exit::Done)
}

const PURGE_HELP: &str = "\
Output with --json:
  {\"dry_run\", \"removed\": [NAME…]}

Example:
  gleaner models purge-deprecated --placeholders-only --dry-run";

#[derive(Debug, clap::Args)]
#[command(after_help = PURGE_HELP)]
pub(super) struct ModelsPurgeDeprecatedArgs {
    /// Only entries that an earlier naming left behind (model-ollama-gguf…)
    #[arg(long)]
    placeholders_only: bool,
    #[command(flatten)]
    pub(super) dry_run: DryRunArgs,
}

#[derive(Serialize)]
struct PurgeOutput {
    dry_run: bool,
    removed: Vec<String>,
}

impl ModelsPurgeDeprecatedArgs {
    pub(super) async fn run(self, app: &App, output: OutputFormat) -> Result<Exit, AppError> {
        let dry_run = self.dry_run.dry_run;
        let removed = registry::purge_deprecated(app, self.placeholders_only, dry_run).await?;
        output.print(&PurgeOutput { dry_run, removed }, |purged| {
            purged.removed.iter().for_each(print_stdout);
            let number = format_count(i64::try_from(purged.removed.len()).unwrap_or(i64::MAX), "entry", "entries");
            print_stdout(if dry_run {
                format!("{number} would be removed.")
            } else {
                format!("{number} removed; no file of a model was touched.")
            });
        })?;
        Ok(Exit::Done)
    }
}
