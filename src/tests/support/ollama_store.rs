//! Writes folders of Ollama's model store with small files.

use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A written model.
pub struct ModelFiles {
    pub manifest: PathBuf,
    pub weights: PathBuf,
    /// sha256 of the manifest.
    pub digest: String,
    pub size: i64,
}

/// Writes a model into the store `root`; `name` is `host/namespace/model/tag`, `content` the weights.
pub fn write_model(root: &Path, name: &str, content: &str) -> ModelFiles {
    let template = "{{ .Prompt }}";
    let config = r#"{"model_format":"gguf"}"#;
    let blob = |text: &str| {
        let digest = hex::encode(Sha256::digest(text));
        let file = root.join("blobs").join(format!("sha256-{digest}"));
        fs::create_dir_all(root.join("blobs")).expect("a folder");
        fs::write(&file, text).expect("written");
        (file, digest)
    };
    let layer = |media_type: &str, text: &str| serde_json::json!({"mediaType": media_type, "digest": format!("sha256:{}", blob(text).1), "size": text.len()});
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": layer("application/vnd.docker.container.image.v1+json", config),
        "layers": [layer("application/vnd.ollama.image.model", content), layer("application/vnd.ollama.image.template", template)],
    })
    .to_string();
    let file = root.join("manifests").join(name);
    fs::create_dir_all(file.parent().expect("a folder")).expect("made");
    fs::write(&file, &manifest).expect("written");
    ModelFiles {
        manifest: file,
        weights: blob(content).0,
        digest: hex::encode(Sha256::digest(&manifest)),
        size: i64::try_from(content.len() + template.len() + config.len()).expect("small"),
    }
}
