//! `models test`: one question with the options of real requests.

use crate::{
    domain::{model_name::ModelName, model_options::ModelTask, model_test::ModelTest},
    error::AppError,
    server::{
        cli::{
            answer_waits,
            models::options::{OutputFormat, word_parser},
            terminal::{Exit, print_stdout},
        },
        services::{chat, models},
        state::App,
    },
};
use serde::Serialize;

const HELP: &str = "\
Waits for the answer, however long a load takes.

Output with --json:
  {\"model\", \"task\", \"options\": TEXT, \"question\", \"answer\", \"complete\", \"duration_ms\", \"load_ms\", \"prompt_tokens\",
   \"output_tokens\", \"output_ms\", \"tokens_per_second\"}

Examples:
  gleaner models test qwen3:8b
  gleaner models test qwen3:8b --for scoring";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct ModelsTestArgs {
    /// The model, as Ollama calls it
    name: String,
    /// With the options of this task; else of the first that the model serves
    #[arg(long = "for", value_name = "TASK",
        value_parser = word_parser(ModelTask::ALL, ModelTask::as_str, ModelTask::parse))]
    task: Option<ModelTask>,
}

/// What `models test` prints with `--json`.
#[derive(Debug, Serialize)]
struct ModelTestOutput {
    #[serde(flatten)]
    found: ModelTest,
    tokens_per_second: Option<f64>,
}

impl ModelsTestArgs {
    pub(super) async fn run(self, app: &App, output: OutputFormat) -> Result<Exit, AppError> {
        // What it waits for depends on which models are in memory, which is not known before a poll.
        let health = models::poll_now(app).await;
        if let Ok(model) = ModelName::parse(&self.name)
            && health.connected
        {
            answer_waits::print_wait_for_scoring(app, &model).await?;
            answer_waits::print_wait(chat::predict_wait(app, &model).await?, &model);
        }
        let found = models::test_and_wait(app, &self.name, self.task).await?;
        let output_of_test = ModelTestOutput { tokens_per_second: found.tokens_per_second(), found };
        output.print(&output_of_test, |ModelTestOutput { found, .. }| {
            print_stdout(&found.answer);
            print_stdout(found.describe());
            print_stdout(format_args!("Options of {}: {}", found.task.as_str(), found.options));
        })?;
        Ok(Exit::Done)
    }
}
