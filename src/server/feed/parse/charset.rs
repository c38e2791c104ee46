//! Decodes documents: by byte order mark, then by the encoding that HTTP or the XML declaration names, then by detection.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;

/// Decodes a document. `content_type` is the value of the HTTP header, if there was one. Never fails: bytes that cannot be
/// decoded become U+FFFD.
pub fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    replace_c1_controls(decode_bytes(bytes, content_type))
}

fn decode_bytes<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    // The mark of UTF-32 in little endian begins with that of UTF-16.
    match bytes {
        [0xff, 0xfe, 0, 0, rest @ ..] => return decode_utf32(rest, u32::from_le_bytes).into(),
        [0, 0, 0xfe, 0xff, rest @ ..] => return decode_utf32(rest, u32::from_be_bytes).into(),
        [b'<', 0, 0, 0, ..] => return decode_utf32(bytes, u32::from_le_bytes).into(),
        [0, 0, 0, b'<', ..] => return decode_utf32(bytes, u32::from_be_bytes).into(),
        _ => {}
    }
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[length..]).0;
    }
    // Without a mark, UTF-16 shows in the first character of any document.
    match bytes {
        [b'<', 0, ..] => return UTF_16LE.decode_without_bom_handling(bytes).0,
        [0, b'<', ..] => return UTF_16BE.decode_without_bom_handling(bytes).0,
        _ => {}
    }
    let labels = [content_type.and_then(content_type_charset), xml_declared_encoding(bytes)];
    let named: Vec<&Encoding> =
        labels.into_iter().flatten().filter_map(|label| Encoding::for_label(label.trim().as_bytes())).collect();
    // Many servers name ISO-8859-1 by default, and any bytes can be decoded as it: it rules out UTF-8 no more than no name does.
    let may_be_utf8 = named.is_empty() || named.iter().any(|encoding| [UTF_8, WINDOWS_1252].contains(encoding));
    if may_be_utf8 && is_mostly_utf8(bytes) {
        return String::from_utf8_lossy(bytes);
    }
    let decoded = named.iter().find_map(|encoding| encoding.decode_without_bom_handling_and_without_replacement(bytes));
    decoded.unwrap_or_else(|| match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => decode_by_detection(bytes),
    })
}

/// Whether bytes are UTF-8 apart from damage: characters beyond ASCII are at least twice as many as broken sequences, or only
/// the last character is cut off.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    if std::str::from_utf8(bytes).err().is_none_or(|error| error.error_len().is_none()) {
        return true;
    }
    let (mut characters, mut broken) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        characters += chunk.valid().bytes().filter(|byte| *byte >= 0xc0).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    characters >= 2 * broken
}

/// Decodes UTF-32, which `encoding_rs` does not know.
fn decode_utf32(bytes: &[u8], code_point: fn([u8; 4]) -> u32) -> String {
    let (units, _) = bytes.as_chunks::<4>();
    units.iter().map(|unit| char::from_u32(code_point(*unit)).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Replaces the C1 control characters, U+0080 to U+009F, by what windows-1252 has in their place: they come from bytes of
/// windows-1252 that were converted as ISO-8859-1. Those that windows-1252 does not assign are dropped.
fn replace_c1_controls(text: Cow<'_, str>) -> Cow<'_, str> {
    let is_c1 = |c: char| ('\u{80}'..='\u{9f}').contains(&c);
    if !text.contains(is_c1) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match u8::try_from(c) {
            Ok(byte) if is_c1(c) => {
                let byte = [byte];
                let (replacement, _) = WINDOWS_1252.decode_without_bom_handling(&byte);
                out.push_str(replacement.trim_matches(is_c1));
            }
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The `charset` parameter of a `Content-Type`.
fn content_type_charset(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']))
    })
}

/// The encoding that an XML declaration names.
fn xml_declared_encoding(bytes: &[u8]) -> Option<&str> {
    let head = &bytes[..bytes.len().min(512)];
    let start = head.windows(5).position(|w| w == b"<?xml")?;
    let end = start + head[start..].windows(2).position(|w| w == b"?>")?;
    let declaration = std::str::from_utf8(&head[start..end]).ok()?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split(quote).next()
}

fn decode_by_detection(bytes: &[u8]) -> Cow<'_, str> {
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    detector.guess(None, chardetng::Utf8Detection::Allow).decode_without_bom_handling(bytes).0
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn the_first_trustworthy_source_wins() {
        let latin = b"<?xml version='1.0' encoding='iso-8859-1'?><a>caf\xe9</a>";
        let sixteen: Vec<u8> = "<a>é</a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let thirty_two: Vec<u8> = "\u{feff}<a>é</a>".chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
        let unmarked: Vec<u8> = "<a>é</a>".chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
        let cases: [(&[u8], Option<&str>, &str); 18] = [
            (&thirty_two, None, "<a>é</a>"),
            (&unmarked, Some("text/xml; charset=utf-8"), "<a>é</a>"),
            (b"<a>\xc3\xa9\xc3\xa8 \xc3</a>", Some("text/xml; charset=utf-8"), "<a>éè \u{fffd}</a>"),
            (b"<a>\xc3\xa9\xc3\xa8 \xc3</a>", None, "<a>éè \u{fffd}</a>"),
            (b"<a>\xc3\xa9\xc3\xa8 \xc3</a>", Some("text/xml; charset=iso-8859-1"), "<a>éè \u{fffd}</a>"),
            (b"<a>torn \xe2\x80", Some("text/xml; charset=utf-8"), "<a>torn \u{fffd}"),
            (b"<a>it\x92s</a>", Some("text/xml; charset=utf-8"), "<a>it’s</a>"),
            ("<a>it\u{92}s \u{81}</a>".as_bytes(), None, "<a>it’s </a>"),
            (
                "<?xml version='1.0' encoding='utf-8'?><a>Пр</a>".as_bytes(),
                Some("text/xml; charset=windows-1251"),
                "<?xml version='1.0' encoding='utf-8'?><a>Пр</a>",
            ),
            (b"\xef\xbb\xbf<a/>", Some("text/xml; charset=iso-8859-1"), "<a/>"),
            (latin, None, "<?xml version='1.0' encoding='iso-8859-1'?><a>café</a>"),
            (latin, Some("text/xml; charset=utf-8"), "<?xml version='1.0' encoding='iso-8859-1'?><a>café</a>"),
            (b"<a>\xcf\xf0</a>", Some("text/xml; charset=\"windows-1251\""), "<a>Пр</a>"),
            ("<a>é</a>".as_bytes(), Some("text/xml; charset=iso-8859-1"), "<a>é</a>"),
            ("<a>é</a>".as_bytes(), None, "<a>é</a>"),
            (&sixteen, None, "<a>é</a>"),
            (b"<a>caf\xe9 au lait</a>", None, "<a>café au lait</a>"),
            (
                b"<?xml version=\"1.0\" encoding=\"no-such\"?><a/>",
                None,
                "<?xml version=\"1.0\" encoding=\"no-such\"?><a/>",
            ),
        ];
        for (bytes, content_type, expected) in cases {
            assert_eq!(decode(bytes, content_type), expected, "{content_type:?}");
        }
    }
}
