//! Models of the simulated server.

use crate::domain::model_name::ModelName;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A blob of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerSpec {
    /// With `sha256:`.
    pub digest: String,
    /// Its size in bytes.
    pub size: u64,
}

/// A model as the registry describes it.
#[derive(Clone, Debug)]
pub struct ModelSpec {
    /// The name; lists show its short form.
    pub name: String,
    /// sha256 of the manifest, 64 hex digits.
    pub digest: String,
    /// The layer of the weights first.
    pub layers: Vec<LayerSpec>,
    /// The family of models, for example `qwen3`.
    pub family: String,
    /// Number of parameters as Ollama writes it.
    pub parameter_size: String,
    /// Quantization as Ollama writes it.
    pub quantization: String,
    /// Tokens of context it was trained for.
    pub context_length: i64,
    /// What it can do, for example `completion`.
    pub capabilities: Vec<String>,
    /// The host of a cloud model.
    pub remote_host: Option<String>,
    /// Milliseconds since the epoch; set when it is installed.
    pub modified_ms: i64,
}

impl ModelSpec {
    /// A chat model of `size` bytes.
    pub fn new(name: &str, size: u64) -> Self {
        let weights =
            LayerSpec { digest: sha256_digest(&format!("{name} weights")), size: size.saturating_sub(1500).max(1) };
        let template = LayerSpec { digest: sha256_digest(&format!("{name} template")), size: 1000 };
        let config = LayerSpec { digest: sha256_digest(&format!("{name} config")), size: 500 };
        Self {
            name: name.to_owned(),
            digest: sha256_hex(&format!("{name} manifest")),
            layers: vec![weights, template, config],
            family: "llama".into(),
            parameter_size: "8.0B".into(),
            quantization: "Q4_K_M".into(),
            context_length: 40_960,
            capabilities: vec!["completion".into()],
            remote_host: None,
            modified_ms: 0,
        }
    }

    /// The same with other capabilities, such as `thinking` or `embedding`.
    #[must_use]
    pub fn with_capabilities(mut self, capabilities: &[&str]) -> Self {
        self.capabilities = capabilities.iter().map(|c| (*c).to_owned()).collect();
        self
    }

    /// One of the models that the settings page recommends; any other name gives a model of 5 GB.
    pub fn recommended(name: &str) -> Self {
        let all = Self::all_recommended();
        all.into_iter().find(|m| m.name == name).unwrap_or_else(|| Self::new(name, 5_000_000_000))
    }

    /// The models that the settings page recommends.
    pub fn all_recommended() -> Vec<Self> {
        [
            ("qwen3:1.7b", 1_359_291_908, "qwen3", "2.0B", true),
            ("qwen3:4b", 2_497_291_520, "qwen3", "4.0B", true),
            ("qwen3:8b", 5_225_388_164, "qwen3", "8.2B", true),
            ("gemma3:4b", 3_338_801_718, "gemma3", "4.3B", false),
            ("llama3.2:3b", 2_019_393_189, "llama", "3.2B", false),
        ]
        .into_iter()
        .map(|(name, size, family, parameters, thinks)| Self {
            family: family.into(),
            parameter_size: parameters.into(),
            ..Self::new(name, size).with_capabilities(if thinks {
                &["completion", "thinking"]
            } else {
                &["completion"]
            })
        })
        .collect()
    }

    /// Bytes of all layers.
    pub fn size(&self) -> u64 {
        self.layers.iter().map(|l| l.size).sum()
    }

    /// Whether it has this capability.
    pub fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|c| c == capability)
    }

    /// The digest of the weights, which identifies a model in memory.
    pub(super) fn weights(&self) -> &str {
        self.layers.first().map_or("", |l| l.digest.as_str())
    }

    /// The short form with its tag.
    pub(super) fn short(&self) -> String {
        ModelName::parse(&self.name).map_or_else(|_| self.name.clone(), |n| n.to_string())
    }

    /// The `details` object; the two extra fields stand only in the list of a modern server.
    pub(super) fn details(&self, extra: bool) -> Value {
        let mut details = json!({
            "parent_model": "", "format": "gguf", "family": self.family, "families": [self.family],
            "parameter_size": self.parameter_size, "quantization_level": self.quantization,
        });
        if extra {
            details["context_length"] = json!(self.context_length);
            details["embedding_length"] = json!(4096);
        }
        details
    }
}

fn sha256_hex(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

fn sha256_digest(text: &str) -> String {
    format!("sha256:{}", sha256_hex(text))
}
