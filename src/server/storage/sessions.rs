//! Browsers that are logged in.

use crate::domain::{
    access::{LoginMethod, SESSION_IDLE_SECONDS, SESSION_LIFETIME_SECONDS, SessionSummary},
    ids::SessionId,
    time::Timestamp,
};
use sqlx::{SqliteConnection, SqliteExecutor, SqlitePool};

/// A session as it is loaded for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// The session.
    pub summary: SessionSummary,
    /// Id of the newest sign-in that this browser has shown.
    pub seen_sign_in: i64,
}

/// The session with this hash of its cookie, whether over or not.
pub async fn find(db: impl SqliteExecutor<'_>, token_hash: &[u8]) -> sqlx::Result<Option<StoredSession>> {
    sqlx::query!(
        r#"SELECT id AS "id!", created_at, last_used_at, address, device, method, seen_sign_in
           FROM sessions WHERE token_hash = ?"#,
        token_hash
    )
    .map(|r| StoredSession {
        summary: SessionSummary {
            id: SessionId(r.id),
            created_at: Timestamp(r.created_at),
            last_used_at: Timestamp(r.last_used_at),
            address: r.address,
            device: r.device,
            method: LoginMethod::parse(&r.method).unwrap_or(LoginMethod::Password),
        },
        seen_sign_in: r.seen_sign_in,
    })
    .fetch_optional(db)
    .await
}

/// When the session began and was used; `None` when it was ended.
pub async fn find_times(db: &SqlitePool, id: SessionId) -> sqlx::Result<Option<(Timestamp, Timestamp)>> {
    sqlx::query!("SELECT created_at, last_used_at FROM sessions WHERE id = ?", id.0)
        .map(|r| (Timestamp(r.created_at), Timestamp(r.last_used_at)))
        .fetch_optional(db)
        .await
}

/// All sessions that are not over, the last used first.
pub async fn list(db: &SqlitePool, now: Timestamp) -> sqlx::Result<Vec<SessionSummary>> {
    let (idle, age) = (now.0 - SESSION_IDLE_SECONDS, now.0 - SESSION_LIFETIME_SECONDS);
    sqlx::query!(
        r#"SELECT id AS "id!", created_at, last_used_at, address, device, method FROM sessions
           WHERE last_used_at > ? AND created_at > ? ORDER BY last_used_at DESC, id DESC"#,
        idle,
        age
    )
    .map(|r| SessionSummary {
        id: SessionId(r.id),
        created_at: Timestamp(r.created_at),
        last_used_at: Timestamp(r.last_used_at),
        address: r.address,
        device: r.device,
        method: LoginMethod::parse(&r.method).unwrap_or(LoginMethod::Password),
    })
    .fetch_all(db)
    .await
}

/// Adds a session that has shown the sign-ins up to `seen_sign_in`; removes sessions that are over.
pub async fn insert(
    db: &mut SqliteConnection,
    token_hash: &[u8],
    (address, device): (&str, &str),
    (method, seen_sign_in): (LoginMethod, i64),
    now: Timestamp,
) -> sqlx::Result<SessionId> {
    let (idle, age, method) = (now.0 - SESSION_IDLE_SECONDS, now.0 - SESSION_LIFETIME_SECONDS, method.as_str());
    sqlx::query!("DELETE FROM sessions WHERE last_used_at <= ? OR created_at <= ?", idle, age)
        .execute(&mut *db)
        .await?;
    let id = sqlx::query_scalar!(
        r#"INSERT INTO sessions (token_hash, created_at, last_used_at, address, device, method, seen_sign_in)
           VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6) RETURNING id AS "id!""#,
        token_hash,
        now.0,
        address,
        device,
        method,
        seen_sign_in
    )
    .fetch_one(db)
    .await?;
    Ok(SessionId(id))
}

/// Records a use.
pub async fn touch(
    db: &mut SqliteConnection,
    id: SessionId,
    (address, device): (&str, &str),
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE sessions SET last_used_at = ?, address = ?, device = ? WHERE id = ?",
        now.0,
        address,
        device,
        id.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Records that a browser has shown all sign-ins.
pub async fn mark_sign_ins_seen(db: &mut SqliteConnection, id: SessionId) -> sqlx::Result<()> {
    sqlx::query!("UPDATE sessions SET seen_sign_in = coalesce((SELECT max(id) FROM sign_ins), 0) WHERE id = ?", id.0)
        .execute(db)
        .await?;
    Ok(())
}

/// Ends a session; false when there is none.
pub async fn delete(db: &mut SqliteConnection, id: SessionId) -> sqlx::Result<bool> {
    let done = sqlx::query!("DELETE FROM sessions WHERE id = ?", id.0).execute(db).await?;
    Ok(done.rows_affected() > 0)
}

/// Ends all sessions.
pub async fn delete_all(db: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM sessions").execute(db).await?;
    Ok(())
}
