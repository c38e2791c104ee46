//! The attributes that the sanitizer keeps. None can affect the page or its scripts: no class, name, style, data-*.

use super::{
    addresses::{self, attribute_value, prefix_id},
    attributes::Attribute,
    entities,
};
use std::borrow::Cow;
use url::Url;

/// Attributes of every element.
pub const GLOBAL: [&str; 3] = ["id", "lang", "dir"];

/// Attributes by element; written in this order, so that the result never depends on the order of the source.
pub const BY_ELEMENT: [(&str, &[&str]); 27] = [
    ("a", &["href", "hreflang", "title", "rel"]),
    ("abbr", &["title"]),
    ("acronym", &["title"]),
    ("col", &["span"]),
    ("colgroup", &["span"]),
    ("details", &["open"]),
    ("img", &["src", "alt", "title", "width", "height", "loading", "decoding", "referrerpolicy"]),
    ("li", &["value"]),
    ("math", &["display", "displaystyle", "alttext"]),
    ("mfrac", &["linethickness"]),
    ("mi", &["mathvariant"]),
    (
        "mo",
        &[
            "form",
            "fence",
            "separator",
            "lspace",
            "rspace",
            "stretchy",
            "symmetric",
            "maxsize",
            "minsize",
            "largeop",
            "movablelimits",
        ],
    ),
    ("mover", &["accent"]),
    ("mpadded", &["width", "height", "depth", "lspace", "voffset"]),
    ("mspace", &["width", "height", "depth"]),
    ("mstyle", &["displaystyle", "scriptlevel"]),
    ("mtable", &["columnalign", "rowspacing", "columnspacing"]),
    ("mtd", &["columnspan", "rowspan", "columnalign"]),
    ("munder", &["accentunder"]),
    ("munderover", &["accent", "accentunder"]),
    ("ol", &["start", "reversed", "type"]),
    ("q", &["title"]),
    ("dfn", &["title"]),
    ("td", &["colspan", "rowspan", "headers"]),
    ("th", &["colspan", "rowspan", "headers", "scope"]),
    ("time", &["datetime"]),
    ("mrow", &["displaystyle"]),
];

/// Attributes that Gleaner sets regardless of the source: element, name, value.
const FIXED: [(&str, &str, &str); 4] = [
    ("a", "rel", "noopener noreferrer nofollow"),
    ("img", "loading", "lazy"),
    ("img", "decoding", "async"),
    ("img", "referrerpolicy", "no-referrer"),
];

/// Bytes of a value of MathML, of a language, of a date.
const MAX_WORD_BYTES: usize = 64;

/// Writes the allowed attributes of a start tag, apart from an `img`'s `src`. Returns the bytes of those that Gleaner adds.
pub fn write_attributes(out: &mut String, element: &str, attributes: &[Attribute<'_>], base: Option<&Url>) -> usize {
    let own = BY_ELEMENT.iter().find(|(name, _)| *name == element).map_or(&[][..], |(_, names)| names);
    let mut added = 0;
    for name in own.iter().chain(&GLOBAL) {
        if let Some(value) = fixed_value(element, name) {
            added += write(out, name, value);
            continue;
        }
        let value = match *name {
            "src" => None,
            "href" => attribute_value(attributes, "href").and_then(|value| addresses::resolve_link(value, base)),
            "id" => attribute_value(attributes, "id")
                .or_else(|| attribute_value(attributes, "name").filter(|_| element == "a"))
                .and_then(prefix_id),
            name => {
                let found = attributes.iter().find(|a| a.name.eq_ignore_ascii_case(name));
                found.and_then(|a| clean_value(element, name, &a.value)).map(Cow::into_owned)
            }
        };
        if let Some(value) = value {
            write(out, name, &value);
        }
    }
    added
}

fn write(out: &mut String, name: &str, value: &str) -> usize {
    let before = out.len();
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    out.push_str(&entities::encode(value));
    out.push('"');
    out.len() - before
}

/// The value that Gleaner gives to an attribute itself.
pub fn fixed_value(element: &str, name: &str) -> Option<&'static str> {
    FIXED.iter().find(|(e, n, _)| *e == element && *n == name).map(|(_, _, value)| *value)
}

/// The cleaned value of an attribute that is no address; `None` when it is not valid.
fn clean_value<'v>(element: &str, name: &str, value: &'v str) -> Option<Cow<'v, str>> {
    if value.len() > addresses::MAX_VALUE_BYTES {
        return None;
    }
    let kept = |is_valid: bool| is_valid.then_some(Cow::Borrowed(value));
    match (element, name) {
        (_, "dir") => {
            let dir = value.trim().to_ascii_lowercase();
            matches!(dir.as_str(), "ltr" | "rtl" | "auto").then_some(Cow::Owned(dir))
        }
        (_, "lang") | ("a", "hreflang") => kept(is_language(value)),
        ("img" | "mtd" | "td" | "th", "width" | "height" | "colspan" | "rowspan" | "columnspan") => {
            kept(value.parse::<u16>().is_ok())
        }
        ("col" | "colgroup", "span") => kept(value.parse::<u16>().is_ok()),
        ("li", "value") | ("ol", "start") => kept(value.parse::<i32>().is_ok()),
        ("ol", "type") => kept(matches!(value, "1" | "a" | "A" | "i" | "I")),
        ("ol", "reversed") | ("details", "open") => Some(Cow::Borrowed("")),
        ("th", "scope") => kept(matches!(value, "row" | "col" | "rowgroup" | "colgroup")),
        ("td" | "th", "headers") => {
            let ids: Vec<String> = value.split_whitespace().filter_map(prefix_id).collect();
            (!ids.is_empty()).then(|| Cow::Owned(ids.join(" ")))
        }
        ("time", "datetime") => kept(value.len() <= MAX_WORD_BYTES),
        (_, "title" | "alt" | "alttext") => kept(true),
        _ => kept(
            value.len() <= MAX_WORD_BYTES && value.chars().all(|c| c.is_ascii_alphanumeric() || " .%+-".contains(c)),
        ),
    }
}

/// Whether it has the form of a language tag (BCP 47).
fn is_language(value: &str) -> bool {
    !value.is_empty() && value.len() <= MAX_WORD_BYTES && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}
