//! Documents made to exhaust memory or processor time, small enough for a debug build.

use super::feed_server::rss_document;
use flate2::{Compression, write::GzEncoder};
use std::io::Write as _;

/// How a bomb reaches Gleaner.
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

/// All of them. `url` is the server on which external entities are; it must never be asked for them.
pub fn all_bombs(url: &str) -> Vec<Bomb> {
    let bomb = |name: &str, kind, text: String| Bomb { name: name.to_owned(), kind, bytes: text.into_bytes() };
    let mut bombs: Vec<Bomb> = Vec::new();
    bombs.extend(xml_bombs(url).map(|(name, text)| bomb(name, BombKind::Xml, text)));
    bombs.extend(
        html_bombs().map(|(name, html)| bomb(name, BombKind::Xml, rss_document("Bomb", &[("1", "One", &html)]))),
    );
    bombs.extend(page_bombs().map(|(name, text)| bomb(name, BombKind::Page, text)));
    bombs.push(bomb("arrays in arrays", BombKind::Json, format!("{{\"version\":{}", "[".repeat(100_000))));
    bombs.push(bomb("outlines in outlines", BombKind::Opml, opml(&"<outline text=\"x\">".repeat(20_000))));
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
        ("elements in elements", channel(&item(&"<a>".repeat(20_000)))),
        ("twenty thousand attributes", channel(&format!("<item {}/>", repeat(20_000, |n| format!(" a{n}=\"\""))))),
        (
            "two thousand namespaces",
            format!(
                "<rss version=\"2.0\"{}><channel>{}</channel></rss>",
                repeat(2_000, |n| format!(" xmlns:n{n}=\"urn:{n}\"")),
                item(&repeat(2_000, |n| format!("<n{n}:x/>")))
            ),
        ),
        (
            "base addresses in base addresses",
            format!(
                "<feed xmlns=\"http://www.w3.org/2005/Atom\">{}<entry><id>1</id><title>x</title>{}</entry></feed>",
                "<x xml:base=\"a/\">".repeat(100),
                "<link href=\"y\"/>".repeat(100)
            ),
        ),
        ("a title of half a megabyte", channel(&item(&format!("<title>{}</title>", "long ".repeat(100_000))))),
        (
            "identifier, link and author of half a megabyte",
            channel(&item(
                &["guid", "link", "author"].map(|name| format!("<{name}>{}</{name}>", "x".repeat(500_000))).concat(),
            )),
        ),
        ("five hundred items", channel(&repeat(500, |n| item(&format!("<title>Item {n}</title><guid>{n}</guid>"))))),
        (
            "a thousand enclosures",
            channel(&item(&repeat(1_000, |n| {
                format!("<enclosure url=\"https://example.org/{n}.mp3\" type=\"audio/mpeg\"/>")
            }))),
        ),
        (
            "a long address before many relative pictures",
            channel(&format!(
                "<link>https://example.org/{}</link>{}",
                "x".repeat(2_000),
                item(&format!("<description>{}</description>", "&lt;img src=\"y\"&gt;".repeat(500)))
            )),
        ),
        ("sections that never end", channel(&"<![CDATA[".repeat(20_000))),
        ("comments that never end", channel(&"<!--".repeat(20_000))),
        ("a text of less-than signs", "<".repeat(500_000)),
        ("a title of ampersands", channel(&format!("<title>{}</title>", "&".repeat(500_000)))),
    ]
    .into_iter()
}

/// Bodies of an article whose HTML is the bomb.
fn html_bombs() -> impl Iterator<Item = (&'static str, String)> {
    let attributes = (0..2_000).map(|n| format!(" a{n}=x")).collect::<String>();
    [
        (
            "a link opened again in each paragraph",
            format!("<p><a href=\"https://example.org/{}\">{}", "x".repeat(2_000), "<p>a".repeat(200)),
        ),
        (
            "three hundred formats opened again in each paragraph",
            format!("<p>{}{}", "<b a=i>".repeat(299), "<p>x".repeat(20)),
        ),
        ("fonts that end in the wrong order", format!("{}{}", "<b><i><u>".repeat(100), "</b></i></u>".repeat(100))),
        ("divisions in divisions", "<div>".repeat(20_000)),
        ("quotations in quotations", format!("{}x{}", "<blockquote>".repeat(290), "</blockquote>".repeat(290))),
        ("tables in tables", format!("{}x", "<table>".repeat(250))),
        ("text thrown out of a table", format!("<table>{}", "<b>x".repeat(250))),
        ("two thousand attributes of one tag", format!("<p{attributes}>x</p>")),
        ("an attribute of half a megabyte", format!("<p title=\"{}\">x</p>", "x".repeat(500_000))),
        ("frames that never end", "<iframe src=\"https://example.org/\">".repeat(2_000)),
        (
            "candidates of one picture",
            format!(
                "<img srcset=\"{}\">",
                (1..5_000).map(|n| format!("https://example.org/{n} {n}w, ")).collect::<String>()
            ),
        ),
        ("a body of less-than signs", "<".repeat(200_000)),
        ("a body of ampersands", "&".repeat(5_000)),
        ("comments that never end in a body", "<!--".repeat(20_000)),
        ("select boxes in select boxes", "<select><option>".repeat(1_000)),
        ("formulas in formulas", "<math><mi><mtext>".repeat(90)),
    ]
    .into_iter()
}

/// Web pages whose search for feeds is the bomb.
fn page_bombs() -> impl Iterator<Item = (&'static str, String)> {
    let page = |body: String| format!("<!DOCTYPE html><html><head><title>x</title></head><body>{body}");
    [
        (
            "a page with a link opened again in each paragraph",
            page(format!("<p><a href=\"https://example.org/{}\">{}", "x".repeat(2_000), "<p>a".repeat(200))),
        ),
        (
            "a page with formats opened again in each paragraph",
            page(format!("<p>{}{}", "<b a=i>".repeat(100), "<p>x".repeat(50))),
        ),
        ("a page of divisions in divisions", page("<div>".repeat(5_000))),
        ("a page with ten thousand feeds", page((0..10_000).map(|n| format!("<a href=\"/{n}.rss\">x</a>")).collect())),
    ]
    .into_iter()
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
