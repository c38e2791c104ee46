//! A document as a tree of elements and texts.

use crate::server::{
    feed::parse::namespace::Namespace,
    html::{
        attributes::Attribute,
        elements::{self, ElementInfo},
        entities,
    },
};
use std::borrow::Cow;

/// Where a node stands in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NodeId(pub(super) u32);

/// A document. The nodes lie in one vector, so that neither reading nor dropping it recurses.
#[derive(Debug)]
pub struct Tree<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) source_bytes: usize,
}

#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) kind: NodeKind<'a>,
    pub(super) parent: Option<NodeId>,
    pub(super) first: Option<NodeId>,
    pub(super) last: Option<NodeId>,
    pub(super) next: Option<NodeId>,
    /// The nearest element with an `xml:base`, itself included.
    pub(super) base: Option<NodeId>,
}

/// What a node is.
#[derive(Debug)]
pub enum NodeKind<'a> {
    /// An element with its attributes.
    Element(Element<'a>),
    /// Text between tags.
    Text(Cow<'a, str>),
}

/// An element with its namespace resolved.
#[derive(Debug)]
pub struct Element<'a> {
    /// The vocabulary of its name.
    pub namespace: Namespace,
    /// As written, with its prefix.
    pub qualified: &'a str,
    /// Without the prefix.
    pub name: &'a str,
    /// Its attributes in the order of the document.
    pub attributes: Vec<Attribute<'a>>,
}

impl Element<'_> {
    /// The value of the attribute written exactly so.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|a| a.name.eq_ignore_ascii_case(name)).map(|a| &*a.value)
    }

    /// Whether it is called so, whatever the case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// Makes a node the last child of another.
pub(super) fn attach(nodes: &mut [Node<'_>], parent: NodeId, id: NodeId) {
    match nodes[parent.0 as usize].last.replace(id) {
        Some(before) => nodes[before.0 as usize].next = Some(id),
        None => nodes[parent.0 as usize].first = Some(id),
    }
}

impl<'a> Tree<'a> {
    /// The invisible parent of everything.
    pub const fn root(&self) -> NodeId {
        NodeId(0)
    }

    /// The node itself.
    pub fn kind(&self, id: NodeId) -> &NodeKind<'a> {
        &self.nodes[id.0 as usize].kind
    }

    /// The node, when it is an element.
    pub fn element(&self, id: NodeId) -> Option<&Element<'a>> {
        match self.kind(id) {
            NodeKind::Element(element) => Some(element),
            NodeKind::Text(_) => None,
        }
    }

    /// The children, in order.
    pub fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(self.nodes[id.0 as usize].first, |id| self.nodes[id.0 as usize].next)
    }

    /// The children that are elements.
    pub fn elements(&self, id: NodeId) -> impl Iterator<Item = (NodeId, &Element<'a>)> {
        self.children(id).filter_map(|id| self.element(id).map(|element| (id, element)))
    }

    /// The nearest element with an `xml:base` attribute, the node itself included.
    pub fn base_element(&self, id: NodeId) -> Option<NodeId> {
        self.nodes[id.0 as usize].base
    }

    /// The length of the document that was read.
    pub const fn source_bytes(&self) -> usize {
        self.source_bytes
    }

    /// The node above.
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.nodes[id.0 as usize].parent
    }

    /// The node that follows in document order without going below `id`, within `top`.
    fn after(&self, id: NodeId, top: NodeId) -> Option<NodeId> {
        let mut id = id;
        while id != top {
            if let Some(next) = self.nodes[id.0 as usize].next {
                return Some(next);
            }
            id = self.parent(id)?;
        }
        None
    }

    /// Everything below `top` in document order. `enter` decides whether an element's own children are visited.
    pub fn descendants(&self, top: NodeId, enter: impl Fn(&Element<'a>) -> bool) -> Vec<NodeId> {
        let mut found = Vec::new();
        let mut at = self.nodes[top.0 as usize].first;
        while let Some(id) = at {
            found.push(id);
            let inside = self.element(id).is_some_and(&enter).then(|| self.nodes[id.0 as usize].first).flatten();
            at = inside.or_else(|| self.after(id, top));
        }
        found
    }

    /// All text below `id`, as it stands.
    pub fn text(&self, id: NodeId) -> Cow<'_, str> {
        let mut parts = self.descendants(id, |_| true).into_iter().filter_map(|id| match self.kind(id) {
            NodeKind::Text(text) => Some(text),
            NodeKind::Element(_) => None,
        });
        let Some(first) = parts.next() else { return Cow::Borrowed("") };
        let mut whole = Cow::Borrowed(&**first);
        for part in parts {
            whole.to_mut().push_str(part);
        }
        whole
    }

    /// Whether there are elements right below.
    pub fn has_elements(&self, id: NodeId) -> bool {
        self.elements(id).next().is_some()
    }

    /// The descendants of `id` written as HTML: elements as tags without prefixes, text escaped. `reference` may rewrite the
    /// addresses in `href` and `src`.
    pub fn inner_html(&self, top: NodeId, reference: impl Fn(NodeId, &str) -> Option<String>) -> String {
        let mut out = String::new();
        let mut at = self.nodes[top.0 as usize].first;
        while let Some(id) = at {
            match self.kind(id) {
                NodeKind::Text(text) => out.push_str(&entities::encode(text)),
                NodeKind::Element(element) => self.open_tag(id, element, &reference, &mut out),
            }
            let inside = self.nodes[id.0 as usize].first;
            at = inside.or_else(|| {
                let mut id = id;
                loop {
                    self.close_tag(id, &mut out);
                    if let Some(next) = self.nodes[id.0 as usize].next {
                        return Some(next);
                    }
                    id = self.parent(id).filter(|parent| *parent != top)?;
                }
            });
        }
        out
    }

    fn open_tag(
        &self,
        id: NodeId,
        element: &Element<'_>,
        reference: &impl Fn(NodeId, &str) -> Option<String>,
        out: &mut String,
    ) {
        out.push('<');
        out.push_str(element.name);
        for attribute in element.attributes.iter().filter(|a| !a.name.contains(':') && !a.name.starts_with("xmlns")) {
            let rewritten = matches!(attribute.name, "href" | "src").then(|| reference(id, &attribute.value)).flatten();
            out.push(' ');
            out.push_str(attribute.name);
            out.push_str("=\"");
            out.push_str(&entities::encode(rewritten.as_deref().unwrap_or(&attribute.value)));
            out.push('"');
        }
        out.push('>');
    }

    fn close_tag(&self, id: NodeId, out: &mut String) {
        let Some(element) = self.element(id) else { return };
        if !elements::find(element.name).is_some_and(ElementInfo::is_void) {
            out.push_str("</");
            out.push_str(element.name);
            out.push('>');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NodeKind, Tree};
    use crate::server::{
        feed::parse::{namespace::Namespace, xml},
        work_limit::WorkLimit,
    };

    fn read(text: &str) -> Tree<'_> {
        xml::read(text, &WorkLimit::default())
    }

    fn html(text: &str) -> String {
        let tree = read(text);
        tree.inner_html(tree.root(), |_, _| None)
    }

    #[test]
    fn malformed_documents_are_read_as_they_were_meant() {
        for (text, expected) in [
            ("<a>x &amp; y & z &nbsp;</a>", "<a>x &amp; y &amp; z \u{a0}</a>"),
            ("<a><b>torn", "<a><b>torn</b></a>"),
            ("junk <?xml version='1.0'?><a/>", "junk <a></a>"),
            ("<a><b>one</a><c/>", "<a><b>one</b></a><c></c>"),
            ("<a>1 < 2</a></z>", "<a>1 &lt; 2</a>"),
            ("<a><![CDATA[<p>&amp;]]></a>", "<a>&lt;p&gt;&amp;amp;</a>"),
            ("<!DOCTYPE a [<!ENTITY x \"y>\"> ]><a>&x;</a>", "<a>&amp;x;</a>"),
            ("<a><!-- no --><br/>t<x:p q=\"1\"/></a>", "<a><br>t<p q=\"1\"></p></a>"),
            ("<item>1<item>2</item>", "<item>1</item><item>2</item>"),
        ] {
            assert_eq!(html(text), expected, "{text}");
        }
    }

    #[test]
    fn namespaces_follow_declarations_and_habits() {
        let tree =
            read("<x:a xmlns:x='http://www.w3.org/2005/Atom'><dc:b/><c xmlns='http://purl.org/rss/1.0/'/></x:a><x:d/>");
        let found: Vec<_> = tree
            .descendants(tree.root(), |_| true)
            .into_iter()
            .filter_map(|id| match tree.kind(id) {
                NodeKind::Element(e) => Some((e.name, e.namespace)),
                NodeKind::Text(_) => None,
            })
            .collect();
        assert_eq!(
            found,
            [("a", Namespace::Atom), ("b", Namespace::DublinCore), ("c", Namespace::Plain), ("d", Namespace::Other)]
        );
    }

    #[test]
    fn bombs_stay_within_their_bounds() {
        for unit in ["<", "&", "<a>", "<a/>", "<!--", "<!", "</", "<a b='", "<![CDATA[", "<?"] {
            let text = unit.repeat((2 << 20) / unit.len());
            let tree = read(&text);
            assert!(tree.nodes.len() <= 500_001, "{unit}: {} nodes", tree.nodes.len());
            let all: usize = tree.descendants(tree.root(), |_| true).len();
            assert!(all < tree.nodes.len(), "{unit}");
        }
        assert!(read(&"<".repeat(1 << 20)).nodes.len() <= 2, "text is one node");
        let declarations: String = (0..10_000).map(|n| format!(" xmlns:n{n}='http://www.w3.org/2005/Atom'")).collect();
        let nested: String = (0..150).map(|n| format!("<a{n}{declarations}>")).collect::<String>() + "<n9999:b/><c/>";
        let tree = read(&nested);
        assert_eq!(tree.descendants(tree.root(), |_| true).len(), 152);
        let attributes = tree.element(tree.children(tree.root()).next().expect("an element")).expect("an element");
        assert_eq!(attributes.attributes.len(), 64);
    }

    #[test]
    fn depth_costs_nothing() {
        let deep = "<a>".repeat(50_000) + "x";
        assert!(html(&deep).contains('x'));
    }
}
