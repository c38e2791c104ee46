//! What models took of memory when they were loaded.

use crate::domain::{
    memory_measurement::{MemoryMeasurement, MemoryMeasurements, model_family},
    model_name::ModelName,
    time::Timestamp,
};
use sqlx::{SqliteConnection, SqliteExecutor};

/// How many measurements are kept.
const MAX_STORED_MEASUREMENTS: i64 = 200;

/// All that are kept, the newest first.
pub async fn list(db: impl SqliteExecutor<'_>) -> sqlx::Result<MemoryMeasurements> {
    let rows = sqlx::query!(
        r#"SELECT model AS "model: ModelName", digest, context_length, size, size_vram, weights, cache
           FROM memory_measurements ORDER BY id DESC LIMIT ?"#,
        MAX_STORED_MEASUREMENTS,
    )
    .map(|row| MemoryMeasurement {
        model: row.model,
        digest: row.digest,
        context_length: row.context_length,
        size: row.size,
        size_vram: row.size_vram,
        weights_bytes: row.weights,
        kv_cache_bytes: row.cache,
    })
    .fetch_all(db)
    .await?;
    Ok(MemoryMeasurements(rows))
}

/// Stores a measurement in place of the one of the same build of the model with the same context, and deletes the oldest ones.
pub async fn save(db: &mut SqliteConnection, measured: &MemoryMeasurement, now: Timestamp) -> sqlx::Result<()> {
    let (model, family) = (measured.model.key(), model_family(&measured.model));
    sqlx::query!(
        "INSERT INTO memory_measurements (model, family, digest, context_length, size, size_vram, weights, cache, at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (model, digest, context_length) DO UPDATE SET size = excluded.size, size_vram = excluded.size_vram,
             weights = excluded.weights, cache = excluded.cache, at = excluded.at",
        model,
        family,
        measured.digest,
        measured.context_length,
        measured.size,
        measured.size_vram,
        measured.weights_bytes,
        measured.kv_cache_bytes,
        now.0,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "DELETE FROM memory_measurements
         WHERE id <= (SELECT id FROM memory_measurements ORDER BY id DESC LIMIT 1 OFFSET ?)",
        MAX_STORED_MEASUREMENTS,
    )
    .execute(db)
    .await?;
    Ok(())
}
