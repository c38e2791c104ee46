//! What the architecture asks of the sources, read from the sources. Each rule is proved to be able to fail.

use std::{
    fs,
    path::{Path, PathBuf},
};
use syn::{Item, UseTree, visit::Visit};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const MAX_FILE_LINES: usize = 400;
/// Folders of `src/server` that must not know each other: they meet in `services`.
const SIBLING_FOLDERS: [&str; 5] = ["storage", "feed", "models", "scoring", "registry"];

/// Files that may call `SafeHtml::from_sanitized`.
const MAKERS_OF_SAFE_HTML: [&str; 4] = [
    "src/domain/safe_html.rs",
    "src/server/html/sanitize.rs",
    "src/server/html/markdown.rs",
    "src/server/storage/types.rs",
];

/// What is wrong with one file.
fn violations(path: &str, source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut complain = |broken: bool, what: &str| {
        if broken {
            found.push(format!("{path}: {what}"));
        }
    };
    complain(source.lines().count() > MAX_FILE_LINES, "longer than 400 lines");
    complain(
        ["manager", "helper", "util", "utils"]
            .iter()
            .any(|word| path.trim_end_matches(".rs").ends_with(&format!("/{word}"))),
        "a file is named for what it answers, not Manager, Helper or Util",
    );
    let parsed = match syn::parse_file(source) {
        Ok(parsed) => parsed,
        Err(error) => return vec![format!("{path}: does not parse: {error}")],
    };
    let in_tests = is_test_file(path);
    let facts = SourceFacts::of(&parsed.items);

    let a_door = matches!(path, "src/lib.rs" | "src/main.rs");
    complain(
        !a_door && !in_tests && facts.code.contains("cfg (feature"),
        "`cfg(feature …)` belongs in lib.rs and main.rs",
    );

    complain(
        in_tests && source.contains(concat!("\"skip", "ped: ")),
        "a test that cannot run everywhere is marked `#[ignore = \"reason\"]`; it does not return early",
    );

    if path.starts_with("src/domain/") {
        for name in ["sqlx", "tokio", "leptos", "axum", "reqwest"] {
            complain(facts.names_crate(name), &format!("domain is pure: no {name}"));
        }
        for now in ["SystemTime", "Instant :: now", "Timestamp :: now", "Zoned :: now"] {
            complain(facts.code.contains(now), "domain has no clock");
        }
        for outside in ["server", "api", "pages", "components"] {
            complain(facts.uses(&["crate", outside]), &format!("domain knows nothing of {outside}"));
        }
    }
    if path.starts_with("src/api/") || path.starts_with("src/pages/") || path.starts_with("src/components/") {
        complain(
            facts.outside_bodies.iter().any(|path| starts_with(path, &["crate", "server"])),
            "`crate::server` only within function bodies",
        );
    }
    if path.starts_with("src/pages/") || path.starts_with("src/components/") {
        complain(facts.uses(&["crate", "server"]), "pages and components call `api`, never the server");
    }
    if path.starts_with("src/") && !in_tests && !path.starts_with("src/server/storage/") {
        complain(
            facts.uses(&["sqlx", "query"]) || facts.literals.iter().any(|text| is_sql(text)),
            "SQL belongs in server/storage",
        );
    }
    complain(
        !in_tests && path != "src/components/layout/safe_html.rs" && facts.code.contains("inner_html ="),
        "`inner_html` only in components/layout/safe_html.rs, which takes nothing but SafeHtml",
    );
    complain(
        !in_tests && !MAKERS_OF_SAFE_HTML.contains(&path) && facts.code.contains(":: from_sanitized"),
        "only html/sanitize.rs and html/markdown.rs make SafeHtml; storage/types.rs reads it back",
    );
    let fetching = path.starts_with("src/server/feed/fetch") || path.starts_with("src/server/models/ollama/client");
    complain(
        !fetching && !in_tests && facts.names_crate("reqwest"),
        "reqwest belongs in feed/fetch and models/ollama/client",
    );

    if let Some(own) = SIBLING_FOLDERS.iter().find(|sibling| within(path, sibling)) {
        for other in SIBLING_FOLDERS.iter().filter(|other| *other != own) {
            complain(facts.reaches(path, other), &format!("{own} and {other} are siblings and meet in services"));
        }
        for above in ["services", "worker", "http", "cli"] {
            complain(facts.reaches(path, above), &format!("{own} is below {above}"));
        }
    }
    for own in ["state", "live"].into_iter().filter(|own| within(path, own)) {
        for above in ["services", "worker", "http", "cli"] {
            complain(facts.reaches(path, above), &format!("{own} is below {above}"));
        }
    }
    if within(path, "services") {
        for above in ["worker", "http", "cli"] {
            complain(facts.reaches(path, above), &format!("services are below {above}"));
        }
    }
    if !in_tests {
        for call in [". unwrap ()", ". expect (", "todo !", "unimplemented !", "dbg !"] {
            complain(facts.code.contains(call), &format!("no `{}` outside of tests", call.replace(' ', "")));
        }
        complain(
            facts
                .type_names
                .iter()
                .any(|name| ["Manager", "Helper", "Util", "Utils"].iter().any(|word| name.ends_with(word))),
            "a type is a noun of the domain, not Manager, Helper or Util",
        );
    }
    found
}

/// Stories, and unit tests that were given a file of their own.
fn is_test_file(path: &str) -> bool {
    path.starts_with("src/tests/") || path.ends_with("/tests.rs") || path.ends_with("_tests.rs")
}

fn within(path: &str, folder: &str) -> bool {
    path.starts_with(&format!("src/server/{folder}/")) || path == format!("src/server/{folder}.rs")
}

fn is_sql(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    let verb = ["SELECT", "INSERT", "UPDATE", "DELETE", "PRAGMA", "VACUUM", "WITH", "CREATE"].contains(&first);
    verb && text.split_whitespace().count() > 1
}

fn starts_with(path: &[String], prefix: &[&str]) -> bool {
    path.len() >= prefix.len() && path.iter().zip(prefix).all(|(a, b)| a == b)
}

/// What a file says, tests apart.
#[derive(Default)]
struct SourceFacts {
    /// All tokens, separated by blanks.
    code: String,
    /// Every path named, `use` trees spelt out.
    paths: Vec<Vec<String>>,
    /// Those of them that stand outside of function bodies.
    outside_bodies: Vec<Vec<String>>,
    literals: Vec<String>,
    type_names: Vec<String>,
    body_depth: usize,
}

impl SourceFacts {
    fn of(items: &[Item]) -> Self {
        let mut facts = Self::default();
        for item in items.iter().filter(|item| !is_test(item)) {
            facts.code.push_str(&quote::quote!(#item).to_string());
            facts.code.push('\n');
            facts.visit_item(item);
        }
        facts
    }

    fn uses(&self, prefix: &[&str]) -> bool {
        self.paths.iter().any(|path| starts_with(path, prefix))
    }

    /// Also within macros, whose contents are only tokens.
    fn names_crate(&self, name: &str) -> bool {
        self.uses(&[name]) || self.code.contains(&format!(" {name} ::")) || self.code.contains(&format!("({name} ::"))
    }

    /// Whether `folder` of the server is named, absolutely or from where `path` lies.
    fn reaches(&self, path: &str, folder: &str) -> bool {
        let depth = path.trim_start_matches("src/server/").trim_end_matches("/mod.rs").matches('/').count();
        let climbs = |path: &Vec<String>| {
            let ups = path.iter().take_while(|part| *part == "super").count();
            ups > 0 && path.get(ups).is_some_and(|next| next == folder) && ups >= depth.max(1)
        };
        self.uses(&["crate", "server", folder]) || self.paths.iter().any(climbs)
    }

    fn note(&mut self, path: Vec<String>) {
        if self.body_depth == 0 {
            self.outside_bodies.push(path.clone());
        }
        self.paths.push(path);
    }

    fn spell_out(&mut self, before: &[String], tree: &UseTree) {
        let with = |name: String| before.iter().cloned().chain([name]).collect::<Vec<_>>();
        match tree {
            UseTree::Path(path) => self.spell_out(&with(path.ident.to_string()), &path.tree),
            UseTree::Name(name) => self.note(with(name.ident.to_string())),
            UseTree::Rename(name) => self.note(with(name.ident.to_string())),
            UseTree::Glob(_) => self.note(before.to_vec()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.spell_out(before, tree)),
        }
    }
}

impl<'a> Visit<'a> for SourceFacts {
    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        self.spell_out(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        self.note(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        syn::visit::visit_path(self, path);
    }

    fn visit_block(&mut self, block: &'a syn::Block) {
        self.body_depth += 1;
        syn::visit::visit_block(self, block);
        self.body_depth -= 1;
    }

    fn visit_lit_str(&mut self, literal: &'a syn::LitStr) {
        self.literals.push(literal.value());
    }

    fn visit_item_struct(&mut self, item: &'a syn::ItemStruct) {
        self.type_names.push(item.ident.to_string());
        syn::visit::visit_item_struct(self, item);
    }

    fn visit_item_enum(&mut self, item: &'a syn::ItemEnum) {
        self.type_names.push(item.ident.to_string());
        syn::visit::visit_item_enum(self, item);
    }

    // Doc comments are string literals too.
    fn visit_attribute(&mut self, attribute: &'a syn::Attribute) {
        if !attribute.path().is_ident("doc") {
            syn::visit::visit_attribute(self, attribute);
        }
    }
}

fn is_test(item: &Item) -> bool {
    let attributes = match item {
        Item::Mod(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        _ => return false,
    };
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || (attribute.path().is_ident("cfg") && quote::quote!(#attribute).to_string().contains("(test)"))
    })
}

fn collect_files(folder: &Path, wanted: &dyn Fn(&Path) -> bool, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect_files(&path, wanted, found);
        } else if wanted(&path) {
            found.push(path);
        }
    }
}

#[test]
fn the_sources_keep_to_the_architecture() {
    let mut sources = Vec::new();
    for folder in ["src", "benches"] {
        collect_files(
            &Path::new(ROOT).join(folder),
            &|path| path.extension().is_some_and(|ext| ext == "rs"),
            &mut sources,
        );
    }
    assert!(sources.len() > 40, "the sources were not found");
    let found: Vec<_> = sources
        .iter()
        .flat_map(|path| {
            let source = fs::read_to_string(path).expect("readable");
            let name = path.strip_prefix(ROOT).expect("within").to_string_lossy().into_owned();
            // The build script runs before there is a house, benches are tests of another kind.
            let free = name == "src/build.rs" || name.starts_with("benches/");
            if free { Vec::new() } else { violations(&name, &source) }
        })
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_module_says_what_it_is_for() {
    let mut sources = Vec::new();
    collect_files(&Path::new(ROOT).join("src"), &|path| path.extension().is_some_and(|ext| ext == "rs"), &mut sources);
    let silent: Vec<_> = sources
        .iter()
        .filter(|path| !is_test_file(&path.to_string_lossy()))
        .filter(|path| !fs::read_to_string(path).expect("readable").trim_start().starts_with("//!"))
        .collect();
    assert!(silent.is_empty(), "no `//!` at the top: {silent:?}");
}

#[test]
fn nothing_names_a_path_of_one_machine_or_is_left_to_do() {
    let told = |path: &Path| {
        path.extension().is_some_and(|ext| {
            ["rs", "md", "toml", "sql", "css", "ts", "mjs", "sh", "json"].iter().any(|known| ext == *known)
        })
    };
    let mut all = Vec::new();
    for folder in ["src", "docs", "benches", "style", "migrations", "end2end", "scripts", "deploy"] {
        collect_files(&Path::new(ROOT).join(folder), &told, &mut all);
    }
    all.extend(
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", "Cargo.toml", "Leptos.toml"]
            .map(|name| Path::new(ROOT).join(name)),
    );
    // Spelt in parts, so that this file does not find itself.
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

/// One bad snippet for each rule, and what it would look like done right.
#[test]
fn each_rule_can_fail() {
    let long = "//! x\n".repeat(MAX_FILE_LINES + 1);
    for (path, source, part) in [
        ("src/domain/x.rs", long.as_str(), "400 lines"),
        ("src/server/feed/utils.rs", "", "Manager, Helper or Util"),
        ("src/server/feed/x.rs", "struct FeedManager;", "Manager, Helper or Util"),
        ("src/server/x.rs", "#[cfg(feature = \"ssr\")] fn f() {}", "lib.rs and main.rs"),
        ("src/tests/x.rs", concat!("fn f() { println!(\"skip", "ped: no corpus\"); }"), "it does not return early"),
        ("src/domain/x.rs", "use sqlx::Row;", "no sqlx"),
        ("src/domain/x.rs", "fn f() { tokio::spawn(async {}); }", "no tokio"),
        ("src/domain/x.rs", "use leptos::prelude::*;", "no leptos"),
        ("src/domain/x.rs", "fn f() { let _ = std::time::Instant::now(); }", "no clock"),
        ("src/domain/x.rs", "fn f() { let _ = jiff::Timestamp::now(); }", "no clock"),
        ("src/domain/x.rs", "use crate::server::state::App;", "nothing of server"),
        ("src/api/x.rs", "use crate::server::state::App;", "function bodies"),
        ("src/api/x.rs", "use crate::{error::AppError, server::state::App};", "function bodies"),
        ("src/api/x.rs", "fn f(app: &crate::server::state::App) {}", "function bodies"),
        ("src/pages/x.rs", "fn f() { crate::server::services::reading::list(); }", "never the server"),
        ("src/pages/x.rs", "fn f() { view! { <div inner_html=html></div> } }", "safe_html.rs"),
        ("src/server/services/x.rs", "fn f() { SafeHtml::from_sanitized(String::new()); }", "make SafeHtml"),
        ("src/server/services/x.rs", "fn f() { let _ = \"SELECT 1 FROM feeds\"; }", "SQL"),
        ("src/server/worker/x.rs", "fn f() { sqlx::query!(\"x\"); }", "SQL"),
        ("src/server/services/x.rs", "fn f() { reqwest::get(\"x\"); }", "reqwest"),
        ("src/server/feed/x.rs", "fn f() { tokio::select! { r = reqwest::get(\"x\") => {} } }", "reqwest"),
        ("src/server/feed/x.rs", "use crate::server::storage::Db;", "siblings"),
        ("src/server/feed/x.rs", "use crate::server::{clock::Clock, models::ollama};", "siblings"),
        ("src/server/feed/x.rs", "use super::super::storage::Db;", "siblings"),
        ("src/server/feed/mod.rs", "use super::scoring::prompt;", "siblings"),
        ("src/server/storage/x.rs", "use crate::server::services::reading;", "below services"),
        ("src/server/state.rs", "use crate::server::services::chat;", "below services"),
        ("src/server/live/x.rs", "use super::super::worker;", "below worker"),
        ("src/server/services/x.rs", "use crate::server::http::reply;", "below http"),
        ("src/server/x.rs", "fn f() { Some(1).unwrap(); }", ".unwrap()"),
        ("src/server/x.rs", "fn f() { Some(1).expect(\"x\"); }", ".expect("),
        ("src/server/x.rs", "fn f() { todo!() }", "todo!"),
        ("src/server/x.rs", "fn f( {", "does not parse"),
    ] {
        let found = violations(path, source);
        assert!(found.iter().any(|complaint| complaint.contains(part)), "{path}: {source}\n→ {found:?}");
    }
    for (path, source) in [
        ("src/api/x.rs", "fn f() { use crate::server::state::App; crate::server::services::reading::list(); }"),
        ("src/server/storage/x.rs", "fn f() { sqlx::query!(\"SELECT 1 FROM feeds\"); }"),
        ("src/server/feed/fetch/x.rs", "use reqwest::Client;"),
        ("src/server/x.rs", "#[cfg(test)] mod tests { fn f() { Some(1).unwrap(); todo!() } }"),
        ("src/server/services/x.rs", "/// SELECT all of it.\nfn f() { let _ = \"Update Ollama\"; }"),
        ("src/server/feed/parse/x.rs", "use super::storage_of_words::x; use super::super::parse::y;"),
        ("src/lib.rs", "#[cfg(feature = \"ssr\")] pub mod server;"),
    ] {
        assert_eq!(violations(path, source), Vec::<String>::new(), "{source}");
    }
}
