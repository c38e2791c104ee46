//! Rules: what is done with articles that a query finds (docs/spec/rules.md): saving, trying, moving and removing them.

mod apply;
mod compile;
mod run;

pub use apply::{begin_application, begin_undo, start_work, work_off};
pub use run::run_queue;

use crate::{
    domain::{
        ids::{ArticleId, RuleId},
        list_query::MAX_SEARCH_CHARS,
        live_event::LiveEvent,
        plain_text,
        rule::{
            MAX_RULE_NAME_CHARS, MAX_RULES, RULE_UNDO_SECONDS, RULE_WEIGHTS, Rule, RuleApplication, RuleInput,
            RulePreview,
        },
    },
    error::AppError,
    server::{
        services::categories,
        state::App,
        storage::{articles, ranking, rule_actions, rule_applications, rules as rows},
    },
};
use compile::CompiledQuery;

/// The newest articles that a dry run looks at.
const PREVIEWED_ARTICLES: i64 = 1_000;
/// Articles of a dry run that are named.
const MAX_EXAMPLES: usize = 10;

/// All rules in their order.
#[tracing::instrument(name = "rules.list", level = "debug", skip_all)]
pub async fn list(app: &App) -> Result<Vec<Rule>, AppError> {
    let applications = rule_applications::select(&app.db.read, None).await?;
    let since = app.clock.now().plus(-RULE_UNDO_SECONDS);
    let mut rules = Vec::new();
    for row in rows::select(&app.db.read, None).await? {
        let application = applications.iter().find(|application| application.rule == row.id);
        let problem = CompiledQuery::load(app, &row.input.query).await.err().map(|error| error.message);
        rules.push(Rule {
            id: row.id,
            input: row.input,
            category_name: row.category_name,
            matched: row.matched,
            last_matched_at: row.last_matched_at,
            application: application.map(|a| RuleApplication {
                began_at: a.began_at,
                ended_at: a.ended_at,
                matched: a.matched,
                is_undone: a.is_undone,
                can_be_undone: !a.is_undone && a.ended_at.is_none_or(|ended| ended >= since),
            }),
            problem,
        });
    }
    Ok(rules)
}

/// A rule. 404 when there is none.
#[tracing::instrument(name = "rules.load", level = "debug", skip_all, fields(%id))]
pub async fn load(app: &App, id: RuleId) -> Result<Rule, AppError> {
    list(app).await?.into_iter().find(|rule| rule.id == id).ok_or_else(no_such_rule)
}

/// What a rule with this query would have matched of the newest articles. 422 for a query that is not understood whole.
#[tracing::instrument(name = "rules.preview", level = "debug", skip_all)]
pub async fn preview(app: &App, query: &str) -> Result<RulePreview, AppError> {
    let query = validate_query(app, query).await?;
    let search = CompiledQuery::load(app, &query).await?;
    let mut db = app.db.read.begin().await?;
    let newest = rows::find_newest_articles(&mut db, PREVIEWED_ARTICLES).await?;
    let found = search.find_matches(&mut db, &newest).await?;
    let mut examples = articles::load_examples(&mut db, &found).await?;
    examples.sort_by_key(|example| std::cmp::Reverse((example.at, example.id)));
    examples.truncate(MAX_EXAMPLES);
    Ok(RulePreview {
        matched: i64::try_from(found.len()).unwrap_or(i64::MAX),
        looked_at: i64::try_from(newest.len()).unwrap_or(i64::MAX),
        examples,
    })
}

/// Stores a rule: a new one at the end, or in place of what one was. 409 when the name is taken or there are too many, 422 when a part of
/// it cannot be used, 404 when there is no such rule.
#[tracing::instrument(name = "rules.save", level = "debug", skip_all)]
pub async fn save(app: &App, id: Option<RuleId>, input: RuleInput) -> Result<Rule, AppError> {
    let input = validate(app, input).await?;
    let mut tx = app.db.write().await?;
    if rows::find_id(&mut tx, &input.name).await?.is_some_and(|other| Some(other) != id) {
        let message = format!("A rule named “{}” already exists.", input.name);
        return Err(AppError::conflict(message).hint("Choose another name.").field("name"));
    }
    let old_weight = match id {
        None => 0,
        Some(id) => rows::select(&mut *tx, Some(id)).await?.pop().ok_or_else(no_such_rule)?.input.actions.weight,
    };
    let id = match id {
        None if rows::select_ids(&mut tx).await?.len() >= MAX_RULES => {
            return Err(AppError::conflict(format!("There are {MAX_RULES} rules already, which is the limit."))
                .hint("Remove one that you no longer need.")
                .field("name"));
        }
        None => rows::insert(&mut tx, &input, app.clock.now()).await?,
        Some(id) => {
            rows::update(&mut tx, id, &input).await?;
            id
        }
    };
    let is_ranked_anew = old_weight != input.actions.weight;
    if is_ranked_anew {
        ranking::add_pending_rule(&mut tx, id).await?;
    }
    tx.commit().await?;
    if is_ranked_anew {
        categories::rank_pending(app).await?;
        app.publish(LiveEvent::Feeds { new_articles: 0 });
    }
    load(app, id).await
}

/// Moves a rule to a place, from 1; places after the last one mean the last one. 404; 422 for a place before the first one.
#[tracing::instrument(name = "rules.move_to", level = "debug", skip_all, fields(%id))]
pub async fn move_to(app: &App, id: RuleId, position: i64) -> Result<Rule, AppError> {
    let place = usize::try_from(position.saturating_sub(1))
        .map_err(|_| AppError::invalid("The first place of the rules is 1.").field("position"))?;
    let mut tx = app.db.write().await?;
    let mut ids = rows::select_ids(&mut tx).await?;
    if !ids.contains(&id) {
        return Err(no_such_rule());
    }
    ids.retain(|other| *other != id);
    ids.insert(place.min(ids.len()), id);
    rows::set_order(&mut tx, &ids).await?;
    tx.commit().await?;
    load(app, id).await
}

/// Removes a rule. What it did stays, but for its weight, which no longer counts. 404.
#[tracing::instrument(name = "rules.remove", level = "debug", skip_all, fields(%id))]
pub async fn remove(app: &App, id: RuleId) -> Result<(), AppError> {
    let mut tx = app.db.write().await?;
    if !rows::remove(&mut tx, id, app.clock.now()).await? {
        return Err(no_such_rule());
    }
    ranking::add_pending_rule(&mut tx, id).await?;
    tx.commit().await?;
    categories::rank_pending(app).await?;
    app.publish(LiveEvent::Feeds { new_articles: 0 });
    Ok(())
}

/// Shows an article again that a rule hid; that rule does not hide it again. 404 for an article that none hid.
#[tracing::instrument(name = "rules.show_article", level = "debug", skip_all, fields(%id))]
pub async fn show_article(app: &App, id: ArticleId) -> Result<(), AppError> {
    let mut tx = app.db.write().await?;
    if !rule_actions::show(&mut tx, id).await? {
        return Err(AppError::not_found(format!("No rule hides an article with the id {id}.")));
    }
    tx.commit().await?;
    app.publish(LiveEvent::Article { id });
    app.publish(LiveEvent::Feeds { new_articles: 0 });
    Ok(())
}

async fn validate(app: &App, input: RuleInput) -> Result<RuleInput, AppError> {
    let name = plain_text::clean_line(&input.name);
    if name.is_empty() {
        return Err(AppError::invalid("A rule needs a name.").field("name"));
    }
    if name.chars().count() > MAX_RULE_NAME_CHARS {
        let message = format!("The name of a rule has at most {MAX_RULE_NAME_CHARS} characters.");
        return Err(AppError::invalid(message).field("name"));
    }
    let query = validate_query(app, &input.query).await?;
    let actions = input.actions;
    if !RULE_WEIGHTS.contains(&actions.weight) {
        return Err(AppError::invalid("The weight of a rule is a whole number from -3 to 3.").field("weight"));
    }
    if let Some(category) = actions.category
        && !categories::list(app).await?.iter().any(|known| known.id == category)
    {
        return Err(AppError::invalid(format!("There is no category with the id {category}.")).field("category"));
    }
    if actions.is_empty() {
        return Err(AppError::invalid("A rule does something with what it finds.")
            .hint("Choose at least one action.")
            .field("mark_read"));
    }
    Ok(RuleInput { name, query, ..input })
}

async fn validate_query(app: &App, typed: &str) -> Result<String, AppError> {
    let query = typed.trim();
    if query.chars().count() > MAX_SEARCH_CHARS {
        let message = format!("The query of a rule has at most {MAX_SEARCH_CHARS} characters.");
        return Err(AppError::invalid(message).field("query"));
    }
    CompiledQuery::load(app, query).await.map_err(|error| error.field("query"))?;
    Ok(query.to_owned())
}

fn no_such_rule() -> AppError {
    AppError::not_found("There is no such rule.").hint("It may have been removed.")
}
