//! Addresses in foreign HTML: which are allowed, how relative ones are resolved, and which belong to trackers.

use super::attributes::Attribute;
use base64::Engine as _;
use std::borrow::Cow;
use url::Url;

/// Bytes of an attribute value or an address; longer ones are dropped.
pub const MAX_VALUE_BYTES: usize = 4 << 10;
/// Bytes of an inline picture (`data:`).
const MAX_DATA_IMAGE_BYTES: usize = 32 << 10;
/// Prefix of every `id` of foreign HTML, so that none equals one of the page.
pub const ID_PREFIX: &str = "content-";
/// The widest picture that is chosen from a `srcset`, in pixels.
const MAX_IMAGE_WIDTH: f64 = 4_096.0;
/// The width in pixels that is assumed for a picture of density 1x.
const WIDTH_OF_DENSITY_1: f64 = 1_000.0;

/// Hosts and paths of trackers.
const TRACKER_URLS: [&str; 22] = [
    "feeds.feedburner.com/~r/",
    "feeds.feedburner.com/~ff/",
    "feedads.g.doubleclick.net",
    "doubleclick.net/",
    "pixel.wp.com/",
    "stats.wordpress.com/",
    "pixel.quantserve.com/",
    "b.scorecardresearch.com/",
    "google-analytics.com/",
    "googletagmanager.com/",
    "facebook.com/tr",
    "feedsportal.com/",
    "rss.buysellads.com/",
    "medium.com/_/stat",
    "counter.theconversation.",
    "pixel.newscred.com/",
    "px.ads.linkedin.com/",
    "analytics.twitter.com/",
    "feeds.wordpress.com/1.0/",
    "track.hubspot.com/",
    "mailtrack.io/",
    "piwik.php?",
];

/// The absolute address of a link; `None` when it must not be followed. A fragment stays within the article.
pub fn resolve_link(value: &str, base: Option<&Url>) -> Option<String> {
    let value = value.trim();
    if let Some(fragment) = value.strip_prefix('#') {
        return prefix_id(fragment).map(|id| format!("#{id}"));
    }
    resolve(value, base, &["http", "https", "mailto"])
}

/// The absolute address of a picture, or a small inline picture.
pub fn resolve_image(value: &str, base: Option<&Url>) -> Option<String> {
    let value = value.trim();
    if is_data_image(value) {
        return Some(value.to_owned());
    }
    resolve(value, base, &["http", "https"])
}

fn resolve(value: &str, base: Option<&Url>, schemes: &[&str]) -> Option<String> {
    if value.is_empty() || value.len() > MAX_VALUE_BYTES {
        return None;
    }
    match Url::parse(value) {
        // The publisher's spelling stays where every browser reads it in the same way.
        Ok(url) if schemes.contains(&url.scheme()) => {
            Some(if is_plainly_absolute(value) { value.to_owned() } else { url.into() })
        }
        Ok(_) => None,
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            let url = base?.join(value).ok()?;
            schemes.contains(&url.scheme()).then(|| String::from(url)).filter(|url| url.len() <= 2 * MAX_VALUE_BYTES)
        }
        Err(_) => None,
    }
}

fn is_plainly_absolute(value: &str) -> bool {
    let has_scheme = ["http://", "https://", "mailto:"].iter().any(|scheme| value.starts_with(scheme));
    has_scheme && !value.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\')
}

/// An `id` of foreign HTML with [`ID_PREFIX`]; `None` when it is none.
pub fn prefix_id(id: &str) -> Option<String> {
    let is_valid = !id.is_empty() && id.len() <= 256 && !id.contains(char::is_whitespace);
    is_valid.then(|| if id.starts_with(ID_PREFIX) { id.to_owned() } else { format!("{ID_PREFIX}{id}") })
}

/// Whether an address holds a PNG, GIF, JPEG or WebP picture of at most 32 KiB (RFC 2397, in base64).
pub fn is_data_image(value: &str) -> bool {
    let Some((kind, data)) = value.strip_prefix("data:image/").and_then(|rest| rest.split_once(";base64,")) else {
        return false;
    };
    matches!(kind, "png" | "gif" | "jpeg" | "webp")
        && !data.is_empty()
        && data.len() <= MAX_DATA_IMAGE_BYTES.div_ceil(3) * 4
        && base64::prelude::BASE64_STANDARD.decode(data).is_ok()
}

/// The address of the largest reasonable candidate in a `srcset`, which is read as the HTML standard says.
pub fn largest_srcset_candidate(srcset: &str) -> Option<&str> {
    let mut best: Option<(&str, f64)> = None;
    let mut rest = srcset;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
        if rest.is_empty() {
            return best.map(|(url, _)| url);
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len());
        let (url, after) = rest.split_at(end);
        // A comma right behind the address ends the candidate; others belong to the address.
        let (url, descriptors) = match url.strip_suffix(',') {
            Some(url) => {
                rest = after;
                (url.trim_end_matches(','), "")
            }
            None => {
                let end = descriptors_length(after);
                rest = &after[end..];
                (url, &after[..end])
            }
        };
        let width = candidate_width(descriptors);
        let is_better = |(_, chosen): (&str, f64)| match (width <= MAX_IMAGE_WIDTH, chosen <= MAX_IMAGE_WIDTH) {
            (true, true) => width > chosen,
            (true, false) => true,
            (false, true) => false,
            (false, false) => width < chosen,
        };
        if !url.is_empty() && best.is_none_or(is_better) {
            best = Some((url, width));
        }
    }
}

/// The bytes up to the next comma outside of parentheses.
fn descriptors_length(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, b) in text.bytes().enumerate() {
        match b {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

fn candidate_width(descriptors: &str) -> f64 {
    let number = |text: &str| text.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
    descriptors
        .split_ascii_whitespace()
        .find_map(|word| match word.strip_suffix('w') {
            Some(width) => number(width),
            None => word.strip_suffix('x').and_then(number).map(|density| density * WIDTH_OF_DENSITY_1),
        })
        .unwrap_or(WIDTH_OF_DENSITY_1)
}

/// Whether an address belongs to a tracker.
pub fn is_tracker_url(source: &str) -> bool {
    let bare = source.trim_start_matches("https:").trim_start_matches("http:").trim_start_matches('/');
    let bare = bare.strip_prefix("www.").unwrap_or(bare);
    TRACKER_URLS.iter().any(|t| {
        bare.starts_with(t) || bare.split('/').next().is_some_and(|host| host.ends_with(t.trim_end_matches('/')))
    })
}

/// The link that replaces a player or an embedded document: its address and its label.
pub fn player_link(source: &str, base: Option<&Url>) -> Option<(String, String)> {
    let source = match source.strip_prefix("//") {
        Some(rest) => Cow::Owned(format!("https://{rest}")),
        None => Cow::Borrowed(source),
    };
    let source = resolve(&source, base, &["http", "https"]).filter(|source| !is_tracker_url(source))?;
    let url = Url::parse(&source).ok()?;
    let host = url.host_str().unwrap_or_default().trim_start_matches("www.");
    let video = ["/embed/", "/v/"].iter().find_map(|start| url.path().strip_prefix(start));
    let video = video.filter(|_| host.starts_with("youtube"));
    Some(match video {
        Some(id) => (format!("https://www.youtube.com/watch?v={id}"), "Watch on YouTube".to_owned()),
        None => {
            let file = url.path_segments().and_then(|mut parts| parts.next_back()).filter(|name| name.contains('.'));
            let label = format!("Open {}", file.unwrap_or(host));
            (source, label)
        }
    })
}

/// The trimmed value of the first attribute of that name, unless it is blank.
pub fn attribute_value<'a>(attributes: &'a [Attribute<'_>], name: &str) -> Option<&'a str> {
    attributes.iter().find(|a| a.name.eq_ignore_ascii_case(name)).map(|a| a.value.trim()).filter(|v| !v.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{is_data_image, largest_srcset_candidate, prefix_id, resolve_link};
    use url::Url;

    #[test]
    fn srcset_is_read_by_the_rules_of_html() {
        for (srcset, expected) in [
            ("", None),
            ("a.png", Some("a.png")),
            ("s.png 100w, l.png 800w", Some("l.png")),
            ("\n  s.png 480w,\n  m.png 1024w,\n  l.png 2048w\n", Some("l.png")),
            ("a.png 1x,b.png 2x,c.png 1.5x", Some("b.png")),
            (
                "https://x.org/w_100,h_50/a.png 100w, https://x.org/w_900,h_450/a.png 900w",
                Some("https://x.org/w_900,h_450/a.png"),
            ),
            ("a.png, b.png 2x", Some("b.png")),
            ("poster.png 9000w, l.png 1600w", Some("l.png")),
            ("poster.png 9000w, wall.png 12000w", Some("poster.png")),
            (",, ,", None),
        ] {
            assert_eq!(largest_srcset_candidate(srcset), expected, "{srcset}");
        }
    }

    #[test]
    fn links_become_absolute_or_go() {
        let base = Url::parse("https://example.org/blog/post").expect("a base");
        for (value, expected) in [
            ("../x?y=1", Some("https://example.org/x?y=1")),
            ("//cdn.example.org/a", Some("https://cdn.example.org/a")),
            ("HTTPS://Example.org/A b", Some("https://example.org/A%20b")),
            ("#fn:1", Some("#content-fn:1")),
            ("#content-fn:1", Some("#content-fn:1")),
            ("#", None),
            ("http:evil", Some("http://evil/")),
            (" java\nscript:alert(1)", None),
            ("data:text/html,x", None),
            ("mailto:me@example.org", Some("mailto:me@example.org")),
            ("https://", None),
        ] {
            assert_eq!(resolve_link(value, Some(&base)).as_deref(), expected, "{value}");
        }
        assert_eq!(resolve_link("x", None), None);
        assert_eq!(resolve_link(&"x".repeat(5_000), Some(&base)), None);
        assert_eq!(prefix_id("a b"), None);
    }

    #[test]
    fn only_small_raster_pictures_stand_in_addresses() {
        let sized = |bytes: usize| format!("data:image/png;base64,{}", "A".repeat(bytes.div_ceil(3) * 4));
        assert!(is_data_image(&sized(32 << 10)));
        assert!(!is_data_image(&sized(33 << 10)));
        for value in
            ["data:image/svg+xml;base64,AAAA", "data:text/html;base64,AAAA", "data:image/png;base64,<b>", "data:,"]
        {
            assert!(!is_data_image(value), "{value}");
        }
    }
}
