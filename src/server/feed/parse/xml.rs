//! A lenient XML reader. Reads any text into a tree, also with bare `&`, undeclared entities and prefixes, elements that are never
//! closed, text before and after the document, or a missing end. Never opens another document, never expands an entity of the
//! document's own.

mod prune;
mod tree;
mod tree_builder;

pub use tree::{Element, NodeId, NodeKind, Tree};

use crate::server::work_limit::WorkLimit;

/// Reads a document, as far as the limit allows.
pub fn read<'a>(text: &'a str, limit: &WorkLimit) -> Tree<'a> {
    tree_builder::parse(text, limit, None).0
}

/// Reads a document, as far as the limit allows, whose nodes may be more than fit: whenever there is no more room, `prune` names
/// elements to leave out. Returns how many those were.
pub fn read_pruned<'a>(
    text: &'a str,
    limit: &WorkLimit,
    mut prune: impl FnMut(&Tree<'_>) -> Vec<NodeId>,
) -> (Tree<'a>, usize) {
    tree_builder::parse(text, limit, Some(&mut prune))
}
