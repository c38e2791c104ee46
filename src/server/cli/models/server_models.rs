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
        output.tell(&deleted, |deleted| {
            print_stdout(format_args!("{} is deleted ({}).", deleted.name, format_size(Some(deleted.size))));
            for fallen in &deleted.fell_back {
                if !deleted.leaves_task_without_model() {
                    print_stdout(format_args!("{} uses {} from now on.", fallen.task, fallen.model));
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
        self.tell(output, state, "is in memory")
    }

    pub(super) async fn unload(self, app: &App, output: OutputFormat) -> Result<Exit, AppError> {
        match models::unload(app, &self.name).await? {
            LoadState::Ready => self.tell(output, LoadState::Ready, "is at work and leaves memory afterwards"),
            state => self.tell(output, state, "is not in memory any more"),
        }
    }

    fn tell(&self, output: OutputFormat, state: LoadState, words: &str) -> Result<Exit, AppError> {
        let told = ModelPresenceOutput { name: &self.name, state };
        output.tell(&told, |told| print_stdout(format_args!("{} {words}.", told.name)))?;
        Ok(Exit::Done)
    }
}
