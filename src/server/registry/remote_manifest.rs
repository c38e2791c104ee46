//! The manifest of a model in its registry (ollama-api.md §9C): its address and its layers.

use crate::domain::{model_name::ModelName, pull_preview::ManifestLayer};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The prefix of the media types of layers.
const LAYER_TYPE_PREFIX: &str = "application/vnd.ollama.image.";

#[derive(Deserialize)]
struct ManifestDocument {
    config: Option<LayerDocument>,
    layers: Vec<LayerDocument>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LayerDocument {
    #[serde(default)]
    media_type: String,
    digest: String,
    size: i64,
}

/// The layers of a manifest and its configuration, which is downloaded too; `None` when the document is no manifest.
pub fn parse_manifest(document: &[u8]) -> Option<Vec<ManifestLayer>> {
    let ManifestDocument { config, layers } = serde_json::from_slice(document).ok()?;
    let read = |layer: LayerDocument, kind: Option<&str>| ManifestLayer {
        kind: kind.unwrap_or_else(|| layer.media_type.strip_prefix(LAYER_TYPE_PREFIX).unwrap_or("other")).to_owned(),
        digest: layer.digest,
        size: layer.size.max(0),
    };
    let layers = layers.into_iter().map(|layer| read(layer, None));
    Some(layers.chain(config.map(|config| read(config, Some("config")))).collect())
}

/// The digests that Ollama may list for a model with this manifest: of the document itself, and of the document as Ollama writes it
/// after a pull, with its own fields in its own order.
pub fn digests(document: &[u8]) -> Vec<String> {
    let mut digests = vec![hex::encode(Sha256::digest(document))];
    if let Ok(manifest) = serde_json::from_slice::<WrittenManifest>(document)
        && let Ok(written) = serde_json::to_vec(&manifest)
    {
        digests.push(hex::encode(Sha256::digest(written)));
    }
    digests
}

/// A manifest as Ollama writes it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all(serialize = "camelCase", deserialize = "camelCase"))]
struct WrittenManifest {
    #[serde(default)]
    schema_version: i64,
    #[serde(default)]
    media_type: String,
    config: WrittenLayer,
    layers: Vec<WrittenLayer>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all(serialize = "camelCase", deserialize = "camelCase"))]
struct WrittenLayer {
    #[serde(default)]
    media_type: String,
    digest: String,
    size: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<Value>,
}

/// Bytes of all layers; a layer listed twice is downloaded once.
pub fn total_bytes(layers: &[ManifestLayer]) -> i64 {
    let first = |at: usize| layers[..at].iter().all(|before| before.digest != layers[at].digest);
    layers.iter().enumerate().filter(|(at, _)| first(*at)).fold(0_i64, |sum, (_, layer)| sum.saturating_add(layer.size))
}

/// The address of a model's manifest.
pub fn manifest_address(model: &ModelName) -> String {
    format!("{}/manifests/{}", repository_address(model), model.tag())
}

/// The address of a layer.
pub fn blob_address(model: &ModelName, digest: &str) -> String {
    format!("{}/blobs/{digest}", repository_address(model))
}

/// Registries speak HTTPS; one on this machine speaks HTTP.
fn repository_address(model: &ModelName) -> String {
    let host = model.host();
    let name = host.split(':').next().unwrap_or_default();
    let scheme = if name == "localhost" || name.starts_with("127.") { "http" } else { "https" };
    format!("{scheme}://{host}/v2/{}/{}", model.namespace(), model.model())
}

/// The first line of a license with words in it, at most 100 characters.
pub fn license_title(license: &str) -> Option<String> {
    let line = license.lines().map(str::trim).find(|line| line.chars().any(char::is_alphabetic))?;
    Some(line.chars().take(100).collect())
}

#[cfg(test)]
mod tests {
    use super::{digests, license_title, manifest_address, parse_manifest, total_bytes};
    use crate::domain::model_name::ModelName;

    #[test]
    fn manifests_of_registries() {
        let layers = parse_manifest(
            br#"{"schemaVersion":2,"config":{"mediaType":"application/vnd.docker.container.image.v1+json","digest":"sha256:c","size":400},
                "layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:a","size":4000000000},
                          {"mediaType":"application/vnd.ollama.image.model","digest":"sha256:b","size":2000000000},
                          {"mediaType":"application/vnd.ollama.image.license","digest":"sha256:a","size":4000000000}]}"#,
        )
        .expect("a manifest");
        let kinds: Vec<_> = layers.iter().map(|layer| layer.kind.as_str()).collect();
        assert_eq!(kinds, ["model", "model", "license", "config"]);
        assert_eq!(total_bytes(&layers), 6_000_000_400, "the same layer is downloaded once");
        for document in ["<html>", "{}", "[]", r#"{"layers":"none"}"#] {
            assert_eq!(parse_manifest(document.as_bytes()), None, "{document}");
        }
    }

    #[test]
    fn a_manifest_has_the_digest_of_its_text_and_of_what_ollama_writes() {
        let written = br#"{"schemaVersion":2,"mediaType":"m","config":{"mediaType":"c","digest":"sha256:c","size":4},"layers":[]}"#;
        let spaced = br#"{ "mediaType": "m", "schemaVersion": 2, "layers": [], "extra": 1,
            "config": {"size": 4, "digest": "sha256:c", "mediaType": "c"} }"#;
        assert_eq!(digests(written)[0], digests(written)[1]);
        assert_eq!(digests(spaced)[1], digests(written)[0]);
        assert_ne!(digests(spaced)[0], digests(spaced)[1]);
        assert_eq!(digests(b"<html>").len(), 1);
    }

    #[test]
    fn addresses_of_manifests() {
        for (name, address) in [
            ("qwen3:8b", "https://registry.ollama.ai/v2/library/qwen3/manifests/8b"),
            ("hf.co/u/r:Q4_K_M", "https://hf.co/v2/u/r/manifests/Q4_K_M"),
            ("localhost:5000/ns/m", "http://localhost:5000/v2/ns/m/manifests/latest"),
        ] {
            assert_eq!(manifest_address(&ModelName::parse(name).expect("a name")), address);
        }
        assert_eq!(license_title("\n  ---\n  Apache License\nVersion 2.0"), Some("Apache License".to_owned()));
    }
}
