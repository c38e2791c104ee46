//! The open database: its connections, its write transaction, and why it cannot be written.

use super::{log_guard::LogGuard, obstacle::write_obstacle};
use crate::{domain::write_obstacle::WriteObstacle, error::AppError};
use sqlx::{
    Connection, Sqlite, SqliteConnection, SqlitePool, Transaction,
    pool::PoolOptions,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use std::{
    ops::{Deref, DerefMut},
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// A longer write transaction is logged.
const LONG_WRITE: Duration = Duration::from_millis(20);
/// How long a write waits for those before it.
const MAX_WRITE_WAIT: Duration = Duration::from_secs(60);

/// The database: file `gleaner.db` in the data folder.
#[derive(Clone, Debug)]
pub struct Db {
    /// Read-only connections.
    pub read: SqlitePool,
    writer: SqlitePool,
    state: Arc<DbState>,
}

#[derive(Debug)]
struct DbState {
    obstacle: watch::Sender<Option<WriteObstacle>>,
    /// `None`: the database is in memory or opened read-only.
    log: Option<LogGuard>,
    renewal: Renewal,
    /// The longest write transaction since the start, in microseconds.
    longest_write_us: AtomicU64,
    /// How readers are opened as soon as the database can be written; until then they see it as it was at the start.
    later_readers: Mutex<Option<SqliteConnectOptions>>,
}

/// The last time at which all connections had to be replaced; `None`: never.
#[derive(Clone, Debug, Default)]
struct Renewal(Arc<Mutex<Option<Instant>>>);

impl Renewal {
    fn renew(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether a connection of this age was opened after the renewal.
    fn is_current(&self, age: Duration) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_none_or(|renewed| renewed.elapsed() >= age)
    }

    /// Pool options under which no connection is used that is older than the renewal. Nor is one used whose last transaction did
    /// not end: SQLite rolls back by itself when the disk is full, after which sqlx still counts a transaction as open.
    fn pool_options(&self) -> SqlitePoolOptions {
        let renewal = self.clone();
        PoolOptions::new().before_acquire(move |connection: &mut SqliteConnection, metadata| {
            let is_usable = renewal.is_current(metadata.age) && !connection.is_in_transaction();
            Box::pin(std::future::ready(Ok(is_usable)))
        })
    }
}

impl Db {
    /// Opens a connection for writing; those for reading are opened when they are needed.
    pub(super) async fn connect(
        file: &Path,
        write: SqliteConnectOptions,
        read: SqliteConnectOptions,
    ) -> sqlx::Result<Self> {
        let db = Self::prepare(Some(file), write, read);
        drop(db.writer.acquire().await?);
        Ok(db)
    }

    /// For a database that cannot be written now: it is read with `read_now` until a write succeeds, then with `read_later`.
    pub(super) fn connect_blocked(
        file: &Path,
        write: SqliteConnectOptions,
        read_now: SqliteConnectOptions,
        read_later: SqliteConnectOptions,
        obstacle: WriteObstacle,
    ) -> Self {
        let db = Self::prepare(Some(file), write, read_now);
        *db.state.later_readers.lock().unwrap_or_else(PoisonError::into_inner) = Some(read_later);
        db.set_obstacle(Some(obstacle));
        db
    }

    /// For a database that is never written: a write through it fails.
    pub(super) fn connect_read_only(read: SqliteConnectOptions) -> Self {
        Self::prepare(None, read.clone(), read)
    }

    /// Whether changes are stored: not in a database that is read-only or in memory.
    pub fn keeps_changes(&self) -> bool {
        self.state.log.is_some()
    }

    /// One connection for everything, as a database in memory needs.
    pub(super) fn with_only(pool: SqlitePool) -> Self {
        let state = DbState {
            obstacle: watch::Sender::default(),
            log: None,
            renewal: Renewal::default(),
            longest_write_us: AtomicU64::default(),
            later_readers: Mutex::default(),
        };
        Self { read: pool.clone(), writer: pool, state: Arc::new(state) }
    }

    fn prepare(file: Option<&Path>, write: SqliteConnectOptions, read: SqliteConnectOptions) -> Self {
        let renewal = Renewal::default();
        // Never closed while idle: on a full disk it might be impossible to open another.
        let writer = renewal
            .pool_options()
            .max_connections(1)
            .acquire_timeout(MAX_WRITE_WAIT)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(write);
        let readers = thread::available_parallelism().map_or(2, usize::from).max(2);
        let read = renewal
            .pool_options()
            .max_connections(u32::try_from(readers).unwrap_or(u32::MAX))
            .test_before_acquire(false)
            .connect_lazy_with(read);
        let state = DbState {
            obstacle: watch::Sender::default(),
            log: file.map(|file| LogGuard::new(file.to_owned())),
            renewal,
            longest_write_us: AtomicU64::default(),
            later_readers: Mutex::default(),
        };
        Self { read, writer, state: Arc::new(state) }
    }

    /// Begins the one write transaction, after those before it ended. Keep it short and free of network calls.
    #[tracing::instrument(name = "storage.write", level = "debug", skip_all)]
    pub async fn write(&self) -> sqlx::Result<WriteTransaction> {
        self.restore_log().await;
        let begun = self.writer.begin_with("BEGIN IMMEDIATE").await;
        let tx = begun.inspect_err(|error| self.record_failure(error))?;
        if let Some(log) = &self.state.log {
            log.record_begin();
        }
        let timer = WriteTimer { began: Instant::now(), state: Arc::clone(&self.state) };
        Ok(WriteTransaction { tx, db: self.clone(), timer })
    }

    /// The longest write transaction since the start: how long other writes waited for one at most.
    pub fn longest_write(&self) -> Duration {
        Duration::from_micros(self.state.longest_write_us.load(Ordering::Relaxed))
    }

    /// Checks that the database can be written, by committing a page with unchanged content.
    #[tracing::instrument(name = "storage.prove_write", level = "debug", skip_all)]
    pub async fn prove_write(&self) -> sqlx::Result<()> {
        let mut tx = self.write().await?;
        // SQLite writes this number, which Gleaner does not use, whether it changes or not.
        let written = sqlx::raw_sql("PRAGMA user_version = 0").execute(&mut *tx).await;
        written.inspect_err(|error| self.record_failure(error))?;
        tx.commit().await?;
        let later = self.state.later_readers.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(read) = later {
            self.read.set_connect_options(read);
            self.state.renewal.renew();
        }
        Ok(())
    }

    /// When the file of the write-ahead log was deleted: writes its content into the database file and replaces all connections.
    /// They still have the deleted file open, but connections opened from now on would not see it.
    #[tracing::instrument(name = "storage.restore_log", level = "debug", skip_all)]
    pub async fn restore_log(&self) {
        let Some(log) = self.state.log.as_ref().filter(|log| log.is_log_removed()) else { return };
        let Ok(mut writer) = self.writer.acquire().await else { return };
        // Another caller may have done it while this one waited.
        if !log.is_log_removed() {
            return;
        }
        let checkpoint =
            sqlx::query_as::<_, (i64, i64, i64)>("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *writer).await;
        match checkpoint {
            Ok((0, ..)) => {
                tracing::error!(
                    "the write-ahead log gleaner.db-wal was deleted; its content was written into the database"
                );
                log.forget_log();
                self.state.renewal.renew();
                if let Err(error) = writer.close().await {
                    tracing::debug!(%error, "the connection to the deleted log did not close cleanly");
                }
            }
            Ok(_) => tracing::warn!(
                "the write-ahead log was deleted, and its content cannot be saved while the database is busy; this is tried again"
            ),
            Err(error) => {
                tracing::error!(%error, "the write-ahead log was deleted; its content cannot be saved yet");
            }
        }
    }

    /// Frees memory that the write connection allocated for a large change.
    #[tracing::instrument(name = "storage.shrink_memory", level = "debug", skip_all)]
    pub async fn shrink_memory(&self) {
        if let Some(mut writer) = self.writer.try_acquire()
            && let Err(error) = sqlx::raw_sql("PRAGMA shrink_memory").execute(&mut *writer).await
        {
            tracing::debug!(%error, "the memory of the write connection could not be freed");
        }
    }

    /// Why the database cannot be written, as far as it is known.
    pub fn obstacle(&self) -> Option<WriteObstacle> {
        *self.state.obstacle.borrow()
    }

    /// Follows [`Db::obstacle`].
    pub fn subscribe_to_obstacle(&self) -> watch::Receiver<Option<WriteObstacle>> {
        self.state.obstacle.subscribe()
    }

    /// Records why the database cannot be written, or that it can; logs a change.
    pub fn set_obstacle(&self, obstacle: Option<WriteObstacle>) {
        let is_changed =
            self.state.obstacle.send_if_modified(|current| std::mem::replace(current, obstacle) != obstacle);
        match obstacle {
            _ if !is_changed => {}
            Some(obstacle) => tracing::error!(reason = obstacle.as_str(), "{} {}", obstacle.message(), obstacle.hint()),
            None => tracing::info!("the database can be written again"),
        }
    }

    fn record_failure(&self, error: &sqlx::Error) {
        if let Some(obstacle) = write_obstacle(error) {
            self.set_obstacle(Some(obstacle));
        }
    }

    /// Closes both pools, which checkpoints the write-ahead log into the file.
    pub async fn close(&self) {
        self.restore_log().await;
        self.read.close().await;
        self.writer.close().await;
        if let Some(log) = &self.state.log {
            log.record_close();
        }
    }
}

/// The one write transaction. Dropped without [`WriteTransaction::commit`], it changes nothing.
#[derive(Debug)]
pub struct WriteTransaction {
    tx: Transaction<'static, Sqlite>,
    db: Db,
    timer: WriteTimer,
}

/// Measures a write transaction until it is dropped.
#[derive(Debug)]
struct WriteTimer {
    began: Instant,
    state: Arc<DbState>,
}

impl Drop for WriteTimer {
    fn drop(&mut self) {
        let took = self.began.elapsed();
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.state.longest_write_us.fetch_max(micros, Ordering::Relaxed);
        if took > LONG_WRITE {
            tracing::debug!(milliseconds = took.as_millis(), "a write transaction took long");
        }
    }
}

impl WriteTransaction {
    /// Commits the changes.
    pub async fn commit(self) -> sqlx::Result<()> {
        let Self { tx, db, timer } = self;
        let committed = tx.commit().await;
        drop(timer);
        match (&committed, &db.state.log) {
            (Ok(()), Some(log)) => log.record_commit(),
            (Ok(()), None) => {}
            (Err(error), _) => db.record_failure(error),
        }
        committed
    }

    /// Rolls the changes back.
    pub async fn rollback(self) -> sqlx::Result<()> {
        self.tx.rollback().await
    }
}

impl Deref for WriteTransaction {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.tx
    }
}

impl DerefMut for WriteTransaction {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.tx
    }
}

/// A failed statement is an internal error, unless its cause is a [`WriteObstacle`]. The cause is logged here, so that services can
/// use `?`.
impl From<sqlx::Error> for AppError {
    fn from(cause: sqlx::Error) -> Self {
        match write_obstacle(&cause) {
            Some(obstacle) => {
                tracing::warn!(%cause, reason = obstacle.as_str(), "the database could not be written");
                obstacle.into()
            }
            None => {
                tracing::error!(%cause, "a statement of the database failed");
                Self::internal()
            }
        }
    }
}
