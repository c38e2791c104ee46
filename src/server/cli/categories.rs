//! `gleaner categories`: categories, and the names that models suggested.

use super::{Exit, print_json, print_stdout, table};
use crate::{
    domain::{category::Category, category_suggestion::CategorySuggestion, ids::CategoryId},
    error::AppError,
    server::{
        http::json::{CategoryResponse, CategorySuggestionResponse},
        services::{categories, category_suggestions},
        state::App,
    },
};

const EXAMPLES: &str = "\
Examples:
  gleaner categories list                   all categories with their weights
  gleaner categories suggestions            names that models suggest
  gleaner categories accept 3               make a category of suggestion 3
  gleaner categories merge 3 10             make its name an alias of category 10
  gleaner categories refuse 3               never suggest it again";

/// Options of all commands, and the command.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CategoriesArgs {
    /// JSON instead of text, as the JSON API answers it
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: CategoriesCommand,
}

#[derive(Debug, clap::Subcommand)]
enum CategoriesCommand {
    /// List categories
    List,
    /// List the names that models suggested
    Suggestions,
    /// Make a category of a suggestion; its articles get it
    Accept {
        /// The suggestion's id, as `suggestions` shows it
        suggestion: i64,
    },
    /// Give the articles of a suggestion to a category; the name becomes an alias of it
    Merge {
        /// The suggestion's id, as `suggestions` shows it
        suggestion: i64,
        /// The category's id, as `list` shows it
        category: i64,
    },
    /// Refuse a suggestion permanently
    Refuse {
        /// The suggestion's id, as `suggestions` shows it
        suggestion: i64,
    },
}

impl CategoriesArgs {
    /// Whether it changes nothing.
    pub(super) const fn is_read_only(&self) -> bool {
        matches!(self.command, CategoriesCommand::List | CategoriesCommand::Suggestions)
    }

    pub(super) async fn run(self, app: &App) -> Result<Exit, AppError> {
        match self.command {
            CategoriesCommand::List => {
                let all = categories::list(app).await?;
                if self.json {
                    return print_json(&all.into_iter().map(CategoryResponse::from).collect::<Vec<_>>());
                }
                let rows = all.iter().map(category_row);
                print_stdout(table::render(&["Id", "Category", "Weight", "Articles"], rows, &[0, 3]));
            }
            CategoriesCommand::Suggestions => {
                let all = category_suggestions::list(app).await?;
                if self.json {
                    return print_json(&all.into_iter().map(CategorySuggestionResponse::from).collect::<Vec<_>>());
                }
                if all.is_empty() {
                    print_stdout("No suggestions.");
                    return Ok(Exit::Done);
                }
                let rows = all.iter().map(suggestion_row);
                print_stdout(table::render(&["Id", "Name", "Articles", "Feeds", "For example"], rows, &[0, 2, 3]));
            }
            CategoriesCommand::Accept { suggestion } => {
                let category = category_suggestions::accept(app, suggestion).await?;
                return self.print_category(category, "is a category now");
            }
            CategoriesCommand::Merge { suggestion, category } => {
                let category = category_suggestions::merge(app, suggestion, CategoryId(category)).await?;
                return self.print_category(category, "has the articles of the suggestion now");
            }
            CategoriesCommand::Refuse { suggestion } => {
                category_suggestions::refuse(app, suggestion).await?;
                if !self.json {
                    print_stdout("Refused. This name is not suggested again.");
                }
            }
        }
        Ok(Exit::Done)
    }

    fn print_category(&self, category: Category, what: &str) -> Result<Exit, AppError> {
        if self.json {
            return print_json(&CategoryResponse::from(category));
        }
        print_stdout(table::replace_control_chars(&format!("{} {what} ({}).", category.name, category.id)));
        Ok(Exit::Done)
    }
}

fn category_row(category: &Category) -> Vec<String> {
    let indent = if category.parent_id.is_some() { "  " } else { "" };
    let hidden = if category.hidden { " (hidden)" } else { "" };
    vec![
        category.id.to_string(),
        format!("{indent}{}{hidden}", category.name),
        category.effective_weight.as_str().to_owned(),
        category.article_count.to_string(),
    ]
}

fn suggestion_row(suggestion: &CategorySuggestion) -> Vec<String> {
    vec![
        suggestion.id.to_string(),
        suggestion.name.clone(),
        suggestion.article_count.to_string(),
        suggestion.feed_count.to_string(),
        suggestion.examples.first().map(|example| example.title.clone()).unwrap_or_default(),
    ]
}
