//! Builds the tree of a text: opens and closes elements, also those that are never closed.

use super::{
    prune,
    tree::{Element, Node, NodeId, NodeKind, Tree, attach},
};
use crate::server::{
    feed::parse::namespace::Namespace,
    html::{
        attributes::{self, Attribute, QuoteRule},
        entities,
    },
    work_limit::WorkLimit,
};
use std::{borrow::Cow, collections::HashSet};

/// Elements nested deeper are taken as lying side by side.
const MAX_ELEMENT_DEPTH: usize = 200;
/// Nodes of a document at once; the rest is not read, unless there is something to leave out instead. Bounds the memory that a
/// hostile one can take.
const MAX_NODES: usize = 500_000;
/// Nodes that may stay when others are left out, so that a document is not pruned again and again.
const MAX_NODES_AFTER_PRUNING: usize = MAX_NODES / 2;

/// Names the elements that a tree can do without, so that the rest of a long document finds room.
pub(super) type PruneRule<'r> = dyn FnMut(&Tree<'_>) -> Vec<NodeId> + 'r;
/// Namespace declarations in force at once; further ones are ignored. Each is looked at for each element.
const MAX_NAMESPACES: usize = 256;

/// Pieces of markup that are read between two checks of the limit.
const PIECES_PER_CHECK: usize = 256;

/// Reads a document into a tree, as far as the limit allows. How many elements were left out with all they hold, as `prune` said.
pub(super) fn parse<'a>(text: &'a str, limit: &WorkLimit, prune: Option<&mut PruneRule<'_>>) -> (Tree<'a>, usize) {
    let mut reader = TreeBuilder {
        tree: Tree { nodes: Vec::new(), source_bytes: text.len() },
        open: Vec::new(),
        declared: Vec::new(),
        comments_end: true,
        prune,
        pruned: 0,
    };
    reader.tree.nodes.push(Node {
        kind: NodeKind::Text(Cow::Borrowed("")),
        parent: None,
        first: None,
        last: None,
        next: None,
        base: None,
    });
    reader.open.push((NodeId(0), ""));
    reader.run(text, limit);
    (reader.tree, reader.pruned)
}

struct TreeBuilder<'a, 'p, 'r> {
    tree: Tree<'a>,
    /// Open elements with their qualified names; the first is the root.
    open: Vec<(NodeId, &'a str)>,
    /// Declared prefixes, with the number of open elements at that time.
    declared: Vec<(usize, &'a str, Namespace)>,
    /// Whether there may be another `-->` ahead; keeps a document full of unclosed comments from being searched for each.
    comments_end: bool,
    prune: Option<&'p mut PruneRule<'r>>,
    /// Elements that were left out.
    pruned: usize,
}

impl<'a> TreeBuilder<'a, '_, '_> {
    fn run(&mut self, text: &'a str, limit: &WorkLimit) {
        let mut rest = text;
        let mut pieces = 0_usize;
        while let Some(at) = rest.find('<').filter(|_| self.has_room()) {
            if pieces.is_multiple_of(PIECES_PER_CHECK) && limit.is_over() {
                return;
            }
            pieces += 1;
            self.text(&rest[..at]);
            rest = self.markup(&rest[at..]);
        }
        self.text(rest);
    }

    /// Whether another node may be read. Makes room first where the rule for pruning finds enough.
    fn has_room(&mut self) -> bool {
        if self.tree.nodes.len() < MAX_NODES {
            return true;
        }
        let Some(prune) = &mut self.prune else { return false };
        let mut removed: HashSet<NodeId> = prune(&self.tree).into_iter().collect();
        self.open.iter().for_each(|(open, _)| {
            removed.remove(open);
        });
        self.pruned += removed.len();
        let new_ids = prune::remove_elements(&mut self.tree.nodes, &removed);
        for (id, _) in &mut self.open {
            *id = new_ids.get(id.0 as usize).copied().flatten().unwrap_or(NodeId(0));
        }
        self.tree.nodes.len() <= MAX_NODES_AFTER_PRUNING
    }

    /// Reads what begins with `<`; the rest behind it.
    fn markup(&mut self, text: &'a str) -> &'a str {
        let until = |start: usize, end: &str| text[start..].find(end).map(|i| (start + i, start + i + end.len()));
        if let Some(content) = text.strip_prefix("<![CDATA[") {
            let (end, next) = until(9, "]]>").unwrap_or((text.len(), text.len()));
            self.push(NodeKind::Text(Cow::Borrowed(&content[..end - 9])));
            return &text[next..];
        }
        if text.starts_with("<!--") {
            let end = if self.comments_end { until(4, "-->") } else { None };
            self.comments_end = end.is_some();
            return end.or_else(|| until(4, ">")).map_or("", |(_, next)| &text[next..]);
        }
        if text.starts_with("<!") {
            // Only a document type before the first element can have an internal subset.
            let subset = self.open.len() == 1 && text.get(..9).is_some_and(|t| t.eq_ignore_ascii_case("<!doctype"));
            return if subset { skip_doctype(text) } else { until(2, ">").map_or("", |(_, next)| &text[next..]) };
        }
        if text.starts_with("<?") {
            return until(2, ">").map_or("", |(_, next)| &text[next..]);
        }
        if let Some(name) = text.strip_prefix("</") {
            self.close(&name[..tag_name_length(name)]);
            return until(2, ">").map_or("", |(_, next)| &text[next..]);
        }
        match tag_name_length(&text[1..]) {
            0 => {
                self.text("<");
                &text[1..]
            }
            length => {
                let (attributes, read, closed) = attributes::parse(&text[1 + length..], QuoteRule::Lenient);
                self.start(&text[1..=length], attributes, closed);
                &text[1 + length + read..]
            }
        }
    }

    fn text(&mut self, text: &'a str) {
        if text.is_empty() {
            return;
        }
        let text = entities::decode(text);
        let parent = self.open.last().map_or(NodeId(0), |(id, _)| *id);
        let last = self.tree.nodes[parent.0 as usize].last;
        // One node for adjacent text, however many `<` are scattered in it.
        if let Some(NodeKind::Text(before)) = last.map(|id| &mut self.tree.nodes[id.0 as usize].kind) {
            before.to_mut().push_str(&text);
        } else {
            self.push(NodeKind::Text(text));
        }
    }

    fn start(&mut self, qualified: &'a str, attributes: Vec<Attribute<'a>>, closed: bool) {
        // Entries do not nest: the one before was never closed. (`<item/>` within one comes from a broken template.)
        if !closed && matches!(qualified, "item" | "entry") && self.open.iter().any(|(_, name)| *name == qualified) {
            self.close(qualified);
        }
        let level = self.open.len();
        for attribute in &attributes {
            let prefix = match attribute.name.strip_prefix("xmlns") {
                Some("") => "",
                Some(prefix) => prefix.trim_start_matches(':'),
                None => continue,
            };
            if self.declared.len() >= MAX_NAMESPACES {
                break;
            }
            let known = Namespace::from_uri(&attribute.value);
            // An unknown default namespace is treated as none.
            let known = if prefix.is_empty() && known == Namespace::Other { Namespace::Plain } else { known };
            self.declared.push((level, prefix, known));
        }
        let (prefix, name) = qualified.split_once(':').unwrap_or(("", qualified));
        let namespace = self
            .declared
            .iter()
            .rev()
            .find(|(_, p, _)| *p == prefix)
            .map_or_else(|| Namespace::from_prefix(prefix), |(_, _, namespace)| *namespace);
        let id = self.push(NodeKind::Element(Element { namespace, qualified, name, attributes }));
        if closed || level > MAX_ELEMENT_DEPTH {
            self.forget_namespaces(level);
        } else {
            self.open.push((id, qualified));
        }
    }

    /// Closes the innermost element of that name with all that is open within it; an end tag without a start is ignored.
    fn close(&mut self, qualified: &str) {
        if let Some(at) =
            self.open.iter().rposition(|(_, name)| name.eq_ignore_ascii_case(qualified)).filter(|at| *at > 0)
        {
            self.open.truncate(at);
            self.forget_namespaces(at);
        }
    }

    fn forget_namespaces(&mut self, level: usize) {
        while self.declared.last().is_some_and(|(at, ..)| *at >= level) {
            self.declared.pop();
        }
    }

    fn push(&mut self, kind: NodeKind<'a>) -> NodeId {
        let id = NodeId(u32::try_from(self.tree.nodes.len()).unwrap_or(u32::MAX));
        let parent = self.open.last().map_or(NodeId(0), |(id, _)| *id);
        let has_base = matches!(&kind, NodeKind::Element(element) if element.attribute("xml:base").is_some());
        let base = if has_base { Some(id) } else { self.tree.nodes[parent.0 as usize].base };
        self.tree.nodes.push(Node { kind, parent: Some(parent), first: None, last: None, next: None, base });
        attach(&mut self.tree.nodes, parent, id);
        id
    }
}

fn tag_name_length(text: &str) -> usize {
    let starts = |b: &u8| b.is_ascii_alphabetic() || *b == b'_' || *b >= 0x80;
    if !text.as_bytes().first().is_some_and(starts) {
        return 0;
    }
    text.bytes()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'-' | b'.') || *b >= 0x80)
        .count()
}

/// Skips `<!DOCTYPE …>` with its internal subset: nothing it declares is ever used.
fn skip_doctype(text: &str) -> &str {
    let end = text.find('>').unwrap_or(text.len());
    let end = match text[..end].find('[') {
        Some(subset) => text[subset..].find("]>").map(|i| subset + i + 1).or_else(|| {
            let close = subset + text[subset..].find(']')?;
            Some(close + text[close..].find('>')?)
        }),
        None => Some(end),
    };
    end.and_then(|end| text.get(end + 1..)).unwrap_or("")
}
