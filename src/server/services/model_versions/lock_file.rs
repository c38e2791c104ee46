//! The lock file: `models.lock.json` in the data folder.

use crate::{domain::model_versions::ModelLock, error::AppError, server::state::App};
use std::{
    io::{ErrorKind as IoErrorKind, Read as _},
    path::{Path, PathBuf},
};

/// The version of the format.
pub(super) const SCHEMA_VERSION: u32 = 1;
const FILE_NAME: &str = "models.lock.json";
/// The largest file that is read, in bytes.
const MAX_LOCK_BYTES: u64 = 1024 * 1024;

/// Where the lock file is.
pub(super) fn path(app: &App) -> PathBuf {
    app.config.data_dir.join(FILE_NAME)
}

/// The lock; `None` when there is none.
///
/// # Errors
/// 409 when the file cannot be read, or holds no lock of this format.
pub(super) async fn read(app: &App) -> Result<Option<ModelLock>, AppError> {
    let path = path(app);
    tokio::task::spawn_blocking(move || read_from(&path)).await.map_err(|_| AppError::internal())?
}

fn read_from(path: &Path) -> Result<Option<ModelLock>, AppError> {
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(MAX_LOCK_BYTES).read_to_string(&mut text));
    match read {
        Ok(_) => {}
        Err(error) if error.kind() == IoErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(path, &error.to_string())),
    }
    let lock: ModelLock = serde_json::from_str(&text).map_err(|error| unreadable(path, &error.to_string()))?;
    if lock.schema_version != SCHEMA_VERSION {
        return Err(unreadable(path, &format!("its schema_version is {}", lock.schema_version)));
    }
    Ok(Some(lock))
}

fn unreadable(path: &Path, reason: &str) -> AppError {
    AppError::conflict(format!("The lock file {} cannot be read: {reason}.", path.display()))
        .hint("`gleaner models lock` writes it anew.")
}

/// Writes the lock: a reader sees the file before or after, never a part of it.
pub(super) async fn write(app: &App, lock: &ModelLock) -> Result<PathBuf, AppError> {
    let path = path(app);
    let text = serde_json::to_string_pretty(lock).map_err(|_| AppError::internal())? + "\n";
    let written = path.clone();
    tokio::task::spawn_blocking(move || {
        let partial = written.with_extension("json.partial");
        std::fs::write(&partial, text).and_then(|()| std::fs::rename(&partial, &written))
    })
    .await
    .map_err(|_| AppError::internal())?
    .map_err(|error| {
        AppError::conflict(format!("The lock file {} cannot be written: {error}.", path.display()))
            .hint("Check the rights and the free space of the data folder.")
    })?;
    Ok(path)
}
