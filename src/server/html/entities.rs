//! Character references of XML and HTML. What only looks like one stays as it is written.

use std::borrow::Cow;

/// Bytes of a character reference: the longest name of HTML is `CounterClockwiseContourIntegral`, 31 characters.
pub const MAX_REFERENCE_BYTES: usize = 33;

/// Replaces references and drops control characters that neither XML nor HTML allows. Entities that a document declares itself
/// are never expanded.
pub fn decode(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|b| b == b'&' || is_control(b)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|b| b == b'&' || is_control(b)) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if !rest.starts_with('&') {
            rest = &rest[1..];
            continue;
        }
        match parse_reference(rest) {
            Some((value, length)) => {
                out.push_str(&value);
                rest = &rest[length..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Drops control characters that neither XML nor HTML allows from markup, raw ones and numeric references to them; other references
/// stay. A form feed becomes the space that HTML takes it for, and a C1 control character what windows-1252 has in its place.
pub fn drop_controls(html: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    for (at, c) in html.char_indices() {
        let (replacement, length) = match c {
            '\u{c}' => (" ".to_owned(), 1),
            '&' if html[at..].starts_with("&#") => match parse_numeric_reference(&html[at..]) {
                Some((value, length)) if value.chars().all(is_forbidden) => (value, length),
                _ => continue,
            },
            c if is_forbidden(c) => {
                (decode_numeric_reference(&u32::from(c).to_string()).unwrap_or_default(), c.len_utf8())
            }
            _ => continue,
        };
        out.push_str(&html[copied..at]);
        out.extend(replacement.chars().filter(|c| !is_forbidden(*c)));
        copied = at + length;
    }
    if copied == 0 {
        return Cow::Borrowed(html);
    }
    out.push_str(&html[copied..]);
    Cow::Owned(out)
}

/// Whether a character is not allowed in a document: a control character that is no white space, or a noncharacter.
fn is_forbidden(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r') || matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// Writes `&`, `<`, `>` and `"` as references.
pub fn encode(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|b| matches!(b, b'&' | b'<' | b'>' | b'"')) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Writes `&`, `<` and `>` as references, as a browser writes text.
pub fn encode_text(text: &str) -> String {
    encode(text).replace("&quot;", "\"")
}

const fn is_control(b: u8) -> bool {
    b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r') || b == 0x7f
}

/// The reference at the start of `text`, which starts with `&`: what it stands for, and its length.
fn parse_reference(text: &str) -> Option<(String, usize)> {
    if text.as_bytes().get(1) == Some(&b'#') {
        return parse_numeric_reference(text);
    }
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || *b == b'#';
    let end = 1 + text.as_bytes()[1..].iter().take(MAX_REFERENCE_BYTES).take_while(|b| is_name(b)).count();
    if text.as_bytes().get(end) != Some(&b';') {
        return None;
    }
    // HTML's own table, whose names end with the semicolon; prefixes of names stand in it as zero.
    let (first, second) = html5ever::data::NAMED_ENTITIES.get(text.get(1..=end)?).filter(|(first, _)| *first != 0)?;
    let second = char::from_u32(*second).filter(|c| *c != '\0');
    Some((char::from_u32(*first).into_iter().chain(second).collect(), end + 1))
}

/// A decimal or hexadecimal number, which ends with its last digit when the semicolon is missing, as the HTML standard says.
fn parse_numeric_reference(text: &str) -> Option<(String, usize)> {
    let is_hex = matches!(text.as_bytes().get(2), Some(b'x' | b'X'));
    let start = if is_hex { 3 } else { 2 };
    let is_digit = |b: &&u8| if is_hex { b.is_ascii_hexdigit() } else { b.is_ascii_digit() };
    let end = start + text.as_bytes().get(start..)?.iter().take_while(is_digit).take(MAX_REFERENCE_BYTES).count();
    let value = decode_numeric_reference(text.get(2..end)?)?;
    Some((value, end + usize::from(text.as_bytes().get(end) == Some(&b';'))))
}

/// The character of a decimal or hexadecimal number; nothing for a control character, `None` for what is no character.
fn decode_numeric_reference(number: &str) -> Option<String> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    match u8::try_from(code) {
        // HTML's rule: numbers between 128 and 159 are meant as windows-1252.
        Ok(byte @ 0x80..=0x9f) => Some(encoding_rs::WINDOWS_1252.decode_without_bom_handling(&[byte]).0.into_owned()),
        Ok(byte) if is_control(byte) => Some(String::new()),
        _ => char::from_u32(code).map(String::from),
    }
}

#[cfg(test)]
mod tests {
    use super::{decode, drop_controls, encode, encode_text};

    #[test]
    fn references_are_replaced_and_the_rest_stays() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a &amp; b &lt;c&gt; &quot;d&quot; &apos;e&apos;", "a & b <c> \"d\" 'e'"),
            ("&eacute;&nbsp;&#233;&#xE9;&#XE9;", "é\u{a0}ééé"),
            ("AT&T & co; &unknown; &;", "AT&T & co; &unknown; &;"),
            ("&#150; &#x80;", "– €"),
            ("&#106&#x61vascript&#58 &#0000065; &# &#x", "javascript: A &# &#x"),
            ("&#0;a&#x1D;b&#127;c&#10;", "abc\n"),
            ("&#x110000; &#xD800;", "&#x110000; &#xD800;"),
            ("alert\u{7}, tab\t", "alert, tab\t"),
            ("&amp;lt;", "&lt;"),
            ("&delta;&scaron;&Alpha;&NotEqualTilde;", "δšΑ≂\u{338}"),
        ] {
            assert_eq!(decode(text), expected, "{text}");
        }
        for (html, expected) in [
            ("<p>a &amp; b &#8217; &eacute;</p>", "<p>a &amp; b &#8217; &eacute;</p>"),
            ("a\0\u{8}b\u{1d}\u{7f}\tc\r\n", "ab\tc\r\n"),
            ("a&#0;b&#29;c&#x1D;d&#x7f e&#129;", "abcd e"),
            ("it\u{92}s \u{81}&#146;", "it’s &#146;"),
            ("<img\u{c}alt='\u{1b}[2J'>", "<img alt='[2J'>"),
            ("a\u{ffff}&#xfffe;", "a"),
        ] {
            assert_eq!(drop_controls(html), expected, "{html:?}");
        }
        assert_eq!(encode_text("\"<&"), "\"&lt;&amp;");
        assert_eq!(encode("<a href=\"x\">&</a>"), "&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;");
    }
}
