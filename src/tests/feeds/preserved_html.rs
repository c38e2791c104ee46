//! Content that sanitizing must keep: structure, text, languages, links and pictures of an article.

use crate::support::fixtures::fixture_json;
use gleaner::server::html::sanitize::sanitize;
use scraper::{Html, Selector};
use serde::Deserialize;
use url::Url;

/// A fragment of `hostile-html/keep.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fragment {
    name: String,
    html: String,
    /// CSS selectors that must match in what is left.
    selectors: Vec<String>,
    /// The text that must be left, as a browser takes it from the tree.
    text: String,
    /// What is lost today. The entry goes when the loss does.
    known_fault: Option<String>,
}

/// The address of the article that holds the fragments.
fn base() -> Url {
    Url::parse("https://example.org/blog/post").expect("an address")
}

impl Fragment {
    /// What the sanitized fragment has lost.
    fn losses(&self) -> Vec<String> {
        let html = sanitize(&self.html, Some(&base())).to_string();
        let document = Html::parse_fragment(&html);
        let text: String = document.root_element().text().collect();
        let mut losses: Vec<String> = self
            .selectors
            .iter()
            .filter(|selector| document.select(&Selector::parse(selector).expect("a selector")).next().is_none())
            .map(|selector| format!("{selector} matches nothing in {html}"))
            .collect();
        if text.trim() != self.text.trim() {
            losses.push(format!("the text is {text:?} instead of {:?}", self.text));
        }
        losses
    }
}

#[test]
fn sanitizing_keeps_the_meaning() {
    let fragments: Vec<Fragment> = fixture_json("hostile-html/keep.json");
    let mut problems = Vec::new();
    for fragment in &fragments {
        let losses = fragment.losses();
        match &fragment.known_fault {
            None => problems.extend(losses.iter().map(|loss| format!("{}: {loss}", fragment.name))),
            Some(fault) if losses.is_empty() => {
                problems.push(format!("{}: is kept now, so take the known fault away: {fault}", fragment.name));
            }
            Some(_) => {}
        }
    }
    assert!(problems.is_empty(), "{} fragments:\n{}", fragments.len(), problems.join("\n"));
}

#[test]
fn sanitizing_again_changes_nothing() {
    #[derive(Deserialize)]
    struct Input {
        html: String,
    }
    let mut inputs: Vec<Input> = fixture_json("hostile-html/payloads.json");
    inputs.extend(fixture_json::<Vec<Input>>("hostile-html/keep.json"));
    for Input { html } in inputs {
        let once = sanitize(&html, Some(&base())).to_string();
        let twice = sanitize(&once, Some(&base())).to_string();
        // As trees: the order of attributes says nothing.
        assert_eq!(tree(&twice), tree(&once), "{html:?}");
    }
}

/// Elements with sorted attributes and texts, in document order.
fn tree(html: &str) -> Vec<String> {
    let nodes = Html::parse_fragment(html).tree;
    let describe = |node: &scraper::Node| match node {
        scraper::Node::Element(element) => {
            let mut attributes: Vec<_> = element.attrs().map(|(name, value)| format!("{name}={value:?}")).collect();
            attributes.sort();
            Some(format!("<{} {}>", element.name(), attributes.join(" ")))
        }
        scraper::Node::Text(text) => Some(text.to_string()),
        _ => None,
    };
    nodes.values().filter_map(describe).collect()
}
