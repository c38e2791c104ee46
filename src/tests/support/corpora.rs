//! Collections of real input that lie beside the project, when they do.

use std::path::PathBuf;

/// The path of a file or folder of the collections; `None`, with a line that says so, when it is not there.
pub fn corpus_path(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpora")).join(name);
    if !path.exists() {
        println!("skipped: the collection {name} is not here");
        return None;
    }
    Some(path)
}

/// A JSON file of the collections.
pub fn corpus_json(name: &str) -> Option<serde_json::Value> {
    let text = std::fs::read(corpus_path(name)?).expect("readable");
    Some(serde_json::from_slice(&text).expect("JSON"))
}

/// A JSON array below a key.
pub fn json_array<'a>(of: &'a serde_json::Value, key: &str) -> &'a [serde_json::Value] {
    of[key].as_array().map_or(&[], Vec::as_slice)
}
