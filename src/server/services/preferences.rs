//! The reader's interests and settings.

use crate::{
    domain::{plain_text, preferences::Preferences},
    error::AppError,
    server::{
        services::stories,
        state::App,
        storage::{checks, preferences as store, rescore},
    },
};

/// The saved preferences, with defaults filled in.
#[tracing::instrument(name = "preferences.get", level = "debug", skip_all)]
pub async fn get(app: &App) -> Result<Preferences, AppError> {
    Ok(store::get(&app.db.read).await?)
}

/// Changes the preferences in one transaction, so that concurrent changes of different preferences both stand. Returns how many
/// unread scored articles are worth scoring again.
///
/// # Errors
/// 422 for a value that is not allowed.
#[tracing::instrument(name = "preferences.change", level = "debug", skip_all)]
pub async fn change(app: &App, change: impl FnOnce(&mut Preferences) + Send) -> Result<i64, AppError> {
    let mut db = app.db.write().await?;
    let old = store::get(&mut *db).await?;
    let mut preferences = old.clone();
    change(&mut preferences);
    for text in [&mut preferences.interests, &mut preferences.anti_interests] {
        *text = plain_text::clean_text(text);
    }
    if let Some(fault) = preferences.validation_error() {
        return Err(AppError::invalid(fault.message).field(fault.field));
    }
    store::save(&mut db, &preferences, app.clock.now()).await?;
    if preferences.feed_refresh_interval != old.feed_refresh_interval {
        checks::shorten_interval(&mut db, preferences.feed_refresh_interval).await?;
    }
    db.commit().await?;
    if preferences.feed_refresh_interval != old.feed_refresh_interval {
        app.feeds_wakeup.notify_one();
    }
    if preferences.hide_duplicates != old.hide_duplicates {
        stories::start_applying_preference(app);
    }
    if preferences.without_model != old.without_model {
        app.scoring_wakeup.notify_one();
        app.choice_wakeup.notify_one();
    }
    if (&preferences.interests, &preferences.anti_interests) == (&old.interests, &old.anti_interests) {
        return Ok(0);
    }
    app.interests_wakeup.notify_one();
    app.scoring_wakeup.notify_one();
    Ok(rescore::count_unread_scored(&app.db.read).await?)
}
