//! RSS 0.9 to 2.0, RDF and Atom: one reading for all, because publishers mix them.

use super::{
    date,
    namespace::Namespace as Ns,
    xml::{Element, NodeId, Tree},
    xml_entry,
};
use crate::domain::feed_schedule::FeedScheduleHints;
use crate::server::{
    feed::parse::parsed::ParsedFeed,
    html::{addresses::MAX_VALUE_BYTES, entities, text},
};
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
/// Entries of a document that are read.
pub(super) const MAX_ENTRIES: usize = 10_000;

/// A document with what its addresses refer to.
pub(super) struct XmlDocument<'t, 'a> {
    pub tree: &'t Tree<'a>,
    /// The address the document came from.
    pub base: &'t Url,
    document_base: Rc<Url>,
    /// What relative addresses of RSS refer to: the channel's link, once it has been read.
    site: Option<Rc<Url>>,
    /// Resolved `xml:base` attributes, by the element that bears one.
    bases: RefCell<HashMap<NodeId, Rc<Url>>>,
    /// Bytes of all addresses that were resolved.
    joined_bytes: Cell<usize>,
}

/// Reads a feed; `None` when the document holds none.
pub fn parse(tree: &Tree<'_>, base: &Url) -> Option<ParsedFeed> {
    let mut document = XmlDocument {
        tree,
        base,
        document_base: Rc::new(base.clone()),
        site: None,
        bases: RefCell::default(),
        joined_bytes: Cell::default(),
    };
    let is_root = |e: &Element<'_>| e.is("rss") || e.is("RDF") || e.is("feed") || e.is("channel");
    // A web page may hold an element of that name deep inside; a feed has it at the top, junk aside.
    let root = tree
        .descendants(tree.root(), |e| !is_root(e) && !e.is("html") && !e.is("body"))
        .into_iter()
        .find(|id| tree.element(*id).is_some_and(is_root))?;
    let channel = tree.elements(root).find(|(_, e)| e.is("channel")).map_or(root, |(id, _)| id);
    let mut feed = ParsedFeed::default();
    let mut links = LinkCandidates::default();
    for (id, element) in tree.elements(channel) {
        document.channel_field(id, element, &mut feed, &mut links);
    }
    feed.site = links.best();
    if let Some(site) = feed.site.as_deref().filter(|_| !is_atom(tree, root)).and_then(|site| base.join(site).ok())
        && site.as_str().len() <= MAX_VALUE_BYTES
    {
        feed.relative_base = Some(site.clone());
        document.site = Some(Rc::new(site));
    }
    let is_entry = |e: &Element<'_>| (e.is("item") || e.is("entry")) && matches!(e.namespace, Ns::Plain | Ns::Atom);
    feed.entries = tree
        .descendants(root, |e| !is_entry(e))
        .into_iter()
        .filter(|id| tree.element(*id).is_some_and(is_entry) && !is_hollow(tree, *id))
        .take(MAX_ENTRIES)
        .map(|id| xml_entry::parse(&document, id, &feed))
        .collect();
    Some(feed)
}

/// Whether an element and everything below it have neither text nor attributes: the litter of a template.
fn is_hollow(tree: &Tree<'_>, id: NodeId) -> bool {
    let has_attributes = |id: NodeId| tree.element(id).is_some_and(|element| !element.attributes.is_empty());
    tree.text(id).trim().is_empty()
        && !has_attributes(id)
        && !tree.descendants(id, |_| true).into_iter().any(has_attributes)
}

impl XmlDocument<'_, '_> {
    fn channel_field(&self, id: NodeId, element: &Element<'_>, feed: &mut ParsedFeed, links: &mut LinkCandidates) {
        let name = element.name.to_ascii_lowercase();
        match (element.namespace, name.as_str()) {
            (Ns::Plain | Ns::Atom, "title") => set_if_empty(&mut feed.title, || self.title(id, element)),
            (Ns::DublinCore, "title") if feed.title.is_empty() => feed.title = self.title(id, element),
            (Ns::Plain | Ns::Atom | Ns::DublinCore, "description" | "subtitle" | "tagline" | "info")
            | (Ns::Itunes, "summary" | "subtitle")
                if feed.description.is_none() =>
            {
                feed.description = self.html(id, element);
            }
            (Ns::Plain | Ns::Atom, "link") => links.take(self, id, element),
            (Ns::Plain | Ns::Atom, "author" | "managingeditor")
            | (Ns::DublinCore, "creator" | "author")
            | (Ns::Itunes, "author")
                if feed.author.is_none() =>
            {
                feed.author = self.author(id);
            }
            (Ns::Plain, "ttl") => {
                let minutes = self.tree.text(id).trim().parse::<i64>().ok().filter(|m| (1..=525_600).contains(m));
                feed.hints.interval = feed.hints.interval.max(minutes.map(|m| m * 60));
            }
            (Ns::Syndication, "updateperiod") if feed.hints.interval.is_none() => {
                let frequency = self
                    .tree
                    .elements(self.tree.parent(id).unwrap_or(id))
                    .find(|(_, e)| e.namespace == Ns::Syndication && e.is("updateFrequency"));
                let frequency =
                    frequency.and_then(|(id, _)| self.tree.text(id).trim().parse::<i64>().ok()).unwrap_or(1).max(1);
                let period = match self.tree.text(id).trim().to_ascii_lowercase().as_str() {
                    "hourly" => Some(3_600),
                    "daily" => Some(86_400),
                    "weekly" => Some(604_800),
                    "monthly" => Some(2_592_000),
                    "yearly" => Some(31_536_000),
                    _ => None,
                };
                feed.hints.interval = feed.hints.interval.max(period.map(|p: i64| p / frequency));
            }
            (Ns::Plain, "skiphours") => parse_skip_list(&mut feed.hints, self, id, |hints, text| {
                // RSS 0.91 counts to 24, which is midnight.
                if let Ok(hour @ 0..=24) = text.parse::<u32>() {
                    hints.skip_hours |= 1 << (hour % 24);
                }
            }),
            (Ns::Plain, "skipdays") => parse_skip_list(&mut feed.hints, self, id, |hints, text| {
                let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
                if let Some(day) = days.iter().position(|d| text.to_ascii_lowercase().starts_with(d)) {
                    hints.skip_days |= 1 << day;
                }
            }),
            _ => {}
        }
    }

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

    /// The date of an entry that an element holds.
    pub fn date(&self, id: NodeId) -> Option<crate::domain::time::Timestamp> {
        date::parse_entry_date(self.tree.text(id).trim())
    }

    /// What relative addresses at this node refer to, when the document says so itself.
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

/// Whether the root is Atom's, whose relative addresses refer to the document (RFC 4287, section 2).
fn is_atom(tree: &Tree<'_>, root: NodeId) -> bool {
    tree.element(root).is_some_and(|e| e.is("feed"))
}

/// The publisher's own spelling when it is absolute already: an identity should not change by being normalised.
fn prefer_original_spelling(reference: &str, url: Url) -> String {
    if reference.starts_with("http://") || reference.starts_with("https://") {
        reference.to_owned()
    } else {
        url.into()
    }
}

fn set_if_empty(place: &mut String, value: impl FnOnce() -> String) {
    if place.is_empty() {
        *place = value();
    }
}

fn parse_skip_list(
    hints: &mut FeedScheduleHints,
    document: &XmlDocument<'_, '_>,
    id: NodeId,
    mut set: impl FnMut(&mut FeedScheduleHints, &str),
) {
    for (id, _) in document.tree.elements(id) {
        set(hints, document.tree.text(id).trim());
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
