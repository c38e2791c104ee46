//! The text of a sanitized fragment, by paragraph, for prompts.

use super::{
    entities,
    tags::{EndTag, Piece, StartTag, pieces},
    text::formula_text,
};

/// The paragraphs of `html` in order: entities decoded, white space collapsed, none empty.
pub fn extract_paragraphs(html: &str) -> Vec<String> {
    let (mut finished, mut current) = (Vec::new(), String::new());
    for (_, piece) in pieces(html) {
        match piece {
            Piece::Text(text) => push_collapsed(&mut current, &entities::decode(text)),
            Piece::Start(tag) if tag.element.is_some_and(|element| element.name == "img") => {
                push_collapsed(&mut current, &formula_text(&tag).unwrap_or_default());
            }
            Piece::Start(StartTag { element, .. }) | Piece::End(EndTag { element, .. }) => match element {
                Some(element) if element.is_cell() => push_collapsed(&mut current, " "),
                Some(element) if !element.is_block() => {}
                _ => end_paragraph(&mut finished, &mut current),
            },
            Piece::RawText | Piece::Ignored => {}
        }
    }
    end_paragraph(&mut finished, &mut current);
    finished
}

fn push_collapsed(paragraph: &mut String, text: &str) {
    for c in text.chars() {
        if !c.is_whitespace() {
            paragraph.push(c);
        } else if !paragraph.is_empty() && !paragraph.ends_with(' ') {
            paragraph.push(' ');
        }
    }
}

fn end_paragraph(finished: &mut Vec<String>, current: &mut String) {
    let text = current.trim_end();
    if !text.is_empty() {
        finished.push(text.to_owned());
    }
    current.clear();
}

#[cfg(test)]
mod tests {
    use super::extract_paragraphs;

    #[test]
    fn fragments_become_paragraphs() {
        for (html, expected) in [
            ("", &[][..]),
            ("plain  text\n here", &["plain text here"]),
            ("<p>One <b>bold</b>\n word.</p><p>Two &amp; &eacute;</p>", &["One bold word.", "Two & é"]),
            ("<h2>Head</h2>tail<br>next<ul><li>a</li><li>b</li></ul>", &["Head", "tail", "next", "a", "b"]),
            ("<table><tr><td>a</td><td>b</td></tr></table>", &["a b"]),
            ("a<!-- ignore me -->b <img alt=\"x\" src=\"y\">c", &["ab c"]),
            ("<p>1 &lt; 2 &lt;script&gt;</p>", &["1 < 2 <script>"]),
            ("<p> \u{a0} </p>", &[]),
            ("<p>So <math><mi>x</mi><mo>=</mo><mn>1</mn></math> holds.</p>", &["So x=1 holds."]),
            ("<details><summary>More</summary>text</details>", &["More", "text"]),
            ("a<script>b</script>c", &["ac"]),
        ] {
            assert_eq!(extract_paragraphs(html), expected, "{html}");
        }
    }
}
