//! Sites whose feeds lead to pages of others: the article behind a link, and the page where it is discussed.

use crate::{
    domain::feed_url::FeedUrl,
    server::html::{
        addresses::attribute_value,
        entities,
        tags::{Piece, pieces},
    },
};

/// Hosts of discussions; those below them count too.
const AGGREGATOR_HOSTS: [&str; 3] = ["news.ycombinator.com", "lobste.rs", "reddit.com"];
/// Hosts of pictures and short links of these sites, where no article is.
const MEDIA_HOSTS: [&str; 2] = ["redd.it", "redditmedia.com"];

/// Whether the page is a discussion of such a site.
pub fn is_discussion(address: &str) -> bool {
    FeedUrl::parse(address).is_ok_and(|url| is_below(&url, &AGGREGATOR_HOSTS))
}

/// The page whose text belongs to an article: its link, or what the discussion behind that is about. `html` is the feed's text.
/// `None`: there is no page with more text.
pub fn find_page(link: &str, html: &str) -> Option<FeedUrl> {
    let link = FeedUrl::parse(link).ok()?;
    if !is_below(&link, &AGGREGATOR_HOSTS) {
        return (!is_below(&link, &MEDIA_HOSTS)).then_some(link);
    }
    let mut text_before = String::new();
    let mut open_link: Option<FeedUrl> = None;
    for (_, piece) in pieces(html) {
        match piece {
            Piece::Text(text) => {
                let text = entities::decode(text);
                // Reddit names the page "[link]"; feeds of Hacker News write "Article URL:" before it.
                if let Some(found) = open_link.take_if(|_| text.trim() == "[link]") {
                    return Some(found);
                }
                text_before = text.into_owned();
            }
            Piece::Start(tag) if tag.element.is_some_and(|element| element.name == "a") => {
                let attributes = tag.attributes();
                let page = attribute_value(&attributes, "href").and_then(|href| FeedUrl::parse(href).ok());
                let page = page.filter(|page| !is_below(page, &AGGREGATOR_HOSTS) && !is_below(page, &MEDIA_HOSTS));
                if page.is_some() && text_before.trim_end().ends_with("Article URL:") {
                    return page;
                }
                open_link = page;
            }
            Piece::Start(_) | Piece::End(_) | Piece::RawText | Piece::Ignored => {}
        }
    }
    None
}

fn is_below(url: &FeedUrl, hosts: &[&str]) -> bool {
    let host = url.as_url().host_str().unwrap_or_default();
    hosts.iter().any(|of| host.strip_suffix(of).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::{find_page, is_discussion};

    #[test]
    fn pages_are_found_behind_discussions() {
        let reddit = |link: &str| {
            format!(
                "<div>submitted by <a href='https://www.reddit.com/user/x'>/u/x</a> <span><a href='{link}'>[link]</a></span> <span><a href='https://www.reddit.com/r/rust/comments/1/'>[comments]</a></span></div>"
            )
        };
        let comments = "https://www.reddit.com/r/rust/comments/1/";
        let hacker_news = "<p>Article URL: <a href=\"https://example.org/a?b=1&amp;c=2\">https://example.org/a?b=1&amp;c=2</a></p><p>Comments URL: <a href=\"https://news.ycombinator.com/item?id=1\">x</a></p>";
        for (name, link, html, page) in [
            (
                "an ordinary link",
                "https://example.org/a",
                "<a href='https://x.org'>[link]</a>",
                Some("https://example.org/a"),
            ),
            ("Reddit", comments, &*reddit("https://example.org/a"), Some("https://example.org/a")),
            ("a picture of Reddit", comments, &*reddit("https://i.redd.it/a.png"), None),
            ("a text of Reddit", comments, &*reddit(comments), None),
            ("Hacker News", "https://example.org/a", hacker_news, Some("https://example.org/a")),
            (
                "its comments",
                "https://news.ycombinator.com/item?id=1",
                hacker_news,
                Some("https://example.org/a?b=1&c=2"),
            ),
            (
                "a question there",
                "https://news.ycombinator.com/item?id=2",
                "<p>See <a href='https://x.org'>x</a></p>",
                None,
            ),
            (
                "Lobsters",
                "https://example.org/a",
                "<p><a href='https://lobste.rs/s/1'>Comments</a></p>",
                Some("https://example.org/a"),
            ),
            ("a text of Lobsters", "https://lobste.rs/s/2", "<p><a href='https://x.org'>x</a></p>", None),
            ("no address", "mailto:x@example.org", "", None),
        ] {
            assert_eq!(find_page(link, html).map(|page| page.to_string()).as_deref(), page, "{name}");
        }
    }

    #[test]
    fn only_their_own_hosts_count() {
        for (address, expected) in [
            ("https://old.reddit.com/r/rust/", true),
            ("https://lobste.rs/s/1", true),
            ("https://notreddit.com/", false),
            ("https://reddit.com.example.org/", false),
        ] {
            assert_eq!(is_discussion(address), expected, "{address}");
        }
    }
}
