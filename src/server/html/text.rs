//! Plain text out of HTML: titles, summaries, the search index.

use crate::domain::plain_text;

use super::{
    addresses::attribute_value,
    entities, images,
    tags::{EndTag, Piece, StartTag, pieces},
};

/// Characters of a summary.
const MAX_SUMMARY_CHARS: usize = 300;

/// The text of an HTML fragment with white space collapsed. Only what HTML knows as a tag is one, so that `Vec<T>` survives.
pub fn html_to_text(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    for (_, piece) in pieces(html) {
        match piece {
            Piece::Text(text) => out.push_str(&entities::decode(text)),
            Piece::Start(StartTag { element: None, source, .. }) | Piece::End(EndTag { element: None, source }) => {
                out.push_str(&entities::decode(source));
            }
            Piece::Start(tag) if tag.element.is_some_and(|element| element.name == "img") => {
                out.push_str(&formula_text(&tag).unwrap_or_default());
            }
            Piece::Start(StartTag { element: Some(element), .. })
            | Piece::End(EndTag { element: Some(element), .. }) => {
                if element.is_block() || element.is_cell() {
                    out.push(' ');
                }
            }
            Piece::RawText | Piece::Ignored => {}
        }
    }
    collapse_whitespace(&out)
}

/// The source of a formula that is shown as a picture; `None`: the picture is none.
pub fn formula_text(image: &StartTag<'_>) -> Option<String> {
    let attributes = image.attributes();
    attribute_value(&attributes, "alt").filter(|_| images::is_formula_image(&attributes)).map(str::to_owned)
}

/// Turns white space of any kind into single blanks, and drops it at the ends.
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

/// The start of a plain text, cut between words, with an ellipsis.
pub fn truncate_to_summary(text: &str) -> String {
    plain_text::truncate_between_words(text, MAX_SUMMARY_CHARS)
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
            ("<img src=\"x\" alt=\">\">y", "y"),
            ("<o:p>x</o:p> I <3 <blink>you</blink>", "<o:p>x</o:p> I <3 you"),
            ("<details><summary>More</summary>text</details>", "More text"),
            ("<td>a</td><td>b</td>", "a b"),
            ("So <img src='https://s0.wp.com/latex.php?latex=x' alt='x^2 &lt; y'> holds", "So x^2 < y holds"),
            ("So <img src='https://example.org/a.png' alt='A photo'> holds", "So holds"),
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
