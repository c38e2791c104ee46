//! `models inspect` and `models pulls`: a model before its download, and the downloads of the past.

use crate::server::cli::{
    models::options::{OutputFormat, format_size},
    table,
    terminal::{Exit, print_stdout},
};
use crate::{
    error::AppError,
    server::{services::pulls, state::App},
};

const INSPECT_HELP: &str = "\
Asks the registry of the model, which must be one of ollama.pull_registries; `ollama.manifest_lookup = false` switches it off.

Output with --json:
  {\"model\", \"size\", \"layers\": [{\"kind\", \"digest\", \"size\"}…], \"license\", \"is_installed\", \"needed_memory_bytes\",
   \"memory_fit\": \"fits\", \"tight\", \"too_large\" or null, \"free_disk_bytes\"}";

#[derive(Debug, clap::Args)]
#[command(after_help = INSPECT_HELP)]
pub(super) struct ModelsInspectArgs {
    /// The model: `[registry/][namespace/]model[:tag]`
    name: String,
}

impl ModelsInspectArgs {
    pub(super) async fn run(self, app: &App, output: OutputFormat) -> Result<Exit, AppError> {
        let preview = pulls::preview_pull(app, &self.name).await?;
        output.print(&preview, |preview| {
            print_stdout(format_args!("{}: {} to download.", preview.model, format_size(Some(preview.size))));
            let fit = preview.memory_fit.map_or_else(String::new, |fit| format!(": {}", fit.label()));
            let need = format_size(Some(preview.needed_memory_bytes));
            print_stdout(format_args!("Needs about {need} of memory{fit}."));
            if let Some(free) = preview.free_disk_bytes {
                let verdict = if preview.fits_disk() == Some(true) { "fits" } else { "does not fit" };
                print_stdout(format_args!("{} free on the disk: {verdict}.", format_size(Some(free))));
            }
            if let Some(license) = &preview.license {
                print_stdout(format_args!("License: {license}"));
            }
            let rows = preview
                .layers
                .iter()
                .map(|layer| vec![layer.kind.clone(), format_size(Some(layer.size)), layer.digest.clone()]);
            print_stdout(table::render(&["Layer", "Size", "Digest"], rows, &[1]));
        })?;
        Ok(Exit::Done)
    }
}

const PULLS_HELP: &str = "\
Output with --json: an array of
  {\"id\", \"model\", \"asked_at\", \"finished_at\", \"completed\", \"outcome\", \"error\": null or {\"kind\", \"cause\", \"message\", \"hint\"}}";

#[derive(Debug, clap::Args)]
#[command(after_help = PULLS_HELP)]
pub(super) struct ModelsPullsArgs {}

/// Prints the downloads that ended, the last one first.
pub(super) async fn print_past_pulls(app: &App, output: OutputFormat) -> Result<Exit, AppError> {
    let past = pulls::list_past_pulls(app).await?;
    output.print(&past, |past| {
        if past.is_empty() {
            print_stdout("No model has been pulled yet.");
            return;
        }
        let rows = past.iter().map(|pull| {
            vec![
                pull.model.to_string(),
                pull.finished_at.to_string(),
                format_size(Some(pull.completed)),
                pull.outcome.as_str().to_owned(),
                pull.error.as_ref().map(|error| error.message.clone()).unwrap_or_default(),
            ]
        });
        print_stdout(table::render(&["Model", "Ended", "Bytes", "Outcome", "Reason"], rows, &[2]));
    })?;
    Ok(Exit::Done)
}
