//! XML as publishers write it. Reads anything into a tree: bare `&`, undeclared entities and prefixes, elements that are never
//! closed, junk before and after, a torn-off end. Never opens another document, never expands an entity of the document's own.

use super::{
    attributes::{self, Attribute},
    entity,
    namespace::Namespace,
};
use std::borrow::Cow;

/// Elements nested deeper are taken as lying side by side.
const DEEPEST: usize = 200;
/// More nodes than any feed has; the rest of the document is not read. Bounds the memory that a hostile one can take.
const MOST_NODES: usize = 1_000_000;

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
        let mut reader =
            Reader { tree: Self { nodes: Vec::new() }, open: Vec::new(), declared: Vec::new(), comments_end: true };
        reader.tree.nodes.push(Node {
            kind: Kind::Text(Cow::Borrowed("")),
            parent: None,
            first: None,
            last: None,
            next: None,
        });
        reader.open.push((Id(0), ""));
        reader.run(text);
        reader.tree
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

struct Reader<'a> {
    tree: Tree<'a>,
    /// Open elements with their qualified names; the first is the root.
    open: Vec<(Id, &'a str)>,
    /// Declared prefixes, with the number of open elements at that time.
    declared: Vec<(usize, &'a str, Namespace)>,
    /// Whether there may be another `-->` ahead; keeps a document full of unclosed comments from being searched for each.
    comments_end: bool,
}

impl<'a> Reader<'a> {
    fn run(&mut self, text: &'a str) {
        let mut rest = text;
        while let Some(at) = rest.find('<').filter(|_| self.tree.nodes.len() < MOST_NODES) {
            self.text(&rest[..at]);
            rest = self.markup(&rest[at..]);
        }
        self.text(rest);
    }

    /// Reads what begins with `<`; the rest behind it.
    fn markup(&mut self, text: &'a str) -> &'a str {
        let until = |start: usize, end: &str| text[start..].find(end).map(|i| (start + i, start + i + end.len()));
        if let Some(content) = text.strip_prefix("<![CDATA[") {
            let (end, next) = until(9, "]]>").unwrap_or((text.len(), text.len()));
            self.push(Kind::Text(Cow::Borrowed(&content[..end - 9])));
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
            return if subset { after_doctype(text) } else { until(2, ">").map_or("", |(_, next)| &text[next..]) };
        }
        if text.starts_with("<?") {
            return until(2, ">").map_or("", |(_, next)| &text[next..]);
        }
        if let Some(name) = text.strip_prefix("</") {
            self.close(&name[..name_length(name)]);
            return until(2, ">").map_or("", |(_, next)| &text[next..]);
        }
        match name_length(&text[1..]) {
            0 => {
                self.text("<");
                &text[1..]
            }
            length => {
                let (attributes, read, closed) = attributes::read(&text[1 + length..]);
                self.start(&text[1..=length], attributes, closed);
                &text[1 + length + read..]
            }
        }
    }

    fn text(&mut self, text: &'a str) {
        if !text.is_empty() {
            self.push(Kind::Text(entity::decode(text)));
        }
    }

    fn start(&mut self, qualified: &'a str, attributes: Vec<Attribute<'a>>, closed: bool) {
        // Entries do not nest: the one before was never closed. (`<item/>` within one is litter of a broken template.)
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
            let known = Namespace::of_uri(&attribute.value);
            // A default namespace nobody knows is a publisher's fancy, not a vocabulary.
            let known = if prefix.is_empty() && known == Namespace::Other { Namespace::Plain } else { known };
            self.declared.push((level, prefix, known));
        }
        let (prefix, name) = qualified.split_once(':').unwrap_or(("", qualified));
        let namespace = self
            .declared
            .iter()
            .rev()
            .find(|(_, p, _)| *p == prefix)
            .map_or_else(|| Namespace::of_prefix(prefix), |(_, _, namespace)| *namespace);
        let id = self.push(Kind::Element(Element { namespace, qualified, name, attributes }));
        if closed || level > DEEPEST {
            self.forget_namespaces(level);
        } else {
            self.open.push((id, qualified));
        }
    }

    /// Closes the innermost element of that name with all that is open within it; an end tag without a start is nothing.
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

    fn push(&mut self, kind: Kind<'a>) -> Id {
        let id = Id(u32::try_from(self.tree.nodes.len()).unwrap_or(u32::MAX));
        let parent = self.open.last().map_or(Id(0), |(id, _)| *id);
        self.tree.nodes.push(Node { kind, parent: Some(parent), first: None, last: None, next: None });
        match self.tree.nodes[parent.0 as usize].last.replace(id) {
            Some(before) => self.tree.nodes[before.0 as usize].next = Some(id),
            None => self.tree.nodes[parent.0 as usize].first = Some(id),
        }
        id
    }
}

fn name_length(text: &str) -> usize {
    let starts = |b: &u8| b.is_ascii_alphabetic() || *b == b'_' || *b >= 0x80;
    if !text.as_bytes().first().is_some_and(starts) {
        return 0;
    }
    text.bytes()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'-' | b'.') || *b >= 0x80)
        .count()
}

/// Skips `<!DOCTYPE …>` with its internal subset: nothing it declares is ever used.
fn after_doctype(text: &str) -> &str {
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
