//! Finding a variant by its name, its name at Ollama, or an alias.

use crate::domain::{model_name::ModelName, registry::Variant};

/// The variant with this name.
///
/// # Errors
/// There is none; the most similar name, if one is similar enough to be suggested.
pub fn find<'a>(variants: &'a [Variant], typed: &str) -> Result<&'a Variant, Option<&'a str>> {
    let typed = typed.trim();
    if let Some(exact) = variants.iter().find(|v| v.name.eq_ignore_ascii_case(typed)) {
        return Ok(exact);
    }
    if let Ok(id) = ModelName::parse(typed) {
        let key = id.key();
        let called = |v: &&Variant| ModelName::parse(&v.served_model_id).is_ok_and(|id| id.key() == key);
        // A placeholder may have the id of a variant in use, which comes first.
        if let Some(served) = variants.iter().filter(called).min_by_key(|v| v.deprecated) {
            return Ok(served);
        }
    }
    if let Some(alias) = variants.iter().find(|v| v.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(typed))) {
        return Ok(alias);
    }
    Err(nearest_name(variants, typed))
}

/// The name or served id with the smallest edit distance, at most a third of the length of `typed`.
fn nearest_name<'a>(variants: &'a [Variant], typed: &str) -> Option<&'a str> {
    let lower = typed.to_ascii_lowercase();
    variants
        .iter()
        .flat_map(|v| [v.name.as_str(), v.served_model_id.as_str()])
        .map(|name| (strsim::damerau_levenshtein(&name.to_ascii_lowercase(), &lower), name))
        .min()
        .filter(|(distance, name)| *distance <= (typed.len().max(name.len()) / 3).max(2))
        .or_else(|| {
            let starts = |name: &&str| lower.len() >= 3 && name.to_ascii_lowercase().starts_with(&lower);
            variants.iter().map(|v| v.name.as_str()).find(starts).map(|name| (0, name))
        })
        .map(|(_, name)| name)
}
