//! Makes the body of an entry fit for reading before it is sanitised: pictures that wait for a script get their source,
//! counting pixels go, players become links. Works on tags alone; whatever slips through is left to the sanitiser.

use super::attributes::{self, Attribute};
use crate::server::{feed::parse::xml::is_void_element, html::entities};
use std::borrow::Cow;
use url::Url;

/// Deeper nesting than any article has; parsing it as HTML would take quadratic time.
const MAX_NESTING_DEPTH: usize = 300;

/// Elements whose end tag HTML adds by itself, so that writing them without one does not nest.
const OPTIONAL_END_TAGS: [&str; 13] =
    ["p", "li", "td", "th", "tr", "dt", "dd", "option", "thead", "tbody", "tfoot", "colgroup", "rt"];

/// Where scripts keep a picture's address until it scrolls into view.
const LAZY_SRC_ATTRIBUTES: [&str; 8] = [
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-lazy",
    "data-hi-res-src",
    "data-orig-file",
    "data-full-src",
    "data-image",
];

/// Hosts and paths that only count readers.
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

/// Rewrites the tags that need it. `None`: nested too deep to be shown as anything but text.
pub fn rewrite_html(html: &str) -> Option<Cow<'_, str>> {
    let mut out: Option<String> = None;
    let (mut copied, mut at, mut depth) = (0, 0, 0_usize);
    let mut player_without_source = false;
    while let Some(found) = html[at..].find('<') {
        let start = at + found;
        let rest = &html[start + 1..];
        let closing = rest.starts_with('/');
        let name = tag_name(&rest[usize::from(closing)..]);
        if name.is_empty() {
            let comment = rest.strip_prefix("!--").map(|r| r.find("-->").map_or(html.len(), |i| start + 4 + i + 3));
            at = comment.unwrap_or(start + 1);
            continue;
        }
        if closing {
            depth = depth.saturating_sub(usize::from(adds_depth(name)));
            at = start + 1;
            continue;
        }
        let (attributes, length, _) = attributes::parse(&rest[name.len()..]);
        let end = start + 1 + name.len() + length;
        let get = |key: &str| attribute_value(&attributes, key);
        let replacement = match name.to_ascii_lowercase().as_str() {
            "img" => rewrite_image(&attributes),
            "iframe" | "embed" => Some(get("src").map(render_link).unwrap_or_default()),
            "object" => Some(get("data").map(render_link).unwrap_or_default()),
            "video" | "audio" => {
                player_without_source = get("src").is_none();
                Some(get("src").map(render_link).unwrap_or_default())
            }
            "source" if player_without_source && get("src").is_some() => {
                player_without_source = false;
                Some(get("src").map(render_link).unwrap_or_default())
            }
            _ => {
                depth += usize::from(adds_depth(name));
                if depth > MAX_NESTING_DEPTH {
                    return None;
                }
                None
            }
        };
        at = end;
        if let Some(replacement) = replacement {
            let out = out.get_or_insert_with(|| String::with_capacity(html.len()));
            out.push_str(&html[copied..start]);
            out.push_str(&replacement);
            // What an inline frame holds is for browsers that have none.
            if name.eq_ignore_ascii_case("iframe") {
                at = html[end..].find("</iframe").map_or(end, |i| end + i);
            }
            copied = at;
        }
    }
    Some(match out {
        Some(mut out) => {
            out.push_str(&html[copied..]);
            Cow::Owned(out)
        }
        None => Cow::Borrowed(html),
    })
}

fn tag_name(text: &str) -> &str {
    let starts = text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    &text[..if starts {
        text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'-' || *b == b':').count()
    } else {
        0
    }]
}

fn adds_depth(name: &str) -> bool {
    !is_void_element(name) && !OPTIONAL_END_TAGS.iter().any(|n| n.eq_ignore_ascii_case(name))
}

fn attribute_value<'a>(attributes: &'a [Attribute<'_>], name: &str) -> Option<&'a str> {
    attributes.iter().find(|a| a.name.eq_ignore_ascii_case(name)).map(|a| a.value.trim()).filter(|v| !v.is_empty())
}

/// The tag to stand in an `img`'s place; `None` leaves it as it is, an empty one drops it.
fn rewrite_image(attributes: &[Attribute<'_>]) -> Option<String> {
    let get = |name: &str| attribute_value(attributes, name);
    let source = get("src").filter(|s| !is_placeholder_image(s));
    let lazy = || {
        LAZY_SRC_ATTRIBUTES
            .iter()
            .find_map(|name| get(name))
            .or_else(|| get("data-srcset").or(get("srcset")).and_then(largest_srcset_candidate))
    };
    let source = match (source, LAZY_SRC_ATTRIBUTES.iter().find_map(|name| get(name))) {
        // Some themes put a blurred preview into `src`.
        (Some(_), Some(full)) if full.starts_with("http") => full,
        (Some(source), _) => source,
        (None, _) => match lazy() {
            Some(source) => source,
            None => return Some(String::new()),
        },
    };
    if is_tracking_pixel(attributes) || is_tracker_url(source) {
        return Some(String::new());
    }
    if get("src") == Some(source) {
        return None;
    }
    let mut tag = format!("<img src=\"{}\"", entities::encode(source));
    for name in ["alt", "title", "width", "height"] {
        if let Some(value) = get(name) {
            tag.push_str(&format!(" {name}=\"{}\"", entities::encode(value)));
        }
    }
    Some(tag + ">")
}

fn is_placeholder_image(source: &str) -> bool {
    source.starts_with("data:")
        || source == "about:blank"
        || source.ends_with("/blank.gif")
        || source.ends_with("/spacer.gif")
}

/// The address with the largest width or density in a `srcset`.
fn largest_srcset_candidate(srcset: &str) -> Option<&str> {
    let size = |candidate: &&str| {
        let size = candidate.split_whitespace().nth(1).map(|s| s.trim_end_matches(['w', 'x', 'h']));
        // In thousandths, so that 1.5x compares.
        size.and_then(|s| s.parse::<f64>().ok()).map_or(0, |s| (s * 1_000.0) as i64)
    };
    srcset.split(", ").map(str::trim).filter(|c| !c.is_empty()).max_by_key(size)?.split_whitespace().next()
}

/// One pixel in size, or none.
fn is_tracking_pixel(attributes: &[Attribute<'_>]) -> bool {
    let tiny =
        |name: &str| attribute_value(attributes, name).is_some_and(|v| matches!(v.trim_end_matches("px"), "0" | "1"));
    let style: String =
        attribute_value(attributes, "style").unwrap_or_default().chars().filter(|c| !c.is_whitespace()).collect();
    let styled = |name: &str| {
        [":0", ":1px", ":0px"]
            .iter()
            .any(|v| style.split(';').any(|rule| rule.strip_prefix(name).is_some_and(|rest| rest == *v)))
    };
    (tiny("width") || styled("width")) && (tiny("height") || styled("height")) || style.contains("display:none")
}

fn is_tracker_url(source: &str) -> bool {
    let bare = source.trim_start_matches("https:").trim_start_matches("http:").trim_start_matches('/');
    let bare = bare.strip_prefix("www.").unwrap_or(bare);
    TRACKER_URLS.iter().any(|t| {
        bare.starts_with(t) || bare.split('/').next().is_some_and(|host| host.ends_with(t.trim_end_matches('/')))
    })
}

/// A link in place of something that plays or embeds.
fn render_link(source: &str) -> String {
    let source = if let Some(rest) = source.strip_prefix("//") { format!("https://{rest}") } else { source.to_owned() };
    let Ok(url) = Url::parse(&source) else { return String::new() };
    if !matches!(url.scheme(), "http" | "https") || is_tracker_url(&source) {
        return String::new();
    }
    let host = url.host_str().unwrap_or_default().trim_start_matches("www.");
    let video = url.path().strip_prefix("/embed/").filter(|_| host.starts_with("youtube"));
    let (address, label) = match video {
        Some(id) => (format!("https://www.youtube.com/watch?v={id}"), "Watch on YouTube".to_owned()),
        None => (
            source.clone(),
            format!(
                "Open {}",
                url.path_segments().and_then(|mut s| s.next_back()).filter(|n| n.contains('.')).map_or(host, |n| n)
            ),
        ),
    };
    format!("<p><a href=\"{}\">{}</a></p>", entities::encode(&address), entities::encode(&label))
}

#[cfg(test)]
mod tests {
    use super::rewrite_html;

    #[test]
    fn pictures_players_and_pixels() {
        for (html, expected) in [
            ("<p>plain</p>", "<p>plain</p>"),
            ("<img src=\"a.png\" alt=x>", "<img src=\"a.png\" alt=x>"),
            ("a<img src=\"data:,\" data-src=\"b.png\" alt=\"B\">c", "a<img src=\"b.png\" alt=\"B\">c"),
            ("<img srcset=\"s.png 100w, l.png 800w\">", "<img src=\"l.png\">"),
            ("x<img src=\"https://t.example/p\" width=1 height=1>y", "xy"),
            ("x<img src=\"https://t.example/p\" style=\"width: 1px; height:1px\">y", "xy"),
            ("<img src=\"http://feeds.feedburner.com/~r/x/4\">", ""),
            ("<img src=\"https://pixel.wp.com/b.gif?x\">", ""),
            (
                "<iframe src=\"//www.youtube.com/embed/ab\">x</iframe>",
                "<p><a href=\"https://www.youtube.com/watch?v=ab\">Watch on YouTube</a></p></iframe>",
            ),
            (
                "<video><source src=\"https://x.org/v.mp4\"></video>",
                "<p><a href=\"https://x.org/v.mp4\">Open v.mp4</a></p></video>",
            ),
            ("<iframe src=\"javascript:alert(1)\"></iframe>", "</iframe>"),
            ("<!-- <img> --><b", "<!-- <img> --><b"),
        ] {
            assert_eq!(rewrite_html(html).as_deref(), Some(expected), "{html}");
        }
        assert!(rewrite_html(&"<div>".repeat(1_000)).is_none());
        assert!(rewrite_html(&"<p>".repeat(1_000)).is_some());
    }
}
