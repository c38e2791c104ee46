//! The owner's password: one row, once it is set.

use crate::domain::{access::throttle::Attempts, time::Timestamp};
use sqlx::{SqliteConnection, SqliteExecutor};

/// The hash of the password, as a PHC string.
pub async fn password_hash(db: impl SqliteExecutor<'_>) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("SELECT password_hash FROM owner WHERE id = 1").fetch_optional(db).await
}

/// Whether a password is set.
pub async fn has_password(db: impl SqliteExecutor<'_>) -> sqlx::Result<bool> {
    Ok(sqlx::query_scalar!(r#"SELECT 1 AS "one!: i64" FROM owner WHERE id = 1"#).fetch_optional(db).await?.is_some())
}

/// Sets the password and resets the counter of login attempts.
pub async fn set_password(db: &mut SqliteConnection, hash: &str, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO owner (id, password_hash, password_changed_at) VALUES (1, ?1, ?2)
         ON CONFLICT (id) DO UPDATE SET password_hash = ?1, password_changed_at = ?2, login_attempts = 0",
        hash,
        now.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Login attempts since the last success.
pub async fn login_attempts(db: &mut SqliteConnection) -> sqlx::Result<Attempts> {
    let row = sqlx::query!("SELECT login_attempts, last_attempt_at FROM owner WHERE id = 1").fetch_optional(db).await?;
    Ok(row.map_or_else(Attempts::default, |row| Attempts {
        count: row.login_attempts,
        last_at: Timestamp(row.last_attempt_at),
    }))
}

/// Stores the login attempts.
pub async fn set_login_attempts(db: &mut SqliteConnection, attempts: Attempts) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE owner SET login_attempts = ?, last_attempt_at = ? WHERE id = 1",
        attempts.count,
        attempts.last_at.0
    )
    .execute(db)
    .await?;
    Ok(())
}
