//! `gleaner rules`: what is done with articles that a query finds.

use super::{Exit, print_json, print_stdout, table};
use crate::{
    domain::{
        ids::{CategoryId, RuleId},
        rule::{RULE_WEIGHTS, Rule, RuleActions, RuleInput, RulePreview, RuleScoring},
    },
    error::AppError,
    server::{
        http::json::{RulePreviewResponse, RuleResponse},
        services::rules,
        state::App,
    },
};
use clap::builder::PossibleValuesParser;

const EXAMPLES: &str = "\
Examples:
  gleaner rules test 'title:sponsored'          what it would have matched
  gleaner rules add Sponsored 'title:sponsored' --hide true
  gleaner rules add Releases 'feed:rust* title:release' --star true --weight 2
  gleaner rules list                            with how often each matched
  gleaner rules edit 3 --query 'title:sponsored OR title:advertisement'
  gleaner rules move 3 1                        the first one
  gleaner rules apply 3                         to the articles that are there
  gleaner rules undo 3                          within ten minutes
  gleaner rules remove 3";

/// Options of all commands, and the command.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RulesArgs {
    /// JSON instead of text, as the JSON API answers it
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: RulesCommand,
}

#[derive(Debug, clap::Subcommand)]
enum RulesCommand {
    /// List rules in the order in which they run
    List,
    /// Say what a query would have matched of the newest articles; nothing is changed
    Test {
        /// The query, as the search field takes it
        query: String,
    },
    /// Add a rule, as the last one; say what it would have matched
    Add {
        /// What you call it
        name: String,
        /// The query, as the search field takes it
        query: String,
        #[command(flatten)]
        actions: RuleActionArgs,
    },
    /// Change a rule
    Edit {
        /// The rule's id, as `list` shows it
        id: i64,
        /// Another name
        #[arg(long)]
        name: Option<String>,
        /// Another query
        #[arg(long)]
        query: Option<String>,
        #[command(flatten)]
        actions: RuleActionArgs,
    },
    /// Move a rule to another place
    Move {
        /// The rule's id, as `list` shows it
        id: i64,
        /// The place in the list, from 1
        position: i64,
    },
    /// Remove a rule; what it did stays, but for its weight
    Remove {
        /// The rule's id, as `list` shows it
        id: i64,
    },
    /// Apply a rule to the articles that are there
    Apply {
        /// The rule's id, as `list` shows it
        id: i64,
    },
    /// Undo the last application of a rule, within ten minutes
    Undo {
        /// The rule's id, as `list` shows it
        id: i64,
    },
    /// Show an article again that a rule hid
    Show {
        /// The article's id
        article: i64,
    },
}

/// What a rule does; what is not given stays.
#[derive(Debug, clap::Args)]
struct RuleActionArgs {
    /// Mark articles as read
    #[arg(long)]
    mark_read: Option<bool>,
    /// Star articles
    #[arg(long)]
    star: Option<bool>,
    /// Hide articles; is:hidden finds them
    #[arg(long)]
    hide: Option<bool>,
    /// Add the category with this id; 0: none
    #[arg(long)]
    category: Option<i64>,
    /// Points that are added to scores, -3 to 3
    #[arg(long, allow_negative_numbers = true, value_parser = clap::value_parser!(i64).range(RULE_WEIGHTS))]
    weight: Option<i64>,
    /// When articles are scored
    #[arg(long, value_parser = PossibleValuesParser::new(["first", "never", "normal"]))]
    scoring: Option<String>,
    /// Whether the rule runs
    #[arg(long)]
    enabled: Option<bool>,
}

impl RuleActionArgs {
    fn change(self, input: &mut RuleInput) {
        let old = input.actions;
        input.actions = RuleActions {
            mark_read: self.mark_read.unwrap_or(old.mark_read),
            star: self.star.unwrap_or(old.star),
            hide: self.hide.unwrap_or(old.hide),
            category: match self.category {
                None => old.category,
                Some(0) => None,
                Some(id) => Some(CategoryId(id)),
            },
            weight: self.weight.unwrap_or(old.weight),
            scoring: self.scoring.map_or(old.scoring, |word| RuleScoring::parse(&word)),
        };
        input.is_enabled = self.enabled.unwrap_or(input.is_enabled);
    }
}

impl RulesArgs {
    /// Whether it changes nothing.
    pub(super) const fn is_read_only(&self) -> bool {
        matches!(self.command, RulesCommand::List | RulesCommand::Test { .. })
    }

    pub(super) async fn run(self, app: &App) -> Result<Exit, AppError> {
        let json = self.json;
        match self.command {
            RulesCommand::List => print_rules(rules::list(app).await?, json),
            RulesCommand::Test { query } => print_preview(rules::preview(app, &query).await?, json),
            RulesCommand::Add { name, query, actions } => {
                let preview = rules::preview(app, &query).await?;
                let mut input = RuleInput { name, query, is_enabled: true, ..RuleInput::default() };
                actions.change(&mut input);
                let rule = rules::save(app, None, input).await?;
                if !json {
                    print_stdout(preview.message());
                }
                print_rule(rule, json)
            }
            RulesCommand::Edit { id, name, query, actions } => {
                let mut input = rules::load(app, RuleId(id)).await?.input;
                input.name = name.unwrap_or(input.name);
                input.query = query.unwrap_or(input.query);
                actions.change(&mut input);
                print_rule(rules::save(app, Some(RuleId(id)), input).await?, json)
            }
            RulesCommand::Move { id, position } => print_rule(rules::move_to(app, RuleId(id), position).await?, json),
            RulesCommand::Remove { id } => {
                rules::remove(app, RuleId(id)).await?;
                if json {
                    return print_json(&serde_json::json!({ "removed": id }));
                }
                print_stdout(format_args!("Rule {id} is removed."));
                Ok(Exit::Done)
            }
            RulesCommand::Apply { id } => {
                rules::begin_application(app, RuleId(id)).await?;
                rules::work_off(app).await?;
                let rule = rules::load(app, RuleId(id)).await?;
                if json {
                    return print_json(&RuleResponse::from(rule));
                }
                print_stdout(rule.application.map(|last| last.message()).unwrap_or_default());
                Ok(Exit::Done)
            }
            RulesCommand::Undo { id } => {
                rules::begin_undo(app, RuleId(id)).await?;
                rules::work_off(app).await?;
                if json {
                    return print_json(&RuleResponse::from(rules::load(app, RuleId(id)).await?));
                }
                print_stdout(format_args!("The application of rule {id} is undone."));
                Ok(Exit::Done)
            }
            RulesCommand::Show { article } => {
                rules::show_article(app, article.into()).await?;
                if json {
                    return print_json(&serde_json::json!({ "shown": article }));
                }
                print_stdout(format_args!("Article {article} is shown again."));
                Ok(Exit::Done)
            }
        }
    }
}

fn print_preview(preview: RulePreview, json: bool) -> Result<Exit, AppError> {
    if json {
        return print_json(&RulePreviewResponse::from(preview));
    }
    print_stdout(preview.message());
    for example in preview.examples {
        let line = format!("  {} {} ({})", example.id, example.title, example.feed_title);
        print_stdout(table::replace_control_chars(&line));
    }
    Ok(Exit::Done)
}

fn print_rule(rule: Rule, json: bool) -> Result<Exit, AppError> {
    if json {
        return print_json(&RuleResponse::from(rule));
    }
    let actions = rule.input.actions.describe(rule.category_name.as_deref());
    let text = format!("{} ({}): {} → {actions}", rule.input.name, rule.id, rule.input.query);
    print_stdout(table::replace_control_chars(&text));
    Ok(Exit::Done)
}

fn print_rules(all: Vec<Rule>, json: bool) -> Result<Exit, AppError> {
    if json {
        return print_json(&all.into_iter().map(RuleResponse::from).collect::<Vec<_>>());
    }
    if all.is_empty() {
        print_stdout("No rules yet. Add one with `gleaner rules add NAME QUERY --star true`.");
        return Ok(Exit::Done);
    }
    let rows = all.iter().map(|rule| {
        vec![
            rule.id.to_string(),
            rule.input.name.clone(),
            rule.matched.to_string(),
            if rule.input.is_enabled { "on".into() } else { "off".into() },
            rule.input.actions.describe(rule.category_name.as_deref()),
            rule.input.query.clone(),
        ]
    });
    print_stdout(table::render(&["Id", "Name", "Matched", "State", "Actions", "Query"], rows, &[0, 2]));
    Ok(Exit::Done)
}
