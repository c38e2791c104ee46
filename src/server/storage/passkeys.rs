//! Passkeys of the owner.

use crate::{
    domain::{access::passkey::Passkey, ids::PasskeyId, time::Timestamp},
    server::webauthn::StoredCredential,
};
use sqlx::{SqliteConnection, SqliteExecutor};

/// All passkeys, the oldest first.
pub async fn list(db: impl SqliteExecutor<'_>) -> sqlx::Result<Vec<Passkey>> {
    sqlx::query!(r#"SELECT id AS "id!", name, host, created_at, last_used_at FROM passkeys ORDER BY id"#)
        .map(|r| Passkey {
            id: PasskeyId(r.id),
            name: r.name,
            host: r.host,
            created_at: Timestamp(r.created_at),
            last_used_at: r.last_used_at.map(Timestamp),
        })
        .fetch_all(db)
        .await
}

/// Whether there is one for a host.
pub async fn exists_for(db: impl SqliteExecutor<'_>, host: &str) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(r#"SELECT 1 AS "one!: i64" FROM passkeys WHERE host = ? LIMIT 1"#, host);
    Ok(found.fetch_optional(db).await?.is_some())
}

/// Credential ids and transports of the passkeys for a host.
pub async fn credentials_for(db: impl SqliteExecutor<'_>, host: &str) -> sqlx::Result<Vec<(Vec<u8>, u8)>> {
    sqlx::query!(r#"SELECT credential_id, transports AS "transports: u8" FROM passkeys WHERE host = ?"#, host)
        .map(|r| (r.credential_id, r.transports))
        .fetch_all(db)
        .await
}

/// The passkey for a host with this credential id.
pub async fn find(
    db: impl SqliteExecutor<'_>,
    host: &str,
    credential_id: &[u8],
) -> sqlx::Result<Option<(PasskeyId, StoredCredential)>> {
    sqlx::query!(
        r#"SELECT id AS "id!", credential_id, public_key, state, transports AS "transports: u8"
           FROM passkeys WHERE credential_id = ? AND host = ?"#,
        credential_id,
        host
    )
    .map(|r| {
        let stored = StoredCredential {
            credential_id: r.credential_id,
            public_key: r.public_key,
            state: r.state,
            transports: r.transports,
        };
        (PasskeyId(r.id), stored)
    })
    .fetch_optional(db)
    .await
}

/// Stores a passkey; false when there is one with its credential id.
pub async fn insert(
    db: &mut SqliteConnection,
    (name, host): (&str, &str),
    credential: &StoredCredential,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO passkeys (credential_id, host, name, public_key, state, transports, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (credential_id) DO NOTHING",
        credential.credential_id,
        host,
        name,
        credential.public_key,
        credential.state,
        credential.transports,
        now.0
    );
    Ok(done.execute(db).await?.rows_affected() > 0)
}

/// Stores what a login changed; false when another login changed it meanwhile, or the passkey is gone.
pub async fn record_use(
    db: &mut SqliteConnection,
    id: PasskeyId,
    (before, after): (&[u8], &[u8]),
    now: Timestamp,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE passkeys SET state = ?, last_used_at = ? WHERE id = ? AND state = ?",
        after,
        now.0,
        id.0,
        before
    );
    Ok(done.execute(db).await?.rows_affected() > 0)
}

/// Renames one; false when there is none.
pub async fn rename(db: &mut SqliteConnection, id: PasskeyId, name: &str) -> sqlx::Result<bool> {
    let done = sqlx::query!("UPDATE passkeys SET name = ? WHERE id = ?", name, id.0);
    Ok(done.execute(db).await?.rows_affected() > 0)
}

/// Removes one; false when there is none.
pub async fn delete(db: &mut SqliteConnection, id: PasskeyId) -> sqlx::Result<bool> {
    let done = sqlx::query!("DELETE FROM passkeys WHERE id = ?", id.0);
    Ok(done.execute(db).await?.rows_affected() > 0)
}
