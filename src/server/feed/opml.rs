//! Lists of subscriptions, as they are moved between readers.

use crate::domain::feed_error::{FeedError, FeedErrorKind};
use crate::server::{
    feed::parse::{
        charset,
        xml::{Element, NodeId, Tree},
    },
    html::{entities, text},
};
use std::{collections::BTreeMap, fmt::Write as _};

/// A subscription in a list.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Outline {
    /// Address of the feed.
    pub url: String,
    /// Address of its site.
    pub site_url: Option<String>,
    /// Plain text; may be empty.
    pub title: String,
    /// The nearest folder with a name.
    pub folder: Option<String>,
}

/// Reads a list leniently: whatever names a feed's address is a subscription, however broken the rest.
pub fn parse(document: &[u8]) -> Result<Vec<Outline>, FeedError> {
    let text = charset::decode(document, None);
    let tree = Tree::read(&text);
    let is_outline = |e: &Element<'_>| e.is("outline");
    let all = tree.descendants(tree.root(), |_| true);
    let known = |id: &NodeId| tree.element(*id).is_some_and(|e| is_outline(e) || e.is("opml") || e.is("body"));
    if !all.iter().any(known) {
        return Err(FeedError::new(
            FeedErrorKind::NotAFeed,
            "The file is not a list of subscriptions: it holds no OPML outlines.",
        ));
    }
    let mut outlines = Vec::new();
    for id in all {
        let Some(element) = tree.element(id).filter(|e| is_outline(e)) else { continue };
        let Some(url) = feed_url(element) else { continue };
        let folder = std::iter::successors(tree.parent(id), |id| tree.parent(*id))
            .filter_map(|id| tree.element(id))
            .filter(|e| is_outline(e) && feed_url(e).is_none())
            .find_map(|e| Some(title(e)).filter(|name| !name.is_empty()));
        let site_url = element.attribute("htmlUrl").map(str::trim).filter(|u| !u.is_empty()).map(str::to_owned);
        outlines.push(Outline { url: url.to_owned(), site_url, title: title(element), folder });
    }
    Ok(outlines)
}

fn feed_url<'a>(element: &'a Element<'_>) -> Option<&'a str> {
    element.attribute("xmlUrl").map(str::trim).filter(|url| !url.is_empty())
}

fn title(element: &Element<'_>) -> String {
    let name = |name: &str| element.attribute(name).map(text::html_to_text).filter(|t| !t.is_empty());
    name("title").or_else(|| name("text")).unwrap_or_default()
}

/// Writes OPML 2.0: feeds without a folder first, then folder by folder.
pub fn write(title: &str, outlines: &[Outline]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n");
    let _ = writeln!(out, "  <head>\n    <title>{}</title>\n  </head>\n  <body>", entities::encode(title));
    let mut folders: BTreeMap<&str, Vec<&Outline>> = BTreeMap::new();
    for outline in outlines {
        match &outline.folder {
            Some(folder) => folders.entry(folder).or_default().push(outline),
            None => write_outline(&mut out, "    ", outline),
        }
    }
    for (name, outlines) in folders {
        let name = entities::encode(name);
        let _ = writeln!(out, "    <outline text=\"{name}\" title=\"{name}\">");
        for outline in outlines {
            write_outline(&mut out, "      ", outline);
        }
        out.push_str("    </outline>\n");
    }
    out.push_str("  </body>\n</opml>\n");
    out
}

fn write_outline(out: &mut String, indent: &str, outline: &Outline) {
    let title = entities::encode(&outline.title);
    let _ = write!(
        out,
        "{indent}<outline type=\"rss\" text=\"{title}\" title=\"{title}\" xmlUrl=\"{}\"",
        entities::encode(&outline.url)
    );
    if let Some(site) = &outline.site_url {
        let _ = write!(out, " htmlUrl=\"{}\"", entities::encode(site));
    }
    out.push_str("/>\n");
}

#[cfg(test)]
mod tests {
    use super::{Outline, parse, write};

    fn outline(url: &str, title: &str, folder: Option<&str>) -> Outline {
        Outline { url: url.to_owned(), title: title.to_owned(), folder: folder.map(str::to_owned), site_url: None }
    }

    #[test]
    fn broken_lists_are_read_and_written_ones_come_back() {
        let broken = "<opml><body><outline text='R&D'><outline><outline text=\"a \"b\" c\" xmlURL='http://x.org/?a=1&b=2'/></outline>\
                      <outline title='T' xmlUrl='http://y.org/'></body>";
        let expected =
            [outline("http://x.org/?a=1&b=2", "a \"b\" c", Some("R&D")), outline("http://y.org/", "T", Some("R&D"))];
        let found = parse(broken.as_bytes()).expect("outlines");
        assert_eq!(found, expected);
        assert_eq!(parse(write("All", &found).as_bytes()).expect("outlines"), expected);
        assert!(parse(b"<html><p>no").is_err());
        assert_eq!(parse(b"<opml version='2.0'><body/></opml>").expect("an empty list"), []);
    }
}
