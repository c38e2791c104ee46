//! Shapes of recorded answers: which members there are, and of which types. A list is `["N of", SHAPE]`.

use serde_json::{Value, json};

/// Texts that are null where there is nothing to tell; the recorded server does so too.
const NULLABLE: [&str; 1] = [".last_login_at"];

/// Members that are missing, and values of another type, than in the shape that was recorded.
pub fn compare(shape: &Value, found: &Value, at: &str, faults: &mut Vec<String>) {
    match shape {
        Value::Object(members) => {
            // Members that are called by ids are data.
            for (key, shape) in members.iter().filter(|(key, _)| key.parse::<i64>().is_err()) {
                match found.get(key) {
                    Some(found) => compare(shape, found, &format!("{at}.{key}"), faults),
                    None => faults.push(format!("{at}.{key} is missing")),
                }
            }
        }
        Value::Array(recorded) => match (recorded.get(1), found.as_array()) {
            (_, None) => faults.push(format!("{at} is no list: {found}")),
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
                // Some servers write numbers as texts; every client reads both.
                text if text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                    found.is_i64() || found.is_string()
                }
                _ => found.is_string() || (found.is_null() && NULLABLE.contains(&at)),
            };
            if !is_same {
                faults.push(format!("{at}: {kind} was recorded, {found} is answered"));
            }
        }
        _ => {}
    }
}

/// The comparison can fail.
#[test]
fn a_shape_tells_what_is_missing_or_of_another_type() {
    let shape = json!({ "id": "int", "on": "bool", "name": "str(60): abc…", "items": ["2 of", { "id": "1795732771991921" }], "icon": null });
    for (found, expected) in [
        (json!({ "id": 1, "on": true, "name": "x", "items": [{ "id": 5 }], "icon": 7, "more": 1 }), 0),
        (json!({ "id": "1", "on": 1, "name": null, "items": [{}], "icon": null }), 4),
        (json!({ "id": 1, "on": true, "name": "", "items": {} }), 2),
        (json!([]), 5),
    ] {
        let mut faults = Vec::new();
        compare(&shape, &found, "", &mut faults);
        assert_eq!(faults.len(), expected, "{faults:?}");
    }
}
