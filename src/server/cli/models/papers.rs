//! `models export` and `models restore`.

use super::{DryRun, Exit, Output, read_text, say};
use crate::{
    domain::registry::shown,
    error::AppError,
    server::{cli::table::clean, services::registry, state::App},
};
use std::path::PathBuf;

const EXPORT_HELP: &str = "\
Rows and keys are sorted, schema_version is 1; --json makes no difference.

Example:
  gleaner models export > models.json";

#[derive(Debug, clap::Args)]
#[command(after_help = EXPORT_HELP)]
pub(super) struct Export {}

/// Prints the document; its own last newline ends the output.
pub(super) async fn export(app: &App) -> Result<Exit, AppError> {
    say(registry::export(app).await?.trim_end_matches('\n'));
    Ok(Exit::Done)
}

const RESTORE_JSON: &str = "\
Output with --json:
  {\"dry_run\", \"added\": [NAME…], \"removed\": [NAME…], \"changed\": [{\"name\", \"field\", \"old\", \"new\"}…], \"unchanged\"}

Example:
  gleaner models restore models.json --dry-run";

#[derive(Debug, clap::Args)]
#[command(after_help = RESTORE_JSON)]
pub(super) struct Restore {
    /// A document of `gleaner models export`; `-` reads what is piped in
    file: PathBuf,
    #[command(flatten)]
    pub(super) dry_run: DryRun,
}

impl Restore {
    pub(super) async fn run(self, app: &App, output: Output) -> Result<Exit, AppError> {
        let (label, text) = read_text(&self.file)?;
        let report = registry::restore(app, &label, &text, self.dry_run.dry_run).await?;
        output.tell(&report, |report| {
            report.added.iter().for_each(|name| say(format_args!("added: {name}")));
            report.removed.iter().for_each(|name| say(format_args!("removed: {name}")));
            for change in &report.changed {
                let (old, new) = (shown(&change.old), shown(&change.new));
                say(format_args!("changed: {} {}: {} → {}", change.name, change.field, clean(&old), clean(&new)));
            }
            let ending = if report.dry_run { " Dry run: nothing was written." } else { "" };
            say(format_args!("{} as before.{ending}", report.unchanged));
        })?;
        Ok(Exit::Done)
    }
}
