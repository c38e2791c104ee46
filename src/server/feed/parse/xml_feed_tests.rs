//! What addresses of a feed refer to, and what hostile feeds cost.

use super::xml;
use super::{newest::MAX_ENTRIES, parsed::ParsedFeed, xml_feed};
use crate::server::work_limit::WorkLimit;
use url::Url;

fn parse(text: &str) -> ParsedFeed {
    let base = Url::parse("https://feeds.example/x/feed.xml").expect("an address");
    xml_feed::parse(&xml::read(text, &WorkLimit::default()), &base).expect("a feed")
}

#[test]
fn guids_that_are_addresses_are_links_in_either_case() {
    for (guid, link) in [
        ("HTTPS://Site.example/One", Some("https://site.example/One")),
        ("https://site.example/Two", Some("https://site.example/Two")),
        ("tag:site.example,2025:3", None),
        ("3", None),
    ] {
        let feed = parse(&format!("<rss><channel><item><guid>{guid}</guid><title>T</title></item></channel></rss>"));
        assert_eq!((feed.entries[0].link.as_deref(), feed.entries[0].id.as_deref()), (link, Some(guid)), "{guid}");
    }
}

#[test]
fn a_feed_of_more_nodes_than_fit_is_read_to_its_end() {
    const COUNT: usize = 30_000;
    let item = |n: usize| {
        let (day, hour, minute) = (1 + n / 1_440, n / 60 % 24, n % 60);
        let month = ["Jan", "Feb"][day / 29];
        let day = 1 + (day - 1) % 28;
        format!(
            "<item><title>{n}</title><pubDate>{day:02} {month} 2025 {hour:02}:{minute:02}:00 GMT</pubDate>{}</item>\n",
            "<c>x</c>".repeat(20)
        )
    };
    let base = Url::parse("https://feeds.example/x/feed").expect("an address");
    for ascending in [true, false] {
        let items: String = (0..COUNT).map(|n| item(if ascending { n } else { COUNT - 1 - n })).collect();
        let text = format!("<rss><channel><title>F</title>{items}<link>https://site.example/</link></channel></rss>");
        let feed = xml_feed::read(&text, &base, &WorkLimit::default()).expect("a feed");
        let mut titles: Vec<usize> = feed.entries.iter().filter_map(|entry| entry.title.parse().ok()).collect();
        titles.sort_unstable();
        let first_and_last = titles.first().zip(titles.last());
        assert_eq!(first_and_last, Some((&(COUNT - MAX_ENTRIES), &(COUNT - 1))), "{ascending}");
        assert_eq!((feed.entries.len(), feed.entries_left_out), (MAX_ENTRIES, COUNT - MAX_ENTRIES), "{ascending}");
        assert_eq!((feed.title.as_str(), feed.site.as_deref()), ("F", Some("https://site.example/")), "{ascending}");
    }
}

#[test]
fn of_a_long_feed_the_newest_entries_are_read_in_every_order_and_format() {
    const COUNT: usize = 12_000;
    let rss = |n: usize| {
        let (day, hour, minute) = (1 + n / 1_440, n / 60 % 24, n % 60);
        format!(
            "<item><title>{n}</title><pubDate>{day:02} Jan 2025 {hour:02}:{minute:02}:00 GMT</pubDate>\
             <atom:updated>2030-01-01T00:00:00Z</atom:updated></item>"
        )
    };
    let time = |n: usize| format!("2025-01-{:02}T{:02}:{:02}:00Z", 1 + n / 1_440, n / 60 % 24, n % 60);
    let atom = |n: usize| format!("<entry><title>{n}</title><updated>{}</updated></entry>", time(n));
    let json = |n: usize| format!("{{\"id\":\"{n}\",\"title\":\"{n}\",\"date_published\":\"{}\"}},", time(n));
    let document = |open: &str, entry: &dyn Fn(usize) -> String, close: &str, ascending: bool| {
        let position = |n| if ascending { n } else { COUNT - 1 - n };
        format!("{open}{}{close}", (0..COUNT).map(|n| entry(position(n))).collect::<String>())
    };
    let base = Url::parse("https://feeds.example/x/feed").expect("an address");
    for ascending in [true, false] {
        for text in [
            document("<rss><channel>", &rss, "</channel></rss>", ascending),
            document("<feed xmlns='http://www.w3.org/2005/Atom'>", &atom, "</feed>", ascending),
            document("{\"items\":[", &json, "null]}", ascending),
        ] {
            let feed = crate::server::feed::parse::parse(text.as_bytes(), None, &base).expect("a feed");
            let mut titles: Vec<usize> = feed.entries.iter().filter_map(|entry| entry.title.parse().ok()).collect();
            assert_eq!(feed.entries_left_out, COUNT - MAX_ENTRIES, "{ascending}");
            titles.sort_unstable();
            assert_eq!(titles.first().zip(titles.last()), Some((&(COUNT - MAX_ENTRIES), &(COUNT - 1))), "{ascending}");
        }
    }
}

#[test]
fn relative_addresses_refer_to_base_then_channel_then_document() {
    let site = "<link>https://site.example/blog/</link>";
    for (text, link, base) in [
        (format!("<rss><channel>{site}<item><link>/1</link></item></channel></rss>"), "https://site.example/1", None),
        (
            format!("<rss><channel>{site}<item><link>1</link></item></channel></rss>"),
            "https://site.example/blog/1",
            None,
        ),
        ("<rss><channel><item><link>1</link></item></channel></rss>".into(), "https://feeds.example/x/1", None),
        (
            format!("<rss><channel>{site}<item xml:base='http://b.example/'><link>1</link></item></channel></rss>"),
            "http://b.example/1",
            Some("http://b.example/"),
        ),
        (
            "<feed xml:base='http://a.example/x/'><entry xml:base='y/'><link href='z'/></entry></feed>".into(),
            "http://a.example/x/y/z",
            Some("http://a.example/x/y/"),
        ),
        (
            "<feed><link href='http://s.example/'/><entry><link href='z'/></entry></feed>".into(),
            "https://feeds.example/x/z",
            None,
        ),
    ] {
        let entry = &parse(&text).entries[0];
        assert_eq!(entry.link.as_deref(), Some(link), "{text}");
        assert_eq!(entry.base.as_ref().map(Url::as_str), base, "{text}");
    }
}

#[test]
fn what_is_made_of_a_hostile_feed_is_bounded() {
    let long = format!("https://long.example/{}/", "x".repeat(3_900));
    let items = "<item><link>a</link><description>&lt;p&gt;</description></item>".repeat(20_000);
    let feed = parse(&format!("<rss><channel><link>{long}</link>{items}</channel></rss>"));
    assert_eq!(feed.entries.len(), MAX_ENTRIES);
    let bytes: usize = feed.entries.iter().filter_map(|entry| entry.link.as_ref()).map(String::len).sum();
    assert!(bytes < 5 * items.len() + (2 << 20), "{bytes}");

    let chain = "<div xml:base='a/'>".repeat(190) + &"<a href='b'>c</a>".repeat(20_000);
    let feed = parse(&format!("<feed><entry><content type='xhtml'>{chain}</content></entry></feed>"));
    let content = feed.entries[0].content.as_deref().expect("content");
    assert!(content.contains("href=\"https://feeds.example/x/a/a/a/a/a/a/a/a/b\""), "eight levels are followed");

    let enclosures = "<enclosure url='https://x.example/a.mp3' type='audio/mpeg'/>".repeat(10_000);
    let feed = parse(&format!("<rss><channel><item>{enclosures}</item></channel></rss>"));
    assert_eq!(feed.entries[0].enclosures.len(), 64);
}
