//! `gleaner retention`: rules that remove articles.

use super::{Exit, print_json, print_stderr, print_stdout, table};
use crate::{
    domain::{
        humanize::{format_bytes, format_count},
        retention::{RetentionOverview, RetentionPreview, RetentionRun, RetentionTotals},
    },
    error::AppError,
    server::{
        http::json::{RetentionPreviewResponse, RetentionResponse, RetentionRunResponse},
        services::retention,
        state::App,
    },
};

const EXAMPLES: &str = "\
Examples:
  gleaner retention test 'is:read date:>90d -is:starred vote:none -score:>=8'
  gleaner retention set 'is:read date:>90d -is:starred vote:none -score:>=8' 'is:blocked date:>30d'
  gleaner retention run                     now; a server runs the rules once a day
  gleaner retention set --off               keep every article

Exit codes: 3 when a rule was left out, since a name that it uses is gone.";

/// Options of all commands, and the command.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RetentionArgs {
    /// JSON instead of text, as the JSON API answers it
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: RetentionCommand,
}

#[derive(Debug, clap::Subcommand)]
enum RetentionCommand {
    /// Show the rules, the last run, and the space of the database
    Show,
    /// Save rules in place of those there are
    Set {
        /// Queries, as the search field takes them; an article that one of them finds is removed
        #[arg(required_unless_present = "off")]
        rules: Vec<String>,
        /// No rules: every article is kept
        #[arg(long, conflicts_with = "rules")]
        off: bool,
    },
    /// Count what a run would remove; nothing is removed
    Test {
        /// Queries to try in place of the rules that are saved
        rules: Vec<String>,
    },
    /// Remove what the rules find now
    Run,
}

impl RetentionArgs {
    /// Whether it changes nothing.
    pub(super) const fn is_read_only(&self) -> bool {
        matches!(self.command, RetentionCommand::Show | RetentionCommand::Test { .. })
    }

    pub(super) async fn run(self, app: &App) -> Result<Exit, AppError> {
        let json = self.json;
        match self.command {
            RetentionCommand::Show => print_overview(retention::load(app).await?, json),
            RetentionCommand::Set { rules, .. } => print_overview(retention::save(app, &rules).await?, json),
            RetentionCommand::Test { rules } => {
                let rules = (!rules.is_empty()).then_some(rules);
                print_preview(retention::preview(app, rules.as_deref()).await?, json)
            }
            RetentionCommand::Run => print_run(retention::run(app).await?, json),
        }
    }
}

fn print_overview(overview: RetentionOverview, json: bool) -> Result<Exit, AppError> {
    if json {
        return print_json(&RetentionResponse::from(overview));
    }
    if overview.rules.is_empty() {
        print_stdout("No rules: every article is kept. Save one with `gleaner retention set QUERY`.");
    }
    for rule in &overview.rules {
        print_stdout(rule);
    }
    if let Some(run) = overview.last_run {
        print_stdout(format_args!("The last run began {} and removed {}.", run.began_at, format_totals(run.removed)));
    }
    let space = overview.space;
    print_stdout(format_args!(
        "The database has {}, of which {} are unused.",
        format_bytes(space.bytes),
        format_bytes(space.free_bytes)
    ));
    if space.free_bytes > 0 && !space.is_returned {
        print_stdout(
            "New articles go there. A copy (`gleaner db backup`) is smaller; `gleaner db restore` puts it in place.",
        );
    }
    Ok(Exit::Done)
}

fn print_preview(preview: RetentionPreview, json: bool) -> Result<Exit, AppError> {
    if json {
        return print_json(&RetentionPreviewResponse::from(preview));
    }
    print_stdout(format_args!("A run would remove {}.", format_totals(preview.totals)));
    let rows = preview
        .examples
        .into_iter()
        .map(|example| vec![example.id.to_string(), example.at.to_string(), example.feed_title, example.title]);
    print_stdout(table::render(&["Id", "Date", "Feed", "Title"], rows, &[0]));
    Ok(Exit::Done)
}

fn print_run(run: RetentionRun, json: bool) -> Result<Exit, AppError> {
    let exit = if run.problem.is_some() { Exit::CheckFailed } else { Exit::Done };
    if json {
        print_json(&RetentionRunResponse::from(run))?;
        return Ok(exit);
    }
    print_stdout(format_args!("Removed {}.", format_totals(run.removed)));
    if let Some(problem) = run.problem {
        print_stderr(problem);
    }
    Ok(exit)
}

fn format_totals(totals: RetentionTotals) -> String {
    let articles = format_count(totals.articles, "article", "articles");
    format!("{articles} with {} of text", format_bytes(totals.bytes))
}
