//! Paths of a machine and notes of open work must not be committed.

use super::sources::{ROOT, collect_files};
use std::{fs, path::Path};

#[test]
fn nothing_names_a_path_of_one_machine_or_open_work() {
    let is_checked = |path: &Path| {
        path.extension().is_some_and(|ext| {
            ["rs", "md", "toml", "sql", "css", "ts", "mjs", "sh", "json"].iter().any(|known| ext == *known)
        })
    };
    let mut all = Vec::new();
    for folder in ["src", "docs", "benches", "style", "migrations", "end2end", "scripts", "deploy"] {
        collect_files(&Path::new(ROOT).join(folder), &is_checked, &mut all);
    }
    all.extend(
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", "Cargo.toml", "Leptos.toml"]
            .map(|name| Path::new(ROOT).join(name)),
    );
    // Spelled in parts, so that this file does not find itself.
    let unwanted =
        [concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];
    let found: Vec<_> = all
        .iter()
        .filter(|path| !path.to_string_lossy().contains("node_modules"))
        .flat_map(|path| {
            let text = fs::read_to_string(path).unwrap_or_default();
            let hits =
                unwanted.iter().filter(|word| text.contains(**word)).map(|word| format!("{}: {word}", path.display()));
            hits.collect::<Vec<_>>()
        })
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}
