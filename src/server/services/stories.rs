//! Stories that several feeds tell (docs/adr/0016-same-story.md): hiding or showing their duplicates after the preference was changed.

use crate::{
    domain::live_event::LiveEvent,
    error::AppError,
    server::{services::slices::SliceSize, state::App, storage::stories},
};

/// Hides or shows duplicates as the reader wants, in short transactions, until none is left or the soft stop.
#[tracing::instrument(name = "stories.apply_preference", level = "debug", skip_all)]
pub async fn apply_preference(app: &App) -> Result<(), AppError> {
    let (mut size, mut has_changed) = (SliceSize::first(), false);
    while !app.lifecycle.soft_stop.is_cancelled() {
        let mut db = app.db.write().await?;
        let began_ms = app.clock.monotonic_ms();
        let changed = stories::apply_preference(&mut db, i64::from(size.rows())).await?;
        db.commit().await?;
        if changed == 0 {
            break;
        }
        has_changed = true;
        size = size.after(app.clock.monotonic_ms() - began_ms);
    }
    if has_changed {
        app.publish(LiveEvent::Feeds { new_articles: 0 });
        app.scoring_wakeup.notify_one();
    }
    Ok(())
}

/// As [`apply_preference`], beside the request that changed it. What is interrupted goes on at the next start.
pub fn start_applying_preference(app: &App) {
    let task = app.clone();
    app.lifecycle.spawn(async move {
        if let Err(error) = apply_preference(&task).await {
            tracing::error!(%error, "duplicates could not be hidden or shown to the end; the next start tries again");
        }
    });
}
