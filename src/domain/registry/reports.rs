//! What was done to the registry, would be done, or was found: the outcomes of its commands.

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

/// A value of a change for people: texts bare, lists with commas, nothing as `-`.
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
    /// What the list calls it.
    pub identifier: String,
    /// Why it was left out, in a sentence.
    pub reason: String,
}

/// What an import did, or would do.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct RegistryImportReport {
    /// Where the list came from, in words.
    pub source: String,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Names of new variants.
    pub added: Vec<String>,
    /// Fields of known variants.
    pub changed: Vec<FieldChange>,
    /// Newly not there any more.
    pub missing: Vec<String>,
    /// Back again.
    pub returned: Vec<String>,
    /// Placeholders marked.
    pub deprecated: Vec<String>,
    /// Number of variants without a change.
    pub unchanged: i64,
    /// Entries that could not be used.
    pub skipped: Vec<SkippedModel>,
}

impl RegistryImportReport {
    /// How many variants are, or would be, new or different.
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
    /// What verifying a variant came to.
    VerifyStatus {
        /// There, with the digest on record.
        Ok = "ok",
        /// Not there.
        Missing = "missing",
        /// There, with another digest.
        Changed = "changed",
        /// Nothing to compare; the note says why.
        Unverifiable = "unverifiable",
    }
}

/// The verdict on one variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyResult {
    /// The variant.
    pub name: String,
    /// What Ollama calls it.
    pub served_model_id: String,
    /// How it compares.
    pub verdict: VerifyStatus,
    /// Why, unless it is simply ok.
    pub note: Option<String>,
}

/// The verdicts, and what they rest on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyReport {
    /// What was compared with, in words; `None` when neither Ollama nor a store could be asked.
    pub evidence: Option<String>,
    /// One result for each variant.
    pub results: Vec<VerifyResult>,
}

impl VerifyReport {
    /// How many came to `verdict`.
    pub fn count_with_status(&self, verdict: VerifyStatus) -> usize {
        self.results.iter().filter(|r| r.verdict == verdict).count()
    }

    /// Something is missing or changed.
    pub fn has_failures(&self) -> bool {
        self.results.iter().any(|r| matches!(r.verdict, VerifyStatus::Missing | VerifyStatus::Changed))
    }
}

/// A field that a backfill filled, and from where.
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
    /// The store's folder; `None` when there is none here.
    pub store: Option<String>,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// The fields.
    pub filled: Vec<BackfilledField>,
    /// Variants that lacked nothing that could be filled.
    pub complete: i64,
    /// What was met in the store and could not be used, in words.
    pub problems: Vec<String>,
}

/// What normalizing changes, or would change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NormalizeReport {
    /// Whether the changes were written.
    pub applied: bool,
    /// The changes.
    pub changes: Vec<FieldChange>,
    /// The copy of the registry from before, as a file for `restore`.
    pub backup: Option<String>,
    /// What could not be derived anew, in words.
    pub problems: Vec<String>,
}

/// The variant that would serve a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleSelection {
    /// The role.
    pub role: ModelRole,
    /// What Ollama calls the variant that serves it.
    pub served_model_id: String,
    /// Its line in the registry; `None` when the choice is not registered.
    pub name: Option<String>,
    /// In words.
    pub why: String,
}
