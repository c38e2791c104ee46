//! Which file uses which, and the circles among them.

use super::sources::{is_test_file, is_test_item, rust_files};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use syn::{Item, UseTree, visit::Visit};

type Path = Vec<String>;

/// Re-exports that lead to re-exports are followed this far.
const MAX_REEXPORTS: u8 = 8;

/// What one module, of a file or inline, names.
#[derive(Default)]
struct Module {
    file: String,
    /// Names brought in by `use`, with the path as it is written.
    imports: BTreeMap<String, Path>,
    glob_imports: Vec<Path>,
    /// Names of its own items.
    items: BTreeSet<String>,
    /// Every path in its code, and those of `use` that are not re-exports.
    paths: Vec<Path>,
}

/// The files of a crate, each with the files it uses. A re-export counts for the file that defines the item.
pub struct ImportGraph {
    uses: BTreeMap<String, BTreeSet<String>>,
}

#[derive(PartialEq)]
enum Target {
    Module,
    Item { file: String },
}

impl ImportGraph {
    /// Of files with their paths (`src/…`) and texts; tests and the entry point of the binary do not count.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut modules = BTreeMap::new();
        for (path, text) in files {
            if path.starts_with("src/") && !is_test_file(path) && !matches!(path, "src/main.rs" | "src/build.rs") {
                let syntax = syn::parse_file(text).expect("sources parse");
                read_module(&mut modules, module_path(path), path, &syntax.items);
            }
        }
        let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (at, module) in &modules {
            let used = uses.entry(module.file.clone()).or_default();
            for path in &module.paths {
                if let Some(Target::Item { file }) = resolve(&modules, at, path, false, MAX_REEXPORTS)
                    && file != module.file
                {
                    used.insert(file);
                }
            }
        }
        Self { uses }
    }

    /// Sets of files that use each other, directly or by way of others of the set.
    pub fn circles(&self) -> Vec<BTreeSet<&str>> {
        let reachable: BTreeMap<&str, BTreeSet<&str>> =
            self.uses.keys().map(|file| (file.as_str(), self.reachable_from(file))).collect();
        let mut circles = Vec::new();
        let mut done: BTreeSet<&str> = BTreeSet::new();
        for (&file, targets) in &reachable {
            if done.contains(file) || !targets.contains(file) {
                continue;
            }
            let circle: BTreeSet<&str> =
                targets.iter().copied().filter(|target| reachable[target].contains(file)).collect();
            done.extend(&circle);
            circles.push(circle);
        }
        circles
    }

    /// What a file of a circle uses within it, for the message.
    pub fn uses_within(&self, circle: &BTreeSet<&str>) -> Vec<String> {
        let inside = |file: &&String| circle.contains(file.as_str());
        let targets = |file: &str| self.uses[file].iter().filter(inside).cloned().collect::<Vec<_>>().join(", ");
        circle.iter().map(|file| format!("  {file} uses {}", targets(file))).collect()
    }

    fn reachable_from(&self, file: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut open = vec![file];
        while let Some(next) = open.pop() {
            for target in self.uses.get(next).into_iter().flatten() {
                if found.insert(target.as_str()) {
                    open.push(target);
                }
            }
        }
        found
    }
}

/// `src/server/state.rs` → `["server", "state"]`.
fn module_path(file: &str) -> Path {
    let name = file.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    name.split('/').filter(|part| *part != "lib").map(str::to_owned).collect()
}

fn read_module(modules: &mut BTreeMap<Path, Module>, at: Path, file: &str, items: &[Item]) {
    let mut module = Module { file: file.to_owned(), ..Module::default() };
    for item in items.iter().filter(|item| !is_test_item(item)) {
        if let Item::Mod(inline) = item
            && let Some((_, items)) = &inline.content
        {
            let child = at.iter().cloned().chain([inline.ident.to_string()]).collect();
            read_module(modules, child, file, items);
        } else {
            module.items.extend(item_name(item));
            module.visit_item(item);
        }
    }
    modules.insert(at, module);
}

fn item_name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

/// Follows `path`, written in the module `at`. None for another crate, a local name, or an item that does not exist when `strict`:
/// items made by macros are unknown, so a full path is otherwise taken to name one.
fn resolve(modules: &BTreeMap<Path, Module>, at: &Path, path: &[String], strict: bool, depth: u8) -> Option<Target> {
    let depth = depth.checked_sub(1)?;
    let (mut here, mut rest) = (at.clone(), path);
    let is_full = matches!(path.first().map(String::as_str), Some("crate" | "self" | "super"));
    while let Some((first, tail)) = rest.split_first() {
        match first.as_str() {
            "crate" => here.clear(),
            "self" => {}
            "super" => drop(here.pop()),
            _ => break,
        }
        rest = tail;
    }
    while let Some((first, tail)) = rest.split_first() {
        let child: Path = here.iter().cloned().chain([first.clone()]).collect();
        if modules.contains_key(&child) {
            (here, rest) = (child, tail);
            continue;
        }
        let module = modules.get(&here)?;
        let item = || Some(Target::Item { file: module.file.clone() });
        if module.items.contains(first) {
            return item();
        }
        if let Some(import) = module.imports.get(first) {
            return resolve(modules, &here, &[import.as_slice(), tail].concat(), strict, depth);
        }
        let by_glob = module
            .glob_imports
            .iter()
            .find_map(|glob| resolve(modules, &here, &[glob.as_slice(), rest].concat(), true, depth));
        return by_glob.or_else(|| if strict || !is_full { None } else { item() });
    }
    Some(Target::Module)
}

impl Module {
    fn read_use(&mut self, before: &[String], tree: &UseTree, is_reexport: bool) {
        let with = |name: &syn::Ident| before.iter().cloned().chain([name.to_string()]).collect::<Path>();
        let mut import = |alias: &syn::Ident, path: Path| {
            if !is_reexport {
                self.paths.push(path.clone());
            }
            // `use a::{self}` brings in `a`.
            let path: Path = if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
                path[..path.len() - 1].to_vec()
            } else {
                path
            };
            let alias = if alias == "self" { path[path.len() - 1].clone() } else { alias.to_string() };
            if path != [alias.clone()] {
                self.imports.insert(alias, path);
            }
        };
        match tree {
            UseTree::Path(path) => self.read_use(&with(&path.ident), &path.tree, is_reexport),
            UseTree::Name(name) => import(&name.ident, with(&name.ident)),
            UseTree::Rename(name) => import(&name.rename, with(&name.ident)),
            UseTree::Glob(_) => self.glob_imports.push(before.to_vec()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.read_use(before, tree, is_reexport)),
        }
    }

    /// Paths within a macro call, whose contents are only tokens.
    fn read_tokens(&mut self, tokens: TokenStream) {
        let mut path = Path::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.paths.push(std::mem::take(&mut path));
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.paths.push(std::mem::take(&mut path));
                    self.read_tokens(group.stream());
                    colons = 0;
                }
                _ => {
                    self.paths.push(std::mem::take(&mut path));
                    colons = 0;
                }
            }
        }
        self.paths.push(path);
    }
}

impl<'a> Visit<'a> for Module {
    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        self.read_use(&[], &item.tree, !matches!(item.vis, syn::Visibility::Inherited));
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        self.paths.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'a syn::Macro) {
        self.read_tokens(call.tokens.clone());
        syn::visit::visit_macro(self, call);
    }
}

#[test]
fn files_do_not_use_each_other_in_circles() {
    let files = rust_files(&["src"]);
    let graph = ImportGraph::new(files.iter().map(|file| (file.path.as_str(), file.text.as_str())));
    let circles: Vec<String> = graph.circles().iter().map(|circle| graph.uses_within(circle).join("\n")).collect();
    assert!(circles.is_empty(), "files use each other in a circle:\n{}", circles.join("\n\n"));
}

#[test]
fn circles_are_found() {
    let circles = |files: &[(&str, &str)]| {
        let graph = ImportGraph::new(files.iter().copied());
        graph
            .circles()
            .into_iter()
            .map(|circle| circle.into_iter().map(str::to_owned).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    };
    let pair = ["src/a.rs", "src/b.rs"];
    for (a, b) in [
        ("use crate::b::B; pub struct A;", "use crate::a::A; pub struct B;"),
        ("pub struct A(super::b::B);", "pub struct B(crate::a::A);"),
        ("use crate::b; pub fn f() { b::g(); }", "pub fn g() { use crate::a::f; f(); }"),
        ("use crate::b::*; pub struct A(B);", "pub struct B; impl B { fn f(&self, _: crate::a::A) {} }"),
        ("use crate::b as other; pub const A: u8 = other::B;", "pub const B: u8 = crate::a::A;"),
        ("pub fn f() { println!(\"{}\", crate::b::g()); }", "pub fn g() -> u8 { let _ = [crate::a::f]; 0 }"),
        ("pub fn f() { view! { <Part value=crate::b::G/> } }", "pub const G: fn() = crate::a::f;"),
        ("pub mod inner { pub fn f() { super::super::b::g(); } }", "pub fn g() { crate::a::inner::f(); }"),
    ] {
        assert_eq!(circles(&[(pair[0], a), (pair[1], b)]), [pair], "{a}\n{b}");
    }
    // By way of a re-export, and of three files.
    assert_eq!(
        circles(&[
            ("src/a/mod.rs", "mod part; pub use part::Part;"),
            ("src/a/part.rs", "use crate::b::f; pub struct Part;"),
            ("src/b.rs", "pub fn f() { crate::c::g(); }"),
            ("src/c.rs", "pub fn g(_: crate::a::Part) {}"),
        ]),
        [["src/a/part.rs", "src/b.rs", "src/c.rs"]]
    );
    // A parent that uses its child, whose child uses it.
    assert_eq!(
        circles(&[
            ("src/a/mod.rs", "mod part; pub struct A; pub fn f() { part::g(); }"),
            ("src/a/part.rs", "use super::A; pub fn g() -> A { A }")
        ]),
        [["src/a/mod.rs", "src/a/part.rs"]]
    );
    for (a, b) in [
        ("use crate::b::B; pub struct A;", "pub struct B;"),
        ("pub use crate::b::B; pub struct A;", "use crate::a::A; pub struct B;"),
        ("use crate::b::B; pub struct A;", "pub struct B; #[cfg(test)] mod tests { use crate::a::A; }"),
        ("use crate::b::B; pub struct A;", "/// See [`crate::a::A`].\npub struct B;"),
        ("pub fn f(b: u8) { use other::b::c; c(b); }", "pub fn g() { crate::a::f(1); }"),
    ] {
        assert_eq!(circles(&[(pair[0], a), (pair[1], b)]), [[""; 0]; 0], "{a}\n{b}");
    }
}
