//! Reports of the commands on the registry: changes made or planned, and results of verifying.

use super::ModelRole;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One field of one variant, before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The variant.
    pub name: String,
    /// Name of the field.
    pub field: String,
    /// The value before.
    pub old: Value,
    /// The value after.
    pub new: Value,
}

/// A value of a change as text: strings without quotes, lists with commas, null as `-`.
pub fn format_value(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "-".to_owned(),
        Value::Array(items) => items.iter().map(format_value).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => fields.get("name").map_or_else(|| value.to_string(), format_value),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
    }
}

/// An entry that was left out, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedModel {
    /// Its name in the imported list.
    pub identifier: String,
    /// Why it was left out, in a sentence.
    pub reason: String,
}

/// What an import did, or would do.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct RegistryImportReport {
    /// Where the list came from, for display.
    pub source: String,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Names of new variants.
    pub added: Vec<String>,
    /// Fields of known variants.
    pub changed: Vec<FieldChange>,
    /// Names of variants that are missing since this import.
    pub missing: Vec<String>,
    /// Names of missing variants that were found again.
    pub returned: Vec<String>,
    /// Names of placeholders that were marked as deprecated.
    pub deprecated: Vec<String>,
    /// Number of variants without a change.
    pub unchanged: i64,
    /// Entries that could not be used.
    pub skipped: Vec<SkippedModel>,
}

impl RegistryImportReport {
    /// Number of variants that are, or would be, new or changed.
    pub fn changed_count(&self) -> usize {
        let changed = self.changed.iter().map(|change| &change.name);
        let all = [&self.added, &self.missing, &self.returned, &self.deprecated].into_iter().flatten().chain(changed);
        all.collect::<std::collections::BTreeSet<_>>().len()
    }

    /// Whether the registry is, or would be, the same afterwards.
    pub fn is_unchanged(&self) -> bool {
        self.added.is_empty()
            && self.changed.is_empty()
            && self.missing.is_empty()
            && self.returned.is_empty()
            && self.deprecated.is_empty()
    }
}

string_enum! {
    /// The result of verifying a variant.
    VerifyStatus {
        /// Found with the recorded digest.
        Ok = "ok",
        /// Not found.
        Missing = "missing",
        /// Found with another digest.
        Changed = "changed",
        /// Nothing to compare; the note says why.
        Unverifiable = "unverifiable",
    }
}

/// The result of verifying one variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyResult {
    /// The variant.
    pub name: String,
    /// What Ollama calls it.
    pub served_model_id: String,
    /// The status.
    pub verdict: VerifyStatus,
    /// Why, unless it is simply ok.
    pub note: Option<String>,
}

/// The results of verifying, and their source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyReport {
    /// What was compared with, for display; `None` when neither Ollama nor a store could be read.
    pub evidence: Option<String>,
    /// One result for each variant.
    pub results: Vec<VerifyResult>,
}

impl VerifyReport {
    /// Number of results with the status `verdict`.
    pub fn count_with_status(&self, verdict: VerifyStatus) -> usize {
        self.results.iter().filter(|r| r.verdict == verdict).count()
    }

    /// Whether a variant is missing or changed.
    pub fn has_failures(&self) -> bool {
        self.results.iter().any(|r| matches!(r.verdict, VerifyStatus::Missing | VerifyStatus::Changed))
    }
}

/// A field that a backfill filled, and the source of its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackfilledField {
    /// The field, before and after.
    #[serde(flatten)]
    pub change: FieldChange,
    /// `store`, `served id` or `default`.
    pub from: String,
}

/// What a backfill filled, or would fill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackfillReport {
    /// The folder of the model store; `None` when there is none on this machine.
    pub store: Option<String>,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// The fields.
    pub filled: Vec<BackfilledField>,
    /// Number of variants without a field to fill.
    pub complete: i64,
    /// What could not be used in the store, one sentence each.
    pub problems: Vec<String>,
}

/// What normalizing changes, or would change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NormalizeReport {
    /// Whether the changes were written.
    pub applied: bool,
    /// The changes.
    pub changes: Vec<FieldChange>,
    /// Path of a backup of the registry, for `restore`.
    pub backup: Option<String>,
    /// What could not be derived, one sentence each.
    pub problems: Vec<String>,
}

/// The variant that would serve a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleSelection {
    /// The role.
    pub role: ModelRole,
    /// What Ollama calls the variant that serves it.
    pub served_model_id: String,
    /// Its name in the registry; `None` when the choice is not registered.
    pub name: Option<String>,
    /// Why it was selected, as a sentence.
    pub why: String,
}
