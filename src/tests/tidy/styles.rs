//! Classes: each that pages and components name has a rule in the style sheet, and each that the end-to-end tests select is one
//! of them. Both are otherwise found in a browser only.

use super::sources::{ROOT, collect_files, rust_files};
use std::{collections::BTreeSet, fs, path::Path};

/// The classes that rules of a style sheet are about, and the utilities that it takes from Tailwind by name.
fn styled_classes(css: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let selectors = css.split('.').skip(1).map(|rest| rest.chars().take_while(|c| is_part(*c)).collect());
    let utilities = css.split("@source inline(\"").skip(1).filter_map(|rest| rest.split('"').next());
    selectors.chain(utilities.flat_map(str::split_whitespace).map(str::to_owned)).collect()
}

/// The classes that a source names.
fn named_classes(source: &str) -> impl Iterator<Item = &str> {
    source.split("class=\"").skip(1).filter_map(|rest| rest.split('"').next()).flat_map(str::split_whitespace)
}

/// The classes in the selectors of an end-to-end test.
fn selected_classes(spec: &str) -> impl Iterator<Item = &str> {
    let calls = spec.split("ocator(\"").skip(1).chain(spec.split("querySelector(\"").skip(1));
    calls.filter_map(|rest| rest.split('"').next()).flat_map(|selector| {
        let selectors = selector.split('.').skip(1);
        selectors.map(|rest| {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
            &rest[..end.unwrap_or(rest.len())]
        })
    })
}

#[test]
fn end_to_end_tests_select_existing_classes() {
    let mut specs = Vec::new();
    collect_files(
        &Path::new(ROOT).join("end2end"),
        &|path| path.extension().is_some_and(|ext| ext == "ts"),
        &mut specs,
    );
    let sources: String = rust_files(&["src/components", "src/pages"]).into_iter().map(|file| file.text).collect();
    let words: BTreeSet<_> = sources.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).collect();
    let mut selected = 0;
    let mut missing = Vec::new();
    for path in &specs {
        let spec = fs::read_to_string(path).expect("readable");
        for class in selected_classes(&spec) {
            selected += 1;
            if !words.contains(class) {
                missing.push(format!("{}: no page has the class {class}", path.display()));
            }
        }
    }
    assert!(selected > 10 && missing.is_empty(), "{selected} selected\n{}", missing.join("\n"));
}

#[test]
fn every_class_has_a_rule() {
    let mut sheets = Vec::new();
    collect_files(
        &Path::new(ROOT).join("style"),
        &|path| path.extension().is_some_and(|ext| ext == "css"),
        &mut sheets,
    );
    let css: String = sheets.iter().map(|path| fs::read_to_string(path).expect("readable")).collect();
    let styled = styled_classes(&css);
    let files = rust_files(&["src/components", "src/pages"]);
    let missing: Vec<_> = files
        .iter()
        .flat_map(|file| named_classes(&file.text).map(move |class| (class, &file.path)))
        .filter(|(class, _)| !styled.contains(*class))
        .map(|(class, path)| format!("{path}: the class {class} has no rule in style/"))
        .collect();
    assert!(styled.len() > 100 && missing.is_empty(), "\n{}", missing.join("\n"));
}

#[test]
fn a_class_without_a_rule_is_found() {
    let styled = styled_classes("@source inline(\"mt-3 mt-4\");\n.panel > .one-line:hover { margin: 0.5rem; }");
    let unstyled: Vec<_> = named_classes("<p class=\"panel mt-4 scroll\"><i class=\"one-line\">")
        .filter(|c| !styled.contains(*c))
        .collect();
    assert_eq!(unstyled, ["scroll"]);
}
