//! The second factor with the owner's password, and its recovery codes.

use crate::domain::time::Timestamp;
use sqlx::{SqliteConnection, SqliteExecutor};

/// A second factor that is on or being set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFactor {
    /// What the secret is derived from.
    pub salt: Vec<u8>,
    /// Whether it is on.
    pub is_confirmed: bool,
    /// The step of the last code that was accepted.
    pub last_step: i64,
}

/// The second factor; `None` when there is none.
pub async fn find(db: impl SqliteExecutor<'_>) -> sqlx::Result<Option<StoredFactor>> {
    sqlx::query!(
        r#"SELECT salt, confirmed_at IS NOT NULL AS "is_confirmed!: bool", last_step FROM second_factor WHERE id = 1"#
    )
    .map(|r| StoredFactor { salt: r.salt, is_confirmed: r.is_confirmed, last_step: r.last_step })
    .fetch_optional(db)
    .await
}

/// Begins to set one up in place of an unconfirmed one; false when it is on.
pub async fn begin(db: &mut SqliteConnection, salt: &[u8]) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO second_factor (id, salt) VALUES (1, ?1)
         ON CONFLICT (id) DO UPDATE SET salt = ?1 WHERE confirmed_at IS NULL",
        salt
    );
    Ok(done.execute(db).await?.rows_affected() > 0)
}

/// Switches it on.
pub async fn confirm(db: &mut SqliteConnection, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!("UPDATE second_factor SET confirmed_at = ? WHERE id = 1", now.0).execute(db).await?;
    Ok(())
}

/// Stores the step of a code that was accepted.
pub async fn set_last_step(db: &mut SqliteConnection, step: i64) -> sqlx::Result<()> {
    sqlx::query!("UPDATE second_factor SET last_step = ? WHERE id = 1", step).execute(db).await?;
    Ok(())
}

/// Removes it with its recovery codes; false when there is none.
pub async fn delete(db: &mut SqliteConnection) -> sqlx::Result<bool> {
    sqlx::query!("DELETE FROM recovery_codes").execute(&mut *db).await?;
    Ok(sqlx::query!("DELETE FROM second_factor").execute(db).await?.rows_affected() > 0)
}

/// Replaces the recovery codes.
pub async fn replace_recovery_codes(db: &mut SqliteConnection, macs: &[Vec<u8>]) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM recovery_codes").execute(&mut *db).await?;
    for mac in macs {
        sqlx::query!("INSERT INTO recovery_codes (code_mac) VALUES (?)", mac).execute(&mut *db).await?;
    }
    Ok(())
}

/// Uses up a recovery code; false when there is none with this hash.
pub async fn delete_recovery_code(db: &mut SqliteConnection, mac: &[u8]) -> sqlx::Result<bool> {
    let done = sqlx::query!("DELETE FROM recovery_codes WHERE code_mac = ?", mac);
    Ok(done.execute(db).await?.rows_affected() > 0)
}

/// Recovery codes that were not used.
pub async fn count_recovery_codes(db: impl SqliteExecutor<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"SELECT count(*) AS "count!: i64" FROM recovery_codes"#).fetch_one(db).await
}
