//! `models deprecate`, `undeprecate` and `purge-deprecated`.

use super::{DryRun, Exit, Output, say};
use crate::{
    domain::{
        phrase::counted,
        registry::{FieldChange, shown},
    },
    error::AppError,
    server::{cli::table::clean, services::registry, state::App},
};
use serde::Serialize;

const CHANGES_JSON: &str = "\
Output with --json:
  {\"dry_run\", \"changes\": [{\"name\", \"field\", \"old\", \"new\"}…]}

Example:
  gleaner models deprecate llama2:7b --reason \"too old\"";

#[derive(Debug, clap::Args)]
#[command(after_help = CHANGES_JSON)]
pub(super) struct Deprecate {
    /// The variants
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// Why, in words
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    pub(super) dry_run: DryRun,
}

impl Deprecate {
    pub(super) async fn run(self, app: &App, output: Output) -> Result<Exit, AppError> {
        let dry_run = self.dry_run.dry_run;
        let changes = registry::deprecate(app, &self.names, self.reason.as_deref(), dry_run).await?;
        tell(output, dry_run, changes)
    }
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Output with --json: as of `gleaner models deprecate`.\n\nExample:\n  gleaner models undeprecate llama2:7b"
)]
pub(super) struct Undeprecate {
    /// The variants
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    pub(super) dry_run: DryRun,
}

impl Undeprecate {
    pub(super) async fn run(self, app: &App, output: Output) -> Result<Exit, AppError> {
        let dry_run = self.dry_run.dry_run;
        let changes = registry::undeprecate(app, &self.names, dry_run).await?;
        tell(output, dry_run, changes)
    }
}

/// What changed, or would.
#[derive(Serialize)]
struct Changed {
    dry_run: bool,
    changes: Vec<FieldChange>,
}

/// Tells of changes, each with the value before.
pub(super) fn tell(output: Output, dry_run: bool, changes: Vec<FieldChange>) -> Result<Exit, AppError> {
    output.tell(&Changed { dry_run, changes }, |outcome| {
        for change in &outcome.changes {
            let (old, new) = (shown(&change.old), shown(&change.new));
            say(format_args!("{} {}: {} → {}", change.name, change.field, clean(&old), clean(&new)));
        }
        match (outcome.changes.is_empty(), dry_run) {
            (true, _) => say("No change: it is so already."),
            (false, true) => say("Dry run: nothing was written."),
            (false, false) => {}
        }
    })?;
    Ok(Exit::Done)
}

const PURGE_JSON: &str = "\
Output with --json:
  {\"dry_run\", \"removed\": [NAME…]}

Example:
  gleaner models purge-deprecated --placeholders-only --dry-run";

#[derive(Debug, clap::Args)]
#[command(after_help = PURGE_JSON)]
pub(super) struct Purge {
    /// Only entries that an earlier naming left behind (model-ollama-gguf…)
    #[arg(long)]
    placeholders_only: bool,
    #[command(flatten)]
    pub(super) dry_run: DryRun,
}

#[derive(Serialize)]
struct Purged {
    dry_run: bool,
    removed: Vec<String>,
}

impl Purge {
    pub(super) async fn run(self, app: &App, output: Output) -> Result<Exit, AppError> {
        let dry_run = self.dry_run.dry_run;
        let removed = registry::purge_deprecated(app, self.placeholders_only, dry_run).await?;
        output.tell(&Purged { dry_run, removed }, |purged| {
            purged.removed.iter().for_each(say);
            let number = counted(i64::try_from(purged.removed.len()).unwrap_or(i64::MAX), "entry", "entries");
            say(if dry_run {
                format!("{number} would be removed.")
            } else {
                format!("{number} removed; no file of a model was touched.")
            });
        })?;
        Ok(Exit::Done)
    }
}
