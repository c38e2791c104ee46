//! What an XML document says, for feeds and entries alike: texts, HTML, names, dates, links and what addresses refer to.

use super::{
    date,
    namespace::Namespace as Ns,
    xml::{Element, NodeId, Tree},
};
use crate::domain::language::parse_language_tag;
use crate::server::html::{addresses::MAX_VALUE_BYTES, entities, text};
use base64::Engine as _;
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
};
use url::Url;

/// `xml:base` attributes around a node that are followed, outermost first.
const MAX_BASE_DEPTH: usize = 8;
/// Resolved addresses may take so many times the bytes of the document, …
const MAX_JOIN_GROWTH: usize = 4;
/// … and this many bytes more, so that small documents with long addresses pass.
const FREE_JOIN_BYTES: usize = 1 << 20;

/// A document with what its addresses refer to.
pub(super) struct XmlDocument<'t, 'a> {
    pub tree: &'t Tree<'a>,
    /// The address the document came from.
    pub base: &'t Url,
    document_base: Rc<Url>,
    /// What relative addresses of RSS refer to: the channel's link, once it has been read.
    pub site: Option<Rc<Url>>,
    /// Resolved `xml:base` attributes, by the element that bears one.
    bases: RefCell<HashMap<NodeId, Rc<Url>>>,
    /// Bytes of all addresses that were resolved.
    joined_bytes: Cell<usize>,
}

impl<'t, 'a> XmlDocument<'t, 'a> {
    /// A document that came from `base`.
    pub fn new(tree: &'t Tree<'a>, base: &'t Url) -> Self {
        Self {
            tree,
            base,
            document_base: Rc::new(base.clone()),
            site: None,
            bases: RefCell::default(),
            joined_bytes: Cell::default(),
        }
    }
}

impl XmlDocument<'_, '_> {
    /// A title as plain text. Markup in it is markup, unless Atom says that it is plain text.
    pub fn title(&self, id: NodeId, element: &Element<'_>) -> String {
        let literal =
            element.namespace == Ns::Atom && element.attribute("type").is_none_or(|t| t == "text" || t == "text/plain");
        if literal && element.attribute("mode").is_none() && !self.tree.has_elements(id) {
            return text::collapse_whitespace(&entities::decode(&self.tree.text(id)));
        }
        self.html(id, element).map(|html| text::html_to_text(&html)).unwrap_or_default()
    }

    /// The HTML that an element holds, in whichever way it does; `None` when it holds none.
    pub fn html(&self, id: NodeId, element: &Element<'_>) -> Option<String> {
        let kind = element.attribute("type").unwrap_or_default().to_ascii_lowercase();
        let html = if self.tree.has_elements(id) {
            let own = self.base_url_at(id);
            self.tree.inner_html(id, |inner, reference| {
                let base = self.base_url_at(inner);
                // The caller resolves against the element's own base; only a nearer one is settled here.
                if Rc::ptr_eq(&base, &own) || base == own {
                    return None;
                }
                self.join(&base, reference).map(String::from)
            })
        } else if element.attribute("mode").is_some_and(|m| m.eq_ignore_ascii_case("base64")) || is_base64_type(&kind) {
            decode_base64_text(&self.tree.text(id)).unwrap_or_else(|| self.tree.text(id).into_owned())
        } else if element.namespace == Ns::Atom
            && element.attribute("mode").is_none()
            && matches!(kind.as_str(), "" | "text" | "text/plain")
        {
            // Plain text by declaration. Many a publisher forgets the type, so markup is taken for what it looks like.
            let text = self.tree.text(id);
            if kind.is_empty() && text.contains("</") {
                text.into_owned()
            } else {
                entities::encode(&text).into_owned()
            }
        } else {
            self.tree.text(id).into_owned()
        };
        (!html.trim().is_empty()).then(|| html.trim().to_owned())
    }

    /// The text of an element without the white space around it; `None` when there is none.
    pub fn word(&self, id: NodeId) -> Option<String> {
        let text = self.tree.text(id);
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// A person's name; an address only when there is nothing else.
    pub fn author(&self, id: NodeId) -> Option<String> {
        let part = |name: &str| self.tree.elements(id).find(|(_, e)| e.is(name)).and_then(|(id, _)| self.word(id));
        if self.tree.has_elements(id) {
            return match (part("name"), part("email")) {
                (Some(name), _) => Some(text::html_to_text(&name)),
                (None, email) => email,
            };
        }
        let text = text::html_to_text(&self.tree.text(id));
        // `me@example.org (My Name)`, as RSS defines it, `My Name (me@example.org)`, or `My Name <me@example.org>`.
        let in_parentheses = text.strip_suffix(')').and_then(|t| t.split_once('('));
        match in_parentheses.or_else(|| text.strip_suffix('>').and_then(|t| t.split_once('<'))) {
            Some((mail, name)) if mail.contains('@') => Some(name.trim().to_owned()),
            Some((name, mail)) if mail.contains('@') && !name.trim().is_empty() => Some(name.trim().to_owned()),
            _ => Some(text).filter(|t| !t.is_empty()),
        }
    }

    /// The language of a node: its own or that of the nearest element around it (`xml:lang`).
    pub fn language_at(&self, node: NodeId) -> Option<String> {
        let around = std::iter::successors(Some(node), |id| self.tree.parent(*id));
        let tag = around.filter_map(|id| self.tree.element(id)?.attribute("xml:lang")).next()?;
        parse_language_tag(tag)
    }

    /// The date of an entry that an element holds.
    pub fn date(&self, id: NodeId) -> Option<crate::domain::time::Timestamp> {
        date::parse_entry_date(self.tree.text(id).trim())
    }

    /// The base of relative addresses at this node (`xml:base`), when the document names one.
    pub fn explicit_base_url(&self, id: NodeId) -> Option<Url> {
        self.tree.base_element(id).map(|_| (*self.base_url_at(id)).clone())
    }

    /// What relative addresses of a field refer to: `xml:base`; without it the channel's link for RSS, the document for Atom.
    pub fn field_base_url(&self, id: NodeId, element: &Element<'_>) -> Rc<Url> {
        match &self.site {
            Some(site) if element.namespace == Ns::Plain && self.tree.base_element(id).is_none() => site.clone(),
            _ => self.base_url_at(id),
        }
    }

    /// What relative addresses at this node refer to: every `xml:base` around it, then the document.
    pub fn base_url_at(&self, id: NodeId) -> Rc<Url> {
        let Some(nearest) = self.tree.base_element(id) else { return self.document_base.clone() };
        if let Some(known) = self.bases.borrow().get(&nearest) {
            return known.clone();
        }
        let around = std::iter::successors(Some(nearest), |id| self.tree.base_element(self.tree.parent(*id)?));
        let values: Vec<&str> =
            around.filter_map(|id| self.tree.element(id)?.attribute("xml:base")).map(str::trim).collect();
        let mut base = self.base.clone();
        for value in values.into_iter().rev().take(MAX_BASE_DEPTH) {
            base = self.join(&base, value).unwrap_or(base);
        }
        let base = Rc::new(base);
        self.bases.borrow_mut().insert(nearest, base.clone());
        base
    }

    /// The absolute address; `None` when it is none, when it is too long, or when the document has used up what resolving may
    /// cost: a long base makes much of few bytes.
    pub fn join(&self, base: &Url, reference: &str) -> Option<Url> {
        let spent = self.joined_bytes.get() + base.as_str().len() + reference.len();
        if reference.len() > MAX_VALUE_BYTES || spent > self.tree.source_bytes() * MAX_JOIN_GROWTH + FREE_JOIN_BYTES {
            return None;
        }
        self.joined_bytes.set(spent);
        base.join(reference).ok().filter(|url| url.as_str().len() <= MAX_VALUE_BYTES)
    }
}

/// The links of a feed or an entry, best first.
#[derive(Debug, Default)]
pub(super) struct LinkCandidates {
    text: Option<String>,
    alternate_html: Option<String>,
    alternate: Option<String>,
    other: Option<String>,
}

impl LinkCandidates {
    /// Considers a `link` element of RSS (its text) or Atom (its `href`).
    pub fn take(&mut self, document: &XmlDocument<'_, '_>, id: NodeId, element: &Element<'_>) {
        let base = document.field_base_url(id, element);
        let resolved = |reference: &str| {
            let reference: String = reference.split_whitespace().collect::<Vec<_>>().join(" ");
            let absolute = document.join(&base, &reference);
            absolute.map_or_else(|| reference.clone(), |url| prefer_original_spelling(&reference, url))
        };
        let Some(href) = element.attribute("href").filter(|h| !h.trim().is_empty()) else {
            let text = document.word(id).filter(|_| element.attribute("rel").is_none_or(|r| r == "alternate"));
            if self.text.is_none() {
                self.text = text.map(|t| resolved(&t));
            }
            return;
        };
        let rel = element.attribute("rel").unwrap_or("alternate").trim().to_ascii_lowercase();
        let kind = element.attribute("type").unwrap_or_default();
        let place = match rel.as_str() {
            "alternate" if kind.contains("html") => &mut self.alternate_html,
            "alternate" => &mut self.alternate,
            "self" | "edit" | "enclosure" | "hub" | "next" | "prev" | "previous" | "first" | "last" | "replies"
            | "license" | "search" | "service.post" | "service.feed" | "service.edit" | "icon" | "stylesheet" => return,
            _ => &mut self.other,
        };
        place.get_or_insert_with(|| resolved(href));
    }

    /// The address a reader would open.
    pub fn best(self) -> Option<String> {
        self.text.or(self.alternate_html).or(self.alternate).or(self.other)
    }
}

/// The publisher's own spelling when it is absolute already: an identity should not change by being normalized.
fn prefer_original_spelling(reference: &str, url: Url) -> String {
    if reference.starts_with("http://") || reference.starts_with("https://") {
        reference.to_owned()
    } else {
        url.into()
    }
}

/// Atom carries anything that is neither text nor markup in base64.
fn is_base64_type(kind: &str) -> bool {
    kind == "application/octet-stream"
}

fn decode_base64_text(text: &str) -> Option<String> {
    let dense: String = text.split_ascii_whitespace().collect();
    String::from_utf8(base64::prelude::BASE64_STANDARD.decode(dense).ok()?).ok()
}
