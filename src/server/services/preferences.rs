//! What the reader likes and how they read.

use crate::{
    domain::preferences::Preferences,
    error::AppError,
    server::{
        state::App,
        storage::{preferences as store, rescore},
    },
};

/// As saved, with defaults filled in.
pub async fn get(app: &App) -> Result<Preferences, AppError> {
    Ok(store::get(&app.db.read).await?)
}

/// Saves; changed interests wake the loop that ranks what no model has scored. How many scored unread articles would now be worth scoring
/// again. 422 names the field.
pub async fn save(app: &App, preferences: Preferences) -> Result<i64, AppError> {
    let preferences = Preferences {
        interests: preferences.interests.trim().replace("\r\n", "\n"),
        anti_interests: preferences.anti_interests.trim().replace("\r\n", "\n"),
        ..preferences
    };
    if let Some(fault) = preferences.validation_error() {
        return Err(AppError::invalid(fault));
    }
    let mut db = app.db.write().await?;
    let old = store::get(&mut *db).await?;
    store::save(&mut db, &preferences, app.clock.now()).await?;
    db.commit().await?;
    if preferences.feed_refresh_interval != old.feed_refresh_interval {
        app.feeds_wakeup.notify_one();
    }
    if (&preferences.interests, &preferences.anti_interests) == (&old.interests, &old.anti_interests) {
        return Ok(0);
    }
    app.interests_wakeup.notify_one();
    app.scoring_wakeup.notify_one();
    Ok(rescore::count_unread_scored(&app.db.read).await?)
}
