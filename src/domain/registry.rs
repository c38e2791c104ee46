//! The model registry as the pages, the command line and exports show it: every variant this installation knows.

use super::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

words! {
    /// What serves a variant.
    #[derive(Default)]
    Backend {
        #[default] Ollama = "ollama",
    }
}

words! {
    /// Where a variant was had from.
    #[derive(Default)]
    SourceProvider {
        #[default] Ollama = "ollama",
    }
}

words! {
    /// What the reader wants a variant for.
    Role {
        Categorization = "categorization",
        Scoring = "scoring",
        Chat = "chat",
        Embedding = "embedding",
    }
}

words! {
    /// The form of the weights.
    Format {
        Gguf = "gguf",
        Safetensors = "safetensors",
    }
}

words! {
    /// Where the weights lie.
    Location {
        /// In a store on this machine that Gleaner has read.
        Local = "local",
        /// Wherever the Ollama that lists it keeps them.
        Ollama = "ollama",
        /// On other people's machines: text sent to it leaves this one.
        Cloud = "cloud",
    }
}

words! {
    /// How a capability is known.
    Origin {
        /// Ollama said so.
        Reported = "reported",
        /// Concluded from the name and the model family.
        Guessed = "guessed",
    }
}

words! {
    /// The order of the list.
    #[derive(Default)]
    VariantSort {
        #[default] Name = "name",
        /// Largest first; unknown sizes last.
        Size = "size",
    }
}

/// Something a variant can do, such as `completion`, `vision`, `embedding`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capability {
    pub name: String,
    pub origin: Origin,
}

/// A variant of a model: one line of the registry. Exported as it stands here, keys sorted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// What it is called here: `<family>-ollama-gguf[-<quantization>]`. Once given it never changes.
    pub name: String,
    pub backend: Backend,
    pub family: String,
    /// As the identifier says it, lower-case; `None` when it says nothing.
    pub quantization: Option<String>,
    /// As Ollama reported it, in its spelling.
    pub reported_quantization: Option<String>,
    pub download_format: Option<Format>,
    /// What Ollama calls it, untouched.
    pub served_model_id: String,
    pub source_provider: SourceProvider,
    /// sha256 of the manifest in hex: 64 digits, or the first 12 when only a table was seen.
    pub digest: Option<String>,
    /// Bytes: all layers and the configuration.
    pub size_bytes: Option<i64>,
    /// The file of its weights, or `ollama://<served id>` while no file is known. Without one a variant is *logical*.
    pub path: Option<String>,
    pub location: Option<Location>,
    /// Sorted.
    pub roles: Vec<Role>,
    /// Sorted by name.
    pub capabilities: Vec<Capability>,
    /// As Ollama writes it, for example `8.0B`.
    pub parameter_size: Option<String>,
    /// Tokens the model was trained for.
    pub context_length: Option<i64>,
    /// Other spellings of the served id that were met, sorted.
    pub aliases: Vec<String>,
    pub deprecated: bool,
    pub deprecated_reason: Option<String>,
    pub first_seen: Timestamp,
    /// The last import that found it; an import that changes nothing does not count up, see [`Registry::last_import`].
    pub last_seen: Timestamp,
    /// The first import that did not find it any more; cleared when it is back.
    pub missing_since: Option<Timestamp>,
}

impl Variant {
    /// Has no path: known by name only.
    pub fn is_logical(&self) -> bool {
        self.path.is_none()
    }

    /// The last import found it.
    pub fn is_installed(&self) -> bool {
        self.missing_since.is_none() && !self.is_logical()
    }

    /// What the name says about the quantisation, else what Ollama reported.
    pub fn shown_quantization(&self) -> Option<&str> {
        self.quantization.as_deref().or(self.reported_quantization.as_deref())
    }

    /// Whether it has a capability, reported or guessed.
    pub fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|c| c.name == capability)
    }
}

/// Which variants a list holds.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VariantFilter {
    pub role: Option<Role>,
    pub backend: Option<Backend>,
    pub format: Option<Format>,
    pub show_deprecated: bool,
    pub include_logical: bool,
    pub sort: VariantSort,
}

impl VariantFilter {
    /// Whether role, backend and format fit; hiding is another matter.
    pub fn matches(&self, variant: &Variant) -> bool {
        self.role.is_none_or(|r| variant.roles.contains(&r))
            && self.backend.is_none_or(|b| variant.backend == b)
            && self.format.is_none_or(|f| variant.download_format == Some(f))
    }
}

/// The list with its footer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    pub variants: Vec<Variant>,
    /// Rows listed.
    pub count: i64,
    /// Bytes of the rows listed whose size is known.
    pub total_size_bytes: i64,
    /// Deprecated ones that match the filter but are not listed.
    pub hidden_deprecated: i64,
    /// Logical ones that match the filter but are not listed; those that are deprecated too count there.
    pub hidden_logical: i64,
}

impl Listing {
    /// Filters, hides, sorts and adds up. `variants` come sorted by name.
    pub fn of(variants: Vec<Variant>, filter: &VariantFilter) -> Self {
        let (mut hidden_deprecated, mut hidden_logical) = (0, 0);
        let mut listed: Vec<Variant> = variants
            .into_iter()
            .filter(|variant| {
                if !filter.matches(variant) {
                    return false;
                }
                let deprecated = variant.deprecated && !filter.show_deprecated;
                let logical = variant.is_logical() && !filter.include_logical;
                hidden_deprecated += i64::from(deprecated);
                hidden_logical += i64::from(logical && !deprecated);
                !deprecated && !logical
            })
            .collect();
        if filter.sort == VariantSort::Size {
            listed.sort_by(|a, b| b.size_bytes.cmp(&a.size_bytes).then_with(|| a.name.cmp(&b.name)));
        }
        Self {
            count: i64::try_from(listed.len()).unwrap_or(i64::MAX),
            total_size_bytes: listed.iter().filter_map(|v| v.size_bytes).fold(0, i64::saturating_add),
            variants: listed,
            hidden_deprecated,
            hidden_logical,
        }
    }
}

/// One field of one variant, before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The variant.
    pub name: String,
    pub field: String,
    pub old: Value,
    pub new: Value,
}

/// A value of a change for people: texts bare, lists with commas, nothing as `-`.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "-".to_owned(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => fields.get("name").map_or_else(|| value.to_string(), shown),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
    }
}

/// An entry that was left out, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    pub identifier: String,
    pub reason: String,
}

/// What an import did, or would do.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct ImportReport {
    /// Where the list came from, in words.
    pub source: String,
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
    pub unchanged: i64,
    pub skipped: Vec<Skipped>,
}

impl ImportReport {
    /// Whether the registry is, or would be, the same afterwards.
    pub fn is_quiet(&self) -> bool {
        self.added.is_empty()
            && self.changed.is_empty()
            && self.missing.is_empty()
            && self.returned.is_empty()
            && self.deprecated.is_empty()
    }
}

words! {
    /// What verifying a variant came to.
    Verdict {
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
pub struct Verified {
    pub name: String,
    pub served_model_id: String,
    pub verdict: Verdict,
    /// Why, unless it is simply ok.
    pub note: Option<String>,
}

/// The verdicts, and what they rest on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyReport {
    /// What was compared with, in words; `None` when neither Ollama nor a store could be asked.
    pub evidence: Option<String>,
    pub results: Vec<Verified>,
}

impl VerifyReport {
    /// How many came to `verdict`.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.results.iter().filter(|r| r.verdict == verdict).count()
    }

    /// Something is missing or changed.
    pub fn found_wanting(&self) -> bool {
        self.results.iter().any(|r| matches!(r.verdict, Verdict::Missing | Verdict::Changed))
    }
}

/// A field that a backfill filled, and from where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Filled {
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
    pub dry_run: bool,
    pub filled: Vec<Filled>,
    /// Variants that lacked nothing that could be filled.
    pub complete: i64,
    /// What was met in the store and could not be used, in words.
    pub problems: Vec<String>,
}

/// What normalising changes, or would change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NormalizeReport {
    pub applied: bool,
    pub changes: Vec<FieldChange>,
    /// The copy of the registry from before, as a file for `restore`.
    pub backup: Option<String>,
    /// What could not be derived anew, in words.
    pub problems: Vec<String>,
}

/// The variant that would serve a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    pub role: Role,
    pub served_model_id: String,
    /// Its line in the registry; `None` when the choice is not registered.
    pub name: Option<String>,
    /// In words.
    pub why: String,
}

/// The whole registry.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Registry {
    /// Sorted by name.
    pub variants: Vec<Variant>,
    /// When the list of models was last imported in full. Everything that is not missing was there then.
    pub last_import: Option<Timestamp>,
}
