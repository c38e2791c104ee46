//! Running the rules for articles that arrived, changed or got their score. What an end of the process interrupts goes on at the next
//! start: an article leaves the queue of the rules after the last of them.

use super::compile::CompiledQuery;
use crate::{
    domain::{ids::ArticleId, live_event::LiveEvent},
    error::AppError,
    server::{
        services::slices::SliceSize,
        state::App,
        storage::{
            rule_actions::{self, RuleQueueSlice},
            rules::{self as rows, RuleRow},
        },
    },
};

/// Articles that a rule is matched with by one statement.
const MATCHED_ARTICLES: i64 = 200;

/// Runs the rules for all articles that wait for them, until none is left or the soft stop. An error is logged: the articles stay in the
/// queue, and the next run goes on.
#[tracing::instrument(name = "rules.run_queue", level = "debug", skip_all)]
pub async fn run_queue(app: &App) {
    if let Err(error) = run(app).await {
        tracing::error!(%error, "the rules could not be run; they are run with the next articles");
    }
}

async fn run(app: &App) -> Result<(), AppError> {
    let _lock = app.rules_lock.lock().await;
    let mut slice = load_slice(app).await?;
    if slice.articles.is_empty() {
        return Ok(());
    }
    let rules = compile_all(app).await?;
    let (mut size, mut has_matched) = (SliceSize::first(), false);
    while !slice.articles.is_empty() && !app.lifecycle.soft_stop.is_cancelled() {
        for (rule, query) in &rules {
            let found = find_matches(app, rule, query, &slice.articles).await?;
            has_matched |= !found.is_empty();
            let mut rest = found.as_slice();
            while !rest.is_empty() {
                let part;
                (part, rest) = rest.split_at(rest.len().min(usize::from(size.rows())));
                let mut tx = app.db.write().await?;
                let began_ms = app.clock.monotonic_ms();
                rule_actions::act(&mut tx, (rule.id, &rule.input.actions), part, app.clock.now()).await?;
                tx.commit().await?;
                size = size.after(app.clock.monotonic_ms() - began_ms);
            }
        }
        let mut tx = app.db.write().await?;
        rule_actions::delete_queued(&mut tx, &slice).await?;
        tx.commit().await?;
        slice = load_slice(app).await?;
    }
    if has_matched {
        app.publish(LiveEvent::Feeds { new_articles: 0 });
    }
    Ok(())
}

async fn load_slice(app: &App) -> Result<RuleQueueSlice, AppError> {
    let mut db = app.db.read.acquire().await?;
    Ok(rule_actions::load_queue(&mut db, MATCHED_ARTICLES).await?)
}

/// The rules that run, in their order. One whose query names what is gone is left out.
async fn compile_all(app: &App) -> Result<Vec<(RuleRow, CompiledQuery)>, AppError> {
    let mut rules = Vec::new();
    for rule in rows::select(&app.db.read, None).await?.into_iter().filter(|rule| rule.input.is_enabled) {
        match CompiledQuery::load(app, &rule.input.query).await {
            Ok(query) => rules.push((rule, query)),
            Err(error) => tracing::warn!(rule = rule.id.0, %error, "a rule is left out"),
        }
    }
    Ok(rules)
}

/// Those of the articles that a rule finds and has not acted on.
async fn find_matches(
    app: &App,
    rule: &RuleRow,
    query: &CompiledQuery,
    ids: &[ArticleId],
) -> Result<Vec<ArticleId>, AppError> {
    let mut db = app.db.read.acquire().await?;
    let found = query.find_matches(&mut db, ids).await?;
    if found.is_empty() {
        return Ok(found);
    }
    Ok(rule_actions::find_unmatched(&mut db, rule.id, &found).await?)
}
