//! XML as publishers write it. Reads anything into a tree: bare `&`, undeclared entities and prefixes, elements that are never
//! closed, junk before and after, a torn-off end. Never opens another document, never expands an entity of the document's own.

mod reader;

use super::{attributes::Attribute, entity, namespace::Namespace};
use std::borrow::Cow;

/// Where a node stands in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(u32);

/// A document. The nodes lie in one vector, so that neither reading nor dropping it recurses.
#[derive(Debug)]
pub struct Tree<'a> {
    nodes: Vec<Node<'a>>,
}

#[derive(Debug)]
struct Node<'a> {
    kind: Kind<'a>,
    parent: Option<Id>,
    first: Option<Id>,
    last: Option<Id>,
    next: Option<Id>,
}

/// What a node is.
#[derive(Debug)]
pub enum Kind<'a> {
    Element(Element<'a>),
    Text(Cow<'a, str>),
}

/// An element with its namespace resolved.
#[derive(Debug)]
pub struct Element<'a> {
    pub namespace: Namespace,
    /// As written, with its prefix.
    pub qualified: &'a str,
    /// Without the prefix.
    pub name: &'a str,
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

impl<'a> Tree<'a> {
    /// Reads a document.
    pub fn read(text: &'a str) -> Self {
        reader::read(text)
    }

    /// The invisible parent of everything.
    pub const fn root(&self) -> Id {
        Id(0)
    }

    /// The node itself.
    pub fn kind(&self, id: Id) -> &Kind<'a> {
        &self.nodes[id.0 as usize].kind
    }

    /// The node, when it is an element.
    pub fn element(&self, id: Id) -> Option<&Element<'a>> {
        match self.kind(id) {
            Kind::Element(element) => Some(element),
            Kind::Text(_) => None,
        }
    }

    /// The children, in order.
    pub fn children(&self, id: Id) -> impl Iterator<Item = Id> {
        std::iter::successors(self.nodes[id.0 as usize].first, |id| self.nodes[id.0 as usize].next)
    }

    /// The children that are elements.
    pub fn elements(&self, id: Id) -> impl Iterator<Item = (Id, &Element<'a>)> {
        self.children(id).filter_map(|id| self.element(id).map(|element| (id, element)))
    }

    /// The node above.
    pub fn parent(&self, id: Id) -> Option<Id> {
        self.nodes[id.0 as usize].parent
    }

    /// The node that follows in document order without going below `id`, within `top`.
    fn after(&self, id: Id, top: Id) -> Option<Id> {
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
    pub fn descendants(&self, top: Id, enter: impl Fn(&Element<'a>) -> bool) -> Vec<Id> {
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
    pub fn text(&self, id: Id) -> Cow<'_, str> {
        let mut parts = self.descendants(id, |_| true).into_iter().filter_map(|id| match self.kind(id) {
            Kind::Text(text) => Some(text),
            Kind::Element(_) => None,
        });
        let Some(first) = parts.next() else { return Cow::Borrowed("") };
        let mut whole = Cow::Borrowed(&**first);
        for part in parts {
            whole.to_mut().push_str(part);
        }
        whole
    }

    /// Whether there are elements right below.
    pub fn has_elements(&self, id: Id) -> bool {
        self.elements(id).next().is_some()
    }

    /// What lies below `id` written as HTML: elements as tags without prefixes, text escaped. `reference` may rewrite the
    /// addresses in `href` and `src`.
    pub fn inner_html(&self, top: Id, reference: impl Fn(Id, &str) -> Option<String>) -> String {
        let mut out = String::new();
        let mut at = self.nodes[top.0 as usize].first;
        while let Some(id) = at {
            match self.kind(id) {
                Kind::Text(text) => out.push_str(&entity::encode(text)),
                Kind::Element(element) => self.open_tag(id, element, &reference, &mut out),
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
        id: Id,
        element: &Element<'_>,
        reference: &impl Fn(Id, &str) -> Option<String>,
        out: &mut String,
    ) {
        out.push('<');
        out.push_str(element.name);
        for attribute in element.attributes.iter().filter(|a| !a.name.contains(':') && !a.name.starts_with("xmlns")) {
            let rewritten = matches!(attribute.name, "href" | "src").then(|| reference(id, &attribute.value)).flatten();
            out.push(' ');
            out.push_str(attribute.name);
            out.push_str("=\"");
            out.push_str(&entity::encode(rewritten.as_deref().unwrap_or(&attribute.value)));
            out.push('"');
        }
        out.push('>');
    }

    fn close_tag(&self, id: Id, out: &mut String) {
        let Some(element) = self.element(id) else { return };
        if !is_void(element.name) {
            out.push_str("</");
            out.push_str(element.name);
            out.push('>');
        }
    }
}

/// Whether an HTML element never has an end tag.
pub fn is_void(name: &str) -> bool {
    ["br", "img", "hr", "input", "wbr", "col", "area", "base", "embed", "link", "meta", "source", "track", "param"]
        .iter()
        .any(|void| void.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::{Kind, Tree};
    use crate::server::feed::namespace::Namespace;

    fn html(text: &str) -> String {
        let tree = Tree::read(text);
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
        let tree = Tree::read(
            "<x:a xmlns:x='http://www.w3.org/2005/Atom'><dc:b/><c xmlns='http://purl.org/rss/1.0/'/></x:a><x:d/>",
        );
        let found: Vec<_> = tree
            .descendants(tree.root(), |_| true)
            .into_iter()
            .filter_map(|id| match tree.kind(id) {
                Kind::Element(e) => Some((e.name, e.namespace)),
                Kind::Text(_) => None,
            })
            .collect();
        assert_eq!(
            found,
            [("a", Namespace::Atom), ("b", Namespace::DublinCore), ("c", Namespace::Plain), ("d", Namespace::Other)]
        );
    }

    #[test]
    fn depth_costs_nothing() {
        let deep = "<a>".repeat(50_000) + "x";
        assert!(html(&deep).contains('x'));
    }
}
