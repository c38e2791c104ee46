//! OPML: lists of subscriptions, as they are moved between readers.

use crate::domain::{
    feed::{MAX_FOLDER_NAME_CHARS, MAX_TITLE_CHARS},
    feed_error::{FeedError, FeedErrorKind},
    plain_text,
};
use crate::server::{
    feed::parse::{
        charset, work_over_problem,
        xml::{self, Element, NodeId, Tree},
    },
    html::{entities, text},
    work_limit::WorkLimit,
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt::Write as _,
};

/// Between the names of nested folders, which become one folder here.
const FOLDER_SEPARATOR: &str = " / ";

/// Elements that are read between two checks of the limit.
const ELEMENTS_PER_CHECK: usize = 256;
/// The largest document, in bytes; ten thousand feeds take about 2 MB.
pub const MAX_OPML_BYTES: usize = 15 << 20;
/// Maximum subscriptions of a list.
const MAX_OUTLINES: usize = 50_000;

/// An OPML document as read.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct OpmlDocument {
    /// The subscriptions, in the order of the document.
    pub outlines: Vec<Outline>,
    /// The outlines that are neither a subscription nor a folder with anything in it.
    pub left_out: Vec<LeftOutOutline>,
}

/// An outline that gives no subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOutOutline {
    /// Its name; may be empty.
    pub name: String,
    /// Why it gives none, in a sentence.
    pub reason: &'static str,
}

/// A subscription in a list.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Outline {
    /// Address of the feed.
    pub url: String,
    /// Address of its site.
    pub site_url: Option<String>,
    /// Plain text; may be empty.
    pub title: String,
    /// The names of the folders around it, from the outermost, joined by ` / `.
    pub folder: Option<String>,
}

/// Reads a list within the usual time; [`parse_within`].
pub fn parse(document: &[u8]) -> Result<OpmlDocument, FeedError> {
    parse_within(document, &WorkLimit::default())
}

/// Reads a list leniently: whatever names a feed's address is a subscription, however broken the rest.
///
/// # Errors
/// Why it is not a list of subscriptions, or [`work_over_problem`].
pub fn parse_within(document: &[u8], limit: &WorkLimit) -> Result<OpmlDocument, FeedError> {
    let text = charset::decode(document, None);
    let tree = xml::read(&text, limit);
    let is_outline = |e: &Element<'_>| e.is("outline");
    if limit.is_over() {
        return Err(work_over_problem());
    }
    let all = tree.descendants(tree.root(), |_| true);
    let known = |id: &NodeId| tree.element(*id).is_some_and(|e| is_outline(e) || e.is("opml"));
    if !all.iter().any(known) {
        return Err(FeedError::new(
            FeedErrorKind::NotAFeed,
            "The file is not a list of subscriptions: it holds no OPML outlines.",
        ));
    }
    let (mut list, mut folders) = (OpmlDocument::default(), FolderNames::default());
    for (number, id) in all.into_iter().enumerate() {
        if number.is_multiple_of(ELEMENTS_PER_CHECK) && limit.is_over() {
            return Err(work_over_problem());
        }
        let Some(element) = tree.element(id).filter(|e| is_outline(e)) else { continue };
        if list.outlines.len() + list.left_out.len() >= MAX_OUTLINES {
            let message = format!("The list has more than {MAX_OUTLINES} subscriptions.");
            return Err(FeedError::new(FeedErrorKind::TooLarge, message));
        }
        let Some(url) = feed_url(element) else {
            let is_folder = tree.elements(id).any(|(_, inner)| is_outline(inner));
            list.left_out.extend((!is_folder).then(|| left_out(element)));
            continue;
        };
        let folder = tree.parent(id).and_then(|parent| folders.folder_at(&tree, parent));
        let folder = folder.and_then(|folder| folders.names.get(folder).cloned());
        let site_url = element.attribute("htmlUrl").map(str::trim).filter(|u| !u.is_empty()).map(str::to_owned);
        list.outlines.push(Outline { url: url.to_owned(), site_url, title: title(element), folder });
    }
    Ok(list)
}

/// The folders of a list: nested ones become one here, and no two that differ get one name.
#[derive(Default)]
struct FolderNames {
    /// The name of each folder, and the path that it was made of; both within the limit of a name.
    names: Vec<String>,
    paths: Vec<String>,
    /// By the outline: the folder at or around it. Each is read once.
    outlines: HashMap<NodeId, Option<usize>>,
    /// By the folder around it and its own name.
    known: HashMap<(Option<usize>, String), usize>,
    taken: HashSet<String>,
    /// How many folders had the same path so far.
    same_paths: HashMap<String, usize>,
}

impl FolderNames {
    /// The innermost folder at or around `id`.
    fn folder_at(&mut self, tree: &Tree<'_>, id: NodeId) -> Option<usize> {
        if let Some(folder) = self.outlines.get(&id) {
            return *folder;
        }
        let outer = tree.parent(id).and_then(|parent| self.folder_at(tree, parent));
        let own = tree.element(id).filter(|e| e.is("outline") && feed_url(e).is_none()).map(title);
        let folder = match own.filter(|name| !name.is_empty()) {
            Some(own) => Some(self.find_or_name(outer, own)),
            None => outer,
        };
        self.outlines.insert(id, folder);
        folder
    }

    fn find_or_name(&mut self, outer: Option<usize>, own: String) -> usize {
        let key = (outer, own);
        if let Some(folder) = self.known.get(&key) {
            return *folder;
        }
        let path = match outer {
            Some(outer) => format!("{}{FOLDER_SEPARATOR}{}", self.paths[outer], key.1),
            None => key.1.clone(),
        };
        let path = cut_name(&path, MAX_FOLDER_NAME_CHARS);
        let mut name = path.clone();
        // Names that are cut, or that hold the separator, may be equal.
        while !self.taken.insert(name.clone()) {
            let count = self.same_paths.entry(path.clone()).or_insert(1);
            *count += 1;
            let number = format!(" ({count})");
            name = cut_name(&path, MAX_FOLDER_NAME_CHARS - number.len()) + &number;
        }
        let folder = self.names.len();
        self.names.push(name);
        self.paths.push(path);
        self.known.insert(key, folder);
        folder
    }
}

fn cut_name(name: &str, max_chars: usize) -> String {
    name.chars().take(max_chars).collect::<String>().trim_end().to_owned()
}

/// An outline without an address and without outlines in it: a subscription that lacks its address, or an empty folder.
fn left_out(element: &Element<'_>) -> LeftOutOutline {
    let is_entry = ["type", "xmlUrl", "htmlUrl", "url"].iter().any(|name| element.attribute(name).is_some());
    let reason = if is_entry {
        "It has no xmlUrl, the address of its feed."
    } else {
        "It is neither a feed nor a folder with feeds."
    };
    LeftOutOutline { name: title(element), reason }
}

fn feed_url<'a>(element: &'a Element<'_>) -> Option<&'a str> {
    element.attribute("xmlUrl").map(str::trim).filter(|url| !url.is_empty())
}

fn title(element: &Element<'_>) -> String {
    let name = |name: &str| {
        element
            .attribute(name)
            .map(|value| plain_text::clean_line(&text::html_to_text(value)))
            .filter(|t| !t.is_empty())
    };
    name("title").or_else(|| name("text")).unwrap_or_default().chars().take(MAX_TITLE_CHARS).collect()
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
        let name = plain_text::clean_line(name);
        let name = entities::encode(&name);
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
    let title = plain_text::clean_line(&outline.title);
    let title = entities::encode(&title);
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
    use super::{MAX_FOLDER_NAME_CHARS, OpmlDocument, Outline, parse, write};

    fn outline(url: &str, title: &str, folder: Option<&str>) -> Outline {
        Outline { url: url.to_owned(), title: title.to_owned(), folder: folder.map(str::to_owned), site_url: None }
    }

    #[test]
    fn broken_lists_are_read_and_written_ones_come_back() {
        let broken = "<opml><body><outline text='R&D'><outline><outline text=\"a \"b\" c\" xmlURL='http://x.org/?a=1&b=2'/></outline>\
                      <outline title='T' xmlUrl='http://y.org/'></body>";
        let expected =
            [outline("http://x.org/?a=1&b=2", "a \"b\" c", Some("R&D")), outline("http://y.org/", "T", Some("R&D"))];
        let found = parse(broken.as_bytes()).expect("outlines").outlines;
        assert_eq!(found, expected);
        assert_eq!(parse(write("All", &found).as_bytes()).expect("outlines").outlines, expected);
        assert!(parse(b"<html><body><p>no").is_err());
        assert_eq!(parse(b"<opml version='2.0'><body/></opml>").expect("an empty list"), OpmlDocument::default());
    }

    #[test]
    fn folders_that_differ_get_names_that_differ() {
        let folder = |path: &[&str], feed: usize| {
            let open: String = path.iter().map(|name| format!("<outline text='{name}'>")).collect();
            format!("{open}<outline xmlUrl='http://x.org/{feed}'/>{}", "</outline>".repeat(path.len()))
        };
        let long = "x".repeat(190);
        let lists: [(&[&[&str]], &[&str]); 4] = [
            (&[&["A", "B"], &["A / B"], &["A", "B"]], &["A / B", "A / B (2)", "A / B"]),
            (&[&["A / B (2)"], &["A / B"], &["A", "B"]], &["A / B (2)", "A / B", "A / B (3)"]),
            (&[&["A", "B"], &["A", "C"], &["B"]], &["A / B", "A / C", "B"]),
            (&[&["A", "B", "C"], &["A / B", "C"], &["A", "B / C"]], &["A / B / C", "A / B / C (2)", "A / B / C (3)"]),
        ];
        for (paths, expected) in lists {
            let body: String = paths.iter().enumerate().map(|(feed, path)| folder(path, feed)).collect();
            let found = parse(format!("<opml><body>{body}</body></opml>").as_bytes()).expect("outlines").outlines;
            let names: Vec<&str> = found.iter().map(|outline| outline.folder.as_deref().unwrap_or_default()).collect();
            assert_eq!(names, expected);
        }
        let deep: String = ["News", "Sport", "News"]
            .iter()
            .enumerate()
            .map(|(feed, last)| folder(&[&long, &long, last], feed))
            .collect();
        let found = parse(format!("<opml><body>{deep}</body></opml>").as_bytes()).expect("outlines").outlines;
        let names: Vec<&str> = found.iter().map(|outline| outline.folder.as_deref().unwrap_or_default()).collect();
        assert_eq!(names[0], names[2]);
        assert_ne!(names[0], names[1]);
        assert!(names.iter().all(|name| name.chars().count() <= MAX_FOLDER_NAME_CHARS), "{names:?}");
    }

    #[test]
    fn nested_folders_are_told_apart_and_missing_addresses_are_reported() {
        let list = "<opml><body><outline text='A'><outline text='News'><outline text='1' xmlUrl='http://x.org/'/></outline></outline>\
                    <outline text='B'><outline text='News'><outline text='2' xmlUrl='http://y.org/'/></outline></outline>\
                    <outline text='3' type='rss'/><outline text='4' htmlUrl='http://z.org/' xmlUrl=' '/>\
                    <outline text='Folder' type='rss'><outline text='5' xmlUrl='http://v.org/'/></outline><outline text='Empty'/></body></opml>";
        let found = parse(list.as_bytes()).expect("outlines");
        let folders: Vec<_> =
            found.outlines.iter().map(|outline| outline.folder.as_deref().unwrap_or_default()).collect();
        assert_eq!(folders, ["A / News", "B / News", "Folder"]);
        let left_out: Vec<_> = found.left_out.iter().map(|outline| outline.name.as_str()).collect();
        assert_eq!(left_out, ["3", "4", "Empty"]);
        assert_ne!(found.left_out[1].reason, found.left_out[2].reason);
    }
}
