//! `models lock`, `sync`, `outdated` and `earlier`: versions of models.

use crate::{
    domain::{
        model_name::ModelName,
        model_versions::{LockDifference, ModelUpdate, UpdateState, short_digest},
        pull::PullOutcome,
    },
    error::AppError,
    server::{
        cli::{
            models::{
                options::{OutputFormat, format_size},
                pull::run_pull,
            },
            table,
            terminal::{Exit, fail_with_hint, print_stdout},
        },
        services::model_versions,
        state::App,
    },
};
use serde::Serialize;

const LOCK_HELP: &str = "\
Writes models.lock.json in the data folder: the digest of the model of each task on each server. Servers with OpenAI's API tell no
digests. Doctor, the page about Ollama and the API say when what is installed differs.

Output with --json:
  {\"path\", \"lock\": {\"schema_version\", \"locked_at\", \"models\": [{\"server\", \"task\", \"model\", \"digest\", \"size\"}…]}, \"not_locked\"}";

#[derive(Debug, clap::Args)]
#[command(after_help = LOCK_HELP)]
pub(super) struct ModelsLockArgs {}

/// Locks the versions of the models in use.
pub(super) async fn lock(app: &App, output: OutputFormat) -> Result<Exit, AppError> {
    let report = model_versions::write_lock(app).await?;
    output.print(&report, |report| {
        let rows = report.lock.models.iter().map(|locked| {
            vec![
                locked.server.clone(),
                locked.task.clone(),
                locked.model.to_string(),
                short_digest(&locked.digest).to_owned(),
                format_size(Some(locked.size)),
            ]
        });
        print_stdout(table::render(&["Server", "Task", "Model", "Digest", "Size"], rows, &[4]));
        report.not_locked.iter().for_each(|sentence| print_stdout(format_args!("Not locked: {sentence}")));
        print_stdout(format_args!("Written to {}.", report.path.display()));
    })?;
    Ok(Exit::Done)
}

const SYNC_HELP: &str = "\
Pulls the locked models that Ollama does not have, then compares every task with the lock. A registry serves only the newest version
of a model, so a pulled model may differ from the lock; that is reported. Exit code 3 when something differs.

Output with --json:
  {\"pulled\", \"differences\": [{\"server\", \"task\", \"model\", \"kind\": \"missing\", \"changed\", \"other_model\" or \"unverifiable\",
   \"message\", \"remedy\"}…]}";

#[derive(Debug, clap::Args)]
#[command(after_help = SYNC_HELP)]
pub(super) struct ModelsSyncArgs {}

#[derive(Serialize)]
struct SyncOutput {
    pulled: Vec<ModelName>,
    differences: Vec<DifferenceOutput>,
}

#[derive(Serialize)]
struct DifferenceOutput {
    server: String,
    task: String,
    model: ModelName,
    kind: &'static str,
    message: String,
    remedy: String,
}

/// Pulls what the lock names and is missing.
pub(super) async fn sync(app: &App, output: OutputFormat) -> Result<Exit, AppError> {
    let report = model_versions::sync(app).await?;
    for refused in &report.refused {
        fail_with_hint(&refused.error);
    }
    let mut pulled = Vec::new();
    for queued in report.queued {
        let model = queued.model.clone();
        match run_pull(app, queued).await? {
            Some(last) if last.outcome == PullOutcome::Success => pulled.push(model),
            Some(last) if last.outcome == PullOutcome::Cancelled => return Ok(Exit::Failed),
            _ => {}
        }
    }
    let differences = model_versions::compare_with_servers(app).await?;
    let exit = if differences.is_empty() { Exit::Done } else { Exit::CheckFailed };
    let outcome = SyncOutput { pulled, differences: differences.iter().map(difference_output).collect() };
    output.print(&outcome, |outcome| {
        outcome.pulled.iter().for_each(|model| print_stdout(format_args!("{model} is pulled.")));
        for difference in &outcome.differences {
            print_stdout(&difference.message);
            print_stdout(format_args!("  {}", difference.remedy));
        }
        if outcome.differences.is_empty() {
            print_stdout("Every task uses its locked version.");
        }
    })?;
    Ok(exit)
}

fn difference_output(found: &LockDifference) -> DifferenceOutput {
    DifferenceOutput {
        server: found.locked.server.clone(),
        task: found.locked.task.clone(),
        model: found.locked.model.clone(),
        kind: found.kind.as_str(),
        message: found.message(),
        remedy: found.remedy(),
    }
}

const OUTDATED_HELP: &str = "\
Asks the registry of each installed model for its manifest, one request a model, and compares the digests. Only registries of
ollama.pull_registries are asked; `ollama.manifest_lookup = false` switches it off. Exit code 3 when a model has an update.

Output with --json: an array of
  {\"model\", \"digest\", \"state\": \"current\", \"available\" or \"unknown\", \"problem\", \"checked_at\"}";

#[derive(Debug, clap::Args)]
#[command(after_help = OUTDATED_HELP)]
pub(super) struct ModelsOutdatedArgs {}

/// Compares the installed models with their registries.
pub(super) async fn outdated(app: &App, output: OutputFormat) -> Result<Exit, AppError> {
    let updates = model_versions::check_updates(app).await?.updates;
    output.print(&updates, |updates| {
        let rows = updates.iter().map(|found: &ModelUpdate| {
            let words = match found.state {
                UpdateState::Current => "up to date",
                UpdateState::Available => "update available",
                UpdateState::Unknown => "not known",
            };
            let problem = found.problem.clone().unwrap_or_default();
            vec![found.model.to_string(), short_digest(&found.digest).to_owned(), words.to_owned(), problem]
        });
        print_stdout(table::render(&["Model", "Digest", "State", "Reason"], rows, &[]));
        if updates.iter().any(|found| found.state == UpdateState::Available) {
            print_stdout("`gleaner models pull --keep-earlier NAME` pulls one again and keeps the installed version.");
        }
    })?;
    let has_update = updates.iter().any(|found| found.state == UpdateState::Available);
    Ok(if has_update { Exit::CheckFailed } else { Exit::Done })
}

const EARLIER_HELP: &str = "\
Before a model in use is pulled again (`gleaner models pull --keep-earlier NAME`, or the page), the installed version is kept under
another name. Without a command the kept versions are listed.

Output with --json: an array of {\"copy\", \"model\", \"digest\", \"kept_at\"}, and one of them after `use` and `remove`";

#[derive(Debug, clap::Args)]
#[command(after_help = EARLIER_HELP)]
pub(super) struct ModelsEarlierArgs {
    #[command(subcommand)]
    command: Option<ModelsEarlierCommand>,
}

#[derive(Debug, clap::Subcommand)]
enum ModelsEarlierCommand {
    /// Put an earlier version back in place of the installed one
    Use(KeptModelArgs),
    /// Remove an earlier version: the installed one is accepted
    Remove(KeptModelArgs),
}

#[derive(Debug, clap::Args)]
struct KeptModelArgs {
    /// The name it is kept under, or the model when only one version of it is kept
    name: String,
}

impl ModelsEarlierArgs {
    /// Whether it leaves the data folder unchanged.
    pub(super) const fn is_read_only(&self) -> bool {
        self.command.is_none()
    }

    pub(super) async fn run(self, app: &App, output: OutputFormat) -> Result<Exit, AppError> {
        match self.command {
            None => {
                let kept = model_versions::load_versions(app).await?.kept;
                output.print(&kept, |kept| {
                    if kept.is_empty() {
                        print_stdout("No earlier version is kept.");
                        return;
                    }
                    let rows = kept.iter().map(|kept| {
                        vec![
                            kept.model.to_string(),
                            kept.copy.to_string(),
                            short_digest(&kept.digest).to_owned(),
                            kept.kept_at.to_string(),
                        ]
                    });
                    print_stdout(table::render(&["Model", "Kept as", "Digest", "Since"], rows, &[]));
                })?;
            }
            Some(ModelsEarlierCommand::Use(named)) => {
                let kept = model_versions::use_earlier(app, &named.name).await?;
                output.print(&kept, |kept| {
                    print_stdout(format_args!("{} is the earlier version again.", kept.model));
                })?;
            }
            Some(ModelsEarlierCommand::Remove(named)) => {
                let kept = model_versions::remove_earlier(app, &named.name).await?;
                output.print(&kept, |kept| print_stdout(format_args!("{} is removed.", kept.copy)))?;
            }
        }
        Ok(Exit::Done)
    }
}
