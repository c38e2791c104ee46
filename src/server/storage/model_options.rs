//! Options of requests to models: one row for each level at which something was saved.

use crate::domain::{
    model_name::ModelName,
    model_options::{ModelTask, OptionLevel, OptionSet, SavedOptions},
};
use sqlx::{SqliteConnection, SqlitePool};

/// Everything that was saved; a row of a task or name that only another version knows is left out.
pub async fn list(db: &SqlitePool) -> sqlx::Result<Vec<SavedOptions>> {
    let rows = sqlx::query!(
        r#"SELECT model, task, num_ctx, num_predict, temperature, top_p, seed, keep_alive, think AS "think: bool"
           FROM model_options ORDER BY model, task"#
    )
    .fetch_all(db)
    .await?;
    let saved = rows.into_iter().filter_map(|row| {
        let task = match row.task.as_str() {
            "" => None,
            word => Some(ModelTask::parse(word)?),
        };
        let model = match row.model.as_str() {
            "" => None,
            key => Some(ModelName::parse(key).ok()?),
        };
        let options = OptionSet {
            num_ctx: row.num_ctx,
            num_predict: row.num_predict,
            temperature: row.temperature,
            top_p: row.top_p,
            seed: row.seed,
            keep_alive: row.keep_alive,
            think: row.think,
        };
        Some(SavedOptions { level: OptionLevel { model, task }, options })
    });
    Ok(saved.collect())
}

/// Saves the options of one level in place of those before; no row is kept for a level at which nothing is saved.
pub async fn save(db: &mut SqliteConnection, level: &OptionLevel, options: &OptionSet) -> sqlx::Result<()> {
    let model = level.model.as_ref().map(ModelName::key).unwrap_or_default();
    let task = level.task.map(ModelTask::as_str).unwrap_or_default();
    if options.is_empty() {
        sqlx::query!("DELETE FROM model_options WHERE model = ? AND task = ?", model, task).execute(db).await?;
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO model_options (model, task, num_ctx, num_predict, temperature, top_p, seed, keep_alive, think)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (model, task) DO UPDATE SET num_ctx = excluded.num_ctx, num_predict = excluded.num_predict,
            temperature = excluded.temperature, top_p = excluded.top_p, seed = excluded.seed,
            keep_alive = excluded.keep_alive, think = excluded.think",
        model,
        task,
        options.num_ctx,
        options.num_predict,
        options.temperature,
        options.top_p,
        options.seed,
        options.keep_alive,
        options.think,
    )
    .execute(db)
    .await
    .map(drop)
}
