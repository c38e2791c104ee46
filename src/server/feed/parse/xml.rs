//! XML as publishers write it. Reads anything into a tree: bare `&`, undeclared entities and prefixes, elements that are never
//! closed, junk before and after, a torn-off end. Never opens another document, never expands an entity of the document's own.

mod prune;
mod tree;
mod tree_builder;

pub use tree::{Element, NodeId, NodeKind, Tree};

/// Reads a document.
pub fn read(text: &str) -> Tree<'_> {
    tree_builder::parse(text, None).0
}

/// Reads a document whose nodes may be more than fit: whenever there is no more room, `prune` names elements to leave out. How
/// many those were.
pub fn read_pruned<'a>(text: &'a str, mut prune: impl FnMut(&Tree<'_>) -> Vec<NodeId>) -> (Tree<'a>, usize) {
    tree_builder::parse(text, Some(&mut prune))
}
