//! Feeds that a page names in HTTP: `Link: </feed>; rel="alternate"; type="application/rss+xml"` (RFC 8288).

use super::discover::{DiscoveredFeed, MAX_DISCOVERED_FEEDS, is_feed_link};
use crate::domain::{feed::MAX_TITLE_CHARS, feed_url::FeedUrl, plain_text};
use crate::server::html::addresses::MAX_VALUE_BYTES;

/// The feeds that values of `Link` headers name, in their order. `page` is what relative addresses refer to.
pub fn discover_in_headers(values: &[String], page: &FeedUrl) -> Vec<DiscoveredFeed> {
    let links = values.iter().flat_map(|value| parse_links(value));
    let feeds = links.filter_map(|link| {
        let get = |name: &str| link.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        // A link with an anchor is about something else than the page (section 3.2).
        let is_feed = is_feed_link(get("rel"), get("type"), link.target) && get("anchor").is_none();
        let target =
            Some(link.target).filter(|target| is_feed && !target.is_empty() && target.len() <= MAX_VALUE_BYTES)?;
        let title = plain_text::clean_line(get("title").unwrap_or_default()).chars().take(MAX_TITLE_CHARS).collect();
        Some(DiscoveredFeed { url: page.join(target).ok()?, title, is_declared: true })
    });
    feeds.take(MAX_DISCOVERED_FEEDS).collect()
}

struct HeaderLink<'a> {
    target: &'a str,
    /// Names in lower case, values without quotes.
    parameters: Vec<(String, String)>,
}

fn parse_links(value: &str) -> Vec<HeaderLink<'_>> {
    let mut links = Vec::new();
    let mut rest = value;
    while let Some((target, after)) = rest.split_once('<').and_then(|(_, link)| link.split_once('>')) {
        let (parameters, next) = parse_parameters(after);
        links.push(HeaderLink { target: target.trim(), parameters });
        rest = next;
    }
    links
}

/// The parameters up to the comma that ends the link, and what follows it.
fn parse_parameters(text: &str) -> (Vec<(String, String)>, &str) {
    let mut parameters = Vec::new();
    let (mut name, mut value) = (String::new(), None::<String>);
    let (mut is_quoted, mut is_escaped) = (false, false);
    let mut push = |name: &mut String, value: &mut Option<String>| {
        let (name, value) = (std::mem::take(name), value.take().unwrap_or_default());
        if !name.trim().is_empty() {
            parameters.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    };
    let mut end = text.len();
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => {
                is_escaped = false;
                value.get_or_insert_default().push(c);
            }
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => {
                end = at + 1;
                break;
            }
            ';' if !is_quoted => push(&mut name, &mut value),
            '=' if !is_quoted && value.is_none() => value = Some(String::new()),
            _ => value.as_mut().unwrap_or(&mut name).push(c),
        }
    }
    push(&mut name, &mut value);
    (parameters, &text[end..])
}

#[cfg(test)]
mod tests {
    use super::discover_in_headers;
    use crate::domain::feed_url::FeedUrl;

    #[test]
    fn feeds_are_found_among_other_links() {
        let page = FeedUrl::parse("https://example.org/blog/").expect("an address");
        let rss = "type=\"application/rss+xml\"";
        let cases: [(&str, &[(&str, &str)]); 12] = [
            (
                "<feed.xml>; rel=\"alternate\"; type=\"application/rss+xml\"; title=\"All, really\"",
                &[("https://example.org/blog/feed.xml", "All, really")],
            ),
            ("</feed>;rel=alternate;type=application/atom+xml", &[("https://example.org/feed", "")]),
            ("</feed> ; REL = \"Alternate\" ; TYPE = \"Application/RSS+XML\"", &[("https://example.org/feed", "")]),
            (
                "</style.css>; rel=preload; as=style, </feed>; rel=feed, </next>; rel=\"next\"",
                &[("https://example.org/feed", "")],
            ),
            (
                "<a?x=1,2>; rel=alternate; type=application/rss+xml, <b>; rel=\"alternate home\"; type=text/xml",
                &[("https://example.org/blog/a?x=1,2", ""), ("https://example.org/blog/b", "")],
            ),
            (
                "</feed>; title=\"Say \\\"hi\\\"\"; rel=alternate; type=application/rss+xml",
                &[("https://example.org/feed", "Say \"hi\"")],
            ),
            ("<https://api.example/>; rel=\"https://api.w.org/\"", &[]),
            ("</de>; rel=alternate; hreflang=de", &[]),
            ("<>; rel=alternate; type=application/rss+xml", &[]),
            ("<mailto:x@example.org>; rel=alternate; type=application/rss+xml", &[]),
            ("</feed>; rel=alternate; type=application/rss+xml; anchor=\"/other\"", &[]),
            ("</feed; rel=alternate", &[]),
        ];
        for (value, expected) in cases {
            let feeds = discover_in_headers(&[value.to_owned()], &page);
            let found: Vec<_> = feeds.iter().map(|feed| (feed.url.as_str(), feed.title.as_str())).collect();
            assert_eq!(found, expected, "{value}");
        }
        let several = ["</one>; rel=feed".to_owned(), format!("</two>; rel=alternate; {rss}")];
        assert_eq!(discover_in_headers(&several, &page).len(), 2);
        assert_eq!(discover_in_headers(&["</x>; rel=feed, ".repeat(10_000)], &page).len(), 12);
    }
}
