//! Programs with secrets of their own.

use crate::domain::{
    access::device::{Device, DeviceView, LabelChoice, ScopeSet},
    ids::DeviceId,
    time::Timestamp,
};
use sqlx::{SqliteConnection, SqliteExecutor, SqlitePool};

/// A device with what is stored of its password.
#[derive(Clone, Debug)]
pub struct StoredDevice {
    /// The device.
    pub device: Device,
    /// HMAC-SHA-256 of its password.
    pub password_mac: Vec<u8>,
}

/// Hashes of the secrets of a device.
#[derive(Clone, Debug)]
pub struct SecretMacs {
    /// Of the token.
    pub token: Vec<u8>,
    /// Of the password.
    pub password: Vec<u8>,
    /// Of the Fever digest.
    pub fever: Vec<u8>,
}

/// By what a device is looked up.
#[derive(Clone, Copy, Debug)]
pub enum DeviceKey<'a> {
    /// Its id.
    Id(DeviceId),
    /// Its name, whatever the case.
    Name(&'a str),
    /// Its user name.
    Username(&'a str),
    /// The hash of its token.
    TokenMac(&'a [u8]),
    /// The hash of its Fever digest.
    FeverMac(&'a [u8]),
}

/// The key with which secrets are hashed; `None` before the first device.
pub async fn instance_key(db: impl SqliteExecutor<'_>) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!("SELECT key FROM instance_key WHERE id = 1").fetch_optional(db).await
}

/// Stores a key, unless there is one.
pub async fn insert_instance_key(db: &mut SqliteConnection, key: &[u8]) -> sqlx::Result<()> {
    sqlx::query!("INSERT INTO instance_key (id, key) VALUES (1, ?) ON CONFLICT DO NOTHING", key).execute(db).await?;
    Ok(())
}

/// The device found by one of its keys.
pub async fn find(db: &SqlitePool, key: DeviceKey<'_>) -> sqlx::Result<Option<StoredDevice>> {
    let (mut id, mut name, mut username, mut token, mut fever) = (None, None, None, None, None);
    match key {
        DeviceKey::Id(value) => id = Some(value.0),
        DeviceKey::Name(value) => name = Some(value),
        DeviceKey::Username(value) => username = Some(value),
        DeviceKey::TokenMac(value) => token = Some(value),
        DeviceKey::FeverMac(value) => fever = Some(value),
    }
    // One index each: SQLite looks up every alternative by itself.
    sqlx::query!(
        r#"SELECT id AS "id!", name, username, scopes, password_mac, created_at, last_used_at, last_address, last_program,
                  requests_today, labels, min_score, score_in_title AS "score_in_title: bool"
           FROM devices WHERE id = ?1 OR name = ?2 OR username = ?3 OR token_mac = ?4 OR fever_mac = ?5"#,
        id,
        name,
        username,
        token,
        fever
    )
    .map(|r| StoredDevice {
        password_mac: r.password_mac,
        device: Device {
            id: DeviceId(r.id),
            name: r.name,
            username: r.username,
            scopes: ScopeSet::parse(&r.scopes).unwrap_or(ScopeSet::READ_WRITE),
            view: DeviceView {
                labels: LabelChoice::parse(&r.labels).unwrap_or_default(),
                min_score: r.min_score,
                score_in_title: r.score_in_title,
            },
            created_at: Timestamp(r.created_at),
            last_used_at: r.last_used_at.map(Timestamp),
            last_address: r.last_address,
            last_program: r.last_program,
            requests_today: r.requests_today,
        },
    })
    .fetch_optional(db)
    .await
}

/// The ids of all devices, by name.
pub async fn list_ids(db: &SqlitePool) -> sqlx::Result<Vec<DeviceId>> {
    let ids = sqlx::query_scalar!(r#"SELECT id AS "id!" FROM devices ORDER BY name COLLATE NOCASE"#);
    Ok(ids.fetch_all(db).await?.into_iter().map(DeviceId).collect())
}

/// Whether a name or a user name is taken.
pub async fn is_taken(db: &mut SqliteConnection, name: &str, username: &str) -> sqlx::Result<(bool, bool)> {
    sqlx::query!(
        r#"SELECT coalesce(max(name = ?), 0) AS "name!: bool", coalesce(max(username = ?), 0) AS "username!: bool"
           FROM devices"#,
        name,
        username
    )
    .map(|r| (r.name, r.username))
    .fetch_one(db)
    .await
}

/// Adds a device.
pub async fn insert(
    db: &mut SqliteConnection,
    (name, username): (&str, &str),
    scopes: ScopeSet,
    macs: &SecretMacs,
    now: Timestamp,
) -> sqlx::Result<DeviceId> {
    let scopes = scopes.to_string();
    let id = sqlx::query_scalar!(
        r#"INSERT INTO devices (name, username, scopes, token_mac, password_mac, fever_mac, created_at)
           VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id AS "id!""#,
        name,
        username,
        scopes,
        macs.token,
        macs.password,
        macs.fever,
        now.0
    )
    .fetch_one(db)
    .await?;
    Ok(DeviceId(id))
}

/// Changes how scores reach a device; false when there is none.
pub async fn set_view(db: &mut SqliteConnection, id: DeviceId, view: DeviceView) -> sqlx::Result<bool> {
    let labels = view.labels.as_str();
    let done = sqlx::query!(
        "UPDATE devices SET labels = ?, min_score = ?, score_in_title = ? WHERE id = ?",
        labels,
        view.min_score,
        view.score_in_title,
        id.0
    );
    Ok(done.execute(db).await?.rows_affected() > 0)
}

/// Counts `count` more requests, the last of them now.
pub async fn touch(
    db: &mut SqliteConnection,
    id: DeviceId,
    (address, program): (&str, &str),
    count: i64,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE devices SET last_used_at = ?1, last_address = ?2, last_program = ?3,
             requests_today = CASE WHEN last_used_at / 86400 = ?1 / 86400 THEN requests_today ELSE 0 END + ?4
         WHERE id = ?5",
        now.0,
        address,
        program,
        count,
        id.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Removes a device with its secrets; false when there is none.
pub async fn delete(db: &mut SqliteConnection, id: DeviceId) -> sqlx::Result<bool> {
    let done = sqlx::query!("DELETE FROM devices WHERE id = ?", id.0).execute(db).await?;
    Ok(done.rows_affected() > 0)
}
