//! Backups of the database: made while it is in use, examined before they count, restored without deleting the replaced database.

use super::log_guard;
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Why a copy could not be made, restored or examined.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is no database at this path.
    #[error("there is no database at {0}")]
    Missing(PathBuf),
    /// The target of the copy exists.
    #[error("{0} exists already; choose another name, so that no older copy is lost")]
    Exists(PathBuf),
    /// The file is not a database, or not one of Gleaner.
    #[error("{0} is not a database of Gleaner")]
    Foreign(PathBuf),
    /// SQLite's integrity check failed.
    #[error("{file} is damaged: {damage}")]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What the check says.
        damage: String,
    },
    /// A file cannot be read or written.
    #[error("{file} cannot be read or written: {cause}")]
    File {
        /// The file.
        file: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// SQLite cannot use the file.
    #[error("{file} cannot be used: {cause}")]
    Sqlite {
        /// The file.
        file: PathBuf,
        /// What SQLite says.
        cause: sqlx::Error,
    },
}

/// Copies `database` to `file` while it may be in use, and examines the copy. Nothing is left behind on failure.
#[tracing::instrument(name = "storage.back_up", level = "debug", skip_all)]
pub async fn back_up(database: &Path, file: &Path) -> Result<(), BackupError> {
    if file_exists(file)? {
        return Err(BackupError::Exists(file.to_owned()));
    }
    let mut db = connect(database).await?;
    // Written under a temporary name first, so that a file with the final name is always complete.
    let partial = sibling_path(file, "partial");
    let copied = vacuum_into_and_check(&mut db, &partial).await;
    let _ = db.close().await;
    let named = copied.and_then(|()| move_into_place(&partial, file));
    if named.is_err() {
        let _ = fs::remove_file(&partial);
    }
    named
}

/// As [`back_up`], to a new file beside the database whose name contains `word`; returns its path.
pub(super) async fn back_up_beside(database: &Path, word: &str) -> Result<PathBuf, BackupError> {
    let file = free_sibling_path(database, |n| if n == 1 { word.to_owned() } else { format!("{word}-{n}") });
    back_up(database, &file).await?;
    Ok(file)
}

async fn vacuum_into_and_check(db: &mut SqliteConnection, partial: &Path) -> Result<(), BackupError> {
    // SQLite writes into an existing empty file; one that it created itself could at first be read by other users.
    create_private(partial).map_err(|cause| BackupError::File { file: partial.to_owned(), cause })?;
    let target = partial.to_string_lossy().into_owned();
    #[expect(clippy::disallowed_methods, reason = "VACUUM INTO is not a statement the macro can describe")]
    let copied = sqlx::query("VACUUM INTO ?").bind(target).execute(db).await;
    copied.map_err(|cause| BackupError::Sqlite { file: partial.to_owned(), cause })?;
    match check_integrity(partial).await?.into_iter().next() {
        None => Ok(()),
        Some(damage) => Err(BackupError::Damaged { file: partial.to_owned(), damage }),
    }
}

/// Examines the copy `file` and replaces `database` by it; returns the new path of the replaced database, if there was one. There
/// is a complete database at `database` at every moment.
#[tracing::instrument(name = "storage.restore", level = "debug", skip_all)]
pub async fn restore(file: &Path, database: &Path) -> Result<Option<PathBuf>, BackupError> {
    if let Some(damage) = check_integrity(file).await?.into_iter().next() {
        return Err(BackupError::Damaged { file: file.to_owned(), damage });
    }
    let io = |cause| BackupError::File { file: database.to_owned(), cause };
    let arriving = sibling_path(database, "arriving");
    create_private(&arriving).map_err(io)?;
    fs::copy(file, &arriving).map_err(io)?;
    restrict_permissions(&arriving).map_err(io)?;
    let kept = if file_exists(database)? { Some(keep_replaced(database).await.map_err(io)?) } else { None };
    let _ = fs::remove_file(format!("{}-shm", database.display()));
    move_into_place(&arriving, database)?;
    Ok(kept)
}

/// Keeps the database at `database` under a new name, which is returned. A write-ahead log that cannot be checkpointed, because it
/// is damaged, is moved along with it.
async fn keep_replaced(database: &Path) -> io::Result<PathBuf> {
    if let Ok(db) = connect(database).await {
        let _ = db.close().await;
    }
    let kept = free_sibling_path(database, |n| format!("replaced-{n}"));
    if fs::hard_link(database, &kept).is_err() {
        // A file system without links.
        create_private(&kept)?;
        fs::copy(database, &kept)?;
    }
    let log = log_guard::log_file(database);
    if log.exists() {
        fs::rename(log, log_guard::log_file(&kept))?;
    }
    Ok(kept)
}

/// Renames a file once its content is on the disk.
fn move_into_place(from: &Path, to: &Path) -> Result<(), BackupError> {
    let moved = fs::File::open(from).and_then(|file| file.sync_all()).and_then(|()| fs::rename(from, to));
    moved.map_err(|cause| BackupError::File { file: to.to_owned(), cause })?;
    // Not every file system can do this to a folder; the file itself is safe.
    if let Some(Err(error)) = to.parent().map(|folder| fs::File::open(folder).and_then(|folder| folder.sync_all())) {
        tracing::debug!(%error, "the folder was not synchronized");
    }
    Ok(())
}

/// What `PRAGMA integrity_check` and `foreign_key_check` find; empty when all is well.
#[tracing::instrument(name = "storage.check_integrity", level = "debug", skip_all)]
pub async fn check_integrity(file: &Path) -> Result<Vec<String>, BackupError> {
    let sqlite = |cause| BackupError::Sqlite { file: file.to_owned(), cause };
    let mut db = connect(file).await?;
    let known_tables: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM sqlite_schema WHERE name IN ('_sqlx_migrations', 'feeds', 'articles')",
    )
    .fetch_one(&mut db)
    .await
    .map_err(sqlite)?;
    if known_tables < 3 {
        return Err(BackupError::Foreign(file.to_owned()));
    }
    let mut found: Vec<String> =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut db).await.map_err(sqlite)?;
    found.retain(|line| line != "ok");
    let dangling_rows: i64 =
        sqlx::query_scalar("SELECT count(*) FROM pragma_foreign_key_check").fetch_one(&mut db).await.map_err(sqlite)?;
    if dangling_rows > 0 {
        found.push(format!("{dangling_rows} rows refer to rows that do not exist"));
    }
    let _ = db.close().await;
    Ok(found)
}

async fn connect(file: &Path) -> Result<SqliteConnection, BackupError> {
    if !file_exists(file)? {
        return Err(BackupError::Missing(file.to_owned()));
    }
    SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(false)
        .connect()
        .await
        .map_err(|cause| BackupError::Sqlite { file: file.to_owned(), cause })
}

/// Whether there is such a file; an error when its folder may not be entered.
fn file_exists(file: &Path) -> Result<bool, BackupError> {
    file.try_exists().map_err(|cause| BackupError::File { file: file.to_owned(), cause })
}

/// `file` with a word between its name and its extension.
fn sibling_path(file: &Path, word: &str) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let extension = file.extension().map_or_else(|| "db".into(), |extension| extension.to_string_lossy());
    file.with_file_name(format!("{stem}.{word}.{extension}"))
}

/// The first path, of those with the words `word(1)`, `word(2)`, …, at which there is no file.
fn free_sibling_path(file: &Path, word: impl Fn(u32) -> String) -> PathBuf {
    let mut paths = (1..).map(|n| sibling_path(file, &word(n))).skip_while(|path| path.exists());
    paths.next().unwrap_or_else(|| file.to_owned())
}

/// Creates an empty file with mode 0600, in place of an existing one.
fn create_private(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let _ = fs::remove_file(file);
    fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(file).map(drop)
}

fn restrict_permissions(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o600))
}
