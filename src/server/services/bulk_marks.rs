//! "Mark read" of whole lists, and undoing it: in short transactions, so that no other write waits long; a restart goes on with what was
//! interrupted.

use crate::{
    domain::{
        article::{MarkReadResult, MarkReadScope},
        live_event::LiveEvent,
        time::Timestamp,
    },
    error::AppError,
    server::{
        services::slices::SliceSize,
        state::App,
        storage::{
            articles::{self, ScopeTable},
            marks::{self, ReadBatch},
        },
    },
};

/// How long a bulk "mark read" can be undone, in seconds; http-api.md.
const UNDO_WINDOW_SECONDS: i64 = 600;

/// Marks everything in `scope` read that arrived up to `before` (default: now). When the caller goes away or the process stops,
/// everything is marked all the same.
///
/// # Errors
/// 404 when the scope does not exist.
#[tracing::instrument(name = "bulk_marks.mark_read", level = "debug", skip_all)]
pub async fn mark_read(app: &App, scope: MarkReadScope, before: Option<Timestamp>) -> Result<MarkReadResult, AppError> {
    let now = app.clock.now();
    let undo_token = format!("{:032x}", rand::random::<u128>());
    let mut db = app.db.write().await?;
    let place = match scope {
        MarkReadScope::All | MarkReadScope::View(_) => None,
        MarkReadScope::Feed(id) => Some((ScopeTable::Feeds, id.0, "feed")),
        MarkReadScope::Folder(id) => Some((ScopeTable::Folders, id.0, "folder")),
        MarkReadScope::Category(id) => Some((ScopeTable::Categories, id.0, "category")),
    };
    if let Some((table, id, noun)) = place
        && !articles::exists(&mut db, table, id).await?
    {
        return Err(AppError::not_found(format!("There is no {noun} with the id {id}.")));
    }
    let until = before.unwrap_or(now);
    let batch = marks::begin_batch(&mut db, scope, until, &undo_token, now, UNDO_WINDOW_SECONDS).await?;
    db.commit().await?;
    let marked_count = finish_with(app, move |app| async move { mark_slices(&app, batch).await }).await?;
    Ok(MarkReadResult { marked_count, undo_token })
}

/// Undoes a [`mark_read`] of the last ten minutes; how many articles are unread again.
///
/// # Errors
/// 404 for an unknown, old or used token.
#[tracing::instrument(name = "bulk_marks.undo", level = "debug", skip_all)]
pub async fn undo_mark_read(app: &App, token: &str) -> Result<i64, AppError> {
    let since = app.clock.now().plus(-UNDO_WINDOW_SECONDS);
    let mut db = app.db.write().await?;
    let Some(batch) = marks::begin_undo(&mut db, token, since).await? else {
        return Err(AppError::not_found("There is nothing to undo.")
            .hint("Marking articles as read can be undone once, within ten minutes."));
    };
    db.commit().await?;
    finish_with(app, move |app| async move { undo_slices(&app, batch).await }).await
}

/// Goes on with what an end of the process interrupted.
#[tracing::instrument(name = "bulk_marks.finish_interrupted", level = "debug", skip_all)]
pub async fn finish_interrupted(app: &App) -> Result<(), AppError> {
    for batch in marks::list_unfinished(&app.db.read).await? {
        match batch.scope {
            Some(_) => mark_slices(app, batch).await?,
            None => undo_slices(app, batch.id).await?,
        };
        app.publish(LiveEvent::Feeds { new_articles: 0 });
    }
    Ok(())
}

/// Runs the slices to their end, also when the caller goes away; tells open pages.
async fn finish_with<F>(app: &App, slices: impl FnOnce(App) -> F) -> Result<i64, AppError>
where
    F: Future<Output = Result<i64, AppError>> + Send + 'static,
{
    let count = app.lifecycle.finish(slices(app.clone())).await.unwrap_or(Ok(0))?;
    app.publish(LiveEvent::Feeds { new_articles: 0 });
    Ok(count)
}

/// Until everything is marked, or the soft stop; how many.
async fn mark_slices(app: &App, batch: ReadBatch) -> Result<i64, AppError> {
    let Some(scope) = batch.scope else { return Ok(0) };
    // What arrives or is made unread from now on is not part of it.
    let ids = marks::find_unread(&app.db.read, scope, batch.arrived_until, app.clock.now()).await?;
    let (mut rest, mut size, mut count) = (ids.as_slice(), SliceSize::first(), 0);
    while !rest.is_empty() {
        if app.lifecycle.soft_stop.is_cancelled() {
            return Ok(count);
        }
        let slice;
        (slice, rest) = rest.split_at(rest.len().min(usize::from(size.rows())));
        let mut db = app.db.write().await?;
        let began_ms = app.clock.monotonic_ms();
        count += marks::mark_slice(&mut db, batch.id, slice, app.clock.now()).await?;
        db.commit().await?;
        size = size.after(app.clock.monotonic_ms() - began_ms);
    }
    let mut db = app.db.write().await?;
    marks::finish_batch(&mut db, batch.id).await?;
    db.commit().await?;
    Ok(count)
}

/// Until everything is unread again, or the soft stop; how many.
async fn undo_slices(app: &App, batch: i64) -> Result<i64, AppError> {
    let (mut size, mut count) = (SliceSize::first(), 0);
    while !app.lifecycle.soft_stop.is_cancelled() {
        let mut db = app.db.write().await?;
        let (began_ms, max) = (app.clock.monotonic_ms(), i64::from(size.rows()));
        let unread = marks::undo_slice(&mut db, batch, max).await?;
        db.commit().await?;
        count += unread;
        if unread < max {
            break;
        }
        size = size.after(app.clock.monotonic_ms() - began_ms);
    }
    Ok(count)
}
