//! Sanitizes HTML before it is stored: what an article needs, as a balanced fragment that cannot affect the page around it.

use super::{
    addresses::{self, ID_PREFIX},
    allowed_attributes::{BY_ELEMENT, GLOBAL, fixed_value},
    elements, entities,
    prepare::{self, Prepared},
    text,
};
use crate::domain::safe_html::SafeHtml;
use ammonia::{Builder, UrlRelative};
use std::{borrow::Cow, collections::HashSet, sync::LazyLock};
use url::Url;

/// Characters of the plain text that follows where an entry is too long.
const MAX_REST_CHARS: usize = 1 << 20;
/// Further passes at most, until the result is stable.
const MAX_PASSES: usize = 4;
/// The note below that text.
const REST_NOTE: &str =
    "This article is longer or more deeply nested than Gleaner shows; the rest follows as plain text.";

static SANITIZER: LazyLock<Builder<'static>> = LazyLock::new(build_sanitizer);

/// Cleans the HTML of an entry. Relative addresses are resolved against `base`; without one they are dropped. What exceeds the
/// limits of [`prepare`] follows as plain text with a note. The same input gives the same bytes in every process, and cleaning the
/// result again changes nothing.
pub fn sanitize(html: &str, base: Option<&Url>) -> SafeHtml {
    let html = &*entities::drop_controls(html);
    let Prepared { html: prepared, read_bytes } = prepare::prepare(html, base);
    let mut clean = clean_up(&prepared);
    // Misnested elements may be moved once more when the result is read again, in tables above all.
    for _ in 0..MAX_PASSES {
        if clean.len() > prepare::MAX_HTML_BYTES {
            break;
        }
        let again = clean_up(&prepare::prepare(&clean, None).html);
        if again == clean {
            break;
        }
        clean = again;
    }
    push_as_text(&mut clean, &html[read_bytes..]);
    SafeHtml::from_sanitized(clean)
}

/// One pass. What was left of references to control characters may come together to another one, so they are dropped again.
pub(super) fn clean_up(prepared: &str) -> String {
    let clean = SANITIZER.clean(prepared).to_string();
    match entities::drop_controls(&clean) {
        Cow::Borrowed(_) => clean,
        Cow::Owned(clean) => clean,
    }
}

/// As [`sanitize`], with no more than the plain text left: costs little, whatever the markup.
pub fn sanitize_to_text(html: &str) -> SafeHtml {
    let mut clean = String::new();
    push_as_text(&mut clean, html);
    SafeHtml::from_sanitized(clean)
}

/// Number of tags and references of an entry, with which the cost of [`sanitize`] grows.
pub fn count_markup(html: &str) -> usize {
    html.bytes().filter(|b| matches!(b, b'<' | b'&')).count()
}

fn push_as_text(clean: &mut String, html: &str) {
    let rest = text::html_to_text(html);
    let end = rest.char_indices().nth(MAX_REST_CHARS).map_or(rest.len(), |(at, _)| at);
    if end > 0 {
        clean.push_str(&format!("<p>{}</p><p><em>{REST_NOTE}</em></p>", entities::encode_text(&rest[..end])));
    }
}

/// Checks once more what [`prepare`] lets through, on the tree that a browser would build.
fn build_sanitizer() -> Builder<'static> {
    let mut builder = Builder::empty();
    builder
        .tags(elements::allowed_names().collect())
        .tag_attributes(BY_ELEMENT.iter().map(|(tag, names)| (*tag, names.iter().copied().collect())).collect())
        .generic_attributes(HashSet::from(GLOBAL))
        .url_schemes(HashSet::from(["http", "https", "mailto", "data"]))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(None)
        .attribute_filter(|element, attribute, value| {
            let is_web = value.starts_with("http://") || value.starts_with("https://");
            let is_allowed = match (element, attribute) {
                ("img", "src") => is_web || addresses::is_data_image(value),
                (_, "href") => {
                    is_web
                        || value.starts_with("mailto:")
                        || value.strip_prefix('#').is_some_and(|id| id.starts_with(ID_PREFIX))
                }
                (_, "id") => value.starts_with(ID_PREFIX),
                _ => fixed_value(element, attribute).is_none_or(|fixed| fixed == value),
            };
            is_allowed.then_some(Cow::Borrowed(value))
        });
    builder
}
