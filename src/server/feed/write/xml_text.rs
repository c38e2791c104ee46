//! Text and elements of XML.

use crate::server::html::entities;
use std::fmt::Write as _;

/// A text as XML writes it: references for markup, and no characters that XML forbids.
pub(super) fn encode(text: &str) -> String {
    entities::encode(&entities::drop_controls(text)).into_owned()
}

/// `<name>text</name>`; `name` may carry attributes.
pub(super) fn push_element(out: &mut String, name: &str, text: &str) {
    let end = name.split(' ').next().unwrap_or(name);
    let _ = writeln!(out, "<{name}>{}</{end}>", encode(text));
}
