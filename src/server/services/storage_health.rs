//! Whether the database can be written, and how much room it has. Background work waits while it cannot; reading goes on.

use crate::{
    domain::write_obstacle::{MIN_FREE_BYTES_FOR_BACKGROUND_WORK, WriteObstacle},
    server::{state::App, storage},
};
use std::{io, path::Path, time::Duration};

/// Timeout of a test write.
const MAX_PROBE_TIME: Duration = Duration::from_secs(5);
/// Pause before the next attempt after a write that failed for no known reason.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// The result of a test write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageHealth {
    /// Whether a write was committed.
    pub is_writable: bool,
    /// Why background work waits.
    pub obstacle: Option<WriteObstacle>,
    /// Free space in bytes for this user, where the data folder is; `None` when the system does not tell.
    pub free_bytes: Option<u64>,
}

/// Commits a write that changes nothing, reads the free space, and records why background work has to wait.
#[tracing::instrument(name = "storage_health.prove", level = "debug", skip_all)]
pub async fn prove(app: &App) -> StorageHealth {
    let proven = tokio::select! {
        proven = app.db.prove_write() => proven,
        () = app.clock.sleep(MAX_PROBE_TIME) => Err(sqlx::Error::PoolTimedOut),
    };
    let free_bytes = free_bytes(&app.config.data_dir).ok();
    let obstacle = match &proven {
        Ok(()) => find_shortage(free_bytes),
        // Any other error may only mean that the write was slow; the known obstacle remains.
        Err(error) => storage::write_obstacle(error).or_else(|| app.db.obstacle()),
    };
    if let Err(error) = &proven {
        tracing::warn!(%error, "a test write failed");
    }
    app.db.set_obstacle(obstacle);
    StorageHealth { is_writable: proven.is_ok(), obstacle, free_bytes }
}

/// Checks the write-ahead log and the free space; makes a test write only while an obstacle is known.
#[tracing::instrument(name = "storage_health.watch", level = "debug", skip_all)]
pub async fn watch(app: &App) {
    app.db.restore_log().await;
    match find_shortage(free_bytes(&app.config.data_dir).ok()) {
        Some(shortage) => app.db.set_obstacle(Some(shortage)),
        None if app.db.obstacle().is_some() => {
            prove(app).await;
        }
        None => {}
    }
}

/// Waits a second after a failed write, then until writes are possible again, or the soft stop.
pub async fn wait_after_failed_write(app: &App) {
    let mut obstacle = app.db.subscribe_to_obstacle();
    tokio::select! {
        () = app.lifecycle.soft_stop.cancelled() => {}
        () = async {
            app.clock.sleep(RETRY_PAUSE).await;
            // The sender lives as long as the database.
            let _ = obstacle.wait_for(Option::is_none).await;
        } => {}
    }
}

/// Wakes every loop that may have given up on a write.
pub fn wake_waiting_loops(app: &App) {
    app.scoring_wakeup.notify_one();
    app.feeds_wakeup.notify_one();
    app.pulls_wakeup.notify_one();
    app.new_articles_wakeup.notify_one();
}

/// Free space in bytes for this user on the disk of a folder, or of its nearest ancestor that exists.
pub fn free_bytes(folder: &Path) -> io::Result<u64> {
    let existing = nearest_existing_folder(folder).ok_or(io::ErrorKind::NotFound)?;
    let disk = rustix::fs::statvfs(existing)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// The folder, or its nearest ancestor that exists.
pub fn nearest_existing_folder(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|ancestor| ancestor.exists())
}

fn find_shortage(free_bytes: Option<u64>) -> Option<WriteObstacle> {
    free_bytes.filter(|free| *free < MIN_FREE_BYTES_FOR_BACKGROUND_WORK).map(|_| WriteObstacle::DiskFull)
}
