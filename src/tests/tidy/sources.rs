//! The files of the repository, as the rules read them.

use std::{
    fs,
    path::{Path, PathBuf},
};

pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A Rust file with its path from the root of the repository.
pub struct SourceFile {
    pub path: String,
    pub text: String,
}

/// Every Rust file under `folders`.
pub fn rust_files(folders: &[&str]) -> Vec<SourceFile> {
    let mut paths = Vec::new();
    for folder in folders {
        collect_files(
            &Path::new(ROOT).join(folder),
            &|path| path.extension().is_some_and(|ext| ext == "rs"),
            &mut paths,
        );
    }
    paths.sort();
    assert!(!paths.is_empty(), "no sources in {folders:?}");
    paths
        .iter()
        .map(|path| SourceFile {
            path: path.strip_prefix(ROOT).expect("within the repository").to_string_lossy().into_owned(),
            text: fs::read_to_string(path).expect("readable"),
        })
        .collect()
}

pub fn collect_files(folder: &Path, wanted: &dyn Fn(&Path) -> bool, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect_files(&path, wanted, found);
        } else if wanted(&path) {
            found.push(path);
        }
    }
}

/// Integration tests, and unit tests in a file of their own.
pub fn is_test_file(path: &str) -> bool {
    path.starts_with("src/tests/") || path.ends_with("/tests.rs") || path.ends_with("_tests.rs")
}

/// `#[test]` or `#[cfg(test)]`.
pub fn is_test_item(item: &syn::Item) -> bool {
    use syn::Item;
    let attributes = match item {
        Item::Mod(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Const(item) => &item.attrs,
        _ => return false,
    };
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || (attribute.path().is_ident("cfg") && quote::quote!(#attribute).to_string().contains("(test)"))
    })
}
