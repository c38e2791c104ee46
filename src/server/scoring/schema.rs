//! The JSON schemas of answers, which Ollama converts to a grammar (ollama-api.md §4.1): everything inlined and required, nothing
//! else allowed. Some servers generate properties in alphabetical order, so their names sort evidence before scores.

use crate::domain::category_suggestion::SUGGESTED_NAME_CHARS;
use serde_json::{Value, json};
use std::ops::RangeInclusive;

/// Maximum known categories of an article; small models fill the array in the order of the list.
pub const MAX_CATEGORIES: usize = 3;
/// Maximum new categories that a model may suggest.
pub const MAX_NEW_CATEGORIES: usize = 2;
/// Maximum quotes of a score.
pub const MAX_QUOTES: usize = 3;
/// The length of a quote in characters. Without bounds small models repeat themselves up to the limit of tokens.
const QUOTE_CHARS: RangeInclusive<usize> = 8..=160;
/// The length of an explanation in characters; without a minimum models leave it empty.
const EXPLANATION_CHARS: RangeInclusive<usize> = 30..=300;

/// The schema of the first step. `known`: the categories to choose from; `parents`: parents of new ones; `new_names`: whether new
/// ones are allowed.
pub fn categorization_schema(known: &[&str], parents: &[&str], new_names: bool) -> Value {
    // An empty enum is not a valid schema, so the array must be empty.
    let choice = if known.is_empty() { string_schema(&(1..=1)) } else { json!({"type": "string", "enum": known}) };
    let parent = if parents.is_empty() { json!({"const": ""}) } else { json!({"type": "string", "enum": parents}) };
    let mut schema = json!({
        "type": "object",
        "properties": {
            "categories": {
                "type": "array",
                "items": choice,
                "minItems": usize::from(!known.is_empty()),
                "maxItems": if known.is_empty() { 0 } else { MAX_CATEGORIES },
            },
        },
        "required": ["categories"],
        "additionalProperties": false,
    });
    if new_names {
        schema["properties"]["new_categories"] = json!({
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": string_schema(&SUGGESTED_NAME_CHARS), "parent": parent},
                "required": ["name", "parent"],
                "additionalProperties": false,
            },
            "minItems": 0,
            "maxItems": MAX_NEW_CATEGORIES,
        });
        schema["required"] = json!(["categories", "new_categories"]);
    }
    schema
}

/// The schema of the second step. Evidence and explanation come before the scores that depend on them.
pub fn scoring_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "evidence": {"type": "array", "items": string_schema(&QUOTE_CHARS), "minItems": 0, "maxItems": MAX_QUOTES},
            "explanation": string_schema(&EXPLANATION_CHARS),
            "interest": {"type": "integer", "minimum": 0, "maximum": 10},
            "quality": {"type": "integer", "minimum": 0, "maximum": 10},
        },
        "required": ["evidence", "explanation", "interest", "quality"],
        "additionalProperties": false,
    })
}

fn string_schema(chars: &RangeInclusive<usize>) -> Value {
    json!({"type": "string", "minLength": chars.start(), "maxLength": chars.end()})
}

#[cfg(test)]
mod tests {
    use super::{categorization_schema, scoring_schema};
    use crate::domain::model::ModelOptions;
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
            Some("string") => assert!(
                schema["enum"].is_array() || (schema["minLength"].is_u64() && schema["maxLength"].is_u64()),
                "bounded: {schema}"
            ),
            _ => assert!(schema.get("$ref").is_none()),
        }
    }

    /// Characters of the longest answer that a schema allows.
    fn max_chars(schema: &Value) -> usize {
        let number = |key: &str| schema[key].as_u64().and_then(|n| usize::try_from(n).ok());
        match schema.get("type").and_then(Value::as_str) {
            Some("object") => {
                let properties = schema["properties"].as_object().expect("properties");
                properties.iter().map(|(name, value)| name.len() + 4 + max_chars(value)).sum::<usize>() + 2
            }
            Some("array") => number("maxItems").expect("bounded") * (max_chars(&schema["items"]) + 1) + 2,
            Some("string") => number("maxLength").unwrap_or(40) + 2,
            _ => 2,
        }
    }

    #[test]
    fn the_default_limit_of_tokens_fits_the_longest_answer() {
        let limit = usize::try_from(ModelOptions::default().num_predict).expect("a size");
        for schema in [scoring_schema(), categorization_schema(&["AI"], &["Technology"], true)] {
            // Two characters a token are pessimistic for words; scripts with a token for each character have the second request,
            // which has twice the limit.
            assert!(max_chars(&schema) <= 2 * limit, "{} characters in {limit} tokens", max_chars(&schema));
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
