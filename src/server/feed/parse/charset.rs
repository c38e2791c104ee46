//! Decodes documents: by byte order mark, then as UTF-8 where the bytes are that, then by the encoding that the XML declaration
//! or HTTP names, then by detection.

use encoding_rs::{Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
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
        [1..=0x7f, 0, 0, 0, ..] => return decode_utf32(bytes, u32::from_le_bytes).into(),
        [0, 0, 0, 1..=0x7f, ..] => return decode_utf32(bytes, u32::from_be_bytes).into(),
        _ => {}
    }
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[length..]).0;
    }
    // Without a mark, UTF-16 shows in the first two characters of any document, which are ASCII.
    match bytes {
        [1..=0x7f, 0, 1..=0x7f, 0, ..] => return UTF_16LE.decode_without_bom_handling(bytes).0,
        [0, 1..=0x7f, 0, 1..=0x7f, ..] => return UTF_16BE.decode_without_bom_handling(bytes).0,
        _ => {}
    }
    // In ISO-2022-JP everything is ASCII, with escapes between its character sets.
    if bytes.is_ascii() && bytes.contains(&ESCAPE) {
        return decode_by_detection(bytes);
    }
    let labels = [content_type.and_then(content_type_charset), xml_declared_encoding(bytes)];
    let [http, xml] = labels.map(|label| label.and_then(named_encoding));
    if is_utf8(bytes, [http, xml].contains(&Some(UTF_8))) {
        return String::from_utf8_lossy(bytes);
    }
    // Many servers name ISO-8859-1 by default, and any bytes can be decoded as it, so the XML declaration goes first.
    let named = if http == Some(WINDOWS_1252) { [xml, http] } else { [http, xml] };
    let decoded = named.into_iter().flatten().filter(|encoding| *encoding != UTF_8);
    let decoded =
        decoded.filter_map(|encoding| encoding.decode_without_bom_handling_and_without_replacement(bytes)).next();
    decoded.unwrap_or_else(|| decode_by_detection(bytes))
}

/// Begins the escapes of ISO-2022-JP.
const ESCAPE: u8 = 0x1b;

/// The encoding that a label means. Bytes that were no UTF-16 until here are none, whatever their label: the HTML standard reads
/// them as UTF-8 too.
fn named_encoding(label: &str) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label(label.trim().as_bytes()).filter(|encoding| *encoding != REPLACEMENT)?;
    Some(if [UTF_16LE, UTF_16BE].contains(&encoding) { UTF_8 } else { encoding })
}

/// Whether bytes are UTF-8: without fault, or apart from damage. Other encodings hardly ever look like it, so labels do not count
/// against it. Damage: the last character is cut off, or whole characters beyond ASCII are at least twice as many as broken
/// sequences; where UTF-8 `is_declared`, at least as many as stray bytes.
fn is_utf8(bytes: &[u8], is_declared: bool) -> bool {
    if std::str::from_utf8(bytes).err().is_none_or(|error| error.error_len().is_none()) {
        return true;
    }
    let (mut whole, mut broken, mut stray) = (0_usize, 0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().bytes().filter(|byte| *byte >= 0xc0).count();
        broken += usize::from(!chunk.invalid().is_empty());
        // Of more than one byte, it is the beginning of a longer character.
        stray += usize::from(chunk.invalid().len() == 1);
    }
    let is_damaged = if is_declared { whole + broken - stray >= stray } else { whole >= 2 * broken };
    whole > 0 && is_damaged
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
        let cases: [(&[u8], Option<&str>, &str); 31] = [
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
            (b"<a>caf\xc3\xa9 cr\xc3</a>", Some("text/xml; charset=utf-8"), "<a>café cr\u{fffd}</a>"),
            (b"<a>\xe2\x80\x99 it\xe2\x80</a>\xe2\x80", Some("a/b; charset=utf-8"), "<a>’ it\u{fffd}</a>\u{fffd}"),
            (b"<a>\xc3\xa9 \xcd\xce\xc2\xce\xd1\xd2\xc8</a>", Some("a/b; charset=utf-8"), "<a>Г© НОВОСТИ</a>"),
            ("<a>Żółw</a>".as_bytes(), Some("text/xml; charset=iso-8859-2"), "<a>Żółw</a>"),
            ("<a>Новости</a>".as_bytes(), Some("text/xml; charset=koi8-r"), "<a>Новости</a>"),
            ("<a>“Café”</a>".as_bytes(), Some("text/xml; charset=windows-1251"), "<a>“Café”</a>"),
            ("<a>地震</a>".as_bytes(), Some("text/xml; charset=shift_jis"), "<a>地震</a>"),
            ("<a>한국</a>".as_bytes(), Some("text/xml; charset=gb2312"), "<a>한국</a>"),
            (b"<a>\xc3\xa9\xc3\xa8 \xc3</a>", Some("text/xml; charset=koi8-r"), "<a>éè \u{fffd}</a>"),
            ("<a>é</a>".as_bytes(), Some("text/xml; charset=utf-16"), "<a>é</a>"),
            (b"<a>\x1b$B$\"\x1b(B</a>", Some("text/xml; charset=utf-8"), "<a>あ</a>"),
            (b"\n\0<\0a\0/\0>\0", None, "\n<a/>"),
            (
                b"<?xml version='1.0' encoding='koi8-r'?><a>\xd0\xd2</a>",
                Some("text/xml; charset=iso-8859-1"),
                "<?xml version='1.0' encoding='koi8-r'?><a>пр</a>",
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
