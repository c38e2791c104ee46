//! Type names are unique, and the words that ARCHITECTURE.md retires do not come back.

use super::{
    sources::rust_files,
    text::{comments, identifiers, texts, words_of},
};
use std::collections::BTreeMap;
use syn::visit::Visit;

/// A word that was replaced by a standard term.
struct RetiredWord {
    word: &'static str,
    /// What to write instead.
    instead: &'static str,
    /// Whether comments, and texts of the program outside of its tests, must not contain it either.
    in_prose: bool,
}

const fn retired(word: &'static str, instead: &'static str, in_prose: bool) -> RetiredWord {
    RetiredWord { word, instead, in_prose }
}

const RETIRED: [RetiredWord; 24] = [
    retired("bell", "wakeup", true),
    retired("desk", "what it does", true),
    retired("farewell", "disconnect", true),
    retired("fence", "delimiters", false),
    retired("gate", "circuit breaker", true),
    retired("heard", "received", true),
    retired("knock", "probe", true),
    retired("left alone", "paused, unchanged", true),
    retired("mend", "correct, repair", true),
    retired("nowhere", "not found", true),
    retired("observed", "listed model, snapshot", false),
    retired("outlook", "preview, estimate", true),
    retired("papers", "docs, export", true),
    retired("patience", "retry policy", true),
    retired("quiet forms", "enhanced forms", true),
    retired("rail", "sidebar", true),
    retired("shelf", "library", true),
    retired("sign of life", "contact, keepalive", true),
    retired("standing", "status, state", false),
    retired("suspects", "quarantine", true),
    retired("teller", "publisher", true),
    retired("turns", "priority queue", false),
    retired("warmth", "readiness", true),
    retired("whoever", "callers, clients, the reader", true),
];

/// Markdown has fences of its own.
const EXEMPT: [(&str, &str); 1] = [("fence", "src/tests/support/markdown.rs")];

/// The retired words of a file: which, and where.
fn retired_words(path: &str, source: &str) -> Vec<(&'static str, String)> {
    let names = identifiers(source).into_iter().map(|(line, name)| (line, words_of(&name), false));
    let comments = comments(source).into_iter().map(|(line, comment)| (line, words_of(comment), true));
    // Tests and the sample feeds of the demo contain what others wrote.
    let is_own = !path.starts_with("src/tests/") && !path.starts_with("src/server/demo/");
    let program_texts = texts(source).into_iter().filter(|_| is_own).map(|(line, text)| (line, words_of(&text), true));
    let mut found = Vec::new();
    for (line, words, is_prose) in names.chain(comments).chain(program_texts) {
        let words = format!(" {} ", words.join(" "));
        for RetiredWord { word, instead, in_prose } in RETIRED {
            let counts = (in_prose || !is_prose) && !EXEMPT.contains(&(word, path));
            if counts && words.contains(&format!(" {word} ")) {
                found.push((word, format!("{path}:{line}: “{word}” was replaced by {instead}")));
            }
        }
    }
    found
}

#[derive(Default)]
struct TypeNames(Vec<String>);

impl<'a> Visit<'a> for TypeNames {
    fn visit_item_struct(&mut self, item: &'a syn::ItemStruct) {
        self.0.push(item.ident.to_string());
    }

    fn visit_item_enum(&mut self, item: &'a syn::ItemEnum) {
        self.0.push(item.ident.to_string());
    }

    fn visit_item_trait(&mut self, item: &'a syn::ItemTrait) {
        self.0.push(item.ident.to_string());
    }

    fn visit_item_type(&mut self, item: &'a syn::ItemType) {
        self.0.push(item.ident.to_string());
    }
}

/// Names that more than one type of `files` has, with where they stand.
fn repeated_type_names<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    let mut places: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (path, text) in files {
        let mut names = TypeNames::default();
        names.visit_file(&syn::parse_file(text).expect("sources parse"));
        for name in names.0 {
            places.entry(name).or_default().push(path);
        }
    }
    places.retain(|_, paths| paths.len() > 1);
    places.into_iter().map(|(name, paths)| format!("{name}: {}", paths.join(", "))).collect()
}

#[test]
fn type_names_are_unique() {
    let files = rust_files(&["src", "benches"]);
    let repeated = repeated_type_names(files.iter().map(|file| (file.path.as_str(), file.text.as_str())));
    assert!(repeated.is_empty(), "type names used more than once: {repeated:#?}");
}

#[test]
fn retired_words_do_not_come_back() {
    let files = rust_files(&["src", "benches"]);
    let found: Vec<_> =
        files.iter().flat_map(|file| retired_words(&file.path, &file.text)).map(|(_, place)| place).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn repeated_names_and_retired_words_are_found() {
    let repeated = |a, b| repeated_type_names([("a.rs", a), ("b.rs", b)]);
    assert_eq!(repeated("struct A;", "mod inner { enum A {} }"), ["A: a.rs, b.rs"]);
    assert_eq!(repeated("fn f() { struct A; }", "trait A {}"), ["A: a.rs, b.rs"]);
    assert_eq!(repeated("struct A;", "impl Iterator for B { type A = u8; } struct C;"), [""; 0]);

    for (source, word) in [
        ("fn wake_bell() {}", "bell"),
        ("struct GateState;", "gate"),
        ("const MAX_TURNS: u8 = 1;", "turns"),
        ("fn f() { println!(\"{}\", rail.x) }", "rail"),
        ("/// Whoever comes next.\nfn f() {}", "whoever"),
        ("fn f() {} // the gate", "gate"),
        ("mod quiet_forms;", "quiet forms"),
        ("fn f() { say(\"Whoever asks.\") }", "whoever"),
    ] {
        let found = retired_words("src/x.rs", source);
        assert!(matches!(&found[..], [(other, _)] if *other == word), "{source}: {found:?}");
    }
    for source in [
        "fn navigate(trail: u8) {}",
        "#[doc = \"A title.\"] fn f() { say(\"a https://x.example/y\") }",
        "/// A belly, several fences.\nfn f() {}",
    ] {
        assert_eq!(retired_words("src/x.rs", source), [], "{source}");
    }
}
