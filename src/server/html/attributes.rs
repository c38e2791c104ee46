//! The attributes of a tag, of XML or HTML.

use crate::server::html::entities;
use std::borrow::Cow;

/// Attributes of one tag that are read; the rest is skipped.
pub const MAX_ATTRIBUTES: usize = 64;
/// Quotes examined at most for the one that closes a value.
const MAX_QUOTES_PER_VALUE: usize = 64;

/// Where a quoted value ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuoteRule {
    /// At the next quote of its kind, as the HTML standard says.
    Standard,
    /// At the first quote that another attribute or the end of the tag follows: publishers of XML forget to escape.
    Lenient,
}

/// An attribute with its value decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// As written, with its prefix.
    pub name: &'a str,
    /// The value without entities.
    pub value: Cow<'a, str>,
}

/// Reads the attributes at the start of `text`, right behind a tag's name. Also returns the number of bytes read, up to and
/// including the `>` if there is one, and whether the tag closes itself.
pub fn parse(text: &str, quotes: QuoteRule) -> (Vec<Attribute<'_>>, usize, bool) {
    let bytes = text.as_bytes();
    let mut attributes = Vec::new();
    let mut at = 0;
    loop {
        at += bytes[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        match bytes.get(at) {
            None => return (attributes, at, false),
            Some(b'>') => return (attributes, at + 1, false),
            Some(b'/' | b'?') if bytes.get(at + 1) == Some(&b'>') => return (attributes, at + 2, true),
            // The next tag begins: this one was never closed.
            Some(b'<') if quotes == QuoteRule::Lenient => return (attributes, at, false),
            Some(_) => {}
        }
        let length = bytes[at..]
            .iter()
            .take_while(|b| !b.is_ascii_whitespace() && !matches!(b, b'=' | b'>' | b'/'))
            .take_while(|b| **b != b'<' || quotes == QuoteRule::Standard)
            .count();
        if length == 0 {
            at += 1;
            continue;
        }
        let name = &text[at..at + length];
        at += length;
        let equals = at + bytes[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        let mut value = "";
        if bytes.get(equals) == Some(&b'=') {
            at = equals + 1;
            at += bytes[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
            let (start, end, next) = value_span(text, at, quotes);
            value = &text[start..end];
            at = next;
        }
        if attributes.len() < MAX_ATTRIBUTES {
            attributes.push(Attribute { name, value: entities::decode(value) });
        }
    }
}

/// The number of bytes from behind a tag's name to behind its `>`, by the HTML standard; `None` when the tag never ends.
pub fn tag_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        at += bytes[at..].iter().position(|b| matches!(b, b'=' | b'>'))?;
        if bytes[at] == b'>' {
            return Some(at + 1);
        }
        at += 1;
        at += bytes[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        if let Some(quote @ (b'"' | b'\'')) = bytes.get(at) {
            at += 2 + bytes[at + 1..].iter().position(|b| b == quote)?;
        } else {
            at += bytes[at..].iter().take_while(|b| !b.is_ascii_whitespace() && **b != b'>').count();
        }
    }
}

/// The value that begins at `at`: where it starts and ends, and where reading goes on.
fn value_span(text: &str, at: usize, quotes: QuoteRule) -> (usize, usize, usize) {
    let bytes = text.as_bytes();
    let Some(&quote @ (b'"' | b'\'')) = bytes.get(at) else {
        let length = bytes[at..].iter().take_while(|b| !b.is_ascii_whitespace() && **b != b'>').count();
        // `<a href=x/>`: the slash belongs to the tag.
        let length = if bytes.get(at + length) == Some(&b'>') && bytes[at..at + length].ends_with(b"/") {
            length - 1
        } else {
            length
        };
        return (at, at + length, at + length);
    };
    let start = at + 1;
    if quotes == QuoteRule::Standard {
        let end = text[start..].find(char::from(quote)).map_or(text.len(), |length| start + length);
        return (start, end, (end + 1).min(text.len()));
    }
    let mut first = None;
    let (mut open_tags, mut checked) = (0_i32, start);
    for (end, _) in
        text[start..].match_indices(char::from(quote)).map(|(i, q)| (start + i, q)).take(MAX_QUOTES_PER_VALUE)
    {
        for b in &bytes[checked..end] {
            open_tags += i32::from(*b == b'<') - i32::from(*b == b'>');
        }
        checked = end;
        if is_closing_quote(&text[end + 1..]) {
            if open_tags <= 0 {
                return (start, end, end + 1);
            }
            first.get_or_insert(end);
        } else if first.is_none() && open_tags <= 0 && end - start > 16_384 {
            break;
        }
    }
    let end = first.or_else(|| text[start..].find(char::from(quote)).map(|i| start + i));
    end.map_or_else(
        || {
            let end = text[start..].find('>').map_or(text.len(), |i| start + i);
            (start, end, end)
        },
        |end| (start, end, end + 1),
    )
}

/// Whether a quote before `rest` can be the closing one: the tag ends, or another attribute follows.
fn is_closing_quote(rest: &str) -> bool {
    let trimmed = rest.trim_start_matches(|c: char| c.is_ascii_whitespace());
    if trimmed.is_empty() || trimmed.starts_with(['>', '?']) || trimmed.starts_with("/>") {
        return true;
    }
    let name = trimmed
        .bytes()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'_' | b'-' | b'.') || *b >= 0x80)
        .count();
    name > 0 && trimmed[name..].trim_start_matches(|c: char| c.is_ascii_whitespace()).starts_with('=')
        // A bare HTML attribute such as `controls`.
        || name > 0 && trimmed.len() < rest.len() && trimmed[name..].trim_start().starts_with(['>', '/'])
}

#[cfg(test)]
mod tests {
    use super::{QuoteRule, parse, tag_end};

    /// What is read, the attributes in it, and whether the tag closes itself.
    type AttributeCase = (&'static str, &'static [(&'static str, &'static str)], bool);

    #[test]
    fn values_end_where_they_were_meant_to() {
        let cases: [AttributeCase; 8] = [
            (" a=\"1\" b='2'/>", &[("a", "1"), ("b", "2")], true),
            (" a=1 b>", &[("a", "1"), ("b", "")], false),
            (" href=x/>", &[("href", "x")], true),
            (" t=\"A \"fine\" day\" u=\"x\">", &[("t", "A \"fine\" day"), ("u", "x")], false),
            (" t=\"R&D &amp; more\"/>", &[("t", "R&D & more")], true),
            (
                " d=\"by <a href=\"https://x.org\" target=\"_blank\" rel=\"y\">X</a>. Since\" u=\"z\" />",
                &[("d", "by <a href=\"https://x.org\" target=\"_blank\" rel=\"y\">X</a>. Since"), ("u", "z")],
                true,
            ),
            (" a=\"1\"b=\"2\">", &[("a", "1"), ("b", "2")], false),
            (" d=\"1 < 2\" u=\"z\">", &[("d", "1 < 2"), ("u", "z")], false),
        ];
        for (text, expected, closed) in cases {
            let (attributes, length, closes) = parse(text, QuoteRule::Lenient);
            let found: Vec<(&str, &str)> = attributes.iter().map(|a| (a.name, &*a.value)).collect();
            assert_eq!((found.as_slice(), length, closes), (expected, text.len(), closed), "{text}");
        }
    }

    #[test]
    fn the_standard_ends_a_value_at_the_next_quote() {
        let cases: [(&str, &[(&str, &str)]); 4] = [
            (" a=\"1 > 2\" b>", &[("a", "1 > 2"), ("b", "")]),
            (" a='x\"y' b=z/>", &[("a", "x\"y"), ("b", "z")]),
            (" t=\"A \"fine\" day\">", &[("t", "A "), ("fine\"", ""), ("day\"", "")]),
            (" a<b=c>", &[("a<b", "c")]),
        ];
        for (text, expected) in cases {
            assert_eq!(tag_end(text), Some(text.len()), "{text}");
            let (attributes, length, _) = parse(text, QuoteRule::Standard);
            let found: Vec<(&str, &str)> = attributes.iter().map(|a| (a.name, &*a.value)).collect();
            assert_eq!((found.as_slice(), length), (expected, text.len()), "{text}");
        }
        assert_eq!(tag_end(" a=\"never ends>"), None);
    }

    #[test]
    fn a_flood_of_attributes_is_read_once_and_dropped() {
        let flood: String = (0..100_000).map(|n| format!(" a{n}=1")).collect::<String>() + ">";
        let (attributes, length, _) = parse(&flood, QuoteRule::Lenient);
        assert_eq!((attributes.len(), length), (super::MAX_ATTRIBUTES, flood.len()));
    }
}
