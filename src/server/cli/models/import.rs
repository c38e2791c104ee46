//! `models import`.

use crate::server::cli::{
    models::options::{DryRunArgs, OutputFormat, read_text_or_stdin},
    terminal::{Exit, print_stderr, print_stdout},
};
use crate::{
    domain::registry::{RegistryImportReport, format_value},
    error::AppError,
    server::{
        cli::table::replace_control_chars,
        services::registry::{self, ImportOptions, ImportSource},
        state::App,
    },
};
use std::path::PathBuf;

const HELP: &str = "\
Asks Ollama's API; when that cannot be reached, the `ollama` program. Models that Ollama no longer has stay in the registry with
the time they were first missed. The second of two imports in a row changes nothing.

Output with --json:
  {\"source\", \"dry_run\", \"added\": [NAME…], \"changed\": [{\"name\", \"field\", \"old\", \"new\"}…], \"missing\": [NAME…],
   \"returned\": [NAME…], \"deprecated\": [NAME…], \"unchanged\", \"skipped\": [{\"identifier\", \"reason\"}…]}

Examples:
  gleaner models import --dry-run
  ollama list | gleaner models import --from -
  gleaner models import --from tags.json --deprecate-placeholders";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct ModelsImportArgs {
    /// A saved answer of /api/tags or a table of `ollama list`; `-` reads what is piped in
    #[arg(long, value_name = "FILE|-")]
    from: Option<PathBuf>,
    /// Mark entries that an earlier naming left behind (model-ollama-gguf…) as deprecated
    #[arg(long)]
    deprecate_placeholders: bool,
    #[command(flatten)]
    pub(super) dry_run: DryRunArgs,
}

impl ModelsImportArgs {
    pub(super) async fn run(self, app: &App, output: OutputFormat) -> Result<Exit, AppError> {
        let source = match &self.from {
            None => ImportSource::Ollama,
            Some(file) => {
                let (label, text) = read_text_or_stdin(file)?;
                ImportSource::Document { label, text }
            }
        };
        let options =
            ImportOptions { deprecate_placeholders: self.deprecate_placeholders, dry_run: self.dry_run.dry_run };
        let report = registry::import(app, source, options).await?;
        output.print(&report, print_report)?;
        Ok(Exit::Done)
    }
}

fn print_report(report: &RegistryImportReport) {
    print_stdout(format_args!(
        "From {}{}",
        replace_control_chars(&report.source),
        if report.dry_run { " (dry run, nothing is written):" } else { ":" }
    ));
    for (names, word) in [
        (&report.added, "added"),
        (&report.returned, "found again"),
        (&report.missing, "missing"),
        (&report.deprecated, "deprecated"),
    ] {
        names.iter().for_each(|name| print_stdout(format_args!("  {word}: {name}")));
    }
    for change in &report.changed {
        let (old, new) = (format_value(&change.old), format_value(&change.new));
        print_stdout(format_args!(
            "  changed: {} {}: {} → {}",
            change.name,
            change.field,
            replace_control_chars(&old),
            replace_control_chars(&new)
        ));
    }
    for skipped in &report.skipped {
        print_stderr(format_args!("  left out: “{}”: {}", replace_control_chars(&skipped.identifier), skipped.reason));
    }
    if report.is_unchanged() {
        print_stdout(format_args!("  no change, {} unchanged", report.unchanged));
    } else {
        print_stdout(format_args!("  unchanged: {}", report.unchanged));
    }
}
