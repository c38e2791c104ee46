//! The variant that serves a role when none is chosen on the settings page.

use crate::domain::registry::{ModelRole, Variant};

/// The first variant by name that has the role and the required capability, is installed and not deprecated, with the reason as
/// a sentence. `variants` are sorted by name.
pub fn select_by_role<'a>(
    variants: &'a [Variant],
    role: ModelRole,
    required: Option<&str>,
) -> Option<(&'a Variant, String)> {
    let mut fit = variants
        .iter()
        .filter(|v| v.roles.contains(&role) && is_usable(v) && required.is_none_or(|c| v.has_capability(c)));
    let chosen = fit.next()?;
    let others = fit.count();
    let mut why = format!("has the role {} in the registry", role.as_str());
    if let Some(capability) = required {
        why.push_str(&format!(" and can do {capability}"));
    }
    if others > 0 {
        why.push_str(&format!("; the first by name of {}", others + 1));
    }
    Some((chosen, why))
}

/// The smallest usable variant with the required capability, when none has the role.
pub fn select_smallest_capable<'a>(
    variants: &'a [Variant],
    role: ModelRole,
    required: Option<&str>,
) -> Option<&'a Variant> {
    variants
        .iter()
        .filter(|v| {
            is_usable(v) && v.has_capability(required_capability(role)) && required.is_none_or(|c| v.has_capability(c))
        })
        .min_by_key(|v| (v.size_bytes.unwrap_or(i64::MAX), &v.name))
}

/// The capability that a role requires.
pub const fn required_capability(role: ModelRole) -> &'static str {
    match role {
        ModelRole::Embedding => "embedding",
        ModelRole::Categorization | ModelRole::Scoring | ModelRole::Chat => "completion",
    }
}

/// Whether a variant is installed and not deprecated.
pub fn is_usable(variant: &Variant) -> bool {
    !variant.deprecated && variant.missing_since.is_none()
}
