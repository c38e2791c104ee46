//! The answers of the simulated model: they follow any schema and are plausible for the text. The same request always gets the
//! same answer.

use super::{
    conversation,
    topics::{affinity, quality_score, stable_number},
};
use crate::server::demo::simulator::prompt_context::PromptContext;
use serde_json::{Map, Value, json};

/// The answer to a chat's body.
pub(super) fn answer_chat(body: &Value) -> String {
    let matter = PromptContext::of(body);
    match body.get("format") {
        Some(schema @ Value::Object(_)) => fill_schema(schema, "", &matter).to_string(),
        Some(Value::String(format)) if format == "json" => json!({ "answer": matter.title }).to_string(),
        _ => conversation::reply(body["messages"].as_array().map_or(&[][..], Vec::as_slice)),
    }
}

/// A value that follows `schema`; `name` is the name of its property.
fn fill_schema(schema: &Value, name: &str, matter: &PromptContext) -> Value {
    if let Some(fixed) = schema.get("const") {
        return fixed.clone();
    }
    if let Some(options) = schema.get("enum").and_then(Value::as_array) {
        return best_labels(options, 1, matter).into_iter().next().unwrap_or_default();
    }
    for several in ["anyOf", "oneOf"] {
        if let Some(options) = schema.get(several).and_then(Value::as_array) {
            return options.first().map_or(Value::Null, |first| fill_schema(first, name, matter));
        }
    }
    match schema_type(schema) {
        "object" => fill_object(schema, matter),
        "array" => fill_array(schema, name, matter),
        "integer" | "number" => fill_number(schema, name, matter),
        "boolean" => Value::Bool(false),
        "string" => fill_string(schema, name, matter),
        _ => Value::Null,
    }
}

fn schema_type(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(kind) => kind,
        Value::Array(kinds) => kinds.first().and_then(Value::as_str).unwrap_or("null"),
        _ if schema.get("properties").is_some() => "object",
        _ => "string",
    }
}

fn fill_object(schema: &Value, matter: &PromptContext) -> Value {
    let properties = schema["properties"].as_object().cloned().unwrap_or_default();
    Value::Object(
        properties.iter().map(|(name, of)| (name.clone(), fill_schema(of, name, matter))).collect::<Map<_, _>>(),
    )
}

fn fill_array(schema: &Value, name: &str, matter: &PromptContext) -> Value {
    let items = &schema["items"];
    let bound = |key: &str| schema[key].as_u64().and_then(|n| usize::try_from(n).ok());
    let least = bound("minItems").unwrap_or(0);
    let most = bound("maxItems").unwrap_or(3).max(least);
    match items.get("enum").and_then(Value::as_array) {
        Some(options) => Value::Array(best_labels(options, most.min(least.max(2)), matter)),
        // Evidence is quoted literally.
        None if name.contains("evidence") || name.contains("quote") => {
            Value::Array(matter.quote().into_iter().take(most).map(Value::String).collect())
        }
        None => Value::Array((0..least).map(|_| fill_schema(items, name, matter)).collect()),
    }
}

/// The labels with the highest affinity to the text, at least one.
fn best_labels(options: &[Value], most: usize, matter: &PromptContext) -> Vec<Value> {
    let mut ranked: Vec<(usize, &Value)> =
        options.iter().map(|o| (o.as_str().map_or(0, |label| affinity(label, &matter.words)), o)).collect();
    ranked.sort_by_key(|(affinity, _)| std::cmp::Reverse(*affinity));
    let told = ranked.iter().take_while(|(affinity, _)| *affinity > 0).count();
    if told == 0 {
        // No label fits: an arbitrary one that depends on the title only.
        let limit = u64::try_from(options.len()).unwrap_or(1);
        let at = usize::try_from(stable_number(&matter.title, limit)).unwrap_or(0);
        return options.get(at).cloned().into_iter().collect();
    }
    ranked.into_iter().take(told.min(most.max(1))).map(|(_, o)| o.clone()).collect()
}

fn fill_number(schema: &Value, name: &str, matter: &PromptContext) -> Value {
    let least = schema["minimum"].as_i64().unwrap_or(0);
    let most = schema["maximum"].as_i64().unwrap_or(10).max(least);
    let of_ten = if name.contains("quality") { quality_score(&matter.text) } else { matter.interest() };
    json!(least + of_ten * (most - least) / 10)
}

fn fill_string(schema: &Value, name: &str, matter: &PromptContext) -> Value {
    let explains = ["reason", "expla", "why", "summary"].iter().any(|part| name.contains(part));
    let said = if explains { matter.verdict() } else { matter.title.clone() };
    let most = schema["maxLength"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX);
    json!(said.chars().take(most).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::answer_chat;
    use serde_json::{Value, json};

    fn ask(schema: &Value) -> Value {
        let body = json!({
            "messages": [
                {"role": "system", "content": "The reader likes telescopes and rockets."},
                {"role": "user", "content": "Title: A telescope for the moon\n\nA rocket will carry it into orbit in 2031."},
            ],
            "format": schema,
        });
        assert_eq!(answer_chat(&body), answer_chat(&body), "the same every time");
        serde_json::from_str(&answer_chat(&body)).expect("JSON")
    }

    #[test]
    fn fits_the_schema() {
        let answer = ask(&json!({
            "type": "object",
            "properties": {
                "categories": {"type": "array", "items": {"type": "string", "enum": ["Health", "Space", "Law"]}, "minItems": 1, "maxItems": 4},
                "suggested": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}, "maxItems": 2},
                "evidence": {"type": "array", "items": {"type": "string"}, "minItems": 0, "maxItems": 3},
                "interest": {"type": "integer", "minimum": 0, "maximum": 10},
                "quality": {"type": "integer", "minimum": 0, "maximum": 10},
                "reasoning": {"type": "string", "maxLength": 200},
                "parent": {"type": ["string", "null"]},
                "version": {"const": 3},
            },
        }));
        assert_eq!(answer["categories"], json!(["Space"]));
        assert_eq!(answer["suggested"], json!([]));
        assert_eq!(answer["version"], json!(3));
        assert_eq!(answer["evidence"], json!(["A rocket will carry it into orbit in 2031."]));
        assert!((0..=10).contains(&answer["interest"].as_i64().expect("integer")));
        assert!((0..=10).contains(&answer["quality"].as_i64().expect("integer")));
        assert!(answer["reasoning"].as_str().expect("text").ends_with('.'));
    }

    #[test]
    fn labels_without_a_match_still_give_one() {
        let answer = ask(&json!({"type": "array", "items": {"enum": ["Xyzzy", "Plugh"]}, "minItems": 1}));
        assert_eq!(answer.as_array().map(Vec::len), Some(1));
    }
}
