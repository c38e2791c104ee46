//! The shapes that answers must have, as JSON schemas that Ollama turns into a grammar (ollama-api.md §4.1): everything
//! inlined, everything required, nothing else allowed, and the properties wanted in alphabetical order, because some servers
//! generate them so: what is thought first stands first.

use serde_json::{Value, json};

/// Known categories an article may have at most.
pub const MAX_CATEGORIES: usize = 4;
/// Names of its own that the model may add.
pub const MAX_NEW_CATEGORIES: usize = 2;
/// Quotes for a score at most.
pub const MAX_QUOTES: usize = 3;

/// `known`: what may be chosen; `parents`: what a new name may stand under; `new_names`: whether there may be any.
pub fn categorization_schema(known: &[&str], parents: &[&str], new_names: bool) -> Value {
    let most_new = if new_names { MAX_NEW_CATEGORIES } else { 0 };
    // An empty enum is no schema; then the array is empty.
    let choice = if known.is_empty() { json!({"type": "string"}) } else { json!({"type": "string", "enum": known}) };
    let parent = if parents.is_empty() { json!({"const": ""}) } else { json!({"type": "string", "enum": parents}) };
    json!({
        "type": "object",
        "properties": {
            "categories": {
                "type": "array",
                "items": choice,
                "minItems": usize::from(!known.is_empty()),
                "maxItems": if known.is_empty() { 0 } else { MAX_CATEGORIES },
            },
            "new_categories": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"name": {"type": "string"}, "parent": parent},
                    "required": ["name", "parent"],
                    "additionalProperties": false,
                },
                "minItems": 0,
                "maxItems": most_new,
            },
        },
        "required": ["categories", "new_categories"],
        "additionalProperties": false,
    })
}

/// Evidence and explanation come before the numbers they lead to.
pub fn scoring_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "evidence": {"type": "array", "items": {"type": "string"}, "minItems": 0, "maxItems": MAX_QUOTES},
            "explanation": {"type": "string"},
            "interest": {"type": "integer", "minimum": 0, "maximum": 10},
            "quality": {"type": "integer", "minimum": 0, "maximum": 10},
        },
        "required": ["evidence", "explanation", "interest", "quality"],
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use super::{categorization_schema, scoring_schema};
    use serde_json::Value;

    fn assert_closed_and_bounded(schema: &Value) {
        match schema.get("type").and_then(Value::as_str) {
            Some("object") => {
                let properties = schema["properties"].as_object().expect("properties");
                let names: Vec<&str> = properties.keys().map(String::as_str).collect();
                assert!(names.is_sorted(), "alphabetical: {names:?}");
                assert_eq!(serde_json::json!(names), schema["required"], "all required");
                assert_eq!(schema["additionalProperties"], false);
                properties.values().for_each(assert_closed_and_bounded);
            }
            Some("array") => {
                assert!(schema["maxItems"].is_u64() && schema["minItems"].is_u64(), "bounded");
                assert_closed_and_bounded(&schema["items"]);
            }
            _ => assert!(schema.get("$ref").is_none()),
        }
    }

    #[test]
    fn schemas_are_closed_inlined_bounded_and_alphabetical() {
        for schema in [
            scoring_schema(),
            categorization_schema(&["AI", "Law"], &["Technology"], true),
            categorization_schema(&[], &[], false),
        ] {
            assert_closed_and_bounded(&schema);
        }
    }
}
