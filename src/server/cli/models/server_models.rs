//! `models rm`, `load` and `unload`: what Ollama has on its disk and in memory.

use crate::server::cli::{
    models::options::{OutputFormat, format_size},
    terminal::{Exit, print_stdout},
};
use crate::{
    error::AppError,
    server::{
        services::models::{self, LoadState},
        state::App,
    },
};
use serde::Serialize;

const RM_HELP: &str = "\
Deletes the files of a model; `purge-deprecated` only forgets it in the registry.

Output with --json:
  {\"name\", \"size\", \"fell_back\": [{\"task\", \"model\"}…]}";

#[derive(Debug, clap::Args)]
#[command(after_help = RM_HELP)]
pub(super) struct ModelsRmArgs {
    /// The model, as Ollama calls it
    name: String,
    /// Also when a task uses it; the task then waits for a model, or is served as `ollama.fallback` says
    #[arg(long)]
    force: bool,
}

impl ModelsRmArgs {
    pub(super) async fn run(self, app: &App, output: OutputFormat) -> Result<Exit, AppError> {
        let deleted = models::delete(app, &self.name, self.force).await?;
        output.print(&deleted, |deleted| {
            print_stdout(format_args!("{} is deleted ({}).", deleted.name, format_size(Some(deleted.size))));
            for fallback in &deleted.fell_back {
                if !deleted.leaves_task_without_model() {
                    print_stdout(format_args!("{} uses {} from now on.", fallback.task, fallback.model));
                }
            }
            if deleted.leaves_task_without_model() {
                print_stdout(
                    "It was in use: scoring waits until another is chosen (`gleaner models use NAME`) or it is pulled again.",
                );
            }
        })?;
        Ok(Exit::Done)
    }
}

const LOAD_HELP: &str = "\
Output with --json:
  {\"name\", \"state\": \"installed\", \"loading\" or \"ready\"}";

#[derive(Debug, clap::Args)]
#[command(after_help = LOAD_HELP)]
pub(super) struct ModelNameArgs {
    /// The model, as Ollama calls it
    name: String,
}

#[derive(Serialize)]
struct ModelPresenceOutput<'a> {
    name: &'a str,
    state: LoadState,
}

impl ModelNameArgs {
    pub(super) async fn load(self, app: &App, output: OutputFormat) -> Result<Exit, AppError> {
        let state = models::load_and_wait(app, &self.name).await?;
        self.print(output, state, "is in memory")
    }

    pub(super) async fn unload(self, app: &App, output: OutputFormat) -> Result<Exit, AppError> {
        match models::unload(app, &self.name).await? {
            LoadState::Ready => self.print(output, LoadState::Ready, "is busy and will be unloaded afterwards"),
            state => self.print(output, state, "is not in memory any more"),
        }
    }

    fn print(&self, output: OutputFormat, state: LoadState, words: &str) -> Result<Exit, AppError> {
        let outcome = ModelPresenceOutput { name: &self.name, state };
        output.print(&outcome, |outcome| print_stdout(format_args!("{} {words}.", outcome.name)))?;
        Ok(Exit::Done)
    }
}
