//! Test data in `src/tests/fixtures`.

use std::path::{Path, PathBuf};

/// The path of a file or folder of the fixtures.
///
/// # Panics
/// When there is none of that name.
pub fn fixture_path(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/fixtures").join(name);
    assert!(path.exists(), "{} does not exist", path.display());
    path
}

/// A text file of the fixtures.
pub fn fixture_text(name: &str) -> String {
    std::fs::read_to_string(fixture_path(name)).expect("readable")
}

/// A JSON file of the fixtures, as the type that describes it.
pub fn fixture_json<T: serde::de::DeserializeOwned>(name: &str) -> T {
    serde_json::from_str(&fixture_text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The rows of a tab-separated file of the fixtures; lines that start with `#` are comments.
pub fn fixture_rows<const COLUMNS: usize>(name: &str) -> Vec<[String; COLUMNS]> {
    let text = fixture_text(name);
    let rows = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|line| {
        let columns: Vec<String> = line.split('\t').map(str::to_owned).collect();
        columns.try_into().unwrap_or_else(|_| panic!("{name}: not {COLUMNS} columns: {line}"))
    })
    .collect()
}
