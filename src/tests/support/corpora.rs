//! Corpora: feeds, pages, payloads and names collected from elsewhere. They belong to their publishers and are no part of this
//! repository; `GLEANER_CORPORA` names their folder.
//!
//! A test over them is marked `#[ignore = "GLEANER_CORPORA is not set"]`. Where the variable is set, `scripts/test.sh` runs
//! ignored tests too; elsewhere they count as skipped.

use std::path::PathBuf;

/// The path of a file or folder of the corpora.
///
/// # Panics
/// When `GLEANER_CORPORA` is not set, or names a folder without that file.
pub fn corpus_path(name: &str) -> PathBuf {
    let folder = std::env::var_os("GLEANER_CORPORA").expect("GLEANER_CORPORA names the folder of the corpora");
    let path = PathBuf::from(folder).join(name);
    assert!(path.exists(), "{} does not exist; GLEANER_CORPORA names the folder of the corpora", path.display());
    path
}

/// A JSON file of the corpora.
pub fn corpus_json(name: &str) -> serde_json::Value {
    let text = std::fs::read(corpus_path(name)).expect("readable");
    serde_json::from_slice(&text).expect("JSON")
}

/// A JSON array below a key.
pub fn json_array<'a>(of: &'a serde_json::Value, key: &str) -> &'a [serde_json::Value] {
    of[key].as_array().map_or(&[], Vec::as_slice)
}
