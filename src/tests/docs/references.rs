//! Documents, sections and headings that comments refer to exist: `ollama-api.md §5.6`, `scoring.md "Categories"`.

use crate::support::markdown::{self, MarkdownDocument};
use std::{fs, path::Path};

/// Folders whose sources refer to documents.
const FOLDERS: [&str; 3] = ["src", "benches", "migrations"];
/// Folders in which a document is looked for by its bare name.
const DOCUMENT_FOLDERS: [&str; 4] = ["", "docs/", "docs/spec/", "docs/adr/"];

#[test]
fn references_in_comments_have_targets() {
    let documents = markdown::all_documents();
    let mut sources = Vec::new();
    for folder in FOLDERS {
        collect_sources(&markdown::project_root().join(folder), &mut sources);
    }
    let (mut count, mut problems) = (0, Vec::new());
    for (file, text) in &sources {
        for reference in references(text) {
            count += 1;
            problems.extend(problem(&documents, &reference).map(|problem| format!("{file}: {problem}")));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(count >= 40, "only {count} references were found");
}

#[test]
fn broken_references_are_found() {
    let documents = markdown::all_documents();
    for (text, broken) in [
        ("// See scoring.md.", false),
        ("//! The limits (ollama-api.md §5.7, §0.12).", false),
        ("/// The object (ollama-api.md\n/// §4.4 and §8).", false),
        ("-- Weights; registry.md, \"Naming\".", false),
        ("// See no-such-document.md.", true),
        ("// See ollama-api.md §5.99.", true),
        ("// See ollama-api.md §5.7 and §77.", true),
        ("// See ollama-api.md §0.99.", true),
        ("// See scoring.md \"No such heading\".", true),
    ] {
        let found: Vec<_> = references(text).iter().filter_map(|reference| problem(&documents, reference)).collect();
        assert_eq!(!found.is_empty(), broken, "{text}: {found:?}");
    }
}

/// A document as a text names it, with the sections and the heading behind the name.
#[derive(Debug)]
struct Reference {
    document: String,
    sections: Vec<String>,
    heading: Option<String>,
}

fn collect_sources(folder: &Path, sources: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            collect_sources(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "sql")
            && !path.ends_with(file!())
        {
            let name = path.strip_prefix(markdown::project_root()).expect("of the project").display().to_string();
            sources.push((name, fs::read_to_string(&path).expect("text")));
        }
    }
}

fn references(text: &str) -> Vec<Reference> {
    let text = joined_lines(text);
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.');
    text.match_indices(".md")
        .filter(|(at, _)| !text[at + 3..].starts_with(|c: char| c.is_ascii_alphanumeric()))
        .filter_map(|(at, _)| {
            let start = text[..at].rfind(|c: char| !is_name(c)).map_or(0, |before| before + 1);
            let name = text[start..at].trim_start_matches('/');
            let rest = text[at + 3..].trim_start_matches(',');
            let quoted = rest.strip_prefix(" \"").and_then(|rest| rest.split_once('"'));
            (!name.is_empty()).then(|| Reference {
                document: format!("{name}.md"),
                sections: sections(rest.trim_start()),
                heading: quoted.map(|(title, _)| title.to_owned()),
            })
        })
        .collect()
}

/// The text without line ends and comment marks, since a reference may be wrapped.
fn joined_lines(text: &str) -> String {
    let marks = ["//!", "///", "//", "--"];
    let bare = |line: &str| {
        let line = line.trim();
        marks.iter().find_map(|mark| line.strip_prefix(mark)).unwrap_or(line).trim().to_owned()
    };
    text.lines().map(bare).collect::<Vec<_>>().join(" ")
}

/// The numbers of `§4.4 and §8`.
fn sections(mut rest: &str) -> Vec<String> {
    let mut sections = Vec::new();
    while let Some(after) = rest.strip_prefix('§') {
        let end = after.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(after.len());
        sections.push(after[..end].trim_end_matches('.').to_owned());
        rest = after[end..].trim_start_matches([',', ' ']);
        rest = rest.strip_prefix("and ").unwrap_or(rest);
    }
    sections
}

/// What is wrong with a reference.
fn problem(documents: &[MarkdownDocument], reference: &Reference) -> Option<String> {
    let Reference { document: name, sections, heading } = reference;
    let is_meant =
        |document: &&MarkdownDocument| DOCUMENT_FOLDERS.iter().any(|folder| document.name == format!("{folder}{name}"));
    let Some(document) = documents.iter().find(is_meant) else { return Some(format!("there is no {name}")) };
    if let Some(section) = sections.iter().find(|section| !has_section(&document.text, section)) {
        return Some(format!("{name} has no §{section}"));
    }
    let title = heading.as_ref()?;
    let is_there = document.anchors.contains(&markdown::heading_anchor(title));
    (!is_there).then(|| format!("{name} has no heading “{title}”"))
}

/// A numbered heading, or an item of the numbered list below one: `0.12` is item 12 of section 0.
fn has_section(text: &str, section: &str) -> bool {
    let is_heading = |line: &str, number: &str| {
        let title = line.trim_start_matches('#').trim_start();
        line.starts_with('#')
            && title.strip_prefix(number).is_some_and(|rest| rest.starts_with(['.', ' ']))
            && !title[number.len()..].trim_start_matches('.').starts_with(|c: char| c.is_ascii_digit())
    };
    if text.lines().any(|line| is_heading(line, section)) {
        return true;
    }
    let Some((above, item)) = section.split_once('.') else { return false };
    let below = text.lines().skip_while(|line| !is_heading(line, above)).skip(1);
    below.take_while(|line| !line.starts_with('#')).any(|line| line.starts_with(&format!("{item}. ")))
}
