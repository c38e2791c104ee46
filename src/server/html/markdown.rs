//! A model's Markdown as safe HTML. A model may repeat what an article says, so its HTML is shown as text, its pictures become
//! links, and the result passes through a strict sanitizer.

use crate::domain::safe_html::SafeHtml;
use ammonia::{Builder, UrlRelative};
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use std::{borrow::Cow, collections::HashSet, sync::LazyLock};

/// Bytes of an answer that are shown.
const MAX_MARKDOWN_BYTES: usize = 256 << 10;
/// Quotes, lists and emphasis within each other; what is nested deeper is text.
const MAX_NESTING: usize = 32;
/// Columns that a line may be indented by.
const MAX_INDENT: usize = 4 * MAX_NESTING;
/// Events of the parser for each byte of Markdown at most, beside [`FREE_EVENTS`]. Rows of a wide table are filled up to its width,
/// which can make many cells of few bytes.
const EVENTS_PER_BYTE: usize = 2;
/// Events allowed for any text, however short.
const FREE_EVENTS: usize = 1_000;

/// Everything that Markdown can make, apart from pictures and checkboxes.
const ALLOWED_TAGS: [&str; 24] = [
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "em",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
];

static SANITIZER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(ALLOWED_TAGS.into_iter().chain(["ul"]).collect())
        .add_tag_attributes("a", ["href", "title"])
        .add_tag_attributes("ol", ["start"])
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"));
    builder
});

/// Renders an answer, finished or not. What exceeds the limits on length and nesting is text or left out.
pub fn render_markdown(text: &str) -> SafeHtml {
    let shown = &text[..text.floor_char_boundary(MAX_MARKDOWN_BYTES)];
    let bounded = bound_nesting(shown);
    let parser = Parser::new_ext(&bounded, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let mut rendered = String::with_capacity(shown.len() * 3 / 2);
    let events = limit_depth(parser.map(neutralize_event)).take(shown.len() * EVENTS_PER_BYTE + FREE_EVENTS);
    html::push_html(&mut rendered, events);
    if shown.len() < text.len() {
        rendered.push_str("<p><em>The rest of this answer is too long to be shown.</em></p>");
    }
    SafeHtml::from_sanitized(SANITIZER.clean(&rendered).to_string())
}

/// Escapes the markers of quotes and lists beyond [`MAX_NESTING`] at the start of each line, and bounds its indentation. The
/// parser would take quadratic time for them.
fn bound_nesting(text: &str) -> Cow<'_, str> {
    let mut out: Option<String> = None;
    let mut copied = 0;
    for (start, line) in text.split_inclusive('\n').scan(0, |at, line| {
        *at += line.len();
        Some((*at - line.len(), line))
    }) {
        let Some((keep, skip)) = excess_marker(line) else { continue };
        let out = out.get_or_insert_with(|| String::with_capacity(text.len() + 64));
        out.push_str(&text[copied..start + keep]);
        if skip == 0 {
            out.push('\\');
        }
        copied = start + keep + skip;
    }
    match out {
        Some(mut out) => {
            out.push_str(&text[copied..]);
            Cow::Owned(out)
        }
        None => Cow::Borrowed(text),
    }
}

/// Where a line has one marker too many, or too much indentation: the bytes before it, and those to leave out.
fn excess_marker(line: &str) -> Option<(usize, usize)> {
    let bytes = line.as_bytes();
    let (mut at, mut markers) = (0, 0);
    loop {
        let blanks = bytes[at..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        if blanks > MAX_INDENT {
            return Some((at + MAX_INDENT, blanks - MAX_INDENT));
        }
        at += blanks;
        let digits = bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        let marker = match bytes.get(at + digits) {
            Some(b'>') if digits == 0 => 1,
            Some(b'-' | b'+' | b'*') if digits == 0 && is_blank(bytes.get(at + 1)) => 1,
            Some(b'.' | b')') if (1..10).contains(&digits) && is_blank(bytes.get(at + digits + 1)) => digits + 1,
            _ => return None,
        };
        if markers == MAX_NESTING {
            return Some((at + marker - 1, 0));
        }
        markers += 1;
        at += marker;
    }
}

const fn is_blank(byte: Option<&u8>) -> bool {
    matches!(byte, None | Some(b' ' | b'\t' | b'\n' | b'\r'))
}

/// Leaves out the starts and ends of what is nested deeper than [`MAX_NESTING`]; its text stays.
fn limit_depth<'a>(events: impl Iterator<Item = Event<'a>>) -> impl Iterator<Item = Event<'a>> {
    let mut depth = 0_usize;
    events.filter(move |event| match event {
        Event::Start(_) => {
            depth += 1;
            depth <= 2 * MAX_NESTING
        }
        Event::End(_) => {
            depth = depth.saturating_sub(1);
            depth < 2 * MAX_NESTING
        }
        _ => true,
    })
}

fn neutralize_event(event: Event<'_>) -> Event<'_> {
    match event {
        // HTML is shown as text, since answers may be about HTML.
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        // No picture of an answer is loaded: its address could leak the conversation.
        Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        Event::End(TagEnd::Image) => Event::End(TagEnd::Link),
        // Under the headings of the page.
        Event::Start(Tag::Heading { level, .. }) => Event::Start(Tag::Heading {
            level: demote_heading(level),
            id: None,
            classes: Vec::new(),
            attrs: Vec::new(),
        }),
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(demote_heading(level))),
        Event::FootnoteReference(name) => Event::Text(CowStr::from(format!("[{name}]"))),
        other => other,
    }
}

const fn demote_heading(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    }
}

#[cfg(test)]
mod tests {
    use super::render_markdown;
    use proptest::prelude::*;

    #[test]
    fn markdown_as_readers_expect_it() {
        for (text, html) in [
            ("a **b** *c* `d`", "<p>a <strong>b</strong> <em>c</em> <code>d</code></p>\n"),
            ("# One\n## Two", "<h3>One</h3>\n<h4>Two</h4>\n"),
            ("2. x\n3. y", "<ol start=\"2\">\n<li>x</li>\n<li>y</li>\n</ol>\n"),
            ("```rust\nfn f() {}\n", "<pre><code>fn f() {}\n</code></pre>\n"),
            (
                "[a](https://example.org/ \"t\")",
                "<p><a href=\"https://example.org/\" title=\"t\" rel=\"noopener noreferrer nofollow\">a</a></p>\n",
            ),
            (
                "|a|b|\n|-|-|\n|1|~~2~~|",
                "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody>\n<tr><td>1</td><td><del>2</del></td></tr>\n</tbody></table>\n",
            ),
        ] {
            assert_eq!(&*render_markdown(text), html, "{text}");
        }
    }

    #[test]
    fn hostile_answers_are_only_text() {
        for (text, left) in [
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("hi <img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
            ("[x](javascript:alert(1))", "<a rel=\"noopener noreferrer nofollow\">x</a>"),
            ("[x](JaVaScRiPt&colon;alert(1))", ">x</a>"),
            ("[x](data:text/html,<script>)", ">x"),
            ("[x](/fn/ollama/delete?name=a)", "<a rel=\"noopener noreferrer nofollow\">x</a>"),
            ("<a href='vbscript:x' onclick=1>y</a>", "&lt;a href="),
            ("![p](https://evil.example/?q=secret)", "<a href=\"https://evil.example/?q=secret\""),
            ("<style>body{display:none}</style>", "&lt;style&gt;"),
            ("<form action=/fn/x><button>ok</button></form>", "&lt;form"),
            ("# x {onclick=alert(1)}", "<h3>x {onclick=alert(1)}</h3>"),
            ("<div\nhidden>", "&lt;div"),
            ("</article></main>", "&lt;/article&gt;"),
        ] {
            let html = render_markdown(text);
            assert!(html.contains(left), "{text} → {html}");
            for tag in ["<script", "<img", "<style", "<form", "<button", "<svg", "<div", "</main"] {
                assert!(!html.contains(tag), "{text} → {html}");
            }
            assert!(!html.contains("href=\"javascript") && !html.contains("href=\"data"), "{text} → {html}");
        }
    }

    #[test]
    fn nesting_and_length_are_bounded() {
        for unit in ["> ", ">", "- ", "1. ", "* ", "> - ", "**a *b ", "[", "![", "`", "<", "|", "\\"] {
            let text = unit.repeat(40_000) + "end";
            let html = render_markdown(&text);
            assert!(html.len() <= 8 * text.len() + 1_000, "{unit}: {} bytes", html.len());
            let depth = html.match_indices("<blockquote>").count() + html.match_indices("<ul>").count();
            assert!(depth <= 200, "{unit}: {depth}");
        }
        let steps: String = (0..700).map(|n| format!("{}- x\n", "  ".repeat(n))).collect();
        assert!(render_markdown(&steps).matches("<ul>").count() <= 66);
        let wide = format!("{}\n{}\n{}", "|a".repeat(5_000), "|-".repeat(5_000), "|b\n".repeat(5_000));
        assert!(render_markdown(&wide).len() <= 20 * wide.len(), "rows are not filled up without end");
        let long = render_markdown(&"word ".repeat(200_000));
        assert!(long.len() < 300_000 && long.contains("too long to be shown"), "{}", long.len());
        assert!(render_markdown(&(">".repeat(40) + "deep")).contains("&gt;"), "deeper quotes are text");
    }

    proptest! {
        #[test]
        fn whatever_comes_only_known_elements_leave(text in "[<>/a-z=\"'()!\\[\\]#*`:&;\\- \n]{0,80}") {
            let html = render_markdown(&text);
            let scripted = ["<script", "<img", "<iframe", "<svg", "<input", "<style", "<form"];
            prop_assert!(scripted.iter().all(|tag| !html.contains(tag)), "{}", html);
            prop_assert_eq!(render_markdown(&text), html);
        }
    }
}
