//! Finds the feeds that a web page offers.

use crate::{domain::feed_url::FeedUrl, server::html::text::collapse_whitespace};
use scraper::{Html, Selector};
use std::sync::LazyLock;

/// A feed that a page names; not yet fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveredFeed {
    /// The address of the feed.
    pub url: FeedUrl,
    /// The title that the page gives it; may be empty.
    pub title: String,
}

/// Where feeds usually lie, when a page names none; tried in this order.
pub const COMMON_FEED_PATHS: [&str; 8] =
    ["/feed", "/rss", "/feed.xml", "/rss.xml", "/atom.xml", "/index.xml", "/feed.json", "/feeds/posts/default"];

/// Pages that offer more are comment feeds and the like.
const MAX_DISCOVERED_FEEDS: usize = 12;

static LINK_SELECTOR: LazyLock<Option<Selector>> =
    LazyLock::new(|| Selector::parse("link[href], a[href], area[href]").ok());
static BASE_SELECTOR: LazyLock<Option<Selector>> = LazyLock::new(|| Selector::parse("base[href]").ok());

/// The feeds that a page names as its alternates, in its order; without any, those its links seem to lead to.
pub fn discover_feeds(html: &str, page: &FeedUrl) -> Vec<DiscoveredFeed> {
    let document = Html::parse_document(html);
    let select = |selector: &'static LazyLock<Option<Selector>>| selector.iter().flat_map(|s| document.select(s));
    let base = select(&BASE_SELECTOR)
        .find_map(|e| e.value().attr("href"))
        .and_then(|href| page.join(href).ok())
        .unwrap_or_else(|| page.clone());
    let (mut named, mut linked) = (Vec::new(), Vec::new());
    for element in select(&LINK_SELECTOR) {
        let attribute = |name: &str| element.value().attr(name).unwrap_or_default().trim();
        // An empty address leads to the page itself.
        let href = Some(attribute("href")).filter(|href| !href.is_empty());
        let Some(url) = href.and_then(|href| base.join(href).ok()) else { continue };
        let rel = attribute("rel").to_ascii_lowercase();
        let rel = |word: &str| rel.split_ascii_whitespace().any(|r| r == word);
        let is_link = element.value().name() == "link";
        let title = if is_link { attribute("title").to_owned() } else { element.text().collect() };
        let feed = DiscoveredFeed { url, title: collapse_whitespace(&title) };
        let is_feed = rel("feed") || rel("alternate") && is_feed_media_type(&attribute("type").to_ascii_lowercase());
        if is_feed && !rel("stylesheet") {
            named.push(feed);
        } else if !is_link && looks_like_feed_url(&feed.url) {
            linked.push(feed);
        }
    }
    let mut offers = if named.is_empty() { linked } else { named };
    let mut seen = std::collections::HashSet::new();
    offers.retain(|offer| seen.insert(offer.url.clone()));
    offers.truncate(MAX_DISCOVERED_FEEDS);
    offers
}

fn is_feed_media_type(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
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

/// By the last part of its path.
fn looks_like_feed_url(url: &FeedUrl) -> bool {
    let path = url.as_url().path().trim_end_matches('/').to_ascii_lowercase();
    let last = path.rsplit('/').next().unwrap_or_default();
    matches!(last, "feed" | "rss" | "atom" | "feeds" | "rss2" | "feed.json" | "feed.xml" | "index.xml" | "index.rdf")
        || [".rss", ".rdf", ".atom", "rss.xml", "atom.xml"].iter().any(|end| last.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::discover_feeds;
    use crate::domain::feed_url::FeedUrl;

    #[test]
    fn heads_come_before_links_and_bases_count() {
        let page = FeedUrl::parse("https://example.org/blog/").expect("an address");
        let cases: [(&str, &[(&str, &str)]); 7] = [
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
        for (html, expected) in cases {
            let offers = discover_feeds(html, &page);
            let found: Vec<(&str, &str)> = offers.iter().map(|o| (o.url.as_str(), o.title.as_str())).collect();
            assert_eq!(found, expected, "{html}");
        }
    }
}
