//! `models backfill`, `normalize` and `verify`.

use super::{DryRun, Exit, Output, say, table, warn};
use crate::{
    domain::registry::{BackfillReport, FieldChange, NormalizeReport, Verdict, VerifyReport, shown},
    error::AppError,
    server::{
        cli::table::clean,
        services::registry::{self, Ask},
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
pub(super) struct Backfill {
    #[command(flatten)]
    pub(super) dry_run: DryRun,
    /// A line for each field, with the values
    #[arg(short, long)]
    verbose: bool,
}

impl Backfill {
    pub(super) async fn run(self, app: &App, output: Output) -> Result<Exit, AppError> {
        let report = registry::backfill(app, self.dry_run.dry_run).await?;
        output.tell(&report, |report| tell_backfill(report, self.verbose))?;
        Ok(Exit::Done)
    }
}

fn tell_backfill(report: &BackfillReport, verbose: bool) {
    match &report.store {
        Some(folder) => say(format_args!("Store: {folder}")),
        None => say("No store of Ollama's on this machine; OLLAMA_MODELS says where one is."),
    }
    if verbose && !report.filled.is_empty() {
        let rows = report.filled.iter().map(|f| {
            let mut row = change_row(&f.change);
            row.push(f.from.clone());
            row
        });
        say(table::render(&["Name", "Field", "Old", "New", "From"], rows, &[]));
    } else {
        for variant in report.filled.chunk_by(|a, b| a.change.name == b.change.name) {
            let fields: Vec<String> = variant.iter().map(|f| format!("{} from {}", f.change.field, f.from)).collect();
            say(format_args!("{}: {}", variant[0].change.name, fields.join(", ")));
        }
    }
    report.problems.iter().for_each(|problem| warn(clean(problem)));
    let done = if report.dry_run { "would be filled (dry run, nothing was written)" } else { "filled" };
    let variants = report.filled.chunk_by(|a, b| a.change.name == b.change.name).count();
    say(format_args!(
        "{} fields of {variants} variants {done}; {} lacked nothing.",
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
pub(super) struct Normalize {
    /// Also take size and digest from Ollama's files on this machine
    #[arg(long)]
    rebuild: bool,
    /// Write the changes, after a backup
    #[arg(long)]
    pub(super) apply: bool,
}

impl Normalize {
    pub(super) async fn run(self, app: &App, output: Output) -> Result<Exit, AppError> {
        let report = registry::normalize(app, self.rebuild, self.apply).await?;
        output.tell(&report, tell_normalize)?;
        Ok(Exit::Done)
    }
}

fn tell_normalize(report: &NormalizeReport) {
    report.problems.iter().for_each(|problem| warn(clean(problem)));
    if report.changes.is_empty() {
        say("Nothing to change: every variant is as its identifier says.");
        return;
    }
    say(table::render(&["Name", "Field", "Old", "New"], report.changes.iter().map(change_row), &[]));
    let count = report.changes.len();
    match &report.backup {
        Some(file) => say(format_args!("{count} changes written. As before: gleaner models restore {file}")),
        None => say(format_args!(
            "{count} changes; this is a preview, nothing was written. --apply writes them, after a backup."
        )),
    }
}

fn change_row(change: &FieldChange) -> Vec<String> {
    vec![change.name.clone(), change.field.clone(), shown(&change.old), shown(&change.new)]
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
pub(super) struct Verify {
    /// Only these variants
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

impl Verify {
    pub(super) async fn run(self, app: &App, output: Output) -> Result<Exit, AppError> {
        let report = registry::verify(app, &self.names, Ask::Now).await?;
        output.tell(&report, tell_verify)?;
        Ok(if report.found_wanting() {
            Exit::Wanting
        } else if report.evidence.is_none() && !report.results.is_empty() {
            Exit::OllamaUnreachable
        } else {
            Exit::Done
        })
    }
}

fn tell_verify(report: &VerifyReport) {
    if report.results.is_empty() {
        say("The registry is empty; `gleaner models import` fills it.");
        return;
    }
    let rows = report
        .results
        .iter()
        .map(|r| vec![r.name.clone(), r.verdict.as_str().to_owned(), r.note.clone().unwrap_or_default()]);
    say(table::render(&["Name", "Verdict", "Note"], rows, &[]));
    let counts: Vec<String> = Verdict::ALL
        .iter()
        .map(|v| (report.count(*v), v))
        .filter(|(n, _)| *n > 0)
        .map(|(n, v)| format!("{n} {}", v.as_str()))
        .collect();
    match &report.evidence {
        Some(evidence) => say(format_args!("{}. Compared with {evidence}.", counts.join(", "))),
        None => say(format_args!("{}. There was nothing to compare with.", counts.join(", "))),
    }
}
