//! Which picture an `img` shows: lazy loading, `srcset`, tracking pixels.

use super::{
    addresses::{attribute_value, is_tracker_url, largest_srcset_candidate, resolve_image},
    attributes::Attribute,
};
use url::Url;

/// Where scripts keep a picture's address until it scrolls into view.
const LAZY_SRC_ATTRIBUTES: [&str; 8] = [
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-lazy",
    "data-hi-res-src",
    "data-orig-file",
    "data-full-src",
    "data-image",
];

/// Types of pictures that all browsers show.
const SHOWN_IMAGE_TYPES: [&str; 8] =
    ["image/avif", "image/bmp", "image/gif", "image/jpeg", "image/jpg", "image/png", "image/svg+xml", "image/webp"];

/// What is done with an `img`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageChoice {
    /// The absolute address.
    Show(String),
    /// No picture can be shown; its alternative text, if it has any, replaces it.
    AltText,
    /// A tracking pixel.
    Drop,
}

/// Chooses the picture of an `img`. `picture_source`: the best candidate of the `source` elements of its `picture`.
pub fn choose_image(attributes: &[Attribute<'_>], picture_source: Option<&str>, base: Option<&Url>) -> ImageChoice {
    let get = |name: &str| attribute_value(attributes, name);
    if is_tracking_pixel(attributes) {
        return ImageChoice::Drop;
    }
    let own = get("src");
    let lazy = lazy_source(attributes);
    let candidate = get("data-srcset").or(get("srcset")).and_then(largest_srcset_candidate);
    let is_placeholder = own.is_none_or(is_placeholder_image);
    // Some themes put a blurred preview into `src`.
    let preferred = lazy.filter(|source| is_placeholder || source.starts_with("http"));
    let wanted = if is_placeholder {
        [preferred, candidate, picture_source, own.filter(|own| own.starts_with("data:"))]
    } else {
        [preferred, candidate, own, picture_source]
    };
    let Some(source) = wanted.into_iter().flatten().find_map(|source| resolve_image(source, base)) else {
        return ImageChoice::AltText;
    };
    if is_tracker_url(&source) { ImageChoice::Drop } else { ImageChoice::Show(source) }
}

/// How well a `source` of a `picture` suits an article, the smaller the better; `None`: browsers do not show its type.
pub fn picture_source_rank(attributes: &[Attribute<'_>]) -> Option<u8> {
    let lower = |name: &str| attribute_value(attributes, name).unwrap_or_default().trim().to_ascii_lowercase();
    let kind = lower("type");
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.is_empty() && !SHOWN_IMAGE_TYPES.contains(&kind) {
        return None;
    }
    let media = lower("media");
    // For printing, dark mode, and reduced motion or data.
    let is_special =
        ["print", "prefers-color-scheme: dark", "prefers-color-scheme:dark", "prefers-reduced", "inverted"];
    Some(match media.as_str() {
        media if is_special.iter().any(|word| media.contains(word)) => 2,
        media if media.contains("max-width") || media.contains("orientation") || media.contains("max-device") => 1,
        _ => 0,
    })
}

/// Whether an image shows a formula, whose source is its alternative text.
pub fn is_formula_image(attributes: &[Attribute<'_>]) -> bool {
    let source = attribute_value(attributes, "src").unwrap_or_default();
    ["latex.php", "latex.codecogs.com", "/math/render/", "/mathtex", "/mimetex", "/latex?", "/equation?tex="]
        .iter()
        .any(|part| source.contains(part))
}

/// The picture of a formula that MediaWiki puts beside its MathML.
pub fn is_formula_twin_image(attributes: &[Attribute<'_>]) -> bool {
    let class = attribute_value(attributes, "class").unwrap_or_default();
    class.split_whitespace().any(|name| name.starts_with("mwe-math-fallback-image"))
}

/// Whether a script would load the picture later; such pictures often come a second time within `noscript`.
pub fn is_lazy_image(attributes: &[Attribute<'_>]) -> bool {
    lazy_source(attributes).is_some() || attribute_value(attributes, "data-srcset").is_some()
}

fn lazy_source<'a>(attributes: &'a [Attribute<'_>]) -> Option<&'a str> {
    LAZY_SRC_ATTRIBUTES.iter().find_map(|name| attribute_value(attributes, name))
}

fn is_placeholder_image(source: &str) -> bool {
    source.starts_with("data:")
        || source == "about:blank"
        || source.ends_with("/blank.gif")
        || source.ends_with("/spacer.gif")
}

/// One pixel in size, or none.
fn is_tracking_pixel(attributes: &[Attribute<'_>]) -> bool {
    let is_tiny =
        |name: &str| attribute_value(attributes, name).is_some_and(|v| matches!(v.trim_end_matches("px"), "0" | "1"));
    let style: String = attribute_value(attributes, "style")
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_ascii_lowercase())
        .collect();
    // A later declaration wins, but a pixel is hidden by any of them.
    let is_declared = |name: &str, values: &[&str]| {
        style.split(';').filter_map(|declaration| declaration.split_once(':')).any(|(property, value)| {
            property == name && values.contains(&value.strip_suffix("!important").unwrap_or(value))
        })
    };
    let is_styled = |name: &str| is_declared(name, &["0", "0px", "1px"]);
    (is_tiny("width") || is_styled("width")) && (is_tiny("height") || is_styled("height"))
        || is_declared("display", &["none"])
}
