//! `gleaner articles`: reading from a terminal or a script.

use super::{Exit, say, table};
use crate::{
    domain::{
        article::{ArticleChange, ArticleRow, ListQuery, Sort, View},
        ids::ArticleId,
        phrase,
        vote::Vote,
    },
    error::AppError,
    server::{
        http::json::{Article, ArticlePage, FullArticle},
        services::reading,
        state::App,
    },
};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::Serialize;

const EXAMPLES: &str = "\
Examples:
  gleaner articles list --limit 10          the best unread ones
  gleaner articles list --q 'rust async' --sort newest
  gleaner articles list --json | jq -r '.items[].url'
  gleaner articles show 42
  gleaner articles read 42 43 44
  gleaner articles vote up 42";

/// Columns of the text that `show` prints.
const WIDTH: usize = 80;

/// Options of all commands, and the command.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Articles {
    /// JSON instead of text, as the JSON API answers it
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List articles
    List(List),
    /// Show an article with its text
    Show {
        /// The article's id, as `list` shows it
        id: i64,
    },
    /// Mark articles read
    Read {
        /// Ids of articles
        #[arg(required = true)]
        ids: Vec<i64>,
    },
    /// Mark articles unread
    Unread {
        /// Ids of articles
        #[arg(required = true)]
        ids: Vec<i64>,
    },
    /// Put a star on articles, or take it off
    Star {
        /// Ids of articles
        #[arg(required = true)]
        ids: Vec<i64>,
        /// Take the star off
        #[arg(long)]
        off: bool,
    },
    /// Say what you think of articles; `/status` shows how far the scores agree
    Vote {
        /// Your word; `none` takes it back
        #[arg(value_parser = PossibleValuesParser::new(["up", "down", "none"]))]
        vote: String,
        /// Ids of articles
        #[arg(required = true)]
        ids: Vec<i64>,
    },
}

/// Which articles, in which order.
#[derive(Debug, clap::Args)]
struct List {
    /// Which ones
    #[arg(long, default_value = "unread", value_parser = PossibleValuesParser::new(View::ALL.iter().map(|v| v.as_str())))]
    view: String,
    /// Only the feed with this id
    #[arg(long, conflicts_with_all = ["folder", "category"])]
    feed: Option<i64>,
    /// Only the folder with this id
    #[arg(long, conflicts_with = "category")]
    folder: Option<i64>,
    /// Only the category with this id
    #[arg(long)]
    category: Option<i64>,
    /// Only those with all of these words
    #[arg(long)]
    q: Option<String>,
    /// The order; `score` begins with the best
    #[arg(long, default_value = "score", value_parser = PossibleValuesParser::new(Sort::ALL.iter().map(|s| s.as_str())))]
    sort: String,
    /// How many, 1 to 200
    #[arg(long, default_value = "20", value_parser = clap::value_parser!(u32).range(1..=200).map(|n| n.to_string()))]
    limit: String,
    /// Where to go on: what the page before ended with
    #[arg(long)]
    cursor: Option<String>,
}

impl Articles {
    /// Whether it changes nothing.
    pub(super) const fn only_looks(&self) -> bool {
        matches!(self.command, Command::List(_) | Command::Show { .. })
    }

    pub(super) async fn run(self, app: &App) -> Result<Exit, AppError> {
        match self.command {
            Command::List(list) => list.run(app, self.json).await,
            Command::Show { id } => show(app, ArticleId(id), self.json).await,
            Command::Read { ids } => change(app, &ids, ArticleChange::read(true), self.json).await,
            Command::Unread { ids } => change(app, &ids, ArticleChange::read(false), self.json).await,
            Command::Star { ids, off } => change(app, &ids, ArticleChange::starred(!off), self.json).await,
            Command::Vote { vote, ids } => {
                let vote = Vote::parse_or_none(&vote).flatten();
                change(app, &ids, ArticleChange::vote(vote), self.json).await
            }
        }
    }
}

impl List {
    async fn run(self, app: &App, json: bool) -> Result<Exit, AppError> {
        let number = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
        let (feed, folder, category) = (number(self.feed), number(self.folder), number(self.category));
        let query = ListQuery::from_params([
            ("view", self.view.as_str()),
            ("feed", &feed),
            ("folder", &folder),
            ("category", &category),
            ("q", self.q.as_deref().unwrap_or_default()),
            ("sort", &self.sort),
            ("limit", &self.limit),
            ("cursor", self.cursor.as_deref().unwrap_or_default()),
        ])?;
        let page = reading::list(app, &query).await?;
        if json {
            return print(&ArticlePage::from(page));
        }
        if page.rows.is_empty() {
            say("No articles here.");
            return Ok(Exit::Done);
        }
        say(table::render(&["Id", "Score", "Date", "Feed", "Title"], page.rows.iter().map(line), &[0, 1]));
        if let Some(next) = page.next {
            say(format_args!("There are more: go on with --cursor {next}"));
        }
        Ok(Exit::Done)
    }
}

/// A row for people: `*` stars, `~` is a rank by words alone, a state stands where there is no score.
fn line(row: &ArticleRow) -> Vec<String> {
    let score = row.score.as_ref().map_or_else(
        || row.state.as_str().to_owned(),
        |score| format!("{}{:.1}", if score.provisional { "~" } else { "" }, score.composite),
    );
    let date = row.sorted_at.to_string();
    let star = if row.is_starred { "* " } else { "" };
    vec![
        row.id.to_string(),
        score,
        date.split('T').next().unwrap_or_default().to_owned(),
        row.feed_title.clone(),
        format!("{star}{}", row.title),
    ]
}

async fn show(app: &App, id: ArticleId, json: bool) -> Result<Exit, AppError> {
    let detail = reading::article(app, id).await?;
    if json {
        return print(&FullArticle::from(detail));
    }
    let row = &detail.row;
    say(table::clean(&row.title));
    say(table::clean(&format!("{} · {}", row.feed_title, row.sorted_at)));
    if let Some(url) = &row.url {
        say(table::clean(url));
    }
    if let Some(score) = &row.score {
        say(table::clean(&format!("{:.1}: {}", score.composite, score.reasoning)));
    }
    for quote in &detail.evidence {
        say(table::clean(&format!("  “{quote}”")));
    }
    for sign in &row.suspicions {
        say(format_args!("Suspicious text: {}", sign.sentence()));
    }
    if let Some(vote) = row.vote {
        say(format_args!("You voted {}.", vote.as_str()));
    }
    say("");
    // What cannot be laid out is at least shown as its summary.
    let text = html2text::from_read(detail.content_html.as_bytes(), WIDTH).unwrap_or_else(|_| row.summary.clone());
    for line in text.lines() {
        say(table::clean(line));
    }
    Ok(Exit::Done)
}

async fn change(app: &App, ids: &[i64], change: ArticleChange, json: bool) -> Result<Exit, AppError> {
    let mut rows: Vec<Article> = Vec::with_capacity(ids.len());
    for id in ids {
        rows.push(reading::update(app, ArticleId(*id), change).await?.into());
    }
    if json {
        return print(&rows);
    }
    let done = match (change.is_read, change.is_starred, change.vote) {
        (Some(true), ..) => "marked read",
        (Some(false), ..) => "marked unread",
        (_, Some(true), _) => "starred",
        (_, Some(false), _) => "without a star",
        (.., Some(Some(Vote::Up))) => "voted up",
        (.., Some(Some(Vote::Down))) => "voted down",
        (..) => "without a vote",
    };
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    say(format_args!("{} {done}.", phrase::counted(count, "article", "articles")));
    Ok(Exit::Done)
}

fn print(value: &impl Serialize) -> Result<Exit, AppError> {
    let text = serde_json::to_string_pretty(value).map_err(|error| {
        tracing::error!(%error, "an answer could not be written as JSON");
        AppError::internal()
    })?;
    say(text);
    Ok(Exit::Done)
}
