//! The arrows of ARCHITECTURE.md and the rules for single files.

use super::sources::{SourceFile, is_test_file, is_test_item, rust_files};
use syn::{Item, UseTree, visit::Visit};

const MAX_FILE_LINES: usize = 400;

/// Folders and files of `src/server` from the lowest layer up: nothing uses a higher one.
const LAYERS: [&[&str]; 5] = [&["html"], &SIBLINGS, &["live", "state"], &["services"], &["worker", "http", "cli"]];
/// The layer whose folders must not know each other either: they meet in `services`.
const SIBLINGS: [&str; 5] = ["storage", "feed", "models", "scoring", "registry"];

/// Known violations; each entry must still be found, so that the list only shrinks.
const PENDING: &[&str] = &[];

/// Files that may call `SafeHtml::from_sanitized`.
const MAKERS_OF_SAFE_HTML: [&str; 4] = [
    "src/domain/safe_html.rs",
    "src/server/html/sanitize.rs",
    "src/server/html/markdown.rs",
    "src/server/storage/types.rs",
];

/// What is wrong with one file.
fn violations(path: &str, source: &str) -> Vec<String> {
    let mut violations = Vec::new();
    let mut check = |is_broken: bool, what: &str| {
        if is_broken {
            violations.push(format!("{path}: {what}"));
        }
    };
    check(source.lines().count() > MAX_FILE_LINES, "longer than 400 lines");
    check(
        ["manager", "helper", "util", "utils"]
            .iter()
            .any(|word| path.trim_end_matches(".rs").ends_with(&format!("/{word}"))),
        "a file is named for what it answers, not Manager, Helper or Util",
    );
    let syntax = match syn::parse_file(source) {
        Ok(syntax) => syntax,
        Err(error) => return vec![format!("{path}: does not parse: {error}")],
    };
    let is_test = is_test_file(path);
    let facts = SourceFacts::of(&syntax.items);

    check(
        !matches!(path, "src/lib.rs" | "src/main.rs") && !is_test && facts.code.contains("cfg (feature"),
        "`cfg(feature …)` belongs in lib.rs and main.rs",
    );
    check(
        is_test
            && (source.contains(concat!("\"skip", "ped: ")) || facts.code.contains(concat!("return ", "println !"))),
        "a test that cannot run everywhere is marked `#[ignore = \"reason\"]`; it does not return early",
    );
    if path.starts_with("src/domain/") {
        for name in ["sqlx", "tokio", "leptos", "axum", "reqwest"] {
            check(facts.names_crate(name), &format!("domain is pure: no {name}"));
        }
        for now in ["SystemTime", "Instant :: now", "Timestamp :: now", "Zoned :: now"] {
            check(facts.code.contains(now), "domain has no clock");
        }
        for outside in ["server", "api", "pages", "components"] {
            check(facts.uses(&["crate", outside]), &format!("domain knows nothing of {outside}"));
        }
    }
    if path.starts_with("src/api/") || path.starts_with("src/pages/") || path.starts_with("src/components/") {
        check(
            facts.outside_bodies.iter().any(|path| starts_with(path, &["crate", "server"])),
            "`crate::server` only within function bodies",
        );
    }
    if path.starts_with("src/pages/") || path.starts_with("src/components/") {
        check(facts.uses(&["crate", "server"]), "pages and components call `api`, never the server");
    }
    if path.starts_with("src/") && !is_test && !path.starts_with("src/server/storage/") {
        check(
            facts.uses(&["sqlx", "query"]) || facts.literals.iter().any(|text| is_sql(text)),
            "SQL belongs in server/storage",
        );
    }
    check(
        !is_test && path != "src/components/layout/safe_html.rs" && facts.code.contains("inner_html ="),
        "`inner_html` only in components/layout/safe_html.rs, which takes nothing but SafeHtml",
    );
    check(
        !is_test && !MAKERS_OF_SAFE_HTML.contains(&path) && facts.code.contains(":: from_sanitized"),
        "only html/sanitize.rs and html/markdown.rs make SafeHtml; storage/types.rs reads it back",
    );
    check(
        !may_use_reqwest(path) && !is_test && facts.names_crate("reqwest"),
        "reqwest belongs in feed/fetch and in the clients of model servers",
    );
    for (level, folders) in LAYERS.iter().enumerate() {
        let Some(own) = folders.iter().find(|folder| within(path, folder)) else { continue };
        for above in LAYERS[level + 1..].iter().copied().flatten() {
            check(facts.reaches(path, above), &format!("{own} is below {above}"));
        }
        for other in SIBLINGS.iter().filter(|other| SIBLINGS.contains(own) && *other != own) {
            check(facts.reaches(path, other), &format!("{own} and {other} are siblings and meet in services"));
        }
    }
    if !is_test {
        for call in [". unwrap ()", ". expect (", "todo !", "unimplemented !", "dbg !"] {
            check(facts.code.contains(call), &format!("no `{}` outside of tests", call.replace(' ', "")));
        }
        check(
            facts
                .type_names
                .iter()
                .any(|name| ["Manager", "Helper", "Util", "Utils"].iter().any(|word| name.ends_with(word))),
            "a type is a noun of the domain, not Manager, Helper or Util",
        );
    }
    violations
}

/// `feed/fetch`, and a file or folder `client` of a model server.
fn may_use_reqwest(path: &str) -> bool {
    let is_client = path.split('/').any(|part| part.trim_end_matches(".rs") == "client");
    path.starts_with("src/server/feed/fetch") || (is_client && within(path, "models"))
}

fn within(path: &str, folder: &str) -> bool {
    path.starts_with(&format!("src/server/{folder}/")) || path == format!("src/server/{folder}.rs")
}

fn is_sql(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    let is_verb = ["SELECT", "INSERT", "UPDATE", "DELETE", "PRAGMA", "VACUUM", "WITH", "CREATE"].contains(&first);
    is_verb && text.split_whitespace().count() > 1
}

fn starts_with(path: &[String], prefix: &[&str]) -> bool {
    path.len() >= prefix.len() && path.iter().zip(prefix).all(|(a, b)| a == b)
}

/// What a file contains, tests apart.
#[derive(Default)]
struct SourceFacts {
    /// All tokens, separated by blanks.
    code: String,
    /// Every path named, `use` trees flattened.
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
        for item in items.iter().filter(|item| !is_test_item(item)) {
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

    /// Whether `folder` of the server is named, absolutely or relative to `path`.
    fn reaches(&self, path: &str, folder: &str) -> bool {
        let depth = path.trim_start_matches("src/server/").trim_end_matches("/mod.rs").matches('/').count();
        let climbs = |path: &Vec<String>| {
            let ups = path.iter().take_while(|part| *part == "super").count();
            ups > 0 && path.get(ups).is_some_and(|next| next == folder) && ups >= depth.max(1)
        };
        self.uses(&["crate", "server", folder]) || self.paths.iter().any(climbs)
    }

    fn record_path(&mut self, path: Vec<String>) {
        if self.body_depth == 0 {
            self.outside_bodies.push(path.clone());
        }
        self.paths.push(path);
    }

    fn flatten_use(&mut self, before: &[String], tree: &UseTree) {
        let with = |name: String| before.iter().cloned().chain([name]).collect::<Vec<_>>();
        match tree {
            UseTree::Path(path) => self.flatten_use(&with(path.ident.to_string()), &path.tree),
            UseTree::Name(name) => self.record_path(with(name.ident.to_string())),
            UseTree::Rename(name) => self.record_path(with(name.ident.to_string())),
            UseTree::Glob(_) => self.record_path(before.to_vec()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.flatten_use(before, tree)),
        }
    }
}

impl<'a> Visit<'a> for SourceFacts {
    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        self.flatten_use(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        self.record_path(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
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

/// All sources but the build script; benchmarks are outside of the architecture.
fn checked_files() -> Vec<SourceFile> {
    rust_files(&["src"]).into_iter().filter(|file| file.path != "src/build.rs").collect()
}

#[test]
fn the_sources_follow_the_architecture() {
    let found: Vec<String> = checked_files().iter().flat_map(|file| violations(&file.path, &file.text)).collect();
    let unexpected: Vec<_> = found.iter().filter(|violation| !PENDING.contains(&violation.as_str())).collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    let resolved: Vec<_> = PENDING.iter().filter(|entry| !found.iter().any(|violation| violation == *entry)).collect();
    assert!(resolved.is_empty(), "no longer needed in PENDING: {resolved:#?}");
}

#[test]
fn every_module_says_what_it_is_for() {
    let undocumented: Vec<_> = rust_files(&["src"])
        .into_iter()
        .filter(|file| !is_test_file(&file.path) && !file.text.trim_start().starts_with("//!"))
        .map(|file| file.path)
        .collect();
    assert!(undocumented.is_empty(), "no `//!` at the top: {undocumented:?}");
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
        ("src/tests/x.rs", concat!("fn f() { return ", "println!(\"not run\"); }"), "it does not return early"),
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
        ("src/server/services/client.rs", "fn f() { reqwest::get(\"x\"); }", "reqwest"),
        ("src/server/models/x.rs", "fn f() { reqwest::get(\"x\"); }", "reqwest"),
        ("src/server/feed/x.rs", "fn f() { tokio::select! { r = reqwest::get(\"x\") => {} } }", "reqwest"),
        ("src/server/feed/x.rs", "use crate::server::storage::Db;", "siblings"),
        ("src/server/feed/x.rs", "use crate::server::{clock::Clock, models::ollama};", "siblings"),
        ("src/server/feed/x.rs", "use super::super::storage::Db;", "siblings"),
        ("src/server/feed/mod.rs", "use super::scoring::prompt;", "siblings"),
        ("src/server/html/x.rs", "use crate::server::feed::parse;", "html is below feed"),
        ("src/server/storage/x.rs", "use crate::server::services::reading;", "storage is below services"),
        ("src/server/scoring/x.rs", "use crate::server::live::Answers;", "scoring is below live"),
        ("src/server/live/x.rs", "use crate::server::services::chat;", "live is below services"),
        ("src/server/live/x.rs", "use super::super::worker;", "live is below worker"),
        ("src/server/state.rs", "use super::services::chat;", "state is below services"),
        ("src/server/services/x.rs", "use crate::server::http::reply;", "services is below http"),
        ("src/server/x.rs", "fn f() { Some(1).unwrap(); }", ".unwrap()"),
        ("src/server/x.rs", "fn f() { Some(1).expect(\"x\"); }", ".expect("),
        ("src/server/x.rs", "fn f() { todo!() }", "todo!"),
        ("src/server/x.rs", "fn f( {", "does not parse"),
    ] {
        let found = violations(path, source);
        assert!(found.iter().any(|violation| violation.contains(part)), "{path}: {source}\n→ {found:?}");
    }
    for (path, source) in [
        ("src/api/x.rs", "fn f() { use crate::server::state::App; crate::server::services::reading::list(); }"),
        ("src/server/storage/x.rs", "fn f() { sqlx::query!(\"SELECT 1 FROM feeds\"); }"),
        ("src/server/feed/fetch/x.rs", "use reqwest::Client;"),
        ("src/server/models/openai/client/x.rs", "use reqwest::Client;"),
        ("src/server/x.rs", "#[cfg(test)] mod tests { fn f() { Some(1).unwrap(); todo!() } }"),
        ("src/server/services/x.rs", "/// SELECT all of it.\nfn f() { let _ = \"Update Ollama\"; }"),
        ("src/server/services/x.rs", "use crate::server::{live::Answers, state::App, storage::Db};"),
        ("src/server/feed/parse/x.rs", "use super::storage_of_words::x; use super::super::parse::y;"),
        ("src/lib.rs", "#[cfg(feature = \"ssr\")] pub mod server;"),
    ] {
        assert_eq!(violations(path, source), Vec::<String>::new(), "{source}");
    }
}
