//! The key of the instance, with which secrets are hashed and derived.

use crate::{
    error::AppError,
    server::{
        secrets::{self, InstanceKey},
        storage::devices as rows,
    },
};
use sqlx::{SqliteConnection, SqliteExecutor};

/// The key; `None` before the first use.
pub async fn find(db: impl SqliteExecutor<'_>) -> Result<Option<InstanceKey>, AppError> {
    Ok(rows::instance_key(db).await?.and_then(|key| key.try_into().ok()))
}

/// The key, made when there is none.
pub async fn load_or_make(db: &mut SqliteConnection) -> Result<InstanceKey, AppError> {
    rows::insert_instance_key(db, &secrets::random_key()).await?;
    find(db).await?.ok_or_else(AppError::internal)
}
