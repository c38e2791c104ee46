//! Long work that survives a restart: one row each; those that ended are kept as history.

use crate::domain::time::Timestamp;
use sqlx::{SqliteConnection, SqliteExecutor};

/// A job as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The job.
    pub id: i64,
    /// `queued`, `running`, `done`, `cancelled` or `failed`.
    pub state: String,
    /// What was asked for (JSON).
    pub request: String,
    /// How far it is (JSON).
    pub progress: String,
    /// Failures in a row so far.
    pub attempts: i64,
    /// Why it failed (JSON).
    pub error: Option<String>,
    /// When it was asked for, in seconds since the epoch.
    pub created_at: i64,
    /// Seconds since the epoch.
    pub finished_at: Option<i64>,
    /// Those with more go first.
    pub priority: i64,
}

/// Ended jobs of a kind that are kept.
const MAX_KEPT_JOBS: i64 = 200;

/// The unfinished jobs of a kind: what was running first, then by priority, then in the order of asking.
pub async fn list_unfinished(db: impl SqliteExecutor<'_>, kind: &str) -> sqlx::Result<Vec<Job>> {
    sqlx::query_as!(
        Job,
        r#"SELECT id, state, request, progress, attempts, error, created_at, finished_at, priority
           FROM jobs WHERE kind = ? AND state IN ('queued', 'running') ORDER BY state = 'running' DESC, priority DESC, id"#,
        kind
    )
    .fetch_all(db)
    .await
}

/// The job of a kind that ended last, unless another was asked for since.
pub async fn find_last_finished(db: impl SqliteExecutor<'_>, kind: &str) -> sqlx::Result<Option<Job>> {
    sqlx::query_as!(
        Job,
        r#"SELECT id, state, request, progress, attempts, error, created_at, finished_at, priority
           FROM jobs WHERE kind = ? AND state IN ('done', 'cancelled', 'failed') AND is_past = 0
           ORDER BY finished_at DESC, updated_at DESC, id DESC LIMIT 1"#,
        kind
    )
    .fetch_optional(db)
    .await
}

/// The jobs of a kind that ended, the last one first.
pub async fn list_finished(db: impl SqliteExecutor<'_>, kind: &str) -> sqlx::Result<Vec<Job>> {
    sqlx::query_as!(
        Job,
        r#"SELECT id, state, request, progress, attempts, error, created_at, finished_at, priority
           FROM jobs WHERE kind = ? AND finished_at IS NOT NULL ORDER BY finished_at DESC, id DESC"#,
        kind
    )
    .fetch_all(db)
    .await
}

/// A job by its id.
pub async fn find(db: impl SqliteExecutor<'_>, id: i64) -> sqlx::Result<Option<Job>> {
    sqlx::query_as!(
        Job,
        r#"SELECT id, state, request, progress, attempts, error, created_at, finished_at, priority
           FROM jobs WHERE id = ?"#,
        id
    )
    .fetch_optional(db)
    .await
}

/// The unfinished job about `key`.
pub async fn find_unfinished(db: impl SqliteExecutor<'_>, kind: &str, key: &str) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        r#"SELECT id AS "id!" FROM jobs WHERE kind = ? AND key = ? AND state IN ('queued', 'running')"#,
        kind,
        key
    )
    .fetch_optional(db)
    .await
}

/// Queues a job. What ended before it is history from now on, of which the latest are kept.
pub async fn enqueue(
    db: &mut SqliteConnection,
    kind: &str,
    key: &str,
    request: &str,
    now: Timestamp,
) -> sqlx::Result<i64> {
    sqlx::query!("UPDATE jobs SET is_past = 1 WHERE kind = ? AND finished_at IS NOT NULL AND is_past = 0", kind)
        .execute(&mut *db)
        .await?;
    sqlx::query!(
        "DELETE FROM jobs WHERE kind = ?1 AND finished_at IS NOT NULL AND id NOT IN
            (SELECT id FROM jobs WHERE kind = ?1 AND finished_at IS NOT NULL ORDER BY finished_at DESC, id DESC LIMIT ?2)",
        kind,
        MAX_KEPT_JOBS
    )
    .execute(&mut *db)
    .await?;
    let queued = sqlx::query!(
        "INSERT INTO jobs (kind, key, state, request, created_at, updated_at) VALUES (?1, ?2, 'queued', ?3, ?4, ?4)",
        kind,
        key,
        request,
        now.0
    )
    .execute(db)
    .await?;
    Ok(queued.last_insert_rowid())
}

/// Stores that a job runs and how far it is. `false`: it has ended, for example because it was cancelled.
pub async fn record_progress(
    db: &mut SqliteConnection,
    id: i64,
    progress: &str,
    attempts: i64,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let updated = sqlx::query!(
        "UPDATE jobs SET state = 'running', progress = ?, attempts = ?, updated_at = ?
         WHERE id = ? AND state IN ('queued', 'running')",
        progress,
        attempts,
        now.0,
        id
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected() > 0)
}

/// Ends a job: `state` is `done`, `cancelled` or `failed`. `false`: it had ended before.
pub async fn finish(
    db: &mut SqliteConnection,
    id: i64,
    state: &str,
    error: Option<&str>,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let finished = sqlx::query!(
        "UPDATE jobs SET state = ?1, error = ?2, updated_at = ?3, finished_at = ?3
         WHERE id = ?4 AND state IN ('queued', 'running')",
        state,
        error,
        now.0,
        id
    )
    .execute(db)
    .await?;
    Ok(finished.rows_affected() > 0)
}

/// Changes the stored progress of a job that has ended.
pub async fn set_progress(db: &mut SqliteConnection, id: i64, progress: &str) -> sqlx::Result<()> {
    sqlx::query!("UPDATE jobs SET progress = ? WHERE id = ?", progress, id).execute(db).await.map(drop)
}

/// Changes the place of a job in the queue.
pub async fn set_priority(db: &mut SqliteConnection, id: i64, priority: i64) -> sqlx::Result<()> {
    sqlx::query!("UPDATE jobs SET priority = ? WHERE id = ?", priority, id).execute(db).await.map(drop)
}
