//! The registry in words, the same on the command line and on the page.

use super::{Capability, Format, Location, Origin, Role, Variant};
use crate::domain::phrase;

/// The roles with commas; `-` for none.
pub fn roles(variant: &Variant) -> String {
    list(variant.roles.iter().map(|role| Role::as_str(*role).to_owned()))
}

/// The capabilities with commas; guesses carry a question mark.
pub fn capabilities(variant: &Variant) -> String {
    let shown = |c: &Capability| if c.origin == Origin::Guessed { format!("{}?", c.name) } else { c.name.clone() };
    list(variant.capabilities.iter().map(shown))
}

/// Everything that is known of a variant, label and value.
pub fn sheet(variant: &Variant) -> Vec<(&'static str, String)> {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let v = variant;
    vec![
        ("name", v.name.clone()),
        ("served id", v.served_model_id.clone()),
        ("backend", v.backend.as_str().to_owned()),
        ("source", v.source_provider.as_str().to_owned()),
        ("family", v.family.clone()),
        ("quantization", text(&v.quantization)),
        ("reported quantization", text(&v.reported_quantization)),
        ("format", v.download_format.map_or("-", Format::as_str).to_owned()),
        ("parameters", text(&v.parameter_size)),
        ("context", v.context_length.map_or_else(|| "-".to_owned(), |tokens| format!("{tokens} tokens"))),
        ("size", v.size_bytes.map_or_else(|| "-".to_owned(), phrase::size)),
        ("digest", text(&v.digest)),
        ("path", v.path.clone().unwrap_or_else(|| "- (logical)".to_owned())),
        ("location", v.location.map_or("-", Location::as_str).to_owned()),
        ("roles", roles(v)),
        ("capabilities", capabilities(v)),
        ("aliases", list(v.aliases.iter().cloned())),
        ("deprecated", deprecated(v)),
        ("first seen", v.first_seen.to_string()),
        ("last seen", v.last_seen.to_string()),
        ("missing since", v.missing_since.map_or_else(|| "-".to_owned(), |at| at.to_string())),
    ]
}

fn deprecated(variant: &Variant) -> String {
    match (&variant.deprecated_reason, variant.deprecated) {
        (_, false) => "no".to_owned(),
        (None, true) => "yes".to_owned(),
        (Some(reason), true) => format!("yes: {reason}"),
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    let text = items.collect::<Vec<_>>().join(", ");
    if text.is_empty() { "-".to_owned() } else { text }
}

/// The first twelve digits of a digest, as `ollama list` shows them.
pub fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// A variant's digest, short; `-` when there is none.
pub fn digest(variant: &Variant) -> &str {
    variant.digest.as_deref().map_or("-", short)
}
