//! Takes elements out of a tree that is still being read.

use super::tree::{Node, NodeId, NodeKind, attach};
use std::collections::HashSet;

/// Removes elements with all they hold, and the blanks behind them. The new id of every node, by the old one; `None`: removed.
/// The nodes of a subtree follow each other, because they are stored in the order of the document.
pub(super) fn remove_elements(nodes: &mut Vec<Node<'_>>, removed: &HashSet<NodeId>) -> Vec<Option<NodeId>> {
    let mut new_ids: Vec<Option<NodeId>> = Vec::with_capacity(nodes.len());
    let mut kept: Vec<Node<'_>> = Vec::new();
    let mut is_behind_removed = false;
    for (old, node) in std::mem::take(nodes).into_iter().enumerate() {
        let parent = node.parent.map(|parent| new_ids[parent.0 as usize]);
        let is_root_of_removed = u32::try_from(old).is_ok_and(|old| removed.contains(&NodeId(old)));
        let is_blank = matches!(&node.kind, NodeKind::Text(text) if text.trim().is_empty());
        if is_root_of_removed || parent == Some(None) || is_behind_removed && is_blank {
            is_behind_removed = true;
            new_ids.push(None);
            continue;
        }
        is_behind_removed = false;
        let id = NodeId(u32::try_from(kept.len()).unwrap_or(u32::MAX));
        new_ids.push(Some(id));
        let (parent, base) = (parent.flatten(), node.base.and_then(|base| new_ids[base.0 as usize]));
        kept.push(Node { kind: node.kind, parent, first: None, last: None, next: None, base });
        if let Some(parent) = parent {
            attach(&mut kept, parent, id);
        }
    }
    *nodes = kept;
    new_ids
}

#[cfg(test)]
mod tests {
    use super::remove_elements;
    use crate::server::{feed::parse::xml::read, work_limit::WorkLimit};
    use std::collections::HashSet;

    #[test]
    fn what_is_left_is_the_tree_without_them() {
        let text =
            "<f a='1'><i>1<b>x</b></i> \n <t>T</t><i xml:base='/y'>2</i>\n<i xml:base='/x'>3<u>z</u></i> end</f>";
        let mut tree = read(text, &WorkLimit::default());
        let items: Vec<_> = tree
            .descendants(tree.root(), |_| true)
            .into_iter()
            .filter(|id| tree.element(*id).is_some_and(|element| element.is("i")))
            .collect();
        let new_ids = remove_elements(&mut tree.nodes, &HashSet::from([items[0], items[1]]));
        assert_eq!(tree.inner_html(tree.root(), |_, _| None), "<f a=\"1\"><t>T</t><i>3<u>z</u></i> end</f>");
        assert_eq!((new_ids[items[0].0 as usize], new_ids[items[1].0 as usize]), (None, None));
        let last = new_ids[items[2].0 as usize].expect("kept");
        assert_eq!((tree.text(last).as_ref(), tree.base_element(last)), ("3z", Some(last)));
    }
}
