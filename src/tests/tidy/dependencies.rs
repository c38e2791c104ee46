//! Every crate of `Cargo.toml` is used: those of the program by the program, those of the tests by tests or benchmarks.

use super::sources::{ROOT, is_test_file, rust_files};
use proc_macro2::{TokenStream, TokenTree};
use std::{collections::BTreeSet, fs, path::Path};

/// Names at the start of a path, and those after `use`, also within macros.
fn crate_names(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    collect_names(text.parse().expect("sources parse"), &mut names);
    names
}

fn collect_names(tokens: TokenStream, names: &mut BTreeSet<String>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let is_at = |index: Option<usize>, text: &str| {
        index.and_then(|index| tokens.get(index)).is_some_and(|token| token.to_string() == text)
    };
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => collect_names(group.stream(), names),
            TokenTree::Ident(ident) => {
                let is_first = !is_at(index.checked_sub(1), ":") || !is_at(index.checked_sub(2), ":");
                let is_path = is_at(Some(index + 1), ":") && is_at(Some(index + 2), ":");
                if is_first && (is_path || is_at(index.checked_sub(1), "use")) {
                    names.insert(ident.to_string());
                }
            }
            _ => {}
        }
    }
}

/// The crates of a table of `Cargo.toml`, by the names that code knows them by.
fn declared(table: &str) -> Vec<String> {
    let manifest = fs::read_to_string(Path::new(ROOT).join("Cargo.toml")).expect("readable");
    let manifest: toml::Table = manifest.parse().expect("TOML");
    manifest[table].as_table().expect("a table").keys().map(|name| name.replace('-', "_")).collect()
}

#[test]
fn every_dependency_is_used() {
    let files = rust_files(&["src", "benches"]);
    let (tests, program): (Vec<_>, Vec<_>) =
        files.iter().partition(|file| is_test_file(&file.path) || file.path.starts_with("benches/"));
    let in_program: BTreeSet<_> = program.iter().flat_map(|file| crate_names(&file.text)).collect();
    // Unit tests stand in files of the program.
    let in_tests: BTreeSet<_> =
        tests.iter().flat_map(|file| crate_names(&file.text)).chain(in_program.clone()).collect();
    for (table, used) in [("dependencies", in_program), ("dev-dependencies", in_tests)] {
        let unused: Vec<_> = declared(table).into_iter().filter(|name| !used.contains(name)).collect();
        assert!(unused.is_empty(), "[{table}] of Cargo.toml names crates that nothing uses: {unused:?}");
    }
}

#[test]
fn crates_are_found_in_code() {
    for (source, expected) in [
        ("use serde::Serialize;", &["serde"][..]),
        ("use {a::B, c};", &["a"]),
        ("fn f() { hex::encode(1) }", &["hex"]),
        ("#[derive(thiserror::Error)] struct E;", &["thiserror"]),
        ("view! { <p>{url::Url::parse(x)}</p> }", &["url"]),
        ("fn f(hex: u8) -> crate::url::Url { hex }", &["crate"]),
        ("// hex::encode\nconst TEXT: &str = \"serde::Serialize\";", &[]),
    ] {
        let names: BTreeSet<_> = expected.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(crate_names(source), names, "{source}");
    }
}
