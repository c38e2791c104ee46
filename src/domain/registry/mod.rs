//! The model registry as the pages, the command line and exports show it: every variant this installation knows.

pub mod format;
mod query;
mod reports;

pub use crate::domain::registry::query::RegistryQuery;
pub use reports::*;

use super::time::Timestamp;
use serde::{Deserialize, Serialize};

string_enum! {
    /// The server that runs a variant.
    #[derive(Default)]
    Backend {
        #[default] Ollama = "ollama",
    }
}

string_enum! {
    /// Where a variant was downloaded from.
    #[derive(Default)]
    SourceProvider {
        #[default] Ollama = "ollama",
    }
}

string_enum! {
    /// A task that a variant can be used for.
    ModelRole {
        Categorization = "categorization",
        Scoring = "scoring",
        Chat = "chat",
        Embedding = "embedding",
    }
}

string_enum! {
    /// The form of the weights.
    ModelFormat {
        Gguf = "gguf",
        Safetensors = "safetensors",
    }
}

string_enum! {
    /// Where the weights are stored.
    ModelLocation {
        /// In a store on this machine that Gleaner has read.
        Local = "local",
        /// Where the Ollama that lists it stores them.
        Ollama = "ollama",
        /// In Ollama's cloud: text sent to it leaves this machine.
        Cloud = "cloud",
    }
}

string_enum! {
    /// How a capability is known.
    CapabilityOrigin {
        /// Ollama reported it.
        Reported = "reported",
        /// Concluded from the name and the model family.
        Guessed = "guessed",
    }
}

string_enum! {
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
    /// Its name as Ollama writes it.
    pub name: String,
    /// How it is known.
    pub origin: CapabilityOrigin,
}

/// A variant of a model: one row of the registry. Exported with these fields, keys sorted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Its name in the registry: `<family>-ollama-gguf[-<quantization>]`. It never changes.
    pub name: String,
    /// The server that runs it.
    pub backend: Backend,
    /// The family of models, for example `qwen3`.
    pub family: String,
    /// The quantization that the identifier names, in lower case; `None` when it names none.
    pub quantization: Option<String>,
    /// The quantization that Ollama reported, in its spelling.
    pub reported_quantization: Option<String>,
    /// Format of the download.
    pub download_format: Option<ModelFormat>,
    /// Its name in Ollama, unchanged.
    pub served_model_id: String,
    /// Where it was downloaded from.
    pub source_provider: SourceProvider,
    /// sha256 of the manifest in hex: 64 digits, or the first 12 when only a table was seen.
    pub digest: Option<String>,
    /// Bytes of all layers and the configuration.
    pub size_bytes: Option<i64>,
    /// The file of its weights, or `ollama://<served id>` while no file is known. Without one a variant is *logical*.
    pub path: Option<String>,
    /// Where its weights are kept.
    pub location: Option<ModelLocation>,
    /// The roles, sorted.
    pub roles: Vec<ModelRole>,
    /// The capabilities, sorted by name.
    pub capabilities: Vec<Capability>,
    /// Number of parameters as Ollama writes it, for example `8.0B`.
    pub parameter_size: Option<String>,
    /// Tokens the model was trained for.
    pub context_length: Option<i64>,
    /// Other spellings of the served id found by imports, sorted.
    pub aliases: Vec<String>,
    /// Whether it is out of use.
    pub deprecated: bool,
    /// Why it is out of use.
    pub deprecated_reason: Option<String>,
    /// When the registry first listed it.
    pub first_seen: Timestamp,
    /// The last import that changed it; for the last import at all see [`Registry::last_import`].
    pub last_seen: Timestamp,
    /// The first import that did not find it any more; cleared when it is back.
    pub missing_since: Option<Timestamp>,
}

impl Variant {
    /// Whether it has no path: known by name only.
    pub fn is_logical(&self) -> bool {
        self.path.is_none()
    }

    /// Whether the last import found it.
    pub fn is_installed(&self) -> bool {
        self.missing_since.is_none() && !self.is_logical()
    }

    /// What the name says about the quantization, else what Ollama reported.
    pub fn display_quantization(&self) -> Option<&str> {
        self.quantization.as_deref().or(self.reported_quantization.as_deref())
    }

    /// Whether it has a capability, reported or guessed.
    pub fn has_capability(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|c| c.name == capability)
    }
}

/// Which variants a list holds.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VariantFilter {
    /// Only variants with this role.
    pub role: Option<ModelRole>,
    /// Only variants of this backend.
    pub backend: Option<Backend>,
    /// Only variants in this format.
    pub format: Option<ModelFormat>,
    /// Whether deprecated variants are included.
    pub show_deprecated: bool,
    /// Whether logical variants are included.
    pub include_logical: bool,
    /// The order.
    pub sort: VariantSort,
}

impl VariantFilter {
    /// Whether role, backend and format match, without regard to deprecated and logical variants.
    pub fn matches(&self, variant: &Variant) -> bool {
        self.role.is_none_or(|r| variant.roles.contains(&r))
            && self.backend.is_none_or(|b| variant.backend == b)
            && self.format.is_none_or(|f| variant.download_format == Some(f))
    }
}

/// The list with its footer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariantList {
    /// The variants in the order asked for.
    pub variants: Vec<Variant>,
    /// Rows listed.
    pub count: i64,
    /// Bytes of the rows listed whose size is known.
    pub total_size_bytes: i64,
    /// Deprecated ones that match the filter but are not listed.
    pub hidden_deprecated: i64,
    /// Logical ones that match the filter but are not listed; without those counted in `hidden_deprecated`.
    pub hidden_logical: i64,
}

impl VariantList {
    /// The list that `filter` makes of `variants`, which are sorted by name.
    pub fn filtered(variants: Vec<Variant>, filter: &VariantFilter) -> Self {
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

/// The whole registry.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Registry {
    /// All variants, sorted by name.
    pub variants: Vec<Variant>,
    /// When the list of models was last imported in full. Variants that are not missing were listed then.
    pub last_import: Option<Timestamp>,
}
