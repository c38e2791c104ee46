//! The OpenAPI document says of each property of a request what values it takes.

use super::openapi::{openapi_document, operations};
use serde_json::Value;
use std::collections::BTreeSet;

/// Properties that only the size of a request limits, or that are looked up.
const UNLIMITED: [(&str, &str); 9] = [
    ("MergeCategoryRequest", "into"),
    ("SaveMediaPositionRequest", "seconds"),
    ("SendChatRequest", "messages"),
    ("ServerRequest", "token"),
    ("UndoMarkReadRequest", "undo_token"),
    ("UpdateModelOptionsJson", "keep_alive"),
    ("UpdateVariantRequest", "deprecated_reason"),
    ("UpdateVariantRequest", "roles"),
    ("VerifyVariantsRequest", "names"),
];

#[test]
fn every_property_of_a_request_has_its_limits() {
    let api = openapi_document();
    let schemas = api["components"]["schemas"].as_object().expect("schemas");
    let mut of_requests: BTreeSet<&str> =
        operations(&api).iter().flat_map(|(.., operation)| schema_names(&operation["requestBody"])).collect();
    loop {
        let nested: Vec<_> = of_requests.iter().flat_map(|name| schema_names(&schemas[*name])).collect();
        let before = of_requests.len();
        of_requests.extend(nested);
        if of_requests.len() == before {
            break;
        }
    }
    assert!(of_requests.len() > 40, "{of_requests:?}");
    let mut open = BTreeSet::new();
    for schema in of_requests {
        for (name, property) in schemas[schema]["properties"].as_object().into_iter().flatten() {
            let is = |kind: &str| {
                property["type"] == kind || property["type"].as_array().is_some_and(|all| all.contains(&kind.into()))
            };
            let has = |key: &str| property.get(key).is_some();
            let is_limited = if is("string") {
                has("enum") || has("maxLength") || property["format"] == "date-time"
            } else if is("integer") || is("number") {
                name == "id" || name.ends_with("_id") || has("enum") || (has("minimum") && has("maximum"))
            } else if is("array") {
                has("maxItems")
            } else {
                true
            };
            if !is_limited {
                open.insert((schema, name.as_str()));
            }
        }
    }
    assert_eq!(open, BTreeSet::from(UNLIMITED));
}

/// Names of the schemas that a part of the document refers to.
fn schema_names(part: &Value) -> Vec<&str> {
    match part {
        Value::Object(members) => {
            let own = members.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
            own.into_iter().chain(members.values().flat_map(schema_names)).collect()
        }
        Value::Array(items) => items.iter().flat_map(schema_names).collect(),
        _ => Vec::new(),
    }
}
