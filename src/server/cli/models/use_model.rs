//! `models use`: the choice of the settings page, from the command line.

use crate::domain::{model_name::ModelName, registry::ModelRole};
use crate::{
    domain::model::ModelConfig,
    error::{AppError, ErrorKind},
    server::{
        cli::{
            models::options::{OutputFormat, word_parser},
            terminal::{Exit, print_stdout},
        },
        services::models::{self, ModelChoice},
        state::App,
    },
};
use serde::Serialize;

const HELP: &str = "\
The same choice as on the settings page: one model for both tasks, one for a single task with --for, or another one that scores
with --scoring. It applies from the next batch; scores stay until articles are scored again.

Output with --json:
  {\"categorization_model\", \"scoring_model\"}

Examples:
  gleaner models use qwen3:8b
  gleaner models use qwen3:8b --for scoring
  gleaner models use qwen3:4b --scoring qwen3:8b";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct ModelsUseArgs {
    /// The model, as Ollama calls it
    name: String,
    /// Another model, which scores
    #[arg(long, value_name = "NAME")]
    scoring: Option<String>,
    /// Only for this task; the other task keeps its model
    #[arg(long = "for", value_name = "TASK", conflicts_with = "scoring",
        value_parser = word_parser(TASKS, ModelRole::as_str, ModelRole::parse))]
    task: Option<ModelRole>,
}

/// The tasks that have a choice of their own.
const TASKS: &[ModelRole] = &[ModelRole::Categorization, ModelRole::Scoring];

/// What `models use` prints with `--json`.
#[derive(Debug, Serialize)]
struct ModelsUseOutput {
    categorization_model: ModelName,
    scoring_model: ModelName,
}

impl ModelsUseArgs {
    pub(super) async fn run(self, app: &App, output: OutputFormat) -> Result<Exit, AppError> {
        // Only Ollama knows whether the model is installed.
        let health = models::poll_now(app).await;
        if let Some(problem) = health.problem.filter(|_| !health.connected) {
            return Err(AppError::new(ErrorKind::Unavailable, problem.message).hint(problem.hint));
        }
        let current = models::load_config(app).await?;
        let (categorization, scoring) = match self.task {
            Some(ModelRole::Categorization) => (self.name, current.chosen_scoring_model().to_string()),
            Some(_) => (current.chosen_categorization_model().to_string(), self.name),
            None => (self.name.clone(), self.scoring.unwrap_or(self.name)),
        };
        let choice = ModelChoice {
            use_separate_models: Some(ModelName::from(categorization.as_str()) != ModelName::from(scoring.as_str())),
            scoring_model: Some(scoring),
            categorization_model: Some(categorization),
            options: Vec::new(),
        };
        let ModelConfig { categorization_model, scoring_model, .. } = models::save_choice(app, choice).await?;
        output.print(&ModelsUseOutput { categorization_model, scoring_model }, |saved| {
            if saved.categorization_model == saved.scoring_model {
                print_stdout(format_args!("{} chooses categories and scores from now on.", saved.scoring_model));
            } else {
                print_stdout(format_args!(
                    "{} chooses categories and {} scores from now on.",
                    saved.categorization_model, saved.scoring_model
                ));
            }
        })?;
        Ok(Exit::Done)
    }
}
