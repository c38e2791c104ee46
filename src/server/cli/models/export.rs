//! `models export` and `models restore`.

use crate::server::cli::{
    models::options::{DryRunArgs, OutputFormat, read_text_or_stdin},
    terminal::{Exit, print_stdout},
};
use crate::{
    domain::registry::format_value,
    error::AppError,
    server::{cli::table::replace_control_chars, services::registry, state::App},
};
use std::path::PathBuf;

const EXPORT_HELP: &str = "\
Rows and keys are sorted, schema_version is 1; --json makes no difference.

Example:
  gleaner models export > models.json";

#[derive(Debug, clap::Args)]
#[command(after_help = EXPORT_HELP)]
pub(super) struct ModelsExportArgs {}

/// Prints the document; its own last newline ends the output.
pub(super) async fn print_export(app: &App) -> Result<Exit, AppError> {
    print_stdout(registry::export(app).await?.trim_end_matches('\n'));
    Ok(Exit::Done)
}

const RESTORE_HELP: &str = "\
Output with --json:
  {\"dry_run\", \"added\": [NAME…], \"removed\": [NAME…], \"changed\": [{\"name\", \"field\", \"old\", \"new\"}…], \"unchanged\"}

Example:
  gleaner models restore models.json --dry-run";

#[derive(Debug, clap::Args)]
#[command(after_help = RESTORE_HELP)]
pub(super) struct ModelsRestoreArgs {
    /// A document of `gleaner models export`; `-` reads what is piped in
    file: PathBuf,
    #[command(flatten)]
    pub(super) dry_run: DryRunArgs,
}

impl ModelsRestoreArgs {
    pub(super) async fn run(self, app: &App, output: OutputFormat) -> Result<Exit, AppError> {
        let (label, text) = read_text_or_stdin(&self.file)?;
        let report = registry::restore(app, &label, &text, self.dry_run.dry_run).await?;
        output.print(&report, |report| {
            report.added.iter().for_each(|name| print_stdout(format_args!("added: {name}")));
            report.removed.iter().for_each(|name| print_stdout(format_args!("removed: {name}")));
            for change in &report.changed {
                let (old, new) = (format_value(&change.old), format_value(&change.new));
                print_stdout(format_args!(
                    "changed: {} {}: {} → {}",
                    change.name,
                    change.field,
                    replace_control_chars(&old),
                    replace_control_chars(&new)
                ));
            }
            let ending = if report.dry_run { " Dry run: nothing was written." } else { "" };
            print_stdout(format_args!("{} unchanged.{ending}", report.unchanged));
        })?;
        Ok(Exit::Done)
    }
}
