//! What checks for updates found, and earlier versions of models that are kept.

use crate::domain::{
    model_name::ModelName,
    model_versions::{KeptVersion, ModelUpdate, UpdateState},
    time::Timestamp,
};
use sqlx::{SqliteConnection, SqliteExecutor, query};

/// What the last check found about each model, by name.
pub async fn list_updates(db: impl SqliteExecutor<'_>) -> sqlx::Result<Vec<ModelUpdate>> {
    let rows = query!(
        r#"SELECT model AS "model: ModelName", digest, state, problem, checked_at FROM model_updates ORDER BY model"#
    );
    let found = rows.fetch_all(db).await?.into_iter().map(|row| ModelUpdate {
        model: row.model,
        digest: row.digest,
        state: UpdateState::parse(&row.state).unwrap_or(UpdateState::Unknown),
        problem: row.problem,
        checked_at: Timestamp(row.checked_at),
    });
    Ok(found.collect())
}

/// Stores what a check found about a model, in place of the check before.
pub async fn save_update(db: &mut SqliteConnection, found: &ModelUpdate) -> sqlx::Result<()> {
    let state = found.state.as_str();
    query!(
        "INSERT INTO model_updates (model, digest, state, problem, checked_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (model) DO UPDATE SET digest = excluded.digest, state = excluded.state, problem = excluded.problem,
             checked_at = excluded.checked_at",
        found.model,
        found.digest,
        state,
        found.problem,
        found.checked_at.0,
    )
    .execute(db)
    .await
    .map(drop)
}

/// Forgets what was found about a model that is not installed any more.
pub async fn remove_update(db: &mut SqliteConnection, model: &ModelName) -> sqlx::Result<()> {
    query!("DELETE FROM model_updates WHERE model = ?", model).execute(db).await.map(drop)
}

/// The kept versions, by the names they are kept under.
pub async fn list_kept(db: impl SqliteExecutor<'_>) -> sqlx::Result<Vec<KeptVersion>> {
    let rows = query!(
        r#"SELECT copy AS "copy: ModelName", model AS "model: ModelName", digest, kept_at FROM kept_models ORDER BY copy"#
    );
    let kept = rows.fetch_all(db).await?.into_iter().map(|row| KeptVersion {
        copy: row.copy,
        model: row.model,
        digest: row.digest,
        kept_at: Timestamp(row.kept_at),
    });
    Ok(kept.collect())
}

/// Records that a version is kept.
pub async fn insert_kept(db: &mut SqliteConnection, kept: &KeptVersion) -> sqlx::Result<()> {
    query!(
        "INSERT OR REPLACE INTO kept_models (copy, model, digest, kept_at) VALUES (?, ?, ?, ?)",
        kept.copy,
        kept.model,
        kept.digest,
        kept.kept_at.0
    )
    .execute(db)
    .await
    .map(drop)
}

/// Records that a version is no longer kept.
pub async fn remove_kept(db: &mut SqliteConnection, copy: &ModelName) -> sqlx::Result<()> {
    query!("DELETE FROM kept_models WHERE copy = ?", copy).execute(db).await.map(drop)
}
