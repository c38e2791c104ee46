//! A model's Markdown as HTML that cannot do anything. What a model says is as foreign as a feed: it may repeat an article's
//! tricks, so its HTML is shown as text, its pictures become links, and everything passes through a strict sanitiser at the end.

use ammonia::{Builder, UrlRelative};
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use std::{collections::HashSet, sync::LazyLock};

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

/// An answer, whole or as far as it has come.
pub fn render_markdown(text: &str) -> String {
    let parser = Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let mut rendered = String::with_capacity(text.len() * 3 / 2);
    html::push_html(&mut rendered, parser.map(neutralize_event));
    SANITIZER.clean(&rendered).to_string()
}

fn neutralize_event(event: Event<'_>) -> Event<'_> {
    match event {
        // Shown as it was written: somebody who asks about HTML wants to see it.
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        // Nothing is loaded from elsewhere because a model says so: the address could carry what was talked about.
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
            assert_eq!(render_markdown(text), html, "{text}");
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
