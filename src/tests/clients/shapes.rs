//! Shapes of answers: which members there are, and of which types. A list is `[SHAPE]`, or `[]` where its items are not known.

use serde_json::{Value, json};

/// Texts that are null where there is nothing to tell; Miniflux does so too.
const NULLABLE: [&str; 1] = [".last_login_at"];

/// Lists that readers take items from, the whole answer among them: none is a fault.
const FILLED: [&str; 12] = [
    "",
    ".entries",
    ".entry_ids",
    ".favicons",
    ".feeds",
    ".feeds_groups",
    ".groups",
    ".itemRefs",
    ".items",
    ".subscriptions",
    ".tags",
    ".unreadcounts",
];

/// Members that are missing, and values of another type than in a shape.
pub fn compare(shape: &Value, found: &Value, at: &str, faults: &mut Vec<String>) {
    match shape {
        Value::Object(members) => {
            for (key, shape) in members {
                match found.get(key) {
                    Some(found) => compare(shape, found, &format!("{at}.{key}"), faults),
                    None => faults.push(format!("{at}.{key} is missing")),
                }
            }
        }
        Value::Array(items) => match (items.first(), found.as_array()) {
            (_, None) => faults.push(format!("{at} is no list: {found}")),
            (Some(_), Some(found)) if found.is_empty() && FILLED.contains(&at) => faults.push(format!("{at} is empty")),
            (Some(shape), Some(found)) => {
                found.iter().take(3).for_each(|found| compare(shape, found, &format!("{at}[]"), faults));
            }
            (None, Some(_)) => {}
        },
        Value::String(kind) => {
            let is_same = match kind.as_str() {
                "int" => found.is_i64(),
                "bool" => found.is_boolean(),
                "float" => found.is_number(),
                "= 0" => *found == 0,
                "= 1" => *found == 1,
                _ => found.is_string() || (found.is_null() && NULLABLE.contains(&at)),
            };
            if !is_same {
                faults.push(format!("{at}: {kind} is needed, {found} is answered"));
            }
        }
        _ => {}
    }
}

/// The comparison can fail.
#[test]
fn a_shape_tells_what_is_missing_or_of_another_type() {
    let shape = json!({ "id": "int", "on": "bool", "name": "text", "items": [{ "id": "int" }], "icon": null });
    for (found, expected) in [
        (json!({ "id": 1, "on": true, "name": "x", "items": [{ "id": 5 }], "icon": 7, "more": 1 }), 0),
        (json!({ "id": "1", "on": 1, "name": null, "items": [{}], "icon": null }), 4),
        (json!({ "id": 1, "on": true, "name": "", "items": {} }), 2),
        (json!({ "id": 1, "on": true, "name": "", "items": [] }), 2),
        (json!([]), 5),
    ] {
        let mut faults = Vec::new();
        compare(&shape, &found, "", &mut faults);
        assert_eq!(faults.len(), expected, "{faults:?}");
    }
}
