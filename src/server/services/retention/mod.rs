//! Retention: rules that remove articles (docs/spec/retention.md): saving them, trying them, running them.

mod rule_search;
mod run;

pub use run::{begin_run, run, run_when_due};

use crate::{
    domain::{
        ids::ArticleId,
        list_query::MAX_SEARCH_CHARS,
        retention::{MAX_RETENTION_RULES, RetentionOverview, RetentionPreview},
    },
    error::AppError,
    server::{
        state::App,
        storage::{articles, retention as rows},
    },
};
use rule_search::RuleSearch;
use std::collections::BTreeSet;

/// Articles of a preview that are named.
const MAX_EXAMPLES: usize = 10;
/// Articles whose texts are summed up by one statement.
const SUMMED_ARTICLES: usize = 1_000;

/// The rules, and what came of them.
#[tracing::instrument(name = "retention.load", level = "debug", skip_all)]
pub async fn load(app: &App) -> Result<RetentionOverview, AppError> {
    Ok(RetentionOverview {
        rules: rows::list_rules(&app.db.read).await?,
        last_run: rows::load_last_run(&app.db.read).await?,
        is_running: app.retention_lock.try_lock().is_err(),
        space: rows::load_file_space(&app.db.read).await?,
    })
}

/// Stores rules in place of those there are; blank ones are left out, and without any nothing is removed. 422 for a query that is not
/// understood whole, or that has no condition, and for too many rules.
#[tracing::instrument(name = "retention.save", level = "debug", skip_all)]
pub async fn save(app: &App, rules: &[String]) -> Result<RetentionOverview, AppError> {
    let rules = validate(app, rules).await?;
    let mut tx = app.db.write().await?;
    rows::replace_rules(&mut tx, &rules).await?;
    tx.commit().await?;
    load(app).await
}

/// What a run with these rules would remove now; `None`: with those that are saved. As [`save`]; 409 when there are none.
#[tracing::instrument(name = "retention.preview", level = "debug", skip_all)]
pub async fn preview(app: &App, rules: Option<&[String]>) -> Result<RetentionPreview, AppError> {
    let rules = match rules {
        Some(rules) => validate(app, rules).await?,
        None => rows::list_rules(&app.db.read).await?,
    };
    if rules.is_empty() {
        return Err(no_rules());
    }
    let mut found = BTreeSet::new();
    for rule in &rules {
        let mut search = RuleSearch::load(app, rule).await?;
        loop {
            let page = search.next_page(app).await?;
            if page.is_empty() {
                break;
            }
            found.extend(page.into_iter().map(|key| (key.sorted_at, key.id.0)));
        }
    }
    let ids: Vec<ArticleId> = found.into_iter().map(|(_, id)| ArticleId(id)).collect();
    let mut preview = RetentionPreview::default();
    for chunk in ids.chunks(SUMMED_ARTICLES) {
        let mut db = app.db.read.acquire().await?;
        let sum = rows::sum_texts(&mut db, chunk).await?;
        preview.totals.articles += sum.articles;
        preview.totals.bytes += sum.bytes;
    }
    let mut db = app.db.read.acquire().await?;
    preview.examples = articles::load_examples(&mut db, &ids[..ids.len().min(MAX_EXAMPLES)]).await?;
    Ok(preview)
}

/// The rules that are not blank, each of them understood whole.
async fn validate(app: &App, rules: &[String]) -> Result<Vec<String>, AppError> {
    let rules: Vec<String> = rules.iter().map(|rule| rule.trim().to_owned()).filter(|rule| !rule.is_empty()).collect();
    if rules.len() > MAX_RETENTION_RULES {
        return Err(AppError::invalid(format!("There are at most {MAX_RETENTION_RULES} rules.")).field("rules"));
    }
    for rule in &rules {
        if rule.chars().count() > MAX_SEARCH_CHARS {
            let message = format!("The query of a rule has at most {MAX_SEARCH_CHARS} characters.");
            return Err(AppError::invalid(message).field("rules"));
        }
        RuleSearch::load(app, rule).await.map_err(|error| error.field("rules"))?;
    }
    Ok(rules)
}

fn no_rules() -> AppError {
    AppError::conflict("There are no rules, so nothing is removed.").hint("Save a rule first.").field("rules")
}
