//! Splits HTML into text, tags and raw text. The one HTML scanner of the crate: sanitizer, plain text, paragraphs and feed
//! discovery read through it. Follows the tokenization rules of the HTML standard and takes linear time.

use super::{
    attributes::{self, Attribute, QuoteRule},
    elements::{self, ElementInfo},
};

/// A piece of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text with its character references as written.
    Text(&'a str),
    /// A start tag.
    Start(StartTag<'a>),
    /// An end tag.
    End(EndTag<'a>),
    /// What an element such as `script` or `iframe` holds.
    RawText,
    /// A comment, a document type, a processing instruction, or a tag that breaks off at the end.
    Ignored,
}

/// A start tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartTag<'a> {
    /// As written.
    pub name: &'a str,
    /// `None` when HTML knows no such element.
    pub element: Option<ElementInfo>,
    /// What stands between the name and the closing `>`.
    attributes: &'a str,
    /// Whether it ends with `/>`.
    pub is_self_closing: bool,
    /// The whole tag.
    pub source: &'a str,
}

/// An end tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndTag<'a> {
    /// `None` when HTML knows no such element.
    pub element: Option<ElementInfo>,
    /// The whole tag.
    pub source: &'a str,
}

impl<'a> StartTag<'a> {
    /// The attributes with their values decoded, at most [`attributes::MAX_ATTRIBUTES`].
    pub fn attributes(&self) -> Vec<Attribute<'a>> {
        attributes::parse(self.attributes, QuoteRule::Standard).0
    }
}

/// The pieces of a document in order, each with the byte offset that it begins at.
#[derive(Debug)]
pub struct Pieces<'a> {
    html: &'a str,
    at: usize,
    /// The raw text element whose content comes next.
    raw_text: Option<ElementInfo>,
    /// Raw text elements that have no end tag ahead, so that it is searched for once.
    without_end: Vec<&'static str>,
    /// There is no `>` ahead.
    is_last_tag_read: bool,
}

/// Reads a document or a fragment.
pub const fn pieces(html: &str) -> Pieces<'_> {
    Pieces { html, at: 0, raw_text: None, without_end: Vec::new(), is_last_tag_read: false }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = (usize, Piece<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.at;
        let rest = self.html.get(start..).filter(|rest| !rest.is_empty())?;
        if let Some(end) = self.raw_text.take().and_then(|element| self.raw_text_length(rest, element)) {
            self.at += end;
            return Some((start, Piece::RawText));
        }
        let (piece, length) = if rest.starts_with('<') { self.markup(rest) } else { text_piece(rest, 0) };
        self.at += length;
        Some((start, piece))
    }
}

impl<'a> Pieces<'a> {
    /// The length of what a raw text element holds; `None` when it is empty or never ends and can be read as markup.
    fn raw_text_length(&mut self, rest: &str, element: ElementInfo) -> Option<usize> {
        let name = element.name;
        if !self.without_end.contains(&name) {
            let is_end = |at: &usize| {
                let tag = &rest.as_bytes()[at + 2..];
                tag.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
                    && tag.get(name.len()).is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/'))
            };
            if let Some(end) = rest.match_indices("</").map(|(at, _)| at).find(is_end) {
                return Some(end).filter(|end| *end > 0);
            }
            self.without_end.push(name);
        }
        matches!(name, "script" | "style" | "xmp").then_some(rest.len())
    }

    /// The piece that begins with `<`, and its length.
    fn markup(&mut self, rest: &'a str) -> (Piece<'a>, usize) {
        let bytes = rest.as_bytes();
        match bytes.get(1) {
            Some(b'!') if rest.starts_with("<!--") => (Piece::Ignored, comment_length(rest)),
            Some(b'!' | b'?') => self.bogus_comment(rest),
            Some(b'/') => match bytes.get(2) {
                Some(b) if b.is_ascii_alphabetic() => self.tag(rest, 2),
                Some(_) => self.bogus_comment(rest),
                None => text_piece(rest, 1),
            },
            Some(b) if b.is_ascii_alphabetic() => self.tag(rest, 1),
            _ => text_piece(rest, 1),
        }
    }

    fn tag(&mut self, rest: &'a str, name_start: usize) -> (Piece<'a>, usize) {
        let is_name = |b: &u8| !b.is_ascii_whitespace() && !matches!(b, b'>' | b'/');
        let name_end = name_start + rest.as_bytes()[name_start..].iter().take_while(|b| is_name(b)).count();
        if name_end == rest.len() || self.is_last_tag_read {
            return text_piece(rest, 1);
        }
        let Some(length) = attributes::tag_end(&rest[name_end..]) else {
            // A quote that never ends swallows the rest.
            self.is_last_tag_read = !rest.contains('>');
            return (Piece::Ignored, rest.len());
        };
        let (source, attributes) = (&rest[..name_end + length], &rest[name_end..name_end + length]);
        let name = &rest[name_start..name_end];
        let element = elements::find(name);
        let piece = if name_start == 2 {
            Piece::End(EndTag { element, source })
        } else {
            self.raw_text = element.filter(|element| element.is_raw_text());
            let is_self_closing = attributes.ends_with("/>");
            Piece::Start(StartTag { name, element, attributes, is_self_closing, source })
        };
        (piece, source.len())
    }

    fn bogus_comment(&mut self, rest: &'a str) -> (Piece<'a>, usize) {
        let end = if self.is_last_tag_read { None } else { rest.find('>') };
        self.is_last_tag_read = end.is_none();
        end.map_or_else(|| text_piece(rest, 1), |end| (Piece::Ignored, end + 1))
    }
}

/// Text up to the next `<` behind the first `skip` bytes.
fn text_piece(rest: &str, skip: usize) -> (Piece<'_>, usize) {
    let end = rest[skip..].find('<').map_or(rest.len(), |at| skip + at);
    (Piece::Text(&rest[..end]), end)
}

/// The length of a comment with its delimiters; it reaches to the end when nothing closes it.
fn comment_length(rest: &str) -> usize {
    if rest.starts_with("<!-->") {
        return 5;
    }
    if rest.starts_with("<!--->") {
        return 6;
    }
    let content = &rest[4..];
    let end = content.match_indices("--").find_map(|(at, _)| {
        let after = &content[at + 2..];
        let length = if after.starts_with('>') {
            3
        } else if after.starts_with("!>") {
            4
        } else if after.starts_with("->") {
            // An odd number of dashes: the last two are the ones that count.
            4
        } else {
            return None;
        };
        Some(4 + at + length)
    });
    end.unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::{Piece, pieces};

    /// The pieces as a line: text as it is, tags by kind and name, raw text and what is ignored as signs.
    fn outline(html: &str) -> String {
        pieces(html)
            .map(|(_, piece)| match piece {
                Piece::Text(text) => text.to_owned(),
                Piece::Start(tag) => format!("[{}]", tag.name),
                Piece::End(tag) => format!("[/{}]", tag.element.map_or("?", |element| element.name)),
                Piece::RawText => "[raw]".to_owned(),
                Piece::Ignored => "[-]".to_owned(),
            })
            .collect()
    }

    #[test]
    fn documents_fall_into_pieces_as_a_browser_reads_them() {
        for (html, expected) in [
            ("a<b>c</B>d", "a[b]c[/b]d"),
            ("1 < 2 <3 a<", "1 < 2 <3 a<"),
            ("<img alt=\">\">x", "[img]x"),
            ("<a title='\"' href=x>y</a>", "[a]y[/a]"),
            ("<!-- <p> -->x<!-->y<!--->z<!-- a --!>w<!-- --->v", "[-]x[-]y[-]z[-]w[-]v"),
            ("<!doctype html>x<?php 1?>y</3>z", "[-]x[-]y[-]z"),
            ("<!-- open <p>", "[-]"),
            ("<script>if (a</b>) '<p>'</SCRIPT >x", "[script][raw][/script]x"),
            ("<style>p{}", "[style][raw]"),
            ("<iframe>a<b>c", "[iframe]a[b]c"),
            ("<iframe>a</iframe><title></title>x", "[iframe][raw][/iframe][title][/title]x"),
            ("<p", "<p"),
            ("a<p class=\"x", "a[-]"),
            ("</3", "</3"),
            ("<o:p>x</o:p>", "[o:p]x[/?]"),
        ] {
            assert_eq!(outline(html), expected, "{html}");
        }
    }

    #[test]
    fn nothing_is_read_twice_to_the_end() {
        // Each of these would be searched to the end once per tag; a second would be a minute.
        for unit in ["<iframe>", "<!a ", "</3 ", "<title>", "<p a='", "<", "</", "<!--"] {
            let html = unit.repeat(400_000);
            assert!(pieces(&html).count() <= 800_001, "{unit}");
        }
    }
}
