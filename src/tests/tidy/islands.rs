//! Islands hold behavior only, which keeps the browser half small (docs/adr/0017-browser-half.md).

use super::sources::rust_files;
use syn::{ItemFn, visit::Visit};

/// The islands of a file with what is wrong with each.
#[derive(Default)]
struct Islands(Vec<(String, Vec<&'static str>)>);

impl<'a> Visit<'a> for Islands {
    fn visit_item_fn(&mut self, function: &'a ItemFn) {
        if !function.attrs.iter().any(|attribute| attribute.path().is_ident("island")) {
            return;
        }
        let mut problems = Vec::new();
        if !function.sig.inputs.is_empty() {
            problems.push("takes properties, whose reader every browser would load");
        }
        let block = &function.block;
        let tokens = quote::quote!(#block).to_string();
        if tokens.contains("view !") {
            problems.push("draws, which the server does");
        }
        self.0.push((function.sig.ident.to_string(), problems));
    }
}

fn islands(source: &str) -> Vec<(String, Vec<&'static str>)> {
    let mut found = Islands::default();
    found.visit_file(&syn::parse_file(source).expect("sources parse"));
    found.0
}

#[test]
fn islands_take_no_properties_and_draw_nothing() {
    let mut count = 0;
    for file in rust_files(&["src/components", "src/pages"]) {
        for (island, problems) in islands(&file.text) {
            count += 1;
            assert!(problems.is_empty(), "{}: the island {island} {}", file.path, problems.join(", and "));
        }
    }
    assert!(count > 3, "only {count} islands were found");
}

#[test]
fn islands_that_do_more_are_found() {
    for (source, problems) in [
        ("#[island] fn A() -> impl IntoView { Effect::new(|_| listen()); }", 0),
        ("#[island] fn A(name: String) -> impl IntoView { Effect::new(|_| listen()); }", 1),
        ("#[island] pub fn A() -> impl IntoView { view! { <p /> } }", 1),
        ("#[island] fn A(name: String) -> impl IntoView { if x { view! { <p /> } } }", 2),
    ] {
        let found = islands(source);
        assert_eq!(found.iter().map(|(_, problems)| problems.len()).collect::<Vec<_>>(), [problems], "{source}");
    }
    assert!(islands("#[component] fn A(name: String) -> impl IntoView { view! { <p /> } }").is_empty());
}
