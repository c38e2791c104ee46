//! Model servers.

use crate::domain::{ids::ServerId, time::Timestamp};
use sqlx::{SqliteConnection, SqliteExecutor};

/// A row of `servers`, as it is stored.
#[derive(Clone, Debug)]
pub struct StoredServer {
    /// Its row.
    pub id: ServerId,
    /// What the owner calls it.
    pub name: String,
    /// Word of `ServerKind`.
    pub kind: String,
    /// `None`: as the settings say.
    pub address: Option<String>,
    /// The sealed token.
    pub sealed_token: Option<Vec<u8>>,
    /// The model to ask for.
    pub model: Option<String>,
    /// Requests in flight; `None`: as the settings say.
    pub slots: Option<i64>,
    /// Whether it chooses categories.
    pub categorizes: bool,
    /// Whether it scores.
    pub scores: bool,
    /// When the owner agreed that text leaves private networks.
    pub consented_at: Option<Timestamp>,
    /// Word of `ResponseFormat`.
    pub response_format: Option<String>,
}

/// All servers, the main one first.
pub async fn list(db: impl SqliteExecutor<'_>) -> sqlx::Result<Vec<StoredServer>> {
    sqlx::query!(
        r#"SELECT id AS "id!", name, kind, address, sealed_token, model, slots, categorizes AS "categorizes: bool",
                  scores AS "scores: bool", consented_at, response_format
           FROM servers ORDER BY id <> 1, name"#
    )
    .map(|r| StoredServer {
        id: ServerId(r.id),
        name: r.name,
        kind: r.kind,
        address: r.address,
        sealed_token: r.sealed_token,
        model: r.model,
        slots: r.slots,
        categorizes: r.categorizes,
        scores: r.scores,
        consented_at: r.consented_at.map(Timestamp),
        response_format: r.response_format,
    })
    .fetch_all(db)
    .await
}

/// Adds a server; its id is chosen here. `None` when the name is taken.
pub async fn insert(db: &mut SqliteConnection, new: &StoredServer) -> sqlx::Result<Option<ServerId>> {
    let consented = new.consented_at.map(|at| at.0);
    let id = sqlx::query_scalar!(
        r#"INSERT INTO servers (name, kind, address, sealed_token, model, slots, categorizes, scores, consented_at, response_format)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING RETURNING id AS "id!""#,
        new.name,
        new.kind,
        new.address,
        new.sealed_token,
        new.model,
        new.slots,
        new.categorizes,
        new.scores,
        consented,
        new.response_format,
    )
    .fetch_optional(db)
    .await?;
    Ok(id.map(ServerId))
}

/// Changes all of a server but its kind. `false` when the name is taken by another one.
pub async fn update(db: &mut SqliteConnection, changed: &StoredServer) -> sqlx::Result<bool> {
    let consented = changed.consented_at.map(|at| at.0);
    let done = sqlx::query!(
        "UPDATE OR IGNORE servers SET name = ?2, address = ?3, sealed_token = ?4, model = ?5, slots = ?6, categorizes = ?7,
             scores = ?8, consented_at = ?9, response_format = ?10 WHERE id = ?1",
        changed.id.0,
        changed.name,
        changed.address,
        changed.sealed_token,
        changed.model,
        changed.slots,
        changed.categorizes,
        changed.scores,
        consented,
        changed.response_format,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Keeps what a probe found.
pub async fn set_response_format(db: &mut SqliteConnection, id: ServerId, format: &str) -> sqlx::Result<()> {
    sqlx::query!("UPDATE servers SET response_format = ? WHERE id = ? AND id <> 1", format, id.0).execute(db).await?;
    Ok(())
}

/// Removes a server, but never the main one; whether there was one.
pub async fn remove(db: &mut SqliteConnection, id: ServerId) -> sqlx::Result<bool> {
    let done = sqlx::query!("DELETE FROM servers WHERE id = ? AND id <> 1", id.0).execute(db).await?;
    Ok(done.rows_affected() > 0)
}
