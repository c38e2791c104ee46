//! Opening the database for looking only: nothing in the data folder is created, migrated or touched, not even a journal.

use super::{
    Db,
    open::{DATABASE_FILE_NAME, MIGRATOR, OpenError, known_schema_version, read_schema_version},
};
use sqlx::{
    ConnectOptions, Connection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use std::path::Path;

/// Opens `folder`/gleaner.db read-only; a write through it fails. Where there is none yet, an empty one in memory stands in.
pub async fn open_read_only(folder: &Path) -> Result<Db, OpenError> {
    let file = folder.join(DATABASE_FILE_NAME);
    let sqlite = |cause| OpenError::Sqlite { file: file.clone(), cause };
    if !file.exists() {
        return open_in_memory().await;
    }
    // Without a journal nobody has it open, and SQLite need not make one just to read.
    let unused = !folder.join(format!("{DATABASE_FILE_NAME}-wal")).exists();
    let options = SqliteConnectOptions::new().filename(&file).read_only(true).immutable(unused);
    let mut first = options.clone().connect().await.map_err(sqlite)?;
    let found = read_schema_version(&mut first).await.map_err(sqlite)?;
    first.close().await.map_err(sqlite)?;
    let known = known_schema_version();
    match found {
        None => open_in_memory().await,
        Some(found) if found > known => Err(OpenError::Newer { file, found, known }),
        Some(found) if found < known => Err(OpenError::Older { file, found, known }),
        Some(_) => {
            let read = SqlitePool::connect_lazy_with(options);
            Ok(Db { writer: read.clone(), read })
        }
    }
}

/// An empty database that lives in memory only.
pub async fn open_in_memory() -> Result<Db, OpenError> {
    let file = Path::new("a database in memory");
    // One connection that is never given up: the database lives as long as it does.
    let only = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(SqliteConnectOptions::new().in_memory(true))
        .await
        .map_err(|cause| OpenError::Sqlite { file: file.to_owned(), cause })?;
    MIGRATOR.run(&only).await.map_err(|cause| OpenError::Migrate { file: file.to_owned(), cause })?;
    Ok(Db { read: only.clone(), writer: only })
}
