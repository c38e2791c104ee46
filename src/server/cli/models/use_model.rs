//! `models use`: the choice of the settings page, from the command line.

use crate::domain::model_name::ModelName;
use crate::{
    domain::model::ModelConfig,
    error::{AppError, ErrorKind},
    server::{
        cli::{
            models::options::OutputFormat,
            terminal::{Exit, print_stdout},
        },
        services::models::{self, ModelChoice},
        state::App,
    },
};
use serde::Serialize;

const HELP: &str = "\
The same choice as on the settings page: one model for both tasks, or another one that scores with --scoring. It applies from the
next batch; scores stay until articles are scored again.

Output with --json:
  {\"categorization_model\", \"scoring_model\"}

Examples:
  gleaner models use qwen3:8b
  gleaner models use qwen3:4b --scoring qwen3:8b";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct ModelsUseArgs {
    /// The model, as Ollama calls it
    name: String,
    /// Another model, which scores
    #[arg(long, value_name = "NAME")]
    scoring: Option<String>,
}

/// What `models use` prints with `--json`.
#[derive(Debug, Serialize)]
struct ModelsUseOutput {
    categorization_model: ModelName,
    scoring_model: ModelName,
}

impl ModelsUseArgs {
    pub(super) async fn run(self, app: &App, output: OutputFormat) -> Result<Exit, AppError> {
        // Only Ollama can tell whether the model is there.
        if let Some(problem) = models::poll_now(app).await.problem {
            return Err(AppError::new(ErrorKind::Unavailable, problem.message).hint(problem.hint));
        }
        let choice = ModelChoice {
            use_separate_models: Some(self.scoring.is_some()),
            scoring_model: Some(self.scoring.unwrap_or_else(|| self.name.clone())),
            categorization_model: Some(self.name),
            options: None,
        };
        let ModelConfig { categorization_model, scoring_model, .. } = models::save_choice(app, choice).await?;
        output.tell(&ModelsUseOutput { categorization_model, scoring_model }, |saved| {
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
