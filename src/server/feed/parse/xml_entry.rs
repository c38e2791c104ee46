//! One entry of an XML feed.

use super::{
    namespace::Namespace as Ns,
    xml::{Element, NodeId},
    xml_details,
    xml_document::{LinkCandidates, XmlDocument},
};
use crate::{
    domain::time::Timestamp,
    server::feed::parse::parsed::{Enclosure, ParsedEntry, ParsedFeed},
};
use url::Url;

/// Files of an entry; further ones are ignored.
const MAX_ENCLOSURES: usize = 64;

/// What is collected before the best of it is chosen.
#[derive(Default)]
struct EntryCandidates {
    links: LinkCandidates,
    /// The title that Dublin Core, Media RSS or iTunes give.
    other_title: String,
    /// The `guid` of RSS or the `id` of Atom, when it is an address that may lead to the entry.
    permalink: Option<String>,
    about: Option<String>,
    /// By [`date_rank`].
    dates: [Option<Timestamp>; 3],
    media_description: Option<String>,
    itunes_summary: Option<String>,
}

/// Reads an entry. What it does not say about itself is taken from its feed.
pub(super) fn parse(document: &XmlDocument<'_, '_>, id: NodeId, feed: &ParsedFeed) -> ParsedEntry {
    let mut entry = ParsedEntry::default();
    let mut found = EntryCandidates::default();
    if let Some(element) = document.tree.element(id) {
        found.about = element.attribute("rdf:about").or(element.attribute("about")).map(|a| a.trim().to_owned());
    }
    for (id, element) in document.tree.elements(id) {
        parse_field(document, id, element, &mut entry, &mut found);
    }
    if entry.title.is_empty() {
        entry.title = found.other_title;
    }
    let link = found.links.best().or(found.permalink);
    entry.link = link.or_else(|| found.about.as_deref().and_then(web_address));
    entry.id = entry.id.or(found.about);
    entry.details = xml_details::parse(document, id, entry.link.as_deref(), feed.language.as_deref());
    let [published, created, updated] = found.dates;
    entry.published = published.or(created);
    entry.updated = updated;
    if entry.summary.is_none() {
        entry.summary = found.media_description.or(found.itunes_summary);
    }
    entry.author = entry.author.or_else(|| feed.author.clone());
    if entry.base.is_none() {
        entry.base = document.explicit_base_url(id);
    }
    entry
}

/// The date of an entry that is not read otherwise.
pub(super) fn find_date(document: &XmlDocument<'_, '_>, id: NodeId) -> Option<Timestamp> {
    let mut dates = [None; 3];
    for (id, element) in document.tree.elements(id) {
        if let Some(rank) = date_rank(element.namespace, &element.name.to_ascii_lowercase()) {
            dates[rank] = dates[rank].or(document.date(id));
        }
    }
    dates.into_iter().flatten().next()
}

/// What kind of date an element holds: 0 when the entry was published, 1 the same in other vocabularies, 2 when it was changed.
fn date_rank(namespace: Ns, name: &str) -> Option<usize> {
    match (namespace, name) {
        (Ns::Plain | Ns::Atom, "pubdate" | "published" | "issued") => Some(0),
        (Ns::DublinCore, "date" | "created" | "issued") | (Ns::Atom | Ns::Plain, "created") => Some(1),
        (Ns::Plain | Ns::Atom, "updated" | "modified") | (Ns::DublinCore, "modified") => Some(2),
        _ => None,
    }
}

fn parse_field(
    document: &XmlDocument<'_, '_>,
    id: NodeId,
    element: &Element<'_>,
    entry: &mut ParsedEntry,
    found: &mut EntryCandidates,
) {
    let name = element.name.to_ascii_lowercase();
    if let Some(rank) = date_rank(element.namespace, &name) {
        found.dates[rank] = found.dates[rank].or(document.date(id));
        return;
    }
    match (element.namespace, name.as_str()) {
        (Ns::Plain | Ns::Atom, "title") if entry.title.is_empty() => entry.title = document.title(id, element),
        (Ns::DublinCore | Ns::Media | Ns::Itunes, "title") if found.other_title.is_empty() => {
            found.other_title = document.title(id, element);
        }
        (Ns::Plain | Ns::Atom, "link") => {
            if element.attribute("rel") == Some("enclosure") {
                push_enclosure(document, id, element, "href", entry);
            }
            found.links.take(document, id, element);
        }
        (Ns::Plain, "guid") => {
            entry.id = document.word(id);
            let may_be_link = element.attribute("isPermaLink").is_none_or(|p| !p.eq_ignore_ascii_case("false"));
            found.permalink = entry.id.as_deref().filter(|_| may_be_link).and_then(web_address);
        }
        (Ns::Plain | Ns::Atom, "id") | (Ns::DublinCore, "identifier") => {
            let value = document.word(id);
            if element.namespace == Ns::Atom && found.permalink.is_none() {
                found.permalink = value.as_deref().and_then(web_address);
            }
            entry.id = entry.id.take().or(value);
        }
        (Ns::Plain | Ns::Atom, "author") | (Ns::DublinCore, "creator" | "author") | (Ns::Itunes, "author") => {
            entry.author = entry.author.take().or_else(|| document.author(id));
        }
        (Ns::Content, "encoded")
        | (Ns::Plain | Ns::Atom, "content" | "fullitem" | "body")
        | (Ns::Xhtml, "body" | "div") => {
            parse_content(document, id, element, entry);
        }
        (Ns::Plain | Ns::Atom | Ns::DublinCore, "description" | "summary" | "abstract") => {
            let html = document.html(id, element);
            if html.is_some() && entry.summary.is_none() {
                entry.summary = html;
                if entry.content.is_none() {
                    entry.base = document.explicit_base_url(id);
                }
            }
        }
        (Ns::Itunes, "summary" | "subtitle") => {
            found.itunes_summary = found.itunes_summary.take().or_else(|| document.html(id, element))
        }
        (Ns::Plain | Ns::Atom, "enclosure") => push_enclosure(document, id, element, "url", entry),
        (Ns::Media, "description") => {
            found.media_description = document.html(id, element).map(|text| text.replace('\n', "<br>"))
        }
        (Ns::Media, "group" | "content") => {
            for (id, element) in document.tree.elements(id) {
                parse_field(document, id, element, entry, found);
            }
        }
        _ => {}
    }
}

/// The text when it is an HTTP URL, with its scheme in lower case.
fn web_address(text: &str) -> Option<String> {
    if text.starts_with("http://") || text.starts_with("https://") {
        return Some(text.to_owned());
    }
    let url = Url::parse(text).ok().filter(|_| text.contains("://"))?;
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}

/// The fuller of several contents stays; Atom content at another address (`src`) is none.
fn parse_content(document: &XmlDocument<'_, '_>, id: NodeId, element: &Element<'_>, entry: &mut ParsedEntry) {
    let kind = element.attribute("type").unwrap_or_default();
    if kind.starts_with("image/") || kind.starts_with("audio/") || kind.starts_with("video/") {
        return;
    }
    let Some(html) = document.html(id, element) else { return };
    if entry.content.as_ref().is_none_or(|before| before.len() < html.len()) {
        entry.content = Some(html);
        entry.base = document.explicit_base_url(id);
    }
}

fn push_enclosure(
    document: &XmlDocument<'_, '_>,
    id: NodeId,
    element: &Element<'_>,
    attribute: &str,
    entry: &mut ParsedEntry,
) {
    if entry.enclosures.len() >= MAX_ENCLOSURES {
        return;
    }
    let base = document.field_base_url(id, element);
    let Some(url) = element.attribute(attribute).and_then(|u| document.join(&base, u.trim())) else { return };
    let media_type = element.attribute("type").unwrap_or_default().to_owned();
    entry.enclosures.push(Enclosure { url: url.into(), media_type });
}
