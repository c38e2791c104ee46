//! The registry as text, the same on the command line and on the page.

use super::{Capability, CapabilityOrigin, ModelFormat, ModelLocation, ModelRole, Variant};
use crate::domain::humanize;

/// The roles with commas; `-` for none.
pub fn format_roles(variant: &Variant) -> String {
    join_or_dash(variant.roles.iter().map(|role| ModelRole::as_str(*role).to_owned()))
}

/// The capabilities with commas; guessed ones with a question mark.
pub fn format_capabilities(variant: &Variant) -> String {
    let shown =
        |c: &Capability| if c.origin == CapabilityOrigin::Guessed { format!("{}?", c.name) } else { c.name.clone() };
    join_or_dash(variant.capabilities.iter().map(shown))
}

/// Everything that is known of a variant, label and value.
pub fn variant_details(variant: &Variant) -> Vec<(&'static str, String)> {
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
        ("format", v.download_format.map_or("-", ModelFormat::as_str).to_owned()),
        ("parameters", text(&v.parameter_size)),
        ("context", v.context_length.map_or_else(|| "-".to_owned(), |tokens| format!("{tokens} tokens"))),
        ("size", v.size_bytes.map_or_else(|| "-".to_owned(), humanize::format_bytes)),
        ("digest", text(&v.digest)),
        ("path", v.path.clone().unwrap_or_else(|| "- (logical)".to_owned())),
        ("location", v.location.map_or("-", ModelLocation::as_str).to_owned()),
        ("roles", format_roles(v)),
        ("capabilities", format_capabilities(v)),
        ("aliases", join_or_dash(v.aliases.iter().cloned())),
        ("deprecated", format_deprecation(v)),
        ("first seen", v.first_seen.to_string()),
        ("last seen", v.last_seen.to_string()),
        ("missing since", v.missing_since.map_or_else(|| "-".to_owned(), |at| at.to_string())),
    ]
}

fn format_deprecation(variant: &Variant) -> String {
    match (&variant.deprecated_reason, variant.deprecated) {
        (_, false) => "no".to_owned(),
        (None, true) => "yes".to_owned(),
        (Some(reason), true) => format!("yes: {reason}"),
    }
}

fn join_or_dash(items: impl Iterator<Item = String>) -> String {
    let text = items.collect::<Vec<_>>().join(", ");
    if text.is_empty() { "-".to_owned() } else { text }
}

/// The first twelve digits of a digest, as `ollama list` shows them.
pub fn short_digest(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// A variant's digest, short; `-` when there is none.
pub fn format_digest(variant: &Variant) -> &str {
    variant.digest.as_deref().map_or("-", short_digest)
}
