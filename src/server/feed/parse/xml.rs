//! XML as publishers write it. Reads anything into a tree: bare `&`, undeclared entities and prefixes, elements that are never
//! closed, junk before and after, a torn-off end. Never opens another document, never expands an entity of the document's own.

mod tree;
mod tree_builder;

pub use tree::{Element, NodeId, NodeKind, Tree};

/// Reads a document.
pub fn read(text: &str) -> Tree<'_> {
    tree_builder::parse(text)
}
