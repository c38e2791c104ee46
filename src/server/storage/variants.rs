//! The model registry's rows. What is written in them is decided in `server::registry`.

use super::to_json;
use crate::domain::model_name::ModelName;
use crate::domain::{
    registry::{Backend, ModelFormat, ModelLocation, ModelRole, Registry, SourceProvider, Variant},
    time::Timestamp,
};
use serde::de::DeserializeOwned;
use sqlx::{SqliteConnection, SqlitePool};

/// The whole registry, by name.
pub async fn load(db: &SqlitePool) -> sqlx::Result<Registry> {
    let mut db = db.acquire().await?;
    load_in_transaction(&mut db).await
}

/// As [`load`], within a transaction: what is decided on it is written against the same state.
pub async fn load_in_transaction(db: &mut SqliteConnection) -> sqlx::Result<Registry> {
    let rows = sqlx::query!(
        r#"SELECT name, backend, family, quantization, reported_quantization, download_format, served_model_id, source_provider,
                  digest, size_bytes, path, location, roles, capabilities, aliases, parameter_size, context_length,
                  deprecated AS "deprecated: bool", deprecated_reason, first_seen, last_seen, missing_since
           FROM model_variants ORDER BY name"#
    )
    .fetch_all(&mut *db)
    .await?;
    let variants = rows
        .into_iter()
        .map(|r| {
            Ok(Variant {
                name: r.name,
                backend: parse_column("backend", &r.backend, Backend::parse)?,
                family: r.family,
                quantization: r.quantization,
                reported_quantization: r.reported_quantization,
                download_format: r
                    .download_format
                    .map(|w| parse_column("download_format", &w, ModelFormat::parse))
                    .transpose()?,
                served_model_id: r.served_model_id,
                source_provider: parse_column("source_provider", &r.source_provider, SourceProvider::parse)?,
                digest: r.digest,
                size_bytes: r.size_bytes,
                path: r.path,
                location: r.location.map(|w| parse_column("location", &w, ModelLocation::parse)).transpose()?,
                roles: parse_json_list("roles", &r.roles)?,
                capabilities: parse_json_list("capabilities", &r.capabilities)?,
                aliases: parse_json_list("aliases", &r.aliases)?,
                parameter_size: r.parameter_size,
                context_length: r.context_length,
                deprecated: r.deprecated,
                deprecated_reason: r.deprecated_reason,
                first_seen: Timestamp(r.first_seen),
                last_seen: Timestamp(r.last_seen),
                missing_since: r.missing_since.map(Timestamp),
            })
        })
        .collect::<sqlx::Result<Vec<_>>>()?;
    let last_import = sqlx::query_scalar!("SELECT last_import FROM model_registry").fetch_one(db).await?;
    Ok(Registry { variants, last_import: last_import.map(Timestamp) })
}

/// What Ollama calls the first variant by name that has a role, is present and is not deprecated: the rule of
/// `registry::selection::serving`, in SQL because it is needed often.
pub async fn find_model_for_role(db: &SqlitePool, role: ModelRole) -> sqlx::Result<Option<ModelName>> {
    let role = role.as_str();
    sqlx::query_scalar!(
        r#"SELECT served_model_id AS "model: ModelName" FROM model_variants
           WHERE roles <> '[]' AND deprecated = 0 AND missing_since IS NULL
             AND EXISTS (SELECT 1 FROM json_each(roles) WHERE value = ?)
           ORDER BY name LIMIT 1"#,
        role
    )
    .fetch_optional(db)
    .await
}

/// Writes variants whole, new or known.
pub async fn upsert(db: &mut SqliteConnection, variants: &[Variant]) -> sqlx::Result<()> {
    for v in variants {
        let (backend, provider) = (v.backend.as_str(), v.source_provider.as_str());
        let (format, location) = (v.download_format.map(ModelFormat::as_str), v.location.map(ModelLocation::as_str));
        let (roles, capabilities, aliases) = (to_json(&v.roles)?, to_json(&v.capabilities)?, to_json(&v.aliases)?);
        let missing_since = v.missing_since.map(|t| t.0);
        sqlx::query!(
            "INSERT OR REPLACE INTO model_variants (name, backend, family, quantization, reported_quantization, download_format,
                 served_model_id, source_provider, digest, size_bytes, path, location, roles, capabilities, aliases,
                 parameter_size, context_length, deprecated, deprecated_reason, first_seen, last_seen, missing_since)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            v.name,
            backend,
            v.family,
            v.quantization,
            v.reported_quantization,
            format,
            v.served_model_id,
            provider,
            v.digest,
            v.size_bytes,
            v.path,
            location,
            roles,
            capabilities,
            aliases,
            v.parameter_size,
            v.context_length,
            v.deprecated,
            v.deprecated_reason,
            v.first_seen.0,
            v.last_seen.0,
            missing_since
        )
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Stores when the list of models was last imported in full.
pub async fn set_last_import(db: &mut SqliteConnection, at: Timestamp) -> sqlx::Result<()> {
    sqlx::query!("UPDATE model_registry SET last_import = ?", at.0).execute(db).await?;
    Ok(())
}

/// Removes rows; no file of any model is touched.
pub async fn delete(db: &mut SqliteConnection, names: &[String]) -> sqlx::Result<()> {
    for name in names {
        sqlx::query!("DELETE FROM model_variants WHERE name = ?", name).execute(&mut *db).await?;
    }
    Ok(())
}

/// Removes every row.
pub async fn delete_all(db: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM model_variants").execute(db).await?;
    Ok(())
}

fn parse_column<T>(column: &str, word: &str, parse: impl Fn(&str) -> Option<T>) -> sqlx::Result<T> {
    parse(word).ok_or_else(|| sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: format!("“{word}” is not a value that this version knows").into(),
    })
}

fn parse_json_list<T: DeserializeOwned>(column: &str, text: &str) -> sqlx::Result<Vec<T>> {
    serde_json::from_str(text)
        .map_err(|cause| sqlx::Error::ColumnDecode { index: column.to_owned(), source: cause.into() })
}
