//! Attempts to log in of the last 90 days.

use crate::domain::{
    access::{LoginMethod, SIGN_INS_KEPT_SECONDS, SignIn, SignInOutcome},
    ids::SessionId,
    time::Timestamp,
};
use sqlx::{SqliteConnection, SqlitePool};

/// Rows kept; a flood of attempts from many addresses pushes out the oldest.
const MAX_ROWS: i64 = 5_000;

/// Stores an event, or counts it with the equal ones of this hour; returns the id of its row. Removes rows that are too old.
pub async fn record(
    db: &mut SqliteConnection,
    (outcome, method): (SignInOutcome, LoginMethod),
    (address, device): (&str, &str),
    is_new_device: bool,
    now: Timestamp,
) -> sqlx::Result<i64> {
    let (outcome, method) = (outcome.as_str(), method.as_str());
    let (hour, too_old) = (now.0.div_euclid(3600), now.0 - SIGN_INS_KEPT_SECONDS);
    sqlx::query!("DELETE FROM sign_ins WHERE last_at < ?", too_old).execute(&mut *db).await?;
    let id = sqlx::query_scalar!(
        r#"INSERT INTO sign_ins (outcome, method, address, device, hour, last_at, is_new_device)
           VALUES (?1, ?7, ?2, ?3, ?4, ?5, ?6)
           ON CONFLICT DO UPDATE SET count = count + 1, last_at = ?5 RETURNING id AS "id!""#,
        outcome,
        address,
        device,
        hour,
        now.0,
        is_new_device,
        method
    )
    .fetch_one(&mut *db)
    .await?;
    sqlx::query!("DELETE FROM sign_ins WHERE id <= (SELECT max(id) FROM sign_ins) - ?", MAX_ROWS).execute(db).await?;
    Ok(id)
}

/// Whether a device logged in during the last 90 days, and whether any did.
pub async fn find_device(db: &mut SqliteConnection, device: &str) -> sqlx::Result<(bool, bool)> {
    sqlx::query!(
        r#"SELECT coalesce(max(device = ?), 0) AS "known!: bool", count(*) > 0 AS "any!: bool"
           FROM sign_ins WHERE outcome = 'success'"#,
        device
    )
    .map(|r| (r.known, r.any))
    .fetch_one(db)
    .await
}

/// Whether somebody logged in from this address during the last 90 days.
pub async fn has_success_from(db: &mut SqliteConnection, address: &str) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        r#"SELECT 1 AS "one!: i64" FROM sign_ins WHERE outcome = 'success' AND address = ? LIMIT 1"#,
        address
    );
    Ok(found.fetch_optional(db).await?.is_some())
}

/// The newest events first.
pub async fn list(db: &SqlitePool, limit: i64) -> sqlx::Result<Vec<SignIn>> {
    sqlx::query!(
        r#"SELECT id AS "id!", outcome, method, address, device, last_at, count, is_new_device AS "is_new_device: bool"
           FROM sign_ins ORDER BY last_at DESC, id DESC LIMIT ?"#,
        limit
    )
    .map(|r| SignIn {
        id: r.id,
        outcome: SignInOutcome::parse(&r.outcome).unwrap_or(SignInOutcome::Refused),
        method: LoginMethod::parse(&r.method).unwrap_or(LoginMethod::Password),
        address: r.address,
        device: r.device,
        last_at: Timestamp(r.last_at),
        count: r.count,
        is_new_device: r.is_new_device,
    })
    .fetch_all(db)
    .await
}

/// The newest login of a new device that the browser of this session has not shown.
pub async fn find_unseen_new_device(db: &SqlitePool, session: SessionId) -> sqlx::Result<Option<SignIn>> {
    sqlx::query!(
        r#"SELECT i.id AS "id!", i.method, i.address, i.device, i.last_at, i.count
           FROM sign_ins i JOIN sessions s ON i.id > s.seen_sign_in
           WHERE s.id = ? AND i.outcome = 'success' AND i.is_new_device = 1 ORDER BY i.id DESC LIMIT 1"#,
        session.0
    )
    .map(|r| SignIn {
        id: r.id,
        outcome: SignInOutcome::Success,
        method: LoginMethod::parse(&r.method).unwrap_or(LoginMethod::Password),
        address: r.address,
        device: r.device,
        last_at: Timestamp(r.last_at),
        count: r.count,
        is_new_device: true,
    })
    .fetch_optional(db)
    .await
}
