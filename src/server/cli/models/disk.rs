//! `models rm`, `load` and `unload`: what Ollama has on its disk and in memory.

use super::{Exit, Output, say, size};
use crate::{
    error::AppError,
    server::{
        services::models::{self, Presence},
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
pub(super) struct Rm {
    /// The model, as Ollama calls it
    name: String,
    /// Also when a task uses it; the task falls back to the configured model
    #[arg(long)]
    force: bool,
}

impl Rm {
    pub(super) async fn run(self, app: &App, output: Output) -> Result<Exit, AppError> {
        let deleted = models::delete(app, &self.name, self.force).await?;
        output.tell(&deleted, |deleted| {
            say(format_args!("{} is deleted ({}).", deleted.name, size(Some(deleted.size))));
            for fallen in &deleted.fell_back {
                if !deleted.was_the_default() {
                    say(format_args!("{} uses {} from now on.", fallen.task, fallen.model));
                }
            }
            if deleted.was_the_default() {
                say("It was the configured model: scoring waits until another is chosen or it is pulled again.");
            }
        })?;
        Ok(Exit::Done)
    }
}

const STATE_HELP: &str = "\
Output with --json:
  {\"name\", \"state\": \"installed\", \"loading\" or \"ready\"}";

#[derive(Debug, clap::Args)]
#[command(after_help = STATE_HELP)]
pub(super) struct Named {
    /// The model, as Ollama calls it
    name: String,
}

#[derive(Serialize)]
struct Told<'a> {
    name: &'a str,
    state: Presence,
}

impl Named {
    pub(super) async fn load(self, app: &App, output: Output) -> Result<Exit, AppError> {
        let state = models::load_wholly(app, &self.name).await?;
        self.tell(output, state, "is in memory")
    }

    pub(super) async fn unload(self, app: &App, output: Output) -> Result<Exit, AppError> {
        match models::unload(app, &self.name).await? {
            Presence::Ready => self.tell(output, Presence::Ready, "is at work and leaves memory afterwards"),
            state => self.tell(output, state, "is not in memory any more"),
        }
    }

    fn tell(&self, output: Output, state: Presence, words: &str) -> Result<Exit, AppError> {
        let told = Told { name: &self.name, state };
        output.tell(&told, |told| say(format_args!("{} {words}.", told.name)))?;
        Ok(Exit::Done)
    }
}
