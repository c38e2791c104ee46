//! Opening the database: permissions for its owner only, a copy before migrations, errors that say what to do.

use super::{
    Db,
    backup::{BackupError, back_up_beside},
    log_guard::{self, FileLoss},
    obstacle::write_obstacle,
};
use crate::domain::write_obstacle::WriteObstacle;
use sqlx::{
    ConnectOptions, Connection, SqliteConnection,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
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
    /// The database may not be read and written.
    #[error("{file} cannot be used: {cause}. Make it readable and writable for this user (chown, chmod)")]
    File {
        /// The database.
        file: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// A newer version of Gleaner wrote it.
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
    /// An older version of Gleaner wrote it, and a command that only reads must not migrate it.
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
    /// SQLite cannot open the file.
    #[error(
        "{file} cannot be opened: {cause}. `gleaner db check` examines it; copies from before updates lie beside it"
    )]
    Sqlite {
        /// The database.
        file: PathBuf,
        /// What SQLite says.
        cause: sqlx::Error,
    },
    /// The system does not let the database be opened for writing.
    #[error("{file} cannot be opened. {} {}", .obstacle.message(), .obstacle.hint().trim_end_matches('.'))]
    NotWritable {
        /// The database.
        file: PathBuf,
        /// What keeps it from being written.
        obstacle: WriteObstacle,
    },
    /// There was a database, and now there is nothing in its place.
    #[error(
        "{file} is missing or empty, though there was a database. Put it back, or a copy with `gleaner db restore FILE`; to begin \
         with an empty one, delete {state}"
    )]
    DatabaseLost {
        /// The database.
        file: PathBuf,
        /// The state file, which says that there was one.
        state: PathBuf,
    },
    /// The log of a run that did not end as it should is gone.
    #[error(
        "{log} is missing, and the last run did not close the database: what was saved last may be lost. Put the file back, or a \
         copy with `gleaner db restore FILE`; to go on with what {file} holds, delete {state}"
    )]
    LogLost {
        /// The write-ahead log.
        log: PathBuf,
        /// The database.
        file: PathBuf,
        /// The state file of the last run.
        state: PathBuf,
    },
    /// No copy could be made before migrations, so none was run.
    #[error(
        "{file} has to be brought up to date, and no copy of it could be made first: {cause}. Nothing was changed; make room, or \
         make the folder writable, and start again"
    )]
    Copy {
        /// The database.
        file: PathBuf,
        /// Why there is no copy.
        cause: BackupError,
    },
    /// A migration failed.
    #[error("{file} could not be brought up to date: {cause}. {}", format_copy(.copy))]
    Migrate {
        /// The database.
        file: PathBuf,
        /// Why the migration failed.
        cause: MigrateError,
        /// The verified copy from before, when the database is no longer as it was.
        copy: Option<PathBuf>,
    },
}

fn format_copy(copy: &Option<PathBuf>) -> String {
    match copy {
        Some(copy) => format!("The copy from before is {}; `gleaner db restore` puts it back", copy.display()),
        None => "Nothing was changed".to_owned(),
    }
}

/// Opens `folder`/gleaner.db, creating and migrating it as needed. A verified copy of a database with pending migrations is made
/// first, as `gleaner.before-<version>.db` beside it. A database of this version that cannot be written now, for example because
/// the disk is full, is opened all the same: it is read until a write succeeds.
#[tracing::instrument(name = "storage.open", level = "debug", skip_all)]
pub async fn open(folder: &Path) -> Result<Db, OpenError> {
    let file = folder.join(DATABASE_FILE_NAME);
    create_data_folder(folder).map_err(|cause| OpenError::Folder { folder: folder.to_owned(), cause })?;
    check_files(&file)?;
    prepare_file(&file).map_err(|cause| OpenError::File { file: file.clone(), cause })?;
    let opened = open_for_writing(&file).await;
    match opened {
        Err(OpenError::Sqlite { cause, .. }) if write_obstacle(&cause).is_some() => {
            let obstacle = write_obstacle(&cause).unwrap_or(WriteObstacle::DiskError);
            open_blocked(&file, obstacle).await.ok_or(OpenError::NotWritable { file, obstacle })
        }
        other => other,
    }
}

/// Fails when the database or its write-ahead log was lost since the last run.
pub(super) fn check_files(file: &Path) -> Result<(), OpenError> {
    let state = log_guard::state_file(file);
    match log_guard::find_loss(file) {
        None => Ok(()),
        Some(FileLoss::Database) => Err(OpenError::DatabaseLost { file: file.to_owned(), state }),
        Some(FileLoss::Log) => Err(OpenError::LogLost { log: log_guard::log_file(file), file: file.to_owned(), state }),
    }
}

async fn open_for_writing(file: &Path) -> Result<Db, OpenError> {
    let sqlite = |cause| OpenError::Sqlite { file: file.to_owned(), cause };
    // Migrations that rebuild a table drop the old one; with foreign keys on, that would delete what refers to it.
    let mut options = write_options(file).foreign_keys(false);
    if log_guard::file_size(file) == 0 {
        // Only a new file can be made so that unused pages are given back in steps.
        options = options.auto_vacuum(SqliteAutoVacuum::Incremental);
    }
    let mut first = options.connect().await.map_err(sqlite)?;
    migrate(&mut first, file).await?;
    super::categories::fill_identities(&mut first).await.map_err(sqlite)?;
    first.close().await.map_err(sqlite)?;
    Db::connect(file, write_options(file), read_options(file)).await.map_err(sqlite)
}

/// Reads a database that cannot be written; `None` when it is not of this version.
async fn open_blocked(file: &Path, obstacle: WriteObstacle) -> Option<Db> {
    let (now, found) = inspect_file(file).await.ok()?;
    let is_current = found == Some(known_schema_version());
    is_current.then(|| Db::connect_blocked(file, write_options(file), now, read_options(file), obstacle))
}

/// Reads the version of a database's schema without creating any file, not even a journal; returns the options that worked, and the
/// version.
pub(super) async fn inspect_file(file: &Path) -> sqlx::Result<(SqliteConnectOptions, Option<i64>)> {
    let log = log_guard::log_file(file);
    let options = |immutable| SqliteConnectOptions::new().filename(file).read_only(true).immutable(immutable);
    // Without a log no process has the database open, and as `immutable` it is read without creating one.
    let is_unused = !log.exists();
    match read_version_with(options(is_unused)).await {
        // Reading with a log needs its index file (`-shm`), for which there may be no room. An empty log needs none.
        Err(error) if !is_unused && write_obstacle(&error).is_some() && log_guard::file_size(&log) == 0 => {
            Ok((options(true), read_version_with(options(true)).await?))
        }
        found => Ok((options(is_unused), found?)),
    }
}

async fn read_version_with(options: SqliteConnectOptions) -> sqlx::Result<Option<i64>> {
    let mut db = options.connect().await?;
    let found = read_schema_version(&mut db).await?;
    db.close().await?;
    Ok(found)
}

/// Memory for pages of a connection, in KiB as SQLite takes it: enough for the largest write transaction.
const WRITE_CACHE_SIZE: &str = "-8192";
const READ_CACHE_SIZE: &str = "-4096";

// Without memory-mapped files: an error of the disk ends a statement, not the process.
fn write_options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .pragma("temp_store", "memory")
        .pragma("cache_size", WRITE_CACHE_SIZE)
        .optimize_on_close(true, None)
}

/// Readers must not optimize: that fails for them, their connections would close late, and the last to close would be one that
/// cannot checkpoint the write-ahead log.
fn read_options(file: &Path) -> SqliteConnectOptions {
    write_options(file)
        .read_only(true)
        .create_if_missing(false)
        .pragma("cache_size", READ_CACHE_SIZE)
        .optimize_on_close(false, None)
}

/// Creates the data folder, for its owner alone, when it is missing.
pub fn create_data_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Creates the file, for its owner alone, and checks that it can be written: SQLite's own message would not say which file.
fn prepare_file(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    if std::fs::metadata(file).is_ok_and(|metadata| metadata.len() == 0) {
        tracing::warn!(file = %file.display(), "the database file is empty; a new database is made in it");
    }
    std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(file).map(drop)
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

/// Brings the schema up to date, never without a verified copy of the database first.
async fn migrate(db: &mut SqliteConnection, file: &Path) -> Result<(), OpenError> {
    let sqlite = |cause| OpenError::Sqlite { file: file.to_owned(), cause };
    let found = read_schema_version(db).await.map_err(sqlite)?;
    let known = known_schema_version();
    let mut copy = None;
    match found {
        Some(found) if found > known => return Err(OpenError::Newer { file: file.to_owned(), found, known }),
        Some(found) if found < known => {
            let made = back_up_beside(file, &format!("before-{known}")).await;
            copy = Some(made.map_err(|cause| OpenError::Copy { file: file.to_owned(), cause })?);
        }
        _ => {}
    }
    let Err(cause) = MIGRATOR.run(&mut *db).await else { return Ok(()) };
    // Each migration is a transaction. When none was committed, the copy is not needed: the next start makes another.
    if read_schema_version(db).await.is_ok_and(|now| now == found)
        && let Some(unneeded) = copy.take()
        && let Err(error) = std::fs::remove_file(&unneeded)
    {
        tracing::warn!(%error, file = %unneeded.display(), "a copy that is not needed could not be removed");
    }
    Err(OpenError::Migrate { file: file.to_owned(), cause, copy })
}

/// The version of the schema in the database.
pub async fn schema_version(db: &Db) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations").fetch_one(&db.read).await
}

/// The version of the schema that this Gleaner works with.
pub fn known_schema_version() -> i64 {
    MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or(0)
}
