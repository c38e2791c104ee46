//! The reader's preferences: one row.

use crate::domain::{
    article::{ArticleSort, ArticleView},
    list_query::ListDefaults,
    preferences::{DEFAULT_REFRESH_INTERVAL_SECONDS, Preferences, Theme},
    time::Timestamp,
};
use sqlx::{SqliteConnection, SqliteExecutor};

/// The saved preferences, with defaults filled in.
pub async fn get(db: impl SqliteExecutor<'_>) -> sqlx::Result<Preferences> {
    let row = sqlx::query!(
        "SELECT interests, anti_interests, feed_refresh_interval, theme, keyboard, suggest_categories, default_view, default_sort,
                without_model, hide_duplicates
         FROM preferences WHERE id = 1"
    )
    .fetch_one(db)
    .await?;
    Ok(Preferences {
        interests: row.interests,
        anti_interests: row.anti_interests,
        feed_refresh_interval: row.feed_refresh_interval.unwrap_or(DEFAULT_REFRESH_INTERVAL_SECONDS),
        theme: row.theme.as_deref().and_then(Theme::parse),
        keyboard: row.keyboard != 0,
        suggest_categories: row.suggest_categories != 0,
        list_defaults: ListDefaults {
            view: row.default_view.as_deref().and_then(ArticleView::parse).unwrap_or_default(),
            sort: row.default_sort.as_deref().and_then(ArticleSort::parse).unwrap_or_default(),
        },
        without_model: row.without_model != 0,
        hide_duplicates: row.hide_duplicates != 0,
    })
}

/// Replaces all of them.
pub async fn save(db: &mut SqliteConnection, preferences: &Preferences, now: Timestamp) -> sqlx::Result<()> {
    let theme = preferences.theme.map(Theme::as_str);
    let (view, sort) = (preferences.list_defaults.view.as_str(), preferences.list_defaults.sort.as_str());
    sqlx::query!(
        "UPDATE preferences SET interests = ?, anti_interests = ?, feed_refresh_interval = ?, theme = ?, keyboard = ?,
             suggest_categories = ?, default_view = ?, default_sort = ?, without_model = ?, hide_duplicates = ?,
             updated_at = ? WHERE id = 1",
        preferences.interests,
        preferences.anti_interests,
        preferences.feed_refresh_interval,
        theme,
        preferences.keyboard,
        preferences.suggest_categories,
        view,
        sort,
        preferences.without_model,
        preferences.hide_duplicates,
        now.0,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The words ([`InterestKeywords::signature`](crate::domain::interests::InterestKeywords::signature)) that all articles without a
/// score are ranked by; `None` before the first time.
pub async fn keyword_rank_signature(db: impl SqliteExecutor<'_>) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("SELECT ranked_with FROM preferences WHERE id = 1").fetch_one(db).await
}

/// Stores the words that all articles without a score are ranked by now.
pub async fn set_keyword_rank_signature(db: &mut SqliteConnection, signature: &str) -> sqlx::Result<()> {
    sqlx::query!("UPDATE preferences SET ranked_with = ? WHERE id = 1", signature).execute(db).await?;
    Ok(())
}

/// Whether the reader stopped the scoring, or reads without a model.
pub async fn scoring_paused(db: impl SqliteExecutor<'_>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"SELECT scoring_paused OR without_model AS "rests!: bool" FROM preferences WHERE id = 1"#)
        .fetch_one(db)
        .await
}

/// Stops or starts the scoring.
pub async fn set_scoring_paused(db: &mut SqliteConnection, paused: bool) -> sqlx::Result<()> {
    sqlx::query!("UPDATE preferences SET scoring_paused = ? WHERE id = 1", paused).execute(db).await?;
    Ok(())
}

/// Whether the checklist of a first visit has ended.
pub async fn has_first_run_ended(db: impl SqliteExecutor<'_>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"SELECT first_run_ended_at IS NOT NULL AS "ended!: bool" FROM preferences WHERE id = 1"#)
        .fetch_one(db)
        .await
}

/// Ends the checklist of a first visit, unless it has ended already.
pub async fn end_first_run(db: &mut SqliteConnection, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!("UPDATE preferences SET first_run_ended_at = coalesce(first_run_ended_at, ?) WHERE id = 1", now.0)
        .execute(db)
        .await?;
    Ok(())
}
