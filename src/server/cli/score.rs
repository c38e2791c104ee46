//! `gleaner score`: the queue from a terminal or a script.

use super::{Exit, say};
use crate::{
    domain::{
        ids::{ArticleId, FeedId},
        phrase::{counted, roughly},
        score::RescoreMode,
        scoring::{Phase, RescoreScope, ScoringStatus},
    },
    error::AppError,
    server::{services::scoring, state::App, worker::scorer},
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
pub(super) struct Score {
    /// JSON instead of text, as the JSON API answers it
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show the queue
    Status,
    /// Score what is waiting, then end; 4 when Ollama cannot be asked
    Run,
    /// Stop scoring, also in a server that is running
    Pause,
    /// Go on with scoring
    Resume,
    /// Queue articles to be scored again
    Rescore {
        /// Which ones
        #[arg(value_parser = PossibleValuesParser::new(["unread", "failed", "feed", "article"]))]
        scope: String,
        /// The feed or the article
        #[arg(required_if_eq_any([("scope", "feed"), ("scope", "article")]))]
        id: Option<i64>,
        /// Categorise and score, or only score; by default what the changes of settings call for
        #[arg(long, value_parser = PossibleValuesParser::new(["full", "score_only"]))]
        mode: Option<String>,
        /// Only say what would be queued
        #[arg(long)]
        dry_run: bool,
    },
}

impl Score {
    /// Whether it changes nothing.
    pub(super) fn only_looks(&self) -> bool {
        matches!(self.command, Command::Status | Command::Rescore { dry_run: true, .. })
    }

    /// Runs the command.
    pub(super) async fn run(self, app: &App) -> Result<Exit, AppError> {
        match self.command {
            Command::Status => self.print(&scoring::status(app).await?),
            Command::Pause => self.print(&scoring::set_paused(app, true).await?),
            Command::Resume => self.print(&scoring::set_paused(app, false).await?),
            Command::Run => {
                scorer::drain(app).await;
                let status = scoring::status(app).await?;
                self.print(&status);
                return Ok(if status.phase == Phase::Waiting { Exit::OllamaUnreachable } else { Exit::Done });
            }
            Command::Rescore { ref scope, id, ref mode, dry_run } => {
                let scope = match (scope.as_str(), id) {
                    ("feed", Some(id)) => RescoreScope::Feed(FeedId(id)),
                    ("article", Some(id)) => RescoreScope::Article(ArticleId(id)),
                    ("failed", _) => RescoreScope::Failed,
                    _ => RescoreScope::Unread,
                };
                let report =
                    scoring::rescore(app, scope, mode.as_deref().and_then(RescoreMode::parse), dry_run).await?;
                if self.json {
                    say(serde_json::json!(report));
                } else {
                    let done = if dry_run { "would be queued" } else { "queued" };
                    let time = report.estimate_seconds.map(|s| format!(", about {}", roughly(s))).unwrap_or_default();
                    let articles = counted(report.rescore_queued, "article", "articles");
                    say(format!("{articles} {done} ({}){time}", report.rescore_mode.as_str()));
                }
            }
        }
        Ok(Exit::Done)
    }

    fn print(&self, status: &ScoringStatus) {
        if self.json {
            return say(serde_json::json!(status));
        }
        let counts = &status.counts;
        say(format!(
            "{}: {} queued, {} at work, {} scored, {} blocked, {} failed",
            status.phase.as_str(),
            counts.queued,
            counts.categorizing + counts.scoring,
            counts.scored,
            counts.blocked,
            counts.failed
        ));
        if let Some(message) = &status.readiness.message {
            say(message);
        }
    }
}
