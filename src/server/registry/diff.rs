//! What differs between two states of a variant, field by field.

use crate::domain::registry::{FieldChange, Variant};
use serde_json::Value;

/// The fields that differ, in the order of their names.
pub fn diff_variants(old: &Variant, new: &Variant) -> Vec<FieldChange> {
    if old == new {
        return Vec::new();
    }
    let (Ok(Value::Object(old_fields)), Ok(Value::Object(new_fields))) =
        (serde_json::to_value(old), serde_json::to_value(new))
    else {
        return Vec::new();
    };
    let mut changes: Vec<FieldChange> = new_fields
        .into_iter()
        .filter_map(|(field, new)| {
            let old = old_fields.get(&field).cloned().unwrap_or_default();
            (old != new).then(|| FieldChange { name: String::new(), field, old, new })
        })
        .collect();
    for change in &mut changes {
        change.name.clone_from(&old.name);
    }
    changes.sort_by(|a, b| a.field.cmp(&b.field));
    changes
}
