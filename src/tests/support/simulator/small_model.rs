//! A simulated model of half a billion parameters with the faults of such models: it names categories in the order of the list and
//! invents others (`Bug-1`, dates, the title), repeats itself unless the schema bounds a string, gives every article the same
//! score, and sometimes thinks in the answer, answers nothing, violates the schema or writes numbers as words.

use gleaner::server::demo::simulator::SimulatedAnswer;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// The text that it repeats.
const REPEATED_SENTENCE: &str = "The article is about the article that the reader reads. ";
/// Repetitions without a bound: more than any limit of tokens.
const REPETITIONS: usize = 1_000;
/// The score that it gives every article.
const FLAT_SCORE: i64 = 5;

/// The length of its texts without a grammar, in characters: more than an explanation may have, and together fewer than the tokens
/// of an answer of double length.
const UNBOUNDED_CHARS: usize = 1_500;

/// The model, with the articles of its requests so far.
#[derive(Debug, Default)]
pub struct SmallModel {
    /// Questions so far, by step and title.
    asked: Mutex<HashMap<(bool, String), usize>>,
    ignores_schema: bool,
}

impl SmallModel {
    /// Behind a server without grammars: each article meets the same fault of form at every attempt, beside those of a small model.
    pub fn without_grammar() -> Self {
        Self { ignores_schema: true, ..Self::default() }
    }

    /// Its answer to a chat's body, in the place of `usual`.
    pub fn answer(&self, body: &Value, usual: SimulatedAnswer) -> SimulatedAnswer {
        let Some(schema) = body.get("format").filter(|format| format.is_object()) else { return usual };
        let unbounded = without_bounds(&schema["properties"]);
        let properties = if self.ignores_schema { &unbounded } else { &schema["properties"] };
        let is_categorization = properties.get("categories").is_some();
        let title = title_of(body);
        let number = trailing_number(&title);
        let asked_before = {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            let count = asked.entry((is_categorization, title.clone())).or_default();
            *count += 1;
            *count - 1
        };
        let mut answer =
            if is_categorization { categorization(properties, &title, number) } else { judgment(properties) };
        if self.ignores_schema {
            answer = if is_categorization {
                misshapen_categorization(answer, number)
            } else {
                misshapen_judgment(answer, number)
            };
        } else if asked_before == 0 {
            match number % 12 {
                0 if body["think"] == false => return SimulatedAnswer { content: String::new(), ..usual },
                1 => answer["mood"] = json!("calm"),
                2 if !is_categorization => answer["interest"] = json!("five"),
                3 => answer = json!([answer["categories"], answer["interest"]]),
                _ => {}
            }
        }
        let thought = if number % 5 == 4 { "<think>Is it {\"interest\": 9}? No.</think>\n" } else { "" };
        SimulatedAnswer { content: format!("{thought}{answer}"), ..usual }
    }
}

fn categorization(properties: &Value, title: &str, number: usize) -> Value {
    let known = &properties["categories"];
    let most = known["maxItems"].as_u64().and_then(|most| usize::try_from(most).ok()).unwrap_or(1);
    let names: Vec<&Value> = known["items"]["enum"].as_array().into_iter().flatten().take(most).collect();
    let mut answer = json!({ "categories": names });
    let item = &properties["new_categories"]["items"]["properties"];
    if item.is_object() {
        let name = match number % 10 {
            0 => "Bug".to_owned(),
            1 => "Bug-1".to_owned(),
            2 => "Bug-2".to_owned(),
            3 => "The 2009-01-10 2010-2011".to_owned(),
            4 => title.to_owned(),
            5 => format!("Subject {}", letters(number)),
            6 => "Gardening".to_owned(),
            7 => REPEATED_SENTENCE.repeat(REPETITIONS),
            8 => "Set-top boxes".to_owned(),
            _ => "?".to_owned(),
        };
        let parent = item["parent"]["enum"].get(0).cloned().unwrap_or_else(|| json!(""));
        answer["new_categories"] = json!([{ "name": within_bounds(name, &item["name"]), "parent": parent }]);
    }
    answer
}

fn judgment(properties: &Value) -> Value {
    let text = || REPEATED_SENTENCE.repeat(REPETITIONS);
    json!({
        "evidence": [within_bounds(text(), &properties["evidence"]["items"])],
        "explanation": within_bounds(text(), &properties["explanation"]),
        "interest": FLAT_SCORE,
        "quality": FLAT_SCORE,
    })
}

/// The same properties without the lengths of strings.
fn without_bounds(properties: &Value) -> Value {
    let mut properties = properties.clone();
    let bound = json!({ "maxLength": UNBOUNDED_CHARS });
    for place in ["/evidence/items", "/explanation", "/new_categories/items/properties/name"] {
        if let Some(schema) = properties.pointer_mut(place) {
            *schema = bound.clone();
        }
    }
    properties
}

fn misshapen_categorization(mut answer: Value, number: usize) -> Value {
    let known = answer["categories"][0].clone();
    match number % 14 {
        0 => answer["categories"] = json!([known, "Sports betting", "4711"]),
        1 => answer["categories"] = json!(["Sports betting"]),
        2 => answer["categories"] = json!([]),
        3 => answer["categories"] = known,
        4 => answer["categories"] = json!([{"name": known}, known, 7]),
        5 => answer["mood"] = json!("calm"),
        6 => answer["new_categories"] = json!("none"),
        7 => answer["new_categories"] = Value::Null,
        8 => answer["new_categories"] = json!(vec![json!({"name": "Gardening", "parent": known}); 40]),
        9 => answer = json!({ "Categories": [known], "reasoning": REPEATED_SENTENCE }),
        10 => answer["categories"] = json!(vec![known; 120]),
        11 => answer["new_categories"] = json!([["Gardening"], {"title": "Gardening"}]),
        12 => answer = json!({ "categories": [known] }),
        _ => answer["new_categories"] = json!([{"name": "Gardening", "parent": "Unknown"}]),
    }
    answer
}

fn misshapen_judgment(mut answer: Value, number: usize) -> Value {
    match number % 11 {
        0 => answer["interest"] = json!("5"),
        1 => answer["quality"] = json!("5/10"),
        2 => answer["interest"] = json!(5.2),
        3 => answer["evidence"] = json!(REPEATED_SENTENCE),
        4 => answer["evidence"] = json!(vec![REPEATED_SENTENCE; 30]),
        5 => answer["evidence"] = json!([{"quote": REPEATED_SENTENCE}]),
        6 => answer = json!({"interest": FLAT_SCORE, "quality": FLAT_SCORE, "score": 99}),
        7 => answer["explanation"] = json!(""),
        8 => answer["categories"] = json!(["AI"]),
        9 => answer = json!({"Evidence": [], "Explanation": "Fine.", "Interest": FLAT_SCORE, "Quality": FLAT_SCORE}),
        _ => {}
    }
    answer
}

/// A text within the bounds of a schema, as a grammar enforces them.
fn within_bounds(text: String, schema: &Value) -> String {
    let bound = |key: &str| schema[key].as_u64().and_then(|n| usize::try_from(n).ok());
    let cut: String = text.chars().take(bound("maxLength").unwrap_or(usize::MAX)).collect();
    let missing = bound("minLength").unwrap_or(0).saturating_sub(cut.chars().count());
    cut + &"a".repeat(missing)
}

fn title_of(body: &Value) -> String {
    let messages = body["messages"].as_array().map_or(&[][..], Vec::as_slice);
    let text = messages.last().and_then(|message| message["content"].as_str()).unwrap_or_default();
    text.lines().find_map(|line| line.strip_prefix("Title:")).unwrap_or_default().trim().to_owned()
}

fn trailing_number(title: &str) -> usize {
    title.rsplit(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0)
}

/// A number in letters, so that two names differ by more than digits.
fn letters(number: usize) -> String {
    number.to_string().chars().map(|digit| char::from(b'a' + (digit as u8 - b'0'))).collect()
}
