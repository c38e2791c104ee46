//! What an entry of an XML feed brings beside its text. Nothing here takes part in its identity.

use super::{
    media::{MediaCandidate, MediaCollector},
    namespace::Namespace as Ns,
    parsed::add_category,
    xml::{Element, NodeId},
    xml_document::XmlDocument,
};
use crate::{
    domain::{
        language::parse_language_tag,
        publisher_details::{ArticleSource, PublisherDetails},
    },
    server::html::{addresses::MAX_VALUE_BYTES, text},
};
use url::Url;

/// Characters of the title of a source.
const MAX_SOURCE_CHARS: usize = 300;

/// Reads the details of an entry. `link`: its own address; `feed_language`: where it does not say its own.
pub(super) fn parse(
    document: &XmlDocument<'_, '_>,
    entry: NodeId,
    link: Option<&str>,
    feed_language: Option<&str>,
) -> PublisherDetails {
    let mut details = PublisherDetails::default();
    let mut media = MediaCollector::default();
    let (mut duration, mut own_language, mut text_language) = (None, document.language_at(entry), None);
    for (id, element) in document.tree.elements(entry) {
        let name = element.name.to_ascii_lowercase();
        match (element.namespace, name.as_str()) {
            (Ns::Plain | Ns::Atom, "category") => {
                add_category(&mut details.categories, &category(document, id, element))
            }
            (Ns::DublinCore, "subject") => add_category(&mut details.categories, &document.tree.text(id)),
            (Ns::DublinCore, "language") => {
                own_language = own_language.or_else(|| parse_language_tag(&document.tree.text(id)))
            }
            (Ns::Plain, "comments") if details.comments_url.is_none() => {
                details.comments_url = web_address(document, id, element, &document.tree.text(id)).map(String::from);
            }
            (Ns::Plain | Ns::Atom, "source") if details.source.is_none() => {
                details.source = source(document, id, element);
            }
            (Ns::Plain | Ns::Atom, "link") => match element.attribute("rel").map(str::to_ascii_lowercase).as_deref() {
                Some("enclosure") => media.add(&file(document, id, element, "href", "length")),
                Some("replies") if details.comments_url.is_none() && is_page(element) => {
                    let href = element.attribute("href").unwrap_or_default();
                    details.comments_url = web_address(document, id, element, href).map(String::from);
                }
                _ => {}
            },
            (Ns::Plain | Ns::Atom, "enclosure") => media.add(&file(document, id, element, "url", "length")),
            (Ns::Plain | Ns::Atom, "content" | "summary" | "description") | (Ns::Content, "encoded") => {
                text_language = text_language.or_else(|| element.attribute("xml:lang").and_then(parse_language_tag));
                if element.attribute("type").is_some_and(is_playable_type) {
                    media.add(&file(document, id, element, "src", "length"));
                }
            }
            (Ns::Itunes, "duration") => duration = document.word(id),
            (Ns::Itunes, "image") => media.add(&thumbnail(document, id, element, "href")),
            (Ns::Media, "thumbnail") => media.add(&thumbnail(document, id, element, "url")),
            (Ns::Media, "content") => {
                add_thumbnails(document, id, &mut media);
                media.add(&media_content(document, id, element));
            }
            (Ns::Media, "group") => add_group(document, id, &mut media),
            _ => {}
        }
    }
    details.language = text_language.or(own_language).or_else(|| feed_language.map(str::to_owned));
    details.media = media.finish(link, duration.as_deref());
    details
}

/// The forms of one content, of which the best is taken.
fn add_group(document: &XmlDocument<'_, '_>, group: NodeId, media: &mut MediaCollector) {
    add_thumbnails(document, group, media);
    let contents = media_elements(document, group, "content");
    let forms: Vec<MediaCandidate> = contents
        .map(|(id, element)| {
            add_thumbnails(document, id, media);
            media_content(document, id, element)
        })
        .collect();
    media.add_best(&forms);
}

fn add_thumbnails(document: &XmlDocument<'_, '_>, parent: NodeId, media: &mut MediaCollector) {
    for (id, element) in media_elements(document, parent, "thumbnail") {
        media.add(&thumbnail(document, id, element, "url"));
    }
}

fn media_elements<'t>(
    document: &XmlDocument<'t, '_>,
    parent: NodeId,
    name: &'static str,
) -> impl Iterator<Item = (NodeId, &'t Element<'t>)> {
    document.tree.elements(parent).filter(move |(_, element)| element.namespace == Ns::Media && element.is(name))
}

/// `media:content`. Of a picture the description is its alternative text; of a film it is the text of the entry.
fn media_content(document: &XmlDocument<'_, '_>, id: NodeId, element: &Element<'_>) -> MediaCandidate {
    let text_of = |name| media_elements(document, id, name).next().map(|(id, _)| document.tree.text(id).into_owned());
    let is_picture = element.attribute("medium").is_some_and(|medium| medium.eq_ignore_ascii_case("image"))
        || element.attribute("type").is_some_and(|kind| kind.starts_with("image/"));
    let description = text_of("description").filter(|_| is_picture);
    MediaCandidate {
        title: description.filter(|text| !text.trim().is_empty()).or_else(|| text_of("title")),
        ..file(document, id, element, "url", "fileSize")
    }
}

fn thumbnail(document: &XmlDocument<'_, '_>, id: NodeId, element: &Element<'_>, attribute: &str) -> MediaCandidate {
    let file = file(document, id, element, attribute, "fileSize");
    MediaCandidate { is_thumbnail: true, title: None, duration: None, ..file }
}

/// What the attributes of an element say of a file. `address` and `size`: the names of the attributes that hold them.
fn file(
    document: &XmlDocument<'_, '_>,
    id: NodeId,
    element: &Element<'_>,
    address: &str,
    size: &str,
) -> MediaCandidate {
    let sent = |name: &str| element.attribute(name).map(str::to_owned);
    MediaCandidate {
        url: element.attribute(address).and_then(|reference| web_address(document, id, element, reference)),
        mime_type: sent("type"),
        medium: sent("medium"),
        is_thumbnail: false,
        is_default: element.attribute("isDefault").is_some_and(|value| value.eq_ignore_ascii_case("true")),
        bytes: sent(size),
        width: sent("width"),
        height: sent("height"),
        duration: sent("duration"),
        title: sent("title"),
    }
}

/// RSS writes the name as text, Atom as `label` or `term`; addresses among the terms are no names.
fn category(document: &XmlDocument<'_, '_>, id: NodeId, element: &Element<'_>) -> String {
    let label = element.attribute("label").filter(|label| !label.trim().is_empty());
    let term = || element.attribute("term").filter(|term| !term.contains("://"));
    label.or_else(term).map_or_else(|| document.tree.text(id).into_owned(), str::to_owned)
}

fn source(document: &XmlDocument<'_, '_>, id: NodeId, element: &Element<'_>) -> Option<ArticleSource> {
    let child = |name: &str| document.tree.elements(id).find(|(_, element)| element.is(name));
    let (title, url) = if document.tree.has_elements(id) {
        let mut links = document.tree.elements(id).filter(|(_, element)| element.is("link"));
        let link = links.find(|(_, link)| link.attribute("rel").is_none_or(|rel| rel == "alternate"));
        let url = link.and_then(|(id, link)| web_address(document, id, link, link.attribute("href")?));
        (child("title").map(|(id, title)| document.title(id, title)).unwrap_or_default(), url)
    } else {
        let url = element.attribute("url").and_then(|url| web_address(document, id, element, url));
        (text::html_to_text(&document.tree.text(id)), url)
    };
    let title: String = title.chars().take(MAX_SOURCE_CHARS).collect();
    let source = ArticleSource { title, url: url.map(String::from) };
    (source != ArticleSource::default()).then_some(source)
}

/// Whether a link of Atom leads to a page, as far as it says.
fn is_page(element: &Element<'_>) -> bool {
    element.attribute("type").is_none_or(|kind| kind.contains("html"))
}

fn is_playable_type(kind: &str) -> bool {
    ["image/", "audio/", "video/"].iter().any(|start| kind.starts_with(start))
}

/// An address on the web; relative ones are resolved as links of the entry are.
fn web_address(document: &XmlDocument<'_, '_>, id: NodeId, element: &Element<'_>, reference: &str) -> Option<Url> {
    let reference = reference.trim();
    if reference.is_empty() || reference.len() > MAX_VALUE_BYTES {
        return None;
    }
    let url = match Url::parse(reference) {
        Ok(url) => url,
        Err(_) => document.join(&document.field_base_url(id, element), reference)?,
    };
    (matches!(url.scheme(), "http" | "https") && url.as_str().len() <= MAX_VALUE_BYTES).then_some(url)
}
