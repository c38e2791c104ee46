//! `models copy`: a second name for a model.

use crate::{
    error::AppError,
    server::{
        cli::{
            models::options::OutputFormat,
            terminal::{Exit, print_stdout},
        },
        services::models,
        state::App,
    },
};

const HELP: &str = "\
Both names share their layers, so that the copy needs no space. An existing model is never overwritten.

Output with --json:
  {\"source\", \"destination\"}";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct ModelsCopyArgs {
    /// The model, as Ollama calls it
    source: String,
    /// The name of the copy
    destination: String,
}

impl ModelsCopyArgs {
    pub(super) async fn run(self, app: &App, output: OutputFormat) -> Result<Exit, AppError> {
        let copied = models::copy(app, &self.source, &self.destination).await?;
        output.print(&copied, |copied| {
            print_stdout(format_args!("{} is a copy of {}.", copied.destination, copied.source));
        })?;
        Ok(Exit::Done)
    }
}
