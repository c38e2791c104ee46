//! Reads RSS 0.9 to 2.0, RDF and Atom by one set of rules, because publishers mix them.

use super::{
    namespace::Namespace as Ns,
    newest::keep_newest,
    xml::{self, Element, NodeId, Tree},
    xml_document::{LinkCandidates, XmlDocument},
    xml_entry,
};
use crate::domain::{feed_schedule::FeedScheduleHints, language::parse_language_tag};
use crate::server::{feed::parse::parsed::ParsedFeed, html::addresses::MAX_VALUE_BYTES, work_limit::WorkLimit};
use std::{collections::HashSet, rc::Rc};
use url::Url;

/// Reads a feed, as far as the limit allows; `None` when the document holds none. Of one that is too long to be held as a whole the newest entries are kept.
pub fn read(text: &str, base: &Url, limit: &WorkLimit) -> Option<ParsedFeed> {
    let (tree, pruned) = xml::read_pruned(text, limit, |tree| find_older_entries(tree, base));
    let mut feed = parse(&tree, base)?;
    feed.entries_left_out += pruned;
    Some(feed)
}

/// Reads the feed that a tree holds; `None` when it holds none.
pub fn parse(tree: &Tree<'_>, base: &Url) -> Option<ParsedFeed> {
    let mut document = XmlDocument::new(tree, base);
    let root = find_root(tree)?;
    let channel = tree.elements(root).find(|(_, e)| e.is("channel")).map_or(root, |(id, _)| id);
    let mut feed = ParsedFeed::default();
    let mut links = LinkCandidates::default();
    for (id, element) in tree.elements(channel) {
        document.channel_field(id, element, &mut feed, &mut links);
    }
    feed.language = feed.language.or_else(|| document.language_at(channel));
    feed.site = links.best();
    if let Some(site) = feed.site.as_deref().filter(|_| !is_atom(tree, root)).and_then(|site| base.join(site).ok())
        && site.as_str().len() <= MAX_VALUE_BYTES
    {
        feed.relative_base = Some(site.clone());
        document.site = Some(Rc::new(site));
    }
    let mut entries = find_entries(tree, root);
    feed.entries_left_out = keep_newest(&mut entries, |id| xml_entry::find_date(&document, *id));
    feed.entries = entries.into_iter().map(|id| xml_entry::parse(&document, id, &feed)).collect();
    Some(feed)
}

fn find_root(tree: &Tree<'_>) -> Option<NodeId> {
    let is_root = |e: &Element<'_>| e.is("rss") || e.is("RDF") || e.is("feed") || e.is("channel");
    // A web page may hold an element of that name deep inside; a feed has it at the top, junk aside.
    tree.descendants(tree.root(), |e| !is_root(e) && !e.is("html") && !e.is("body"))
        .into_iter()
        .find(|id| tree.element(*id).is_some_and(is_root))
}

fn find_entries(tree: &Tree<'_>, root: NodeId) -> Vec<NodeId> {
    let is_entry = |e: &Element<'_>| (e.is("item") || e.is("entry")) && matches!(e.namespace, Ns::Plain | Ns::Atom);
    let mut entries = tree.descendants(root, |e| !is_entry(e));
    entries.retain(|id| tree.element(*id).is_some_and(is_entry) && !is_hollow(tree, *id));
    entries
}

/// The entries that are not among the newest of those read so far.
fn find_older_entries(tree: &Tree<'_>, base: &Url) -> Vec<NodeId> {
    let Some(root) = find_root(tree) else { return Vec::new() };
    let document = XmlDocument::new(tree, base);
    let mut all = find_entries(tree, root);
    let mut newest = all.clone();
    keep_newest(&mut newest, |id| xml_entry::find_date(&document, *id));
    let newest: HashSet<NodeId> = newest.into_iter().collect();
    all.retain(|id| !newest.contains(id));
    all
}

/// Whether an element and everything below it have neither text nor attributes, as templates leave behind.
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
            (Ns::Plain | Ns::DublinCore, "language") if feed.language.is_none() => {
                feed.language = parse_language_tag(&self.tree.text(id));
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
}

/// Whether the root is Atom's, whose relative addresses refer to the document (RFC 4287, section 2).
fn is_atom(tree: &Tree<'_>, root: NodeId) -> bool {
    tree.element(root).is_some_and(|e| e.is("feed"))
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
