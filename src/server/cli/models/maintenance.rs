//! `models backfill`, `normalize` and `verify`.

use crate::server::cli::{
    models::options::{DryRunArgs, OutputFormat},
    table,
    terminal::{Exit, print_stderr, print_stdout},
};
use crate::{
    domain::registry::{BackfillReport, FieldChange, NormalizeReport, VerifyReport, VerifyStatus, format_value},
    error::AppError,
    server::{
        cli::table::replace_control_chars,
        services::registry::{self, VerifySource},
        state::App,
    },
};

const BACKFILL_HELP: &str = "\
Reads the store in $OLLAMA_MODELS, else in Ollama's usual places. Only gaps are filled; what is on record stays. A variant that no
store holds gets the path ollama://SERVED-ID.

Output with --json:
  {\"store\": FOLDER or null, \"dry_run\", \"filled\": [{\"name\", \"field\", \"old\", \"new\", \"from\"}…], \"complete\",
   \"problems\": [TEXT…]}

Example:
  OLLAMA_MODELS=/srv/ollama gleaner models backfill --dry-run -v";

#[derive(Debug, clap::Args)]
#[command(after_help = BACKFILL_HELP)]
pub(super) struct ModelsBackfillArgs {
    #[command(flatten)]
    pub(super) dry_run: DryRunArgs,
    /// A line for each field, with the values
    #[arg(short, long)]
    verbose: bool,
}

impl ModelsBackfillArgs {
    pub(super) async fn run(self, app: &App, output: OutputFormat) -> Result<Exit, AppError> {
        let report = registry::backfill(app, self.dry_run.dry_run).await?;
        output.print(&report, |report| print_backfill_report(report, self.verbose))?;
        Ok(Exit::Done)
    }
}

fn print_backfill_report(report: &BackfillReport, verbose: bool) {
    match &report.store {
        Some(folder) => print_stdout(format_args!("Store: {folder}")),
        None => print_stdout("No model store of Ollama on this machine; set OLLAMA_MODELS to its folder."),
    }
    if verbose && !report.filled.is_empty() {
        let rows = report.filled.iter().map(|f| {
            let mut row = change_row(&f.change);
            row.push(f.from.clone());
            row
        });
        print_stdout(table::render(&["Name", "Field", "Old", "New", "From"], rows, &[]));
    } else {
        for variant in report.filled.chunk_by(|a, b| a.change.name == b.change.name) {
            let fields: Vec<String> = variant.iter().map(|f| format!("{} from {}", f.change.field, f.from)).collect();
            print_stdout(format_args!("{}: {}", variant[0].change.name, fields.join(", ")));
        }
    }
    report.problems.iter().for_each(|problem| print_stderr(replace_control_chars(problem)));
    let done = if report.dry_run { "would be filled (dry run, nothing was written)" } else { "filled" };
    let variants = report.filled.chunk_by(|a, b| a.change.name == b.change.name).count();
    print_stdout(format_args!(
        "{} fields of {variants} variants {done}; {} were complete.",
        report.filled.len(),
        report.complete
    ));
}

const NORMALIZE_HELP: &str = "\
Names stay as they are. --apply first exports the registry into the data folder's `backups`, for `gleaner models restore`.

Output with --json:
  {\"applied\", \"changes\": [{\"name\", \"field\", \"old\", \"new\"}…], \"backup\": FILE or null, \"problems\": [TEXT…]}

Example:
  gleaner models normalize --rebuild";

#[derive(Debug, clap::Args)]
#[command(after_help = NORMALIZE_HELP)]
pub(super) struct ModelsNormalizeArgs {
    /// Also take size and digest from Ollama's files on this machine
    #[arg(long)]
    rebuild: bool,
    /// Write the changes, after a backup
    #[arg(long)]
    pub(super) apply: bool,
}

impl ModelsNormalizeArgs {
    pub(super) async fn run(self, app: &App, output: OutputFormat) -> Result<Exit, AppError> {
        let report = registry::normalize(app, self.rebuild, self.apply).await?;
        output.print(&report, print_normalize_report)?;
        Ok(Exit::Done)
    }
}

fn print_normalize_report(report: &NormalizeReport) {
    report.problems.iter().for_each(|problem| print_stderr(replace_control_chars(problem)));
    if report.changes.is_empty() {
        print_stdout("Nothing to change: every variant matches its identifier.");
        return;
    }
    print_stdout(table::render(&["Name", "Field", "Old", "New"], report.changes.iter().map(change_row), &[]));
    let count = report.changes.len();
    match &report.backup {
        Some(file) => {
            print_stdout(format_args!("{count} changes written. To undo them: gleaner models restore {file}"))
        }
        None => print_stdout(format_args!(
            "{count} changes; this is a preview, nothing was written. --apply writes them, after a backup."
        )),
    }
}

fn change_row(change: &FieldChange) -> Vec<String> {
    vec![change.name.clone(), change.field.clone(), format_value(&change.old), format_value(&change.new)]
}

const VERIFY_HELP: &str = "\
Compares with what Ollama lists; when it cannot be reached, with the store on this machine. Exit code 3 when a variant is missing or
changed, 4 when there was nothing to compare with.

Output with --json:
  {\"evidence\": TEXT or null, \"results\": [{\"name\", \"served_model_id\", \"verdict\", \"note\"}…]}
  verdict: ok, missing, changed, unverifiable

Example:
  gleaner models verify qwen3:8b";

#[derive(Debug, clap::Args)]
#[command(after_help = VERIFY_HELP)]
pub(super) struct ModelsVerifyArgs {
    /// Only these variants
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

impl ModelsVerifyArgs {
    pub(super) async fn run(self, app: &App, output: OutputFormat) -> Result<Exit, AppError> {
        let report = registry::verify(app, &self.names, VerifySource::Now).await?;
        output.print(&report, print_verify_report)?;
        Ok(if report.has_failures() {
            Exit::CheckFailed
        } else if report.evidence.is_none() && !report.results.is_empty() {
            Exit::OllamaUnreachable
        } else {
            Exit::Done
        })
    }
}

fn print_verify_report(report: &VerifyReport) {
    if report.results.is_empty() {
        print_stdout("The registry is empty; `gleaner models import` fills it.");
        return;
    }
    let rows = report
        .results
        .iter()
        .map(|r| vec![r.name.clone(), r.verdict.as_str().to_owned(), r.note.clone().unwrap_or_default()]);
    print_stdout(table::render(&["Name", "Verdict", "Note"], rows, &[]));
    let counts: Vec<String> = VerifyStatus::ALL
        .iter()
        .map(|v| (report.count_with_status(*v), v))
        .filter(|(n, _)| *n > 0)
        .map(|(n, v)| format!("{n} {}", v.as_str()))
        .collect();
    match &report.evidence {
        Some(evidence) => print_stdout(format_args!("{}. Compared with {evidence}.", counts.join(", "))),
        None => print_stdout(format_args!("{}. There was nothing to compare with.", counts.join(", "))),
    }
}
