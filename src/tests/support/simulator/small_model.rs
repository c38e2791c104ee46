//! A model of half a billion parameters, as such models were seen to answer: it names categories in the order of the list and
//! invents others (`Bug-1`, dates, the title), repeats itself unless the schema bounds a string, gives every article the same
//! score, and now and then thinks aloud, answers nothing, drifts from the schema or writes numbers as words.

use gleaner::server::demo::simulator::SimulatedAnswer;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// What it says again and again.
const REPEATED_SENTENCE: &str = "The article is about the article that the reader reads. ";
/// How often, when nothing bounds it: more than any limit of tokens.
const REPETITIONS: usize = 1_000;
/// What it thinks of everything.
const FLAT_SCORE: i64 = 5;

/// The model; remembers which articles it was asked about.
#[derive(Debug, Default)]
pub struct SmallModel {
    /// Questions so far, by step and title.
    asked: Mutex<HashMap<(bool, String), usize>>,
}

impl SmallModel {
    /// Its answer to a chat's body, in the place of `usual`.
    pub fn answer(&self, body: &Value, usual: SimulatedAnswer) -> SimulatedAnswer {
        let Some(schema) = body.get("format").filter(|format| format.is_object()) else { return usual };
        let properties = &schema["properties"];
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
        if asked_before == 0 {
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

/// What the grammar made of a schema lets through.
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

/// A number in letters, so that two of them differ by more than digits.
fn letters(number: usize) -> String {
    number.to_string().chars().map(|digit| char::from(b'a' + (digit as u8 - b'0'))).collect()
}
