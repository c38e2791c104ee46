//! From bytes to text: byte order mark, what HTTP said, what the document says, and a guess at last.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;

/// Decodes a document. `content_type` is the HTTP header's value, if there was one. Never fails: what cannot be decoded
/// becomes U+FFFD.
pub fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[length..]).0;
    }
    // UTF-16 without a mark still shows in the first characters of any document.
    match bytes {
        [b'<', 0, ..] => return UTF_16LE.decode_without_bom_handling(bytes).0,
        [0, b'<', ..] => return UTF_16BE.decode_without_bom_handling(bytes).0,
        _ => {}
    }
    let utf8 = std::str::from_utf8(bytes);
    let named = [content_type.and_then(content_type_charset), xml_declared_encoding(bytes)];
    for encoding in named.into_iter().flatten().filter_map(|label| Encoding::for_label(label.trim().as_bytes())) {
        // Latin-1 reads any bytes at all; what is valid UTF-8 throughout was never meant as Latin-1.
        if let (true, Ok(text)) = (encoding == UTF_8 || encoding == WINDOWS_1252, utf8) {
            return Cow::Borrowed(text);
        }
        if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) {
            return text;
        }
    }
    utf8.map_or_else(|_| decode_by_detection(bytes), Cow::Borrowed)
}

/// The `content_type_charset` parameter of a `Content-Type`.
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
        let cases: [(&[u8], Option<&str>, &str); 9] = [
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
