//! What addresses of a feed refer to, and what hostile feeds cost.

use super::xml;
use super::{parsed::ParsedFeed, xml_feed};
use url::Url;

fn parse(text: &str) -> ParsedFeed {
    let base = Url::parse("https://feeds.example/x/feed.xml").expect("an address");
    xml_feed::parse(&xml::read(text), &base).expect("a feed")
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
    assert_eq!(feed.entries.len(), 10_000);
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
