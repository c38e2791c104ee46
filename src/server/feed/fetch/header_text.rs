//! Values of headers as text and back.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// A header's value as UTF-8. Bytes that are none are percent-encoded, as a URL has them.
pub(super) fn utf8_text(value: &HeaderValue) -> String {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            let encode =
                |byte: &u8| if byte.is_ascii() { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
            value.as_bytes().iter().map(encode).collect()
        }
    }
}

/// A header's value, byte for byte: each becomes the character of the same number.
pub(super) fn header_text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).map(|v| v.as_bytes().iter().map(|b| char::from(*b)).collect())
}

/// The bytes that [`header_text`] read.
pub(super) fn encode_latin1(text: &str) -> Vec<u8> {
    text.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()).collect()
}
