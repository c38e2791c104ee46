//! The last step before storage: only what an article needs is left, as a balanced fragment that cannot reach out of its place.

use super::text;
use crate::server::html::{entities, rewrite};
use ammonia::{Builder, UrlRelative};
use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::LazyLock,
};
use url::Url;

const ALLOWED_TAGS: [&str; 62] = [
    "a",
    "abbr",
    "acronym",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
];
const MORE_ALLOWED_TAGS: [&str; 7] = ["strike", "time", "tt", "u", "ul", "var", "wbr"];

/// Gone with everything inside.
const TAGS_REMOVED_WITH_CONTENT: [&str; 14] = [
    "script",
    "style",
    "noscript",
    "template",
    "textarea",
    "select",
    "svg",
    "math",
    "title",
    "noembed",
    "noframes",
    "xmp",
    "plaintext",
    "button",
];

/// Allowed attributes by element. Nothing that the page or its scripts could be steered by: no id, class, name, style, data-*.
const ALLOWED_ATTRIBUTES: [(&str, &[&str]); 11] = [
    ("a", &["href", "hreflang", "title"]),
    ("abbr", &["title"]),
    ("bdo", &["dir"]),
    ("col", &["span"]),
    ("colgroup", &["span"]),
    ("img", &["src", "alt", "title", "width", "height"]),
    ("li", &["value"]),
    ("ol", &["start", "reversed", "type"]),
    ("td", &["colspan", "rowspan", "headers"]),
    ("th", &["colspan", "rowspan", "scope"]),
    ("time", &["datetime"]),
];

/// Serves every fragment without relative addresses; making one costs more than cleaning a short entry.
static SANITIZER_WITHOUT_BASE: LazyLock<Builder<'static>> = LazyLock::new(|| build_sanitizer(UrlRelative::Deny));

/// Cleans the HTML of an entry. Relative addresses are resolved against `base`; without one they are dropped.
pub fn sanitize(html: &str, base: Option<&Url>) -> String {
    let Some(prepared) = rewrite::rewrite_html(html) else {
        return format!("<p>{}</p>", entities::encode(&text::html_to_text(html)));
    };
    match base {
        Some(base) if may_have_relative_urls(&prepared) => {
            build_sanitizer(UrlRelative::RewriteWithBase(base.clone())).clean(&prepared).to_string()
        }
        _ => SANITIZER_WITHOUT_BASE.clean(&prepared).to_string(),
    }
}

fn build_sanitizer(relative: UrlRelative<'static>) -> Builder<'static> {
    let mut builder = Builder::empty();
    builder
        .tags(ALLOWED_TAGS.iter().chain(&MORE_ALLOWED_TAGS).copied().collect())
        .clean_content_tags(TAGS_REMOVED_WITH_CONTENT.into_iter().collect())
        .tag_attributes(ALLOWED_ATTRIBUTES.iter().map(|(tag, names)| (*tag, names.iter().copied().collect())).collect())
        .generic_attributes(HashSet::from(["lang", "dir"]))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(relative)
        .link_rel(Some("noopener noreferrer nofollow"))
        .set_tag_attribute_values(HashMap::from([(
            "img",
            HashMap::from([("loading", "lazy"), ("decoding", "async"), ("referrerpolicy", "no-referrer")]),
        )]))
        .attribute_filter(|element, attribute, value| match (element, attribute) {
            ("img", "src")
                if !value.starts_with("http://") && !value.starts_with("https://") && value.contains(':') =>
            {
                None
            }
            ("img", "width" | "height") | ("td" | "th", "colspan" | "rowspan") => {
                value.parse::<u16>().is_ok().then_some(Cow::Borrowed(value))
            }
            _ => Some(Cow::Borrowed(value)),
        });
    builder
}

/// Whether some address in the HTML does not start with a scheme of the web. Errs on the side of yes.
fn may_have_relative_urls(html: &str) -> bool {
    html.match_indices('=').any(|(at, _)| {
        let name = html[..at].trim_end();
        let is_address = name.len() >= 3 && {
            let tail = &name.as_bytes()[name.len() - 3..];
            tail.eq_ignore_ascii_case(b"src") || tail.eq_ignore_ascii_case(b"ref")
        };
        let value = html[at + 1..].trim_start().trim_start_matches(['"', '\'']);
        is_address && !value.starts_with("https://") && !value.starts_with("http://")
    })
}

#[cfg(test)]
mod tests {
    use super::sanitize;
    use url::Url;

    #[test]
    fn what_remains_is_safe_complete_and_absolute() {
        let base = Url::parse("https://example.org/blog/post").expect("a base");
        let rel = "rel=\"noopener noreferrer nofollow\"";
        let img = "loading=\"lazy\" decoding=\"async\" referrerpolicy=\"no-referrer\"";
        for (html, expected) in [
            ("<p>one<p>two", "<p>one</p><p>two</p>".to_owned()),
            ("</div></article><b>x", "<b>x</b>".to_owned()),
            (
                "<a href=\"../x?y=1&z=2\" onclick=alert(1) id=top>l</a>",
                format!("<a href=\"https://example.org/x?y=1&amp;z=2\" {rel}>l</a>"),
            ),
            ("<a href=\" javascript:alert(1)\">l</a>", format!("<a {rel}>l</a>")),
            ("<script>alert(1)</script><style>*{}</style>t", "t".to_owned()),
            ("<span class=\"x\" style=\"position:fixed\">t</span>", "<span>t</span>".to_owned()),
            ("<form action=\"/x\"><input name=body>t</form>", "t".to_owned()),
            ("1 &lt; 2 &amp; 3", "1 &lt; 2 &amp; 3".to_owned()),
        ] {
            assert_eq!(sanitize(html, Some(&base)), expected, "{html}");
        }
        let picture = sanitize("<img src=\"/a.png\" width=\"600\" height=\"90%\">", Some(&base));
        for part in ["src=\"https://example.org/a.png\"", "width=\"600\""].into_iter().chain(img.split(' ')) {
            assert!(picture.contains(part), "{picture}");
        }
        assert!(!picture.contains("height"), "{picture}");
        assert!(!sanitize("<img src=\"mailto:a@b.c\">", Some(&base)).contains("mailto"));
        assert!(!sanitize("<img src=\"x.png\">", None).contains("src"));
    }

    #[test]
    fn depth_becomes_text() {
        assert_eq!(sanitize(&("<div>".repeat(20_000) + "a < b"), None), "<p>a &lt; b</p>");
    }
}
