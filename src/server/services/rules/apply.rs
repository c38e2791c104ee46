//! Applying rules to articles that are there already, and undoing that: in short transactions; a restart goes on with what was interrupted.

use super::{compile::CompiledQuery, run::run_queue};
use crate::{
    domain::{ids::RuleId, live_event::LiveEvent, rule::RULE_UNDO_SECONDS},
    error::AppError,
    server::{
        services::slices::SliceSize,
        state::App,
        storage::{
            rule_applications::{self as rows, RuleApplicationRow},
            rules,
        },
    },
};

/// Articles that a rule is matched with by one statement.
const MATCHED_ARTICLES: i64 = 1_000;

/// Begins to apply a rule to all articles; [`work_off`] does it. 404; 409 while the rule is being applied or undone, 422 for a query that
/// is no longer understood.
#[tracing::instrument(name = "rules.begin_application", level = "debug", skip_all, fields(%id))]
pub async fn begin_application(app: &App, id: RuleId) -> Result<(), AppError> {
    let rule = rules::select(&app.db.read, Some(id))
        .await?
        .pop()
        .ok_or_else(|| AppError::not_found("There is no such rule.").hint("It may have been removed."))?;
    CompiledQuery::load(app, &rule.input.query).await?;
    let mut tx = app.db.write().await?;
    if rows::select(&mut *tx, Some(id)).await?.iter().any(|last| last.is_undone || last.ended_at.is_none()) {
        return Err(
            AppError::conflict("The rule is being applied or undone already.").hint("Wait until that has ended.")
        );
    }
    rows::begin(&mut tx, id, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// Begins to undo the last application of a rule; [`work_off`] does it. 404 when there is none that goes on or ended within ten minutes.
#[tracing::instrument(name = "rules.begin_undo", level = "debug", skip_all, fields(%id))]
pub async fn begin_undo(app: &App, id: RuleId) -> Result<(), AppError> {
    let mut tx = app.db.write().await?;
    if !rows::begin_undo(&mut tx, id, app.clock.now().plus(-RULE_UNDO_SECONDS)).await? {
        return Err(AppError::not_found("There is nothing to undo.")
            .hint("Applying a rule can be undone once, within ten minutes."));
    }
    Ok(tx.commit().await?)
}

/// As [`work_off`], in the background.
pub fn start_work(app: &App) {
    let task = app.clone();
    app.lifecycle.spawn(async move {
        if let Err(error) = work_off(&task).await {
            tracing::error!(%error, "a rule could not be applied or undone to the end; the next start goes on");
        }
    });
}

/// Applies and undoes what was begun, until nothing is left or the soft stop.
#[tracing::instrument(name = "rules.work_off", level = "debug", skip_all)]
pub async fn work_off(app: &App) -> Result<(), AppError> {
    let _lock = app.rule_applications_lock.lock().await;
    forget_old(app).await?;
    while !app.lifecycle.soft_stop.is_cancelled() {
        let all = rows::select(&app.db.read, None).await?;
        let Some(next) = all.into_iter().find(|row| row.is_undone || row.ended_at.is_none()) else { break };
        if next.is_undone {
            undo_slices(app, &next).await?;
        } else {
            apply_slices(app, next).await?;
        }
        app.publish(LiveEvent::Feeds { new_articles: 0 });
        app.scoring_wakeup.notify_one();
    }
    // Copies of stories may have been given scores.
    run_queue(app).await;
    Ok(())
}

/// Until all articles are done, the rule is removed, the application is undone, or the soft stop.
async fn apply_slices(app: &App, mut at: RuleApplicationRow) -> Result<(), AppError> {
    let mut size = SliceSize::first();
    while let Some(rule) = rules::select(&app.db.read, Some(at.rule)).await?.pop()
        && let Ok(query) = CompiledQuery::load(app, &rule.input.query).await
    {
        let page = rows::find_next(&app.db.read, &at, MATCHED_ARTICLES).await?;
        let Some(last) = page.last().copied() else { break };
        let found = {
            let mut db = app.db.read.acquire().await?;
            query.find_matches(&mut db, &page).await?
        };
        let mut rest = found.as_slice();
        while at.done_until < last.0 {
            if app.lifecycle.soft_stop.is_cancelled() {
                return Ok(());
            }
            let part;
            (part, rest) = rest.split_at(rest.len().min(usize::from(size.rows())));
            let done_until = match part.last() {
                Some(id) if !rest.is_empty() => id.0,
                _ => last.0,
            };
            let mut tx = app.db.write().await?;
            let began_ms = app.clock.monotonic_ms();
            let goes_on = rows::apply(&mut tx, &at, &rule.input.actions, part, (done_until, app.clock.now())).await?;
            tx.commit().await?;
            if !goes_on {
                return Ok(());
            }
            at.done_until = done_until;
            size = size.after(app.clock.monotonic_ms() - began_ms);
        }
    }
    let mut tx = app.db.write().await?;
    rows::end(&mut tx, at.id, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// Until all of an application is undone, or the soft stop.
async fn undo_slices(app: &App, at: &RuleApplicationRow) -> Result<(), AppError> {
    let (mut size, mut is_done) = (SliceSize::first(), false);
    while !is_done && !app.lifecycle.soft_stop.is_cancelled() {
        let mut tx = app.db.write().await?;
        let began_ms = app.clock.monotonic_ms();
        is_done = rows::undo_slice(&mut tx, at, i64::from(size.rows())).await?;
        tx.commit().await?;
        size = size.after(app.clock.monotonic_ms() - began_ms);
    }
    Ok(())
}

/// Forgets what can no longer be undone.
async fn forget_old(app: &App) -> Result<(), AppError> {
    let (mut size, before) = (SliceSize::first(), app.clock.now().plus(-RULE_UNDO_SECONDS));
    while !app.lifecycle.soft_stop.is_cancelled() {
        let mut tx = app.db.write().await?;
        let began_ms = app.clock.monotonic_ms();
        let is_left = rows::forget_old(&mut tx, before, i64::from(size.rows())).await?;
        tx.commit().await?;
        if !is_left {
            break;
        }
        size = size.after(app.clock.monotonic_ms() - began_ms);
    }
    Ok(())
}
