//! How long models took to load, and how ready they were over the last days.

use crate::domain::model_name::ModelName;
use crate::domain::{
    readiness::{ModelState, ReadinessChange},
    time::Timestamp,
};
use sqlx::{SqliteConnection, SqliteExecutor};
use std::{collections::BTreeMap, time::Duration};

/// The last load of every model, by its name.
pub async fn load_times(db: impl SqliteExecutor<'_>) -> sqlx::Result<BTreeMap<ModelName, Duration>> {
    let rows =
        sqlx::query!(r#"SELECT model AS "model: ModelName", duration_ms FROM model_loads"#).fetch_all(db).await?;
    let took = |ms: i64| Duration::from_millis(u64::try_from(ms).unwrap_or_default());
    Ok(rows.into_iter().map(|row| (row.model, took(row.duration_ms))).collect())
}

/// Stores how long a load took, in place of the load before.
pub async fn save_load_time(
    db: &mut SqliteConnection,
    model: &ModelName,
    took: Duration,
    at: Timestamp,
) -> sqlx::Result<()> {
    let model = model.key();
    let duration_ms = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
    sqlx::query!(
        "INSERT INTO model_loads (model, duration_ms, loaded_at) VALUES (?, ?, ?)
         ON CONFLICT (model) DO UPDATE SET duration_ms = excluded.duration_ms, loaded_at = excluded.loaded_at",
        model,
        duration_ms,
        at.0,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The changes after `since`, and the one before them, which tells the state at that moment; oldest first.
pub async fn changes_since(db: impl SqliteExecutor<'_>, since: Timestamp) -> sqlx::Result<Vec<ReadinessChange>> {
    let rows = sqlx::query!(
        r#"SELECT at, state, model AS "model: ModelName", message FROM readiness_changes
         WHERE id >= coalesce((SELECT max(id) FROM readiness_changes WHERE at <= ?), 0) ORDER BY id"#,
        since.0,
    )
    .fetch_all(db)
    .await?;
    let change = |at, state: &str, model, message| {
        Some(ReadinessChange { at: Timestamp(at), state: ModelState::parse(state)?, model, message })
    };
    Ok(rows.into_iter().filter_map(|row| change(row.at, &row.state, row.model, row.message)).collect())
}

/// Appends a change and deletes those from before `keep_from`.
pub async fn append_change(
    db: &mut SqliteConnection,
    change: &ReadinessChange,
    keep_from: Timestamp,
) -> sqlx::Result<()> {
    let state = change.state.as_str();
    sqlx::query!(
        "INSERT INTO readiness_changes (at, state, model, message) VALUES (?, ?, ?, ?)",
        change.at.0,
        state,
        change.model,
        change.message,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!("DELETE FROM readiness_changes WHERE at < ?", keep_from.0).execute(db).await?;
    Ok(())
}
