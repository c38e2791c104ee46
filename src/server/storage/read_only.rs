//! Opening the database read-only: nothing in the data folder is created, migrated or changed, not even a journal.

use super::{
    Db,
    open::{DATABASE_FILE_NAME, MIGRATOR, OpenError, check_files, inspect_file, known_schema_version},
};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use std::path::Path;

/// Opens `folder`/gleaner.db read-only; a write through it fails. Where there is none yet, an empty one in memory is used.
pub async fn open_read_only(folder: &Path) -> Result<Db, OpenError> {
    let file = folder.join(DATABASE_FILE_NAME);
    let sqlite = |cause| OpenError::Sqlite { file: file.clone(), cause };
    check_files(&file)?;
    match std::fs::File::open(&file) {
        Ok(_) => {}
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return open_in_memory().await,
        Err(cause) => return Err(OpenError::File { file, cause }),
    }
    let (options, found) = inspect_file(&file).await.map_err(sqlite)?;
    let known = known_schema_version();
    match found {
        None => open_in_memory().await,
        Some(found) if found > known => Err(OpenError::Newer { file, found, known }),
        Some(found) if found < known => Err(OpenError::Older { file, found, known }),
        Some(_) => Ok(Db::connect_read_only(options)),
    }
}

/// An empty database that lives in memory only.
pub async fn open_in_memory() -> Result<Db, OpenError> {
    let file = Path::new("a database in memory");
    // One connection that is never closed: the database lives as long as it does.
    let only = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(SqliteConnectOptions::new().in_memory(true))
        .await
        .map_err(|cause| OpenError::Sqlite { file: file.to_owned(), cause })?;
    MIGRATOR.run(&only).await.map_err(|cause| OpenError::Migrate { file: file.to_owned(), cause, copy: None })?;
    Ok(Db::with_only(only))
}
