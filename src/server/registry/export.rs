//! Export of the registry as JSON; the same content gives the same bytes.

use crate::domain::registry::{Registry, Variant};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the schema of the document; documents of later versions are refused.
pub const SCHEMA_VERSION: u64 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RegistryDocument {
    schema_version: u64,
    variants: Vec<Variant>,
}

/// Why a document cannot be restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// A newer version of Gleaner wrote it.
    #[error(
        "it was written by a newer Gleaner (schema {found}, this one knows {SCHEMA_VERSION}); install that version to restore it"
    )]
    Newer {
        /// The version of its schema.
        found: u64,
    },
    /// It does not follow the schema.
    #[error("line {line}, column {column}: {reason}")]
    Malformed {
        /// Line in the document, from 1.
        line: usize,
        /// Column in the line, from 1.
        column: usize,
        /// What is wrong there.
        reason: String,
    },
    /// It has no `schema_version`.
    #[error("it has no schema_version; is it an export of `gleaner models export`?")]
    NoVersion,
    /// Two variants have this name.
    #[error("the name “{0}” appears twice")]
    Duplicate(String),
    /// A variant has an empty name.
    #[error("a variant has no name")]
    Nameless,
}

/// Writes the document: rows sorted by name, keys sorted, two spaces, one newline at the end.
///
/// # Errors
/// An error of serde, which does not occur for a registry that was read from the database.
pub fn render(registry: &Registry) -> serde_json::Result<String> {
    let mut variants = registry.variants.clone();
    variants.sort_by(|a, b| a.name.cmp(&b.name));
    let document = RegistryDocument { schema_version: SCHEMA_VERSION, variants };
    let mut text = serde_json::to_string_pretty(&sort_keys(serde_json::to_value(document)?))?;
    text.push('\n');
    Ok(text)
}

/// The same value with the keys of all objects in byte order, whichever map serde_json was built with.
fn sort_keys(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().map(|(k, v)| (k, sort_keys(v))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sort_keys).collect()),
        other => other,
    }
}

/// Reads a document back.
///
/// # Errors
/// [`RestoreError`] says what is wrong with it, with the line where there is one.
pub fn parse(text: &str) -> Result<Vec<Variant>, RestoreError> {
    let malformed = |error: serde_json::Error| RestoreError::Malformed {
        line: error.line(),
        column: error.column(),
        // serde_json appends line and column, which are at the beginning here.
        reason: error.to_string().split(" at line ").next().unwrap_or_default().to_owned(),
    };
    let any: Value = serde_json::from_str(text).map_err(malformed)?;
    match any.get("schema_version").and_then(Value::as_u64) {
        None => return Err(RestoreError::NoVersion),
        Some(found) if found > SCHEMA_VERSION => return Err(RestoreError::Newer { found }),
        Some(_) => {}
    }
    let mut variants = serde_json::from_str::<RegistryDocument>(text).map_err(malformed)?.variants;
    variants.sort_by(|a, b| a.name.cmp(&b.name));
    if variants.first().is_some_and(|v| v.name.is_empty()) {
        return Err(RestoreError::Nameless);
    }
    if let Some(pair) = variants.windows(2).find(|pair| pair[0].name == pair[1].name) {
        return Err(RestoreError::Duplicate(pair[0].name.clone()));
    }
    for variant in &mut variants {
        variant.roles.sort();
        variant.roles.dedup();
        variant.capabilities.sort();
        variant.aliases.sort();
    }
    Ok(variants)
}
