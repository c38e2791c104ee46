//! `gleaner score`: the queue from a terminal or a script.

use super::{Exit, print_stdout};
use crate::{
    domain::{
        answer_problem::AnswerProblem,
        humanize::{format_count, format_duration_rough},
        ids::{ArticleId, FeedId},
        score::RescoreMode,
        scoring::{RescoreScope, ScoringPhase, ScoringStatus},
    },
    error::AppError,
    server::{
        services::{keyword_rank, scoring},
        state::App,
        worker::scorer,
    },
};
use clap::builder::PossibleValuesParser;

const EXAMPLES: &str = "\
Examples:
  gleaner score status                      the queue, and what the worker waits for
  gleaner score run                         score everything that is waiting, without a server
  gleaner score rescore unread --dry-run    how many, and about how long
  gleaner score rescore failed              try again what failed
  gleaner score rescore feed 7 --mode full";

/// Options of all commands, and the command.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ScoreArgs {
    /// JSON instead of text, as the JSON API answers it
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: ScoreCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ScoreCommand {
    /// Show the queue
    Status,
    /// Score the queue, then end; 4 when Ollama cannot be reached
    Run,
    /// Stop scoring, also in a server that is running
    Pause,
    /// Resume scoring
    Resume,
    /// Queue articles to be scored again
    Rescore {
        /// Which articles
        #[arg(value_parser = PossibleValuesParser::new(["unread", "failed", "feed", "article"]))]
        scope: String,
        /// The feed or the article
        #[arg(required_if_eq_any([("scope", "feed"), ("scope", "article")]))]
        id: Option<i64>,
        /// Categorize and score, or only score; by default what the changes of settings require
        #[arg(long, value_parser = PossibleValuesParser::new(["full", "score_only"]))]
        mode: Option<String>,
        /// Only print what would be queued
        #[arg(long)]
        dry_run: bool,
    },
}

impl ScoreArgs {
    /// Whether it changes nothing.
    pub(super) fn is_read_only(&self) -> bool {
        matches!(self.command, ScoreCommand::Status | ScoreCommand::Rescore { dry_run: true, .. })
    }

    /// Runs the command.
    pub(super) async fn run(self, app: &App) -> Result<Exit, AppError> {
        match self.command {
            ScoreCommand::Status => self.print(app, &scoring::load_status(app).await?).await?,
            ScoreCommand::Pause => self.print(app, &scoring::set_paused(app, true).await?).await?,
            ScoreCommand::Resume => self.print(app, &scoring::set_paused(app, false).await?).await?,
            ScoreCommand::Run => {
                scorer::drain(app).await;
                scoring::flat_models::apply_changes(app).await?;
                keyword_rank::update_keyword_ranks(app).await?;
                let status = scoring::load_status(app).await?;
                self.print(app, &status).await?;
                return Ok(if status.phase == ScoringPhase::Waiting { Exit::OllamaUnreachable } else { Exit::Done });
            }
            ScoreCommand::Rescore { ref scope, id, ref mode, dry_run } => {
                let scope = match (scope.as_str(), id) {
                    ("feed", Some(id)) => RescoreScope::Feed(FeedId(id)),
                    ("article", Some(id)) => RescoreScope::Article(ArticleId(id)),
                    ("failed", _) => RescoreScope::Failed,
                    _ => RescoreScope::Unread,
                };
                let report =
                    scoring::rescore(app, scope, mode.as_deref().and_then(RescoreMode::parse), dry_run).await?;
                if self.json {
                    print_stdout(serde_json::json!(report));
                } else {
                    let done = if dry_run { "would be queued" } else { "queued" };
                    let time = report
                        .estimate_seconds
                        .map(|s| format!(", about {}", format_duration_rough(s)))
                        .unwrap_or_default();
                    let articles = format_count(report.rescore_queued, "article", "articles");
                    print_stdout(format!("{articles} {done} ({}){time}", report.rescore_mode.as_str()));
                }
            }
        }
        Ok(Exit::Done)
    }

    async fn print(&self, app: &App, status: &ScoringStatus) -> Result<(), AppError> {
        let problems = scoring::flat_models::find_problems(app).await?;
        if self.json {
            let mut answer = serde_json::json!(status);
            answer["answer_problems"] = problems.iter().map(problem_json).collect();
            print_stdout(answer);
            return Ok(());
        }
        let counts = &status.counts;
        print_stdout(format!(
            "{}{}: {} queued, {} in progress, {} scored, {} blocked, {} failed",
            status.phase.as_str(),
            if status.paused && status.phase != ScoringPhase::Paused {
                " (paused after the current article)"
            } else {
                ""
            },
            counts.queued,
            counts.categorizing + counts.scoring,
            counts.scored,
            counts.blocked,
            counts.failed
        ));
        if let Some(message) = &status.readiness.message {
            print_stdout(message);
        }
        for problem in &problems {
            print_stdout(format!("{} {}", problem.message(), problem.remedy()));
        }
        Ok(())
    }
}

/// As `GET /api/scoring/status` has it.
fn problem_json(problem: &AnswerProblem) -> serde_json::Value {
    serde_json::json!({
        "model": problem.model, "kind": problem.kind, "step": problem.step, "interest": problem.score.map(|score| score.interest),
        "quality": problem.score.map(|score| score.quality), "refused": problem.refused, "suggestion": problem.suggestion,
        "message": problem.message(), "hint": problem.remedy(),
    })
}
