//! Opening the database: folder and file with tight permissions, a copy before migrating, a clear word when it cannot be.

use super::Db;
use sqlx::{
    ConnectOptions, Connection, SqliteConnection, SqlitePool,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// The file's name within the data folder.
pub const DATABASE_FILE_NAME: &str = "gleaner.db";

pub(super) static MIGRATOR: Migrator = sqlx::migrate!();

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be made or written to.
    #[error(
        "the data folder {folder} cannot be used: {cause}. Make it writable for this user, or choose another with --data-dir"
    )]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// A later version of Gleaner has been here.
    #[error(
        "{file} was written by a newer Gleaner (schema {found}, this one knows {known}). Install the newer version again, or \
         restore an older copy with `gleaner db restore`"
    )]
    Newer {
        /// The database.
        file: PathBuf,
        /// The version of its schema.
        found: i64,
        /// The version of the schema this program knows.
        known: i64,
    },
    /// An earlier version of Gleaner wrote it, and looking only must not bring it up to date.
    #[error(
        "{file} was written by an older Gleaner (schema {found}, this one needs {known}), and this command changes nothing. \
         Starting Gleaner, or any command that writes, brings it up to date; a copy is made first"
    )]
    Older {
        /// The database.
        file: PathBuf,
        /// The version of its schema.
        found: i64,
        /// The version of the schema this program needs.
        known: i64,
    },
    /// SQLite said no.
    #[error(
        "{file} cannot be opened: {cause}. `gleaner db check` examines it; copies from before updates lie beside it"
    )]
    Sqlite {
        /// The database.
        file: PathBuf,
        /// What SQLite says.
        cause: sqlx::Error,
    },
    /// A migration failed; the copy made before it is intact.
    #[error("{file} could not be brought up to date: {cause}. Nothing is lost: the copy from before lies beside it")]
    Migrate {
        /// The database.
        file: PathBuf,
        /// Why the migration failed.
        cause: MigrateError,
    },
}

/// Opens `folder`/gleaner.db, creating and migrating it as needed. An existing database with pending migrations is copied
/// first, to `gleaner.before-<version>.db` beside it.
#[tracing::instrument(name = "storage.open", level = "debug", skip_all)]
pub async fn open(folder: &Path) -> Result<Db, OpenError> {
    let file = folder.join(DATABASE_FILE_NAME);
    prepare_file(folder, &file).map_err(|cause| OpenError::Folder { folder: folder.to_owned(), cause })?;
    let sqlite = |cause| OpenError::Sqlite { file: file.clone(), cause };

    let options = SqliteConnectOptions::new()
        .filename(&file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .pragma("temp_store", "memory")
        .pragma("mmap_size", "268435456")
        .optimize_on_close(true, None);

    // Migrations that rebuild a table drop the old one; with foreign keys on, that would delete what refers to it.
    let mut first = options.clone().foreign_keys(false).connect().await.map_err(sqlite)?;
    back_up_before_migrating(&mut first, folder, &file).await?;
    MIGRATOR.run(&mut first).await.map_err(|cause| OpenError::Migrate { file: file.clone(), cause })?;
    super::categories::fill_identities(&mut first).await.map_err(sqlite)?;
    first.close().await.map_err(sqlite)?;

    // A change to many articles stays in memory until it is whole; with the 2 MB that SQLite takes by itself its pages would be
    // written, read and written again. Taken only when needed.
    let writing = options.clone().pragma("cache_size", "-32768");
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(60))
        .connect_with(writing)
        .await
        .map_err(sqlite)?;
    // Readers must not optimise: that fails for them, their connections would close late, and the last to close would be one
    // that cannot fold the write-ahead log into the file.
    let read = options.read_only(true).create_if_missing(false).optimize_on_close(false, None);
    let read = SqlitePool::connect_lazy_with(read);
    Ok(Db { read, writer })
}

/// Creates the data folder, for its owner alone, when it is missing.
pub fn create_data_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn prepare_file(folder: &Path, file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    create_data_folder(folder)?;
    // Also proves that the folder can be written to; SQLite's own message would not say which folder.
    std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(file)?;
    Ok(())
}

/// The version of the schema in a database; `None` when nothing was ever migrated there.
pub(super) async fn read_schema_version(db: &mut SqliteConnection) -> sqlx::Result<Option<i64>> {
    // The table of migrations is sqlx's own and may be absent, so these two are not checked at compile time.
    #[expect(clippy::disallowed_methods, reason = "sqlx's own table is not part of the schema at compile time")]
    let tables = sqlx::query("SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations'");
    if tables.fetch_optional(&mut *db).await?.is_none() {
        return Ok(None);
    }
    sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations").fetch_one(db).await.map(Some)
}

async fn back_up_before_migrating(db: &mut SqliteConnection, folder: &Path, file: &Path) -> Result<(), OpenError> {
    let sqlite = |cause| OpenError::Sqlite { file: file.to_owned(), cause };
    let Some(found) = read_schema_version(db).await.map_err(sqlite)? else { return Ok(()) };
    let known = known_schema_version();
    if found > known {
        return Err(OpenError::Newer { file: file.to_owned(), found, known });
    }
    if found < known {
        let copy = folder.join(format!("gleaner.before-{known}.db"));
        if !copy.exists() {
            let target = copy.to_string_lossy().into_owned();
            #[expect(clippy::disallowed_methods, reason = "VACUUM INTO is not a statement the macro can describe")]
            sqlx::query("VACUUM INTO ?").bind(target).execute(&mut *db).await.map_err(sqlite)?;
        }
    }
    Ok(())
}

/// The version of the schema in the database.
pub async fn schema_version(db: &Db) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations").fetch_one(&db.read).await
}

/// The version of the schema that this Gleaner works with.
pub fn known_schema_version() -> i64 {
    MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or(0)
}
