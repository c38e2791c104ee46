//! Documents that try to exhaust memory or processor time.

use super::feed_server::rss_document;
use flate2::{Compression, write::GzEncoder};
use std::io::Write as _;

/// The kind of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BombKind {
    /// A feed in XML.
    Xml,
    /// A feed in XML, compressed.
    Gzip,
    /// A JSON Feed.
    Json,
    /// A web page that is searched for feeds.
    Page,
    /// A list of subscriptions.
    Opml,
}

/// One document.
#[derive(Debug)]
pub struct Bomb {
    pub name: String,
    pub kind: BombKind,
    pub bytes: Vec<u8>,
}

/// All documents. `url` is the server of their external entities, which must never be requested.
pub fn all_bombs(url: &str) -> Vec<Bomb> {
    let bomb = |name: &str, kind, text: String| Bomb { name: name.to_owned(), kind, bytes: text.into_bytes() };
    let mut bombs: Vec<Bomb> = Vec::new();
    bombs.extend(xml_bombs(url).map(|(name, text)| bomb(name, BombKind::Xml, text)));
    bombs.extend(
        html_bombs().map(|(name, html)| bomb(name, BombKind::Xml, rss_document("Bomb", &[("1", "One", &html)]))),
    );
    bombs.extend(page_bombs().map(|(name, text)| bomb(name, BombKind::Page, text)));
    bombs.push(bomb("arrays in arrays", BombKind::Json, format!("{{\"version\":{}", "[".repeat(100_000))));
    bombs.push(bomb("outlines in outlines", BombKind::Opml, opml(&"<outline text=\"x\">".repeat(200_000))));
    bombs.push(bomb(
        "more outlines than a list may have",
        BombKind::Opml,
        opml(&format!("<outline text='a' xmlUrl='{url}/none'/>").repeat(100_000)),
    ));
    bombs.push(bomb(
        "outlines in folders with long names",
        BombKind::Opml,
        opml(&format!(
            "{}{}",
            format!("<outline text=\"{}\">", "long ".repeat(800)).repeat(150),
            format!("<outline text='a' xmlUrl='{url}/none'/>").repeat(2_000)
        )),
    ));
    bombs.push(bomb(
        "entities in an OPML file",
        BombKind::Opml,
        format!("{}{}", nested_entities("opml"), opml("<outline text=\"&e9;\"/>")),
    ));
    bombs.push(Bomb {
        name: "sixty-four megabytes of blanks, compressed".into(),
        kind: BombKind::Gzip,
        bytes: gzip_bomb(),
    });
    bombs
}

/// Documents whose XML is the bomb.
fn xml_bombs(url: &str) -> impl Iterator<Item = (&'static str, String)> {
    let repeat = |count: usize, part: fn(usize) -> String| (0..count).map(part).collect::<String>();
    let entities = |declarations: &str, text: &str| {
        format!("<!DOCTYPE rss [{declarations}]>{}", channel(&format!("<title>{text}</title>")))
    };
    [
        ("entities in entities", format!("{}{}", nested_entities("rss"), channel("<title>&e9;</title>"))),
        (
            "a long entity named often",
            entities(&format!("<!ENTITY e \"{}\">", "x".repeat(50_000)), &"&e;".repeat(1_000)),
        ),
        ("an entity that names itself", entities("<!ENTITY a \"&b;\"><!ENTITY b \"&a;\">", "&a;")),
        ("an entity of a file", entities("<!ENTITY e SYSTEM \"file:///etc/passwd\">", "&e;")),
        ("an entity of a server", entities(&format!("<!ENTITY e SYSTEM \"{url}/secret\">"), "&e;")),
        (
            "a document type of a server",
            format!("<!DOCTYPE rss SYSTEM \"{url}/secret\">{}", channel("<title>x</title>")),
        ),
        ("a parameter entity of a server", entities(&format!("<!ENTITY % e SYSTEM \"{url}/secret\">%e;"), "x")),
        ("elements in elements", channel(&item(&"<a>".repeat(200_000)))),
        ("a hundred thousand attributes", channel(&format!("<item {}/>", repeat(100_000, |n| format!(" a{n}=\"\""))))),
        (
            "twenty thousand namespaces",
            format!(
                "<rss version=\"2.0\"{}><channel>{}</channel></rss>",
                repeat(20_000, |n| format!(" xmlns:n{n}=\"urn:{n}\"")),
                item(&repeat(20_000, |n| format!("<n{n}:x/>")))
            ),
        ),
        (
            "base addresses in base addresses",
            format!(
                "<feed xmlns=\"http://www.w3.org/2005/Atom\">{}<entry><id>1</id><title>x</title>{}</entry></feed>",
                "<x xml:base=\"a/\">".repeat(200),
                "<link href=\"y\"/>".repeat(20_000)
            ),
        ),
        ("a title of ten megabytes", channel(&item(&format!("<title>{}</title>", "long ".repeat(2_000_000))))),
        (
            "identifier, link and author of two megabytes",
            channel(&item(
                &["guid", "link", "author"].map(|name| format!("<{name}>{}</{name}>", "x".repeat(2_000_000))).concat(),
            )),
        ),
        (
            "a hundred thousand items",
            channel(&repeat(100_000, |n| item(&format!("<title>Item {n}</title><guid>{n}</guid>")))),
        ),
        (
            "twenty thousand enclosures",
            channel(&item(&repeat(20_000, |n| {
                format!("<enclosure url=\"https://example.org/{n}.mp3\" type=\"audio/mpeg\"/>")
            }))),
        ),
        (
            "a long address before many relative pictures",
            channel(&format!(
                "<link>https://example.org/{}</link>{}",
                "x".repeat(100_000),
                item(&format!("<description>{}</description>", "&lt;img src=\"y\"&gt;".repeat(10_000)))
            )),
        ),
        ("sections that never end", channel(&"<![CDATA[".repeat(200_000))),
        ("comments that never end", channel(&"<!--".repeat(200_000))),
        ("a text of less-than signs", "<".repeat(14_000_000)),
        ("a title of ampersands", channel(&format!("<title>{}</title>", "&".repeat(14_000_000)))),
        ("two thousand bodies of less-than signs", channel(&repeat(2_000, |n| section_item(n, &"<".repeat(5_000))))),
        ("two thousand bodies of formats", channel(&repeat(2_000, |n| section_item(n, &"<b a=i>x<p>".repeat(400))))),
        ("twelve bodies of a megabyte", channel(&repeat(12, |n| section_item(n, &"<img src=a>".repeat(90_000))))),
    ]
    .into_iter()
}

/// Bodies of an article whose HTML is the bomb.
fn html_bombs() -> impl Iterator<Item = (&'static str, String)> {
    let attributes = (0..100_000).map(|n| format!(" a{n}=x")).collect::<String>();
    [
        (
            "a link opened again in each paragraph",
            format!("<p><a href=\"https://example.org/{}\">{}", "x".repeat(50_000), "<p>a".repeat(12_500)),
        ),
        (
            "a link of the longest kind opened again in each paragraph",
            format!("<p><a href=\"https://example.org/{}\">{}", "x".repeat(4_000), "<p>a".repeat(12_500)),
        ),
        (
            "three hundred formats opened again in each paragraph",
            format!("<p>{}{}", "<b a=i>".repeat(299), "<p>x".repeat(20_000)),
        ),
        (
            "fonts that end in the wrong order",
            format!("{}{}", "<b><i><u>".repeat(20_000), "</b></i></u>".repeat(20_000)),
        ),
        ("divisions in divisions", "<div>".repeat(200_000)),
        ("quotations in quotations", format!("{}x{}", "<blockquote>".repeat(50_000), "</blockquote>".repeat(50_000))),
        ("tables in tables", format!("{}x", "<table>".repeat(50_000))),
        ("text thrown out of a table", format!("<table>{}", "<b>x".repeat(50_000))),
        ("a hundred thousand attributes of one tag", format!("<p{attributes}>x</p>")),
        ("an attribute of two megabytes", format!("<p title=\"{}\">x</p>", "x".repeat(2_000_000))),
        ("frames that never end", "<iframe src=\"https://example.org/\">".repeat(50_000)),
        (
            "candidates of one picture",
            format!(
                "<img srcset=\"{}\">",
                (1..100_000).map(|n| format!("https://example.org/{n} {n}w, ")).collect::<String>()
            ),
        ),
        ("a body of less-than signs", "<".repeat(14_000_000)),
        ("a body of ampersands", "&".repeat(14_000_000)),
        ("a body of characters that begin like a blank", "©".repeat(500_000)),
        ("comments that never end in a body", "<!--".repeat(200_000)),
        ("select boxes in select boxes", "<select><option>".repeat(50_000)),
        ("formulas in formulas", "<math><mi><mtext>".repeat(50_000)),
    ]
    .into_iter()
}

/// Web pages whose search for feeds is the bomb.
fn page_bombs() -> impl Iterator<Item = (&'static str, String)> {
    let page = |body: String| format!("<!DOCTYPE html><html><head><title>x</title></head><body>{body}");
    [
        (
            "a page with a link opened again in each paragraph",
            page(format!("<p><a href=\"https://example.org/{}\">{}", "x".repeat(50_000), "<p>a".repeat(12_500))),
        ),
        (
            "a page with formats opened again in each paragraph",
            page(format!("<p>{}{}", "<b a=i>".repeat(299), "<p>x".repeat(20_000))),
        ),
        ("a page of divisions in divisions", page("<div>".repeat(200_000))),
        ("a page with ten thousand feeds", page((0..10_000).map(|n| format!("<a href=\"/{n}.rss\">x</a>")).collect())),
    ]
    .into_iter()
}

/// An item with its body in a section, so that nothing of it is escaped.
fn section_item(number: usize, html: &str) -> String {
    item(&format!("<guid>{number}</guid><title>{number}</title><description><![CDATA[{html}]]></description>"))
}

fn channel(content: &str) -> String {
    format!("<rss version=\"2.0\"><channel>{content}</channel></rss>")
}

fn item(content: &str) -> String {
    format!("<item>{content}</item>")
}

fn opml(outlines: &str) -> String {
    format!("<opml version=\"2.0\"><body>{outlines}</body></opml>")
}

/// Ten entities, each ten times the one before; the last is ten billion characters long.
fn nested_entities(root: &str) -> String {
    let nested = (1..10).map(|n| format!("<!ENTITY e{n} \"{}\">", format!("&e{};", n - 1).repeat(10)));
    format!("<!DOCTYPE {root} [<!ENTITY e0 \"0123456789\">{}]>", nested.collect::<String>())
}

/// An ordinary feed with much to read: 20 articles of 2,500 paragraphs each.
pub fn large_ordinary_feed() -> Vec<u8> {
    let body =
        "<p>An ordinary <b>paragraph</b> with some words in it, and a <a href=\"/link\">link</a>.</p>".repeat(2_500);
    let guids: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    let entries: Vec<_> = guids.iter().map(|guid| (guid.as_str(), guid.as_str(), body.as_str())).collect();
    rss_document("Large", &entries).into_bytes()
}

/// A feed of 64 MiB in some 60 kB.
fn gzip_bomb() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(b"<rss version=\"2.0\"><channel><title>").expect("written");
    let blanks = vec![b' '; 1 << 20];
    for _ in 0..64 {
        encoder.write_all(&blanks).expect("written");
    }
    encoder.finish().expect("compressed")
}
