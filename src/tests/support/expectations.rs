//! Documents of the fixtures with their expected values, and known deviations.

use crate::support::fixtures::{fixture_json, fixture_path};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

const EXPECTED_SUFFIX: &str = ".expected.json";

/// A document, `NAME.EXTENSION`, with the expectation file beside it, `NAME.expected.json`.
#[derive(Debug)]
pub struct ExpectedDocument {
    /// The document's file name without its extension.
    pub name: String,
    pub file_name: String,
    pub bytes: Vec<u8>,
    pub expected: Value,
}

/// A value that differs from its expectation.
#[derive(Debug)]
pub struct Difference {
    pub document: String,
    /// Place of the value, for example `entries[0].title`.
    pub path: String,
    pub expected: Option<String>,
    pub found: Option<String>,
}

/// A known wrong value: the document, the path of the value, and the value that is read, `-` for none.
pub type KnownFault = (&'static str, &'static str, &'static str);

/// Every document of a folder of the fixtures, sorted by name.
///
/// # Panics
/// When a document has no expectation file or an expectation file has no document.
pub fn load_documents(folder: &str) -> Vec<ExpectedDocument> {
    let path = fixture_path(folder);
    let entries = fs::read_dir(&path).expect("a folder").map(|entry| entry.expect("readable").file_name());
    let mut files: Vec<String> = entries.map(|name| name.into_string().expect("UTF-8")).collect();
    files.sort();
    let (expectations, documents): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|file| file.ends_with(EXPECTED_SUFFIX));
    let read = |file_name: String| {
        let name = file_name.rsplit_once('.').expect("an extension").0.to_owned();
        let bytes = fs::read(path.join(&file_name)).expect("readable");
        let expected = fixture_json(&format!("{folder}/{name}{EXPECTED_SUFFIX}"));
        ExpectedDocument { name, file_name, bytes, expected }
    };
    let documents: Vec<ExpectedDocument> = documents.into_iter().map(read).collect();
    assert_eq!(documents.len(), expectations.len(), "an expectation file of {folder} has no document");
    documents
}

/// Compares two JSON values leaf by leaf; null and absent are the same. Returns the number of equal leaves and the differences.
pub fn compare_values(document: &str, expected: &Value, found: &Value) -> (usize, Vec<Difference>) {
    let (mut expected_leaves, mut found_leaves) = (BTreeMap::new(), BTreeMap::new());
    collect_leaves(expected, String::new(), &mut expected_leaves);
    collect_leaves(found, String::new(), &mut found_leaves);
    let paths: BTreeSet<&String> = expected_leaves.keys().chain(found_leaves.keys()).collect();
    let (equal, different): (Vec<&String>, Vec<&String>) =
        paths.into_iter().partition(|path| expected_leaves.get(*path) == found_leaves.get(*path));
    let differences = different.into_iter().map(|path| Difference {
        document: document.to_owned(),
        path: path.clone(),
        expected: expected_leaves.get(path).cloned(),
        found: found_leaves.get(path).cloned(),
    });
    (equal.len(), differences.collect())
}

fn collect_leaves(value: &Value, path: String, leaves: &mut BTreeMap<String, String>) {
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                collect_leaves(value, path, leaves);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                collect_leaves(value, format!("{path}[{index}]"), leaves);
            }
        }
        Value::String(text) => {
            leaves.insert(path, text.clone());
        }
        number => {
            leaves.insert(path, number.to_string());
        }
    }
}

/// Asserts that the differences are exactly the known faults, each with its wrong value: a fault that is fixed leaves the table.
pub fn assert_only_known_faults(differences: &[Difference], known_faults: &[KnownFault]) {
    let is_fault = |difference: &Difference, fault: &KnownFault| {
        let found = difference.found.as_deref().unwrap_or("-");
        (difference.document.as_str(), difference.path.as_str(), found) == *fault
    };
    let unknown = differences.iter().filter(|d| !known_faults.iter().any(|fault| is_fault(d, fault)));
    let mut failures: Vec<String> =
        unknown.map(|d| format!("{}: {} is {:?}, expected {:?}", d.document, d.path, d.found, d.expected)).collect();
    let fixed = known_faults.iter().filter(|fault| !differences.iter().any(|d| is_fault(d, fault)));
    failures.extend(fixed.map(|fault| format!("fixed, remove it from the table of known faults: {fault:?}")));
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
