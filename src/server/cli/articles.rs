//! `gleaner articles`: reading from a terminal or a script.

use super::{Exit, print_json, print_stdout, table};
use crate::{
    domain::{
        article::{ArticleChange, ArticleRow, ArticleSort, ArticleView, ListQuery},
        full_text::ShownText,
        humanize,
        ids::ArticleId,
        vote::Vote,
    },
    error::AppError,
    server::{
        http::json::{ArticleDetailResponse, ArticlePageResponse, ArticleResponse},
        services::{full_text, reading},
        state::App,
    },
};
use clap::builder::{PossibleValuesParser, TypedValueParser};

const EXAMPLES: &str = "\
Examples:
  gleaner articles list --limit 10          the best unread ones
  gleaner articles list 'rust is:unread score:>7' --view all
  gleaner articles list --json | jq -r '.items[].url'
  gleaner articles show 42
  gleaner articles fetch 42                 the text of the page behind it
  gleaner articles read 42 43 44
  gleaner articles vote up 42";

/// Columns of the text that `print_article` prints.
const TEXT_WIDTH_COLUMNS: usize = 80;

/// Options of all commands, and the command.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ArticlesArgs {
    /// JSON instead of text, as the JSON API answers it
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: ArticlesCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ArticlesCommand {
    /// List articles
    List(ArticlesListArgs),
    /// Show an article with its text
    Show {
        /// The article's id, as `list` shows it
        id: i64,
    },
    /// Fetch the page behind an article and show its text
    Fetch {
        /// The article's id, as `list` shows it
        id: i64,
    },
    /// Choose which text of an article is shown
    Text {
        /// `feed`: the feed's; `full`: the one of the page
        #[arg(value_parser = PossibleValuesParser::new(ShownText::ALL.iter().map(|text| text.as_str())))]
        shown: String,
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
    /// Star articles, or remove the star
    Star {
        /// Ids of articles
        #[arg(required = true)]
        ids: Vec<i64>,
        /// Remove the star
        #[arg(long)]
        off: bool,
    },
    /// Vote on articles; `/status` shows how far the scores agree
    Vote {
        /// Your vote; `none` removes it
        #[arg(value_parser = PossibleValuesParser::new(["up", "down", "none"]))]
        vote: String,
        /// Ids of articles
        #[arg(required = true)]
        ids: Vec<i64>,
    },
}

/// Which articles, in which order.
#[derive(Debug, clap::Args)]
struct ArticlesListArgs {
    /// Which articles
    #[arg(long, default_value = "unread", value_parser = PossibleValuesParser::new(ArticleView::ALL.iter().map(|v| v.as_str())))]
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
    /// Only what this query finds: words, "phrases", fields such as feed: or score:
    query: Option<String>,
    /// The same as an option
    #[arg(long, conflicts_with = "query")]
    q: Option<String>,
    /// The order; `score` begins with the best. With a query `relevance`, else `score`
    #[arg(long, value_parser = PossibleValuesParser::new(ArticleSort::ALL.iter().map(|s| s.as_str())))]
    sort: Option<String>,
    /// How many, 1 to 200
    #[arg(long, default_value = "20", value_parser = clap::value_parser!(u32).range(1..=200).map(|n| n.to_string()))]
    limit: String,
    /// Where to continue: the cursor that the previous page printed
    #[arg(long)]
    cursor: Option<String>,
}

impl ArticlesArgs {
    /// Whether it changes nothing.
    pub(super) const fn is_read_only(&self) -> bool {
        matches!(self.command, ArticlesCommand::List(_) | ArticlesCommand::Show { .. })
    }

    pub(super) async fn run(self, app: &App) -> Result<Exit, AppError> {
        match self.command {
            ArticlesCommand::List(list) => list.run(app, self.json).await,
            ArticlesCommand::Show { id } => print_article(app, ArticleId(id), self.json).await,
            ArticlesCommand::Fetch { id } => {
                full_text::fetch_now(app, ArticleId(id)).await?;
                print_article(app, ArticleId(id), self.json).await
            }
            ArticlesCommand::Text { shown, id } => {
                let shown = ShownText::parse(&shown).unwrap_or(ShownText::Feed);
                full_text::show_text(app, ArticleId(id), shown).await?;
                print_article(app, ArticleId(id), self.json).await
            }
            ArticlesCommand::Read { ids } => {
                update_articles(app, &ids, ArticleChange::mark_read(true), self.json).await
            }
            ArticlesCommand::Unread { ids } => {
                update_articles(app, &ids, ArticleChange::mark_read(false), self.json).await
            }
            ArticlesCommand::Star { ids, off } => {
                update_articles(app, &ids, ArticleChange::set_starred(!off), self.json).await
            }
            ArticlesCommand::Vote { vote, ids } => {
                let vote = Vote::parse_or_none(&vote).flatten();
                update_articles(app, &ids, ArticleChange::set_vote(vote), self.json).await
            }
        }
    }
}

impl ArticlesListArgs {
    async fn run(self, app: &App, json: bool) -> Result<Exit, AppError> {
        let number = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
        let (feed, folder, category) = (number(self.feed), number(self.folder), number(self.category));
        let query = ListQuery::from_params([
            ("view", self.view.as_str()),
            ("feed", &feed),
            ("folder", &folder),
            ("category", &category),
            ("q", self.query.as_deref().or(self.q.as_deref()).unwrap_or_default()),
            ("sort", self.sort.as_deref().unwrap_or_default()),
            ("limit", &self.limit),
            ("cursor", self.cursor.as_deref().unwrap_or_default()),
        ])?;
        let page = reading::list(app, &query).await?;
        if json {
            return print_json(&ArticlePageResponse::from(page));
        }
        for problem in &page.search_problems {
            print_stdout(problem);
        }
        if page.rows.is_empty() {
            print_stdout("No articles here.");
            return Ok(Exit::Done);
        }
        print_stdout(table::render(
            &["Id", "Score", "Date", "Feed", "Title"],
            page.rows.iter().map(table_row),
            &[0, 1],
        ));
        if let Some(next) = page.next {
            print_stdout(format_args!("There are more articles: continue with --cursor {next}"));
        }
        Ok(Exit::Done)
    }
}

/// A row of the table: `*` marks a star, `~` a rank by keywords; an article without a score shows its state.
fn table_row(row: &ArticleRow) -> Vec<String> {
    let score = row.score.as_ref().map_or_else(
        || row.state.as_str().to_owned(),
        |score| format!("{}{:.1}", if score.is_keyword_rank { "~" } else { "" }, score.composite),
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

async fn print_article(app: &App, id: ArticleId, json: bool) -> Result<Exit, AppError> {
    let detail = reading::load_article(app, id).await?;
    if json {
        return print_json(&ArticleDetailResponse::from(detail));
    }
    let row = &detail.row;
    print_stdout(table::replace_control_chars(&row.title));
    print_stdout(table::replace_control_chars(&format!("{} · {}", row.feed_title, row.sorted_at)));
    if let Some(url) = &row.url {
        print_stdout(table::replace_control_chars(url));
    }
    if let Some(score) = &row.score {
        print_stdout(table::replace_control_chars(&format!("{:.1}: {}", score.composite, score.reasoning)));
    }
    if let Some(source) = detail.scored_article {
        print_stdout(format_args!("The score is that of article {source}, which tells the same story."));
    }
    for quote in &detail.evidence {
        print_stdout(table::replace_control_chars(&format!("  “{quote}”")));
    }
    for copy in &row.also_in {
        let line = format!("Also in {}: article {}, {}", copy.feed_title, copy.id, copy.title);
        print_stdout(table::replace_control_chars(&line));
    }
    for sign in &row.injection_signs {
        print_stdout(format_args!("Suspicious text: {}", sign.message()));
    }
    if let Some(vote) = row.vote {
        print_stdout(format_args!("You voted {}.", vote.as_str()));
    }
    if detail.full_text.shown == Some(ShownText::Full) {
        print_stdout(format_args!("Full text of {}.", detail.full_text.host()));
    }
    if let Some(problem) = detail.full_text.problem {
        let sentence = problem.sentence(&detail.full_text.host());
        print_stdout(table::replace_control_chars(&format!("The full text could not be fetched: {sentence}")));
    }
    print_stdout("");
    // A text that cannot be laid out is replaced by its summary.
    let text = html2text::from_read(detail.content_html.as_bytes(), TEXT_WIDTH_COLUMNS)
        .unwrap_or_else(|_| row.summary.clone());
    for line in text.lines() {
        print_stdout(table::replace_control_chars(line));
    }
    Ok(Exit::Done)
}

async fn update_articles(app: &App, ids: &[i64], change: ArticleChange, json: bool) -> Result<Exit, AppError> {
    let mut rows: Vec<ArticleResponse> = Vec::with_capacity(ids.len());
    for id in ids {
        rows.push(reading::update_article(app, ArticleId(*id), change).await?.into());
    }
    if json {
        return print_json(&rows);
    }
    let done = match (change.is_read, change.is_starred, change.vote) {
        (Some(true), ..) => "marked read",
        (Some(false), ..) => "marked unread",
        (_, Some(true), _) => "starred",
        (_, Some(false), _) => "unstarred",
        (.., Some(Some(Vote::Up))) => "voted up",
        (.., Some(Some(Vote::Down))) => "voted down",
        (..) => "without a vote",
    };
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    print_stdout(format_args!("{} {done}.", humanize::format_count(count, "article", "articles")));
    Ok(Exit::Done)
}
