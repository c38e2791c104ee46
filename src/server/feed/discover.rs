//! Finds the feeds that a web page offers.

use crate::domain::{feed::MAX_TITLE_CHARS, feed_url::FeedUrl, plain_text};
use crate::server::html::{
    addresses::{MAX_VALUE_BYTES, attribute_value},
    entities,
    tags::{self, Piece},
    text,
};
use crate::server::work_limit::WorkLimit;
use std::collections::HashSet;

/// A feed that a page names; not yet fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveredFeed {
    /// The address of the feed.
    pub url: FeedUrl,
    /// The title that the page gives it; may be empty.
    pub title: String,
    /// Whether the page calls it a feed, not only links something that looks like one.
    pub is_declared: bool,
}

/// Where feeds usually lie below a page, …
const COMMON_FEED_NAMES: [&str; 6] = ["feed", "rss", "feed.xml", "rss.xml", "atom.xml", "index.xml"];
/// … and at the root of a site only.
const COMMON_ROOT_PATHS: [&str; 2] = ["/feed.json", "/feeds/posts/default"];

/// Maximum feeds of one page; those beyond are mostly comment feeds.
pub(super) const MAX_DISCOVERED_FEEDS: usize = 12;

/// Bytes of a page that are read.
const MAX_PAGE_BYTES: usize = 1 << 20;
/// Maximum links of a page that are considered.
const MAX_PAGE_LINKS: usize = 5_000;
/// Pieces of a page that are read between two checks of the limit.
const PIECES_PER_CHECK: usize = 256;
/// Bytes of a link's text that are read.
const MAX_LINK_TEXT_BYTES: usize = 1_000;

/// Where feeds usually lie, when a page names none, in the order to try them: below the page, then at the root of its site.
pub fn common_feed_urls(page: &FeedUrl) -> Vec<FeedUrl> {
    let path = page.as_url().path();
    // A last part with a dot is a file; any other may be a folder without its slash.
    let folder = match path.rsplit_once('/') {
        Some((parent, file)) if file.contains('.') => format!("{parent}/"),
        _ => format!("{}/", path.trim_end_matches('/')),
    };
    let below = COMMON_FEED_NAMES.iter().map(|name| format!("{folder}{name}"));
    let at_root = COMMON_FEED_NAMES.iter().map(|name| format!("/{name}"));
    let paths = below.chain(at_root).chain(COMMON_ROOT_PATHS.map(str::to_owned));
    let mut seen = HashSet::new();
    paths.filter_map(|path| page.join(&path).ok()).filter(|url| seen.insert(url.clone())).collect()
}

/// What a page says about feeds.
#[derive(Default)]
struct PageLinks {
    base: Option<FeedUrl>,
    /// Declared as feeds: address, title or text.
    named: Vec<(String, String)>,
    /// Other links: address, text.
    linked: Vec<(String, String)>,
}

/// The feeds that a page names as its alternates, in its order; without any, those its links seem to lead to.
pub fn discover_feeds(html: &str, page: &FeedUrl, limit: &WorkLimit) -> Vec<DiscoveredFeed> {
    let PageLinks { base, named, linked } = read_links(&html[..html.floor_char_boundary(MAX_PAGE_BYTES)], page, limit);
    let base = base.unwrap_or_else(|| page.clone());
    let mut offers = resolve(named, &base, true);
    // A page is not its own feed.
    offers.retain(|offer| offer.url != *page);
    if offers.is_empty() {
        offers = resolve(linked, &base, false);
        offers.retain(|offer| offer.url != *page && looks_like_feed_url(&offer.url));
    }
    let mut seen = HashSet::new();
    offers.retain(|offer| seen.insert(offer.url.clone()));
    offers.truncate(MAX_DISCOVERED_FEEDS);
    offers
}

/// The links whose addresses are of the web, absolute.
fn resolve(links: Vec<(String, String)>, base: &FeedUrl, is_declared: bool) -> Vec<DiscoveredFeed> {
    let offers = links.into_iter().map(|(href, title)| {
        let url = base.join(&href).ok()?;
        let title = plain_text::clean_line(&title).chars().take(MAX_TITLE_CHARS).collect();
        Some(DiscoveredFeed { url, title, is_declared })
    });
    offers.flatten().collect()
}

fn read_links(html: &str, page: &FeedUrl, limit: &WorkLimit) -> PageLinks {
    let mut links = PageLinks::default();
    // Whether text is that of the last link, and in which list that link is.
    let (mut open_link, mut is_named) = (false, false);
    for (number, (_, piece)) in tags::pieces(html).enumerate() {
        if number.is_multiple_of(PIECES_PER_CHECK) && limit.is_over() {
            break;
        }
        match piece {
            Piece::Start(tag) => {
                let Some(name) = tag.element.map(|element| element.name) else { continue };
                if !matches!(name, "base" | "link" | "a" | "area") {
                    continue;
                }
                open_link &= name != "a";
                let attributes = tag.attributes();
                let get = |name: &str| attribute_value(&attributes, name);
                let Some(href) = get("href").filter(|href| href.len() <= MAX_VALUE_BYTES) else { continue };
                match name {
                    "base" => links.base = links.base.take().or_else(|| page.join(href).ok()),
                    "link" if is_feed_link(get("rel"), get("type"), href) => {
                        let title = text::collapse_whitespace(get("title").unwrap_or_default());
                        links.named.push((href.to_owned(), title));
                    }
                    "link" => {}
                    _ => {
                        is_named = is_feed_link(get("rel"), get("type"), href);
                        let list = if is_named { &mut links.named } else { &mut links.linked };
                        list.push((href.to_owned(), String::new()));
                        open_link = name == "a";
                    }
                }
            }
            Piece::End(tag) => open_link &= tag.element.is_none_or(|element| element.name != "a"),
            Piece::Text(text) if open_link => {
                let list = if is_named { &mut links.named } else { &mut links.linked };
                if let Some((_, title)) = list.last_mut().filter(|(_, title)| title.len() < MAX_LINK_TEXT_BYTES) {
                    let text = &text[..text.floor_char_boundary(MAX_LINK_TEXT_BYTES)];
                    *title = text::collapse_whitespace(&format!("{title}{}", entities::decode(text)));
                    if text.ends_with(char::is_whitespace) {
                        title.push(' ');
                    }
                }
            }
            Piece::Text(_) | Piece::RawText | Piece::Ignored => {}
        }
        if links.named.len() + links.linked.len() >= MAX_PAGE_LINKS {
            break;
        }
    }
    for (_, title) in links.named.iter_mut().chain(&mut links.linked) {
        title.truncate(title.trim_end().len());
    }
    links
}

/// Whether a link of this `rel` and `type` to `href` leads to a feed of the page.
pub(super) fn is_feed_link(rel: Option<&str>, kind: Option<&str>, href: &str) -> bool {
    let rel = rel.unwrap_or_default().to_ascii_lowercase();
    let has = |word: &str| rel.split_ascii_whitespace().any(|r| r == word);
    let is_alternate = || {
        has("alternate")
            && is_feed_media_type(&kind.unwrap_or_default().to_ascii_lowercase(), &href.to_ascii_lowercase())
    };
    (has("feed") || is_alternate()) && !has("stylesheet")
}

fn is_feed_media_type(kind: &str, href: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind == "application/json" {
        // JSON Feed had no type of its own before version 1.1; most JSON alternates are records of an API.
        let is_api = ["wp-json", "/api/", "oembed"].iter().any(|part| href.contains(part));
        return href.contains("feed") && !is_api;
    }
    matches!(
        kind,
        "application/rss+xml"
            | "application/atom+xml"
            | "application/feed+json"
            | "application/rdf+xml"
            | "application/x.atom+xml"
            | "application/x-atom+xml"
            | "text/rss"
            | "text/rss+xml"
            | "text/atom+xml"
            | "application/rss"
            | "application/atom"
            | "application/xml"
            | "text/xml"
    )
}

/// Whether the last part of the path is a usual name of a feed.
fn looks_like_feed_url(url: &FeedUrl) -> bool {
    let path = url.as_url().path().trim_end_matches('/').to_ascii_lowercase();
    let last = path.rsplit('/').next().unwrap_or_default();
    matches!(last, "feed" | "rss" | "atom" | "feeds" | "rss2" | "feed.json" | "feed.xml" | "index.xml" | "index.rdf")
        || [".rss", ".rdf", ".atom", "rss.xml", "atom.xml"].iter().any(|end| last.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::discover_feeds;
    use crate::{domain::feed_url::FeedUrl, server::work_limit::WorkLimit};

    #[test]
    fn heads_come_before_links_and_bases_count() {
        let page = FeedUrl::parse("https://example.org/blog/").expect("an address");
        let cases: [(&str, &[(&str, &str)]); 9] = [
            (
                "<link rel=alternate type=application/json href=/feed.json title=JSON>",
                &[("https://example.org/feed.json", "JSON")],
            ),
            (
                "<link rel=alternate type=application/json href=/wp-json/wp/v2/posts/7><link rel=alternate type=application/json href=/api/feed>",
                &[],
            ),
            (
                "<link rel=alternate type='application/rss+xml' href=''><a href=feed.xml>Feed</a>",
                &[("https://example.org/blog/feed.xml", "Feed")],
            ),
            (
                "<a rel=alternate type='application/rss+xml' href=/news?id=7>Subscribe</a><a href=feed.xml>Feed</a>",
                &[("https://example.org/news?id=7", "Subscribe")],
            ),
            (
                "<link rel=alternate type='application/rss+xml' title='All\n  posts' href=/feed>",
                &[("https://example.org/feed", "All posts")],
            ),
            (
                "<link rel=alternate type='application/rss+xml' title=Posts href=/feed><a href=/other.rss>x</a>",
                &[("https://example.org/feed", "Posts")],
            ),
            (
                "<base href='https://cdn.example.org/'><link rel='ALTERNATE' type='application/atom+xml' href=a.xml>",
                &[("https://cdn.example.org/a.xml", "")],
            ),
            (
                "<a href='feed/'>Our <b>feed</b></a><a href='/about'>About</a>",
                &[("https://example.org/blog/feed/", "Our feed")],
            ),
            ("<link rel=stylesheet href=x.css><link rel=alternate hreflang=de href=/de>", &[]),
        ];
        assert_eq!(
            discover_feeds(
                "<!-- <a href=/feed>x</a> --><script>'<a href=/feed>'</script>",
                &page,
                &WorkLimit::default()
            ),
            []
        );
        assert_eq!(
            discover_feeds("<link rel=feed href=''><a href=/feed>x</a>", &page, &WorkLimit::default())[0].url.as_str(),
            "https://example.org/feed"
        );
        for (html, expected) in cases {
            let offers = discover_feeds(html, &page, &WorkLimit::default());
            let found: Vec<(&str, &str)> = offers.iter().map(|o| (o.url.as_str(), o.title.as_str())).collect();
            assert_eq!(found, expected, "{html}");
        }
    }

    #[test]
    fn a_page_is_not_its_own_feed() {
        let page = FeedUrl::parse("https://example.org/feed/").expect("an address");
        for html in
            ["<link rel=feed href='#top'><a href=feed.xml>x</a>", "<link rel=feed href='/feed/'><a href=feed.xml>x</a>"]
        {
            let found: Vec<_> = discover_feeds(html, &page, &WorkLimit::default())
                .into_iter()
                .map(|feed| feed.url.to_string())
                .collect();
            assert_eq!(found, ["https://example.org/feed/feed.xml"], "{html}");
        }
    }

    #[test]
    fn usual_places_are_below_the_page_and_at_the_root() {
        for (page, first, count) in [
            ("https://example.org/", "https://example.org/feed", 8),
            ("https://example.org/blog", "https://example.org/blog/feed", 14),
            ("https://example.org/blog/", "https://example.org/blog/feed", 14),
            ("https://example.org/blog/post.html?x=1", "https://example.org/blog/feed", 14),
            ("https://example.org/index.html", "https://example.org/feed", 8),
        ] {
            let places = super::common_feed_urls(&FeedUrl::parse(page).expect("an address"));
            assert_eq!((places[0].as_str(), places.len()), (first, count), "{page}");
        }
    }

    #[test]
    fn hostile_pages_are_read_once_and_within_limits() {
        let page = FeedUrl::parse("https://example.org/").expect("an address");
        let long = "x".repeat(100_000);
        for html in [
            format!("<p><a href=\"{long}\">{}", "<p>a".repeat(12_500)),
            format!("<base href=\"/{long}\">{}", "<a href=feed>x</a>".repeat(10_000)),
            "<a href=/feed>".repeat(70_000),
            "<".repeat(14 << 20),
            "<link rel=feed href='".repeat(50_000),
        ] {
            let offers = discover_feeds(&html, &page, &WorkLimit::default());
            assert!(offers.len() <= super::MAX_DISCOVERED_FEEDS);
            assert!(offers.iter().all(|offer| offer.url.as_str().len() <= 8_192 && offer.title.len() <= 2_000));
        }
    }
}
