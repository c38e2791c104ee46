//! Plain text out of HTML: titles, summaries, what the search looks through.

use crate::server::{feed::parse::xml::is_void_element, html::entities};

/// Characters of a summary.
const MAX_SUMMARY_CHARS: usize = 300;

/// Elements that end a line.
const BLOCK_TAGS: [&str; 37] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "br",
    "caption",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
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
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "td",
    "th",
    "tr",
    "ul",
    "body",
    "html",
];

/// Elements within a line.
const INLINE_TAGS: [&str; 51] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "blink", "cite", "code", "center", "del", "dfn", "em", "font",
    "i", "ins", "kbd", "mark", "q", "rp", "rt", "ruby", "s", "samp", "script", "small", "span", "strike", "strong",
    "style", "sub", "sup", "time", "tt", "u", "var", "wbr", "img", "iframe", "object", "embed", "video", "audio",
    "source", "svg", "form", "input", "button", "tbody", "thead",
];

/// The text of an HTML fragment with white space collapsed. Only what HTML knows as a tag is one, so that `Vec<T>` survives.
pub fn html_to_text(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        push_decoded(&mut out, &rest[..at]);
        let (tag, length) = parse_tag(&rest[at..]);
        match tag {
            HtmlTagKind::None => out.push('<'),
            HtmlTagKind::Inline => {}
            HtmlTagKind::Block => out.push(' '),
        }
        rest = &rest[at + length..];
    }
    push_decoded(&mut out, rest);
    collapse_whitespace(&out)
}

/// White space of any kind becomes single blanks; none at the ends.
pub fn collapse_whitespace(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// The start of a plain text, cut between words.
pub fn truncate_to_summary(text: &str) -> String {
    let Some((limit, _)) = text.char_indices().nth(MAX_SUMMARY_CHARS) else { return text.to_owned() };
    // One character is kept for the ellipsis.
    let limit = text[..limit].char_indices().next_back().map_or(limit, |(at, _)| at);
    let head = &text[..limit];
    let cut = head.rfind(' ').filter(|at| *at > limit / 2).unwrap_or(limit);
    format!("{}…", head[..cut].trim_end_matches([' ', ',', ';', ':', '–', '-']))
}

fn push_decoded(out: &mut String, text: &str) {
    out.push_str(&entities::decode(text));
}

enum HtmlTagKind {
    None,
    Inline,
    Block,
}

/// What begins at this `<`, and how long it is. Scripts and styles go with all they hold.
fn parse_tag(text: &str) -> (HtmlTagKind, usize) {
    let length = |start: usize, end: &str| text[start..].find(end).map_or(text.len(), |i| start + i + end.len());
    if text.starts_with("<!--") {
        return (HtmlTagKind::Inline, length(4, "-->"));
    }
    let closing = text[1..].starts_with('/');
    let start = 1 + usize::from(closing);
    let name_end = start + text[start..].bytes().take_while(u8::is_ascii_alphanumeric).count();
    let name = &text[start..name_end];
    let is = |names: &[&str]| names.iter().any(|n| n.eq_ignore_ascii_case(name));
    if !closing && is(&["script", "style"]) {
        let end = format!("</{name}");
        let content = text[name_end..].find(&end).map_or(text.len(), |i| name_end + i);
        return (HtmlTagKind::Inline, content + text[content..].find('>').map_or(text.len() - content, |i| i + 1));
    }
    if !text[name_end..].starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/')) {
        return (HtmlTagKind::None, 1);
    }
    if is(&BLOCK_TAGS) {
        (HtmlTagKind::Block, length(name_end, ">"))
    } else if is(&INLINE_TAGS) || is_void_element(name) {
        (HtmlTagKind::Inline, length(name_end, ">"))
    } else {
        (HtmlTagKind::None, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::{html_to_text, truncate_to_summary};

    #[test]
    fn tags_go_and_words_stay() {
        for (html, text) in [
            ("<p>One</p><p>two &amp; three</p>", "One two & three"),
            ("a<b>b</b>c", "abc"),
            ("Vec<T> and 1 < 2", "Vec<T> and 1 < 2"),
            ("x<script>alert('<p>')</script>y<style>p{}</style>", "xy"),
            ("a <!-- <p> --> b", "a b"),
            ("<p", "<p"),
            ("caf&eacute;\n\t&nbsp;au  lait", "café au lait"),
            ("<img src=\"x\" alt=\">\">", "\">"),
        ] {
            assert_eq!(html_to_text(html), text, "{html}");
        }
    }

    #[test]
    fn summaries_end_between_words() {
        assert_eq!(truncate_to_summary("short"), "short");
        let long = truncate_to_summary(&"word ".repeat(100));
        assert!(long.chars().count() <= 300 && long.ends_with("word…"), "{long}");
        assert!(truncate_to_summary(&"字".repeat(400)).chars().count() <= 300);
    }
}
