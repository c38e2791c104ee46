//! The folders in which Ollama keeps its models: `manifests/<host>/<namespace>/<model>/<tag>` and `blobs/sha256-…`. Read only.

use crate::domain::{model_name::ModelName, registry::ModelFormat};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

/// Layers whose blob holds the weights.
const WEIGHTS_MEDIA_TYPE: &str = "application/vnd.ollama.image.model";
const TENSOR_MEDIA_TYPE: &str = "application/vnd.ollama.image.tensor";

/// A model in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredModel {
    /// sha256 of the manifest file, hex.
    pub digest: String,
    /// Bytes of all layers and the configuration.
    pub size: i64,
    /// The blob of the weights, or the manifest when there are several.
    pub path: PathBuf,
    /// The format of its weights.
    pub format: ModelFormat,
    /// A blob of the manifest whose file is missing.
    pub missing_blob: Option<String>,
}

/// The content of a store.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct StoreIndex {
    /// The store's folder.
    pub folder: PathBuf,
    /// The models by the keys of their names.
    pub models: HashMap<String, StoredModel>,
    /// Why parts could not be read, as sentences.
    pub problems: Vec<String>,
}

/// The folder to read: the given one, else the first default folder with manifests. `None` when there is no store.
pub fn find_folder(given: Option<&Path>, home: Option<&Path>) -> Option<PathBuf> {
    let candidates = match given {
        Some(folder) => vec![folder.to_owned()],
        None => home
            .map(|home| home.join(".ollama/models"))
            .into_iter()
            .chain(
                ["/usr/share/ollama/.ollama/models", "/var/lib/ollama/models", "/var/lib/ollama/.ollama/models"]
                    .map(PathBuf::from),
            )
            .collect(),
    };
    candidates.into_iter().find(|folder| folder.join("manifests").is_dir())
}

/// Reads every manifest of a store. Unreadable ones are listed in [`StoreIndex::problems`].
pub fn read_index(folder: &Path) -> StoreIndex {
    let mut index = StoreIndex { folder: folder.to_owned(), ..StoreIndex::default() };
    let root = folder.join("manifests");
    for file in list_manifests(&root, 4, &mut index.problems) {
        let Some(name) = model_name_from_path(&root, &file) else {
            index.problems.push(format!("{} is not where a manifest belongs", file.display()));
            continue;
        };
        match read_manifest(folder, &file) {
            Ok(model) => {
                index.models.insert(name.key(), model);
            }
            Err(cause) => index.problems.push(format!("{name}: {} cannot be used: {cause}", file.display())),
        }
    }
    index
}

/// All files exactly `depth` levels below `folder`, in byte order.
fn list_manifests(folder: &Path, depth: usize, problems: &mut Vec<String>) -> Vec<PathBuf> {
    let mut entries = match folder.read_dir().and_then(Iterator::collect::<io::Result<Vec<_>>>) {
        Ok(entries) => entries,
        Err(cause) => {
            problems.push(format!("{} cannot be read: {cause}", folder.display()));
            return Vec::new();
        }
    };
    entries.sort_by_key(fs::DirEntry::file_name);
    let visible =
        entries.iter().filter(|entry| !entry.file_name().to_string_lossy().starts_with('.')).map(fs::DirEntry::path);
    if depth == 1 {
        visible.filter(|path| path.is_file()).collect()
    } else {
        visible.filter(|path| path.is_dir()).flat_map(|path| list_manifests(&path, depth - 1, problems)).collect()
    }
}

fn model_name_from_path(root: &Path, file: &Path) -> Option<ModelName> {
    let parts: Vec<&str> = file.strip_prefix(root).ok()?.iter().map(|part| part.to_str()).collect::<Option<_>>()?;
    let [host, namespace, model, tag] = parts[..] else { return None };
    ModelName::parse(&format!("{host}/{namespace}/{model}:{tag}")).ok()
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    config: Option<StoredLayer>,
    #[serde(default)]
    layers: Vec<StoredLayer>,
}

#[derive(Deserialize)]
struct StoredLayer {
    #[serde(default, rename = "mediaType")]
    media_type: String,
    #[serde(default)]
    digest: String,
    #[serde(default)]
    size: i64,
}

fn read_manifest(folder: &Path, file: &Path) -> io::Result<StoredModel> {
    let bytes = fs::read(file)?;
    let manifest: Manifest = serde_json::from_slice(&bytes)?;
    let blob = |layer: &StoredLayer| folder.join("blobs").join(layer.digest.replace(':', "-"));
    let parts: Vec<&StoredLayer> =
        manifest.layers.iter().chain(manifest.config.as_ref()).filter(|l| !l.digest.is_empty()).collect();
    let tensors = parts.iter().any(|layer| layer.media_type.starts_with(TENSOR_MEDIA_TYPE));
    let weights = parts.iter().find(|layer| layer.media_type == WEIGHTS_MEDIA_TYPE);
    Ok(StoredModel {
        digest: hex::encode(Sha256::digest(&bytes)),
        size: parts.iter().map(|layer| layer.size.max(0)).fold(0, i64::saturating_add),
        path: weights.map_or_else(|| file.to_owned(), |layer| blob(layer)),
        format: if tensors { ModelFormat::Safetensors } else { ModelFormat::Gguf },
        missing_blob: parts.iter().find(|layer| !blob(layer).is_file()).map(|layer| layer.digest.clone()),
    })
}
