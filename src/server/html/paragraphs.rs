//! The words of a sanitised fragment, by paragraph. Tags are read, not built into a tree: that is all a prompt needs.

use html5ever::{
    TokenizerResult,
    tendril::StrTendril,
    tokenizer::{
        BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts, states::RawKind,
    },
};
use std::cell::RefCell;

/// Elements in the middle of a line; every other tag ends a paragraph.
const INLINE_ELEMENTS: &[&str] = &[
    "a", "abbr", "acronym", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img", "ins",
    "kbd", "mark", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time",
    "tt", "u", "var", "wbr",
];

/// The paragraphs of `html` in order: entities decoded, white space collapsed, none empty.
pub fn extract_paragraphs(html: &str) -> Vec<String> {
    let tokenizer = Tokenizer::new(ParagraphSink::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    // The sink never asks for a script to be run, so one round reads everything.
    while let TokenizerResult::Script(()) = tokenizer.feed(&input) {}
    tokenizer.end();
    tokenizer.sink.finish()
}

#[derive(Default)]
struct ParagraphSink {
    finished_paragraphs: RefCell<Vec<String>>,
    current_paragraph: RefCell<String>,
}

impl ParagraphSink {
    fn push_text(&self, text: &str) {
        let mut current = self.current_paragraph.borrow_mut();
        for c in text.chars() {
            if !c.is_whitespace() {
                current.push(c);
            } else if !current.is_empty() && !current.ends_with(' ') {
                current.push(' ');
            }
        }
    }

    fn end_paragraph(&self) {
        let mut current = self.current_paragraph.borrow_mut();
        let text = current.trim_end();
        if !text.is_empty() {
            self.finished_paragraphs.borrow_mut().push(text.to_owned());
        }
        current.clear();
    }

    fn finish(&self) -> Vec<String> {
        self.end_paragraph();
        self.finished_paragraphs.take()
    }
}

impl TokenSink for ParagraphSink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::CharacterTokens(text) => self.push_text(&text),
            Token::TagToken(Tag { kind, name, .. }) => {
                if matches!(&*name, "td" | "th") {
                    self.push_text(" ");
                } else if !INLINE_ELEMENTS.contains(&&*name) {
                    self.end_paragraph();
                }
                // Not text for people, should they ever stand in a stored fragment.
                if kind == TagKind::StartTag && matches!(&*name, "script" | "style") {
                    return TokenSinkResult::RawData(RawKind::Rawtext);
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
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
        ] {
            assert_eq!(extract_paragraphs(html), expected, "{html}");
        }
    }
}
