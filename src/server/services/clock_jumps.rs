//! Jumps of the machine's clock: detecting a wrong clock, and correcting the times of checks that a wrong clock planned.

use crate::{
    domain::time::Timestamp,
    error::AppError,
    server::{services::icons, state::App, storage::stored_times},
};

/// How far the clock may be behind what was stored before it is called wrong, in seconds.
const MAX_LAG_SECONDS: i64 = 86_400;

/// The newest stored moment, when it is more than a day ahead of the clock: the clock is wrong now, or was then.
pub async fn find_future_moment(app: &App) -> Result<Option<Timestamp>, AppError> {
    let newest = stored_times::load_newest(&app.db.read).await?;
    Ok(newest.filter(|moment| moment.since(app.clock.now()) > MAX_LAG_SECONDS))
}

/// Logs a warning when the clock is more than a day behind, and makes checks due that a wrong clock planned: at the start and after
/// the clock was set.
#[tracing::instrument(name = "clock_jumps.correct_planned_checks", level = "debug", skip_all)]
pub async fn correct_planned_checks(app: &App) -> Result<(), AppError> {
    let now = app.clock.now();
    if let Some(moment) = find_future_moment(app).await? {
        tracing::warn!(clock = %now, newest_stored = %moment, "the clock is behind the newest stored time: correct it if it is wrong");
    }
    pull_back_checks(app).await
}

/// Makes checks due now that were planned by a clock that was ahead.
pub async fn pull_back_checks(app: &App) -> Result<(), AppError> {
    let now = app.clock.now();
    let feeds = stored_times::list_future_checks(&app.db.read, now, icons::REFRESH_INTERVAL_SECONDS).await?;
    if !feeds.is_empty() {
        let mut db = app.db.write().await?;
        stored_times::pull_back_checks(&mut db, &feeds, now, icons::REFRESH_INTERVAL_SECONDS).await?;
        db.commit().await?;
        app.feeds_wakeup.notify_one();
        tracing::info!(feeds = feeds.len(), "checks that were planned while the clock was ahead are due now");
    }
    Ok(())
}
