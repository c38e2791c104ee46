//! Reading a model's answer: accepted whole or not at all. Nothing is clamped, guessed or filled in; only suggestions of new
//! categories may be bad without spoiling the rest.

mod category_index;
mod json;
#[cfg(test)]
mod tests;

pub use crate::server::scoring::answer::{category_index::CategoryIndex, json::without_thinking};

use super::schema::{MAX_CATEGORIES, MAX_NEW_CATEGORIES, MAX_QUOTES};
use crate::domain::{
    category::category_identity,
    category_suggestion::{CategoryChoice, SuggestedCategory},
    plain_text,
    score::Judgment,
};
use crate::server::scoring::answer::category_index::CategoryMatch;
use serde_json::{Map, Value};

/// Characters of an explanation at most; it is one or two sentences.
const MAX_EXPLANATION_CHARS: usize = 1_200;

/// Interest and quality at most.
const MAX_SCORE: u8 = 10;

/// Why an answer cannot be used. Each counts as an attempt of the article, after what [`crate::server::scoring::request_plan`] can do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// It was cut off, and so was the second one.
    #[error("The model's answer was cut off twice.")]
    Truncated,
    /// It reached the limit of tokens twice.
    #[error("The model's answer was longer than it may be, even at twice the length.")]
    TooLong,
    /// It has no text.
    #[error("The model gave an empty answer.")]
    Empty,
    /// It consists of thinking alone.
    #[error("The model only produced thinking and no answer.")]
    ThinkingOnly,
    /// The prompt is longer than the context.
    #[error("The article does not fit into the model's context, even shortened. Give the model a longer context.")]
    ContextOverflow,
    /// It is not JSON.
    #[error("The model did not answer with the requested JSON.")]
    NotJson,
    /// A required property is missing.
    #[error("The answer has no “{0}”.")]
    MissingField(&'static str),
    /// It has a property that the schema does not name.
    #[error("The answer has an unexpected property: “{0}”.")]
    UnexpectedField(String),
    /// A property has the wrong type.
    #[error("“{0}” in the answer has the wrong type.")]
    WrongType(&'static str),
    /// A number is outside of its range.
    #[error("“{field}” in the answer is {value}; it must be between 0 and 10.")]
    ValueOutOfRange {
        /// The property.
        field: &'static str,
        /// Its value as written.
        value: String,
    },
    /// A required text is empty.
    #[error("“{0}” in the answer is empty.")]
    EmptyField(&'static str),
    /// A text is longer than the limit.
    #[error("“{0}” in the answer is too long.")]
    FieldTooLong(&'static str),
    /// A category is not among those offered.
    #[error("The answer names a category that is not in the list: “{0}”.")]
    UnknownCategory(String),
    /// A list is longer than the limit.
    #[error("The answer has {count} in “{field}”; at most {max} were asked for.")]
    TooManyItems {
        /// The property.
        field: &'static str,
        /// Its number of elements.
        count: usize,
        /// The limit.
        max: usize,
    },
    /// The list of categories is empty.
    #[error("The answer names no category.")]
    NoCategory,
    /// The model's process crashed on this article repeatedly.
    #[error("The model crashed repeatedly on this article, and not on others.")]
    ModelCrash,
}

/// The categories of an article, most fitting first. Names of one category (two spellings, an alias) collapse into one; hidden
/// ones and suggestions that break the rules are dropped, so the result may be empty when the model named nothing else.
pub fn parse_categories(content: &str, known: &CategoryIndex) -> Result<Vec<CategoryChoice>, AnswerError> {
    let answer = parse_object(content, &["categories", "new_categories"])?;
    let named = read_string_array(&answer, "categories", MAX_CATEGORIES)?;
    let suggested = match answer.get("new_categories") {
        Some(_) => read_array(&answer, "new_categories", usize::MAX)?,
        None => &[],
    };
    let mut choices: Vec<CategoryChoice> = Vec::new();
    for name in &named {
        match known.resolve(&category_identity(name)) {
            CategoryMatch::Offered(id) => push_new(&mut choices, CategoryChoice::Known(id)),
            CategoryMatch::Hidden => {}
            CategoryMatch::Unknown => return Err(AnswerError::UnknownCategory(abbreviate(name))),
        }
    }
    for item in suggested.iter().take(MAX_NEW_CATEGORIES) {
        if let Some(choice) = parse_suggestion(item, known) {
            push_new(&mut choices, choice);
        }
    }
    // A hidden category was an answer, and where nothing is offered there is nothing to name.
    if choices.is_empty() && named.is_empty() && !known.is_empty() {
        return Err(AnswerError::NoCategory);
    }
    Ok(choices)
}

/// What a suggestion stands for; `None` when it is dropped.
fn parse_suggestion(item: &Value, known: &CategoryIndex) -> Option<CategoryChoice> {
    let text = |field: &str| item.get(field).and_then(Value::as_str);
    let (name, parent) = (text("name")?, text("parent").unwrap_or_default());
    match known.resolve(&category_identity(name)) {
        CategoryMatch::Offered(id) => return Some(CategoryChoice::Known(id)),
        CategoryMatch::Hidden => return None,
        CategoryMatch::Unknown if known.ignores_suggestions() => return None,
        CategoryMatch::Unknown => {}
    }
    let parent = match known.resolve_parent(&category_identity(parent)) {
        CategoryMatch::Offered(id) => Some(id),
        CategoryMatch::Unknown if known.is_empty() => None,
        CategoryMatch::Hidden | CategoryMatch::Unknown => return None,
    };
    SuggestedCategory::parse(name, parent).map(CategoryChoice::Suggested)
}

fn push_new(choices: &mut Vec<CategoryChoice>, choice: CategoryChoice) {
    let is_same = |other: &CategoryChoice| match (other, &choice) {
        (CategoryChoice::Suggested(a), CategoryChoice::Suggested(b)) => a.identity == b.identity,
        (a, b) => a == b,
    };
    if !choices.iter().any(is_same) {
        choices.push(choice);
    }
}

/// Interest, quality and the reason for them. The quotes are as the model gave them, not checked against the article yet.
pub fn parse_judgment(content: &str) -> Result<Judgment, AnswerError> {
    let answer = parse_object(content, &["evidence", "explanation", "interest", "quality"])?;
    let evidence = read_string_array(&answer, "evidence", MAX_QUOTES)?.into_iter().map(str::to_owned).collect();
    let reasoning = plain_text::clean_line(read_string(&answer, "explanation")?);
    if reasoning.is_empty() {
        return Err(AnswerError::EmptyField("explanation"));
    }
    if reasoning.chars().count() > MAX_EXPLANATION_CHARS {
        return Err(AnswerError::FieldTooLong("explanation"));
    }
    Ok(Judgment {
        interest: read_score(&answer, "interest")?,
        quality: read_score(&answer, "quality")?,
        reasoning,
        evidence,
    })
}

fn parse_object(content: &str, allowed: &[&str]) -> Result<Map<String, Value>, AnswerError> {
    let object = json::extract_object(content).ok_or(AnswerError::NotJson)?;
    reject_unexpected_fields(&object, allowed)?;
    Ok(object)
}

fn reject_unexpected_fields(object: &Map<String, Value>, allowed: &[&str]) -> Result<(), AnswerError> {
    match object.keys().find(|key| !allowed.contains(&key.as_str())) {
        Some(key) => Err(AnswerError::UnexpectedField(abbreviate(key))),
        None => Ok(()),
    }
}

fn read_string<'a>(object: &'a Map<String, Value>, field: &'static str) -> Result<&'a str, AnswerError> {
    let value = object.get(field).ok_or(AnswerError::MissingField(field))?;
    value.as_str().ok_or(AnswerError::WrongType(field))
}

fn read_array<'a>(
    object: &'a Map<String, Value>,
    field: &'static str,
    most: usize,
) -> Result<&'a [Value], AnswerError> {
    let value = object.get(field).ok_or(AnswerError::MissingField(field))?;
    let items = value.as_array().ok_or(AnswerError::WrongType(field))?;
    if items.len() > most {
        return Err(AnswerError::TooManyItems { field, count: items.len(), max: most });
    }
    Ok(items)
}

fn read_string_array<'a>(
    object: &'a Map<String, Value>,
    field: &'static str,
    most: usize,
) -> Result<Vec<&'a str>, AnswerError> {
    read_array(object, field, most)?.iter().map(|item| item.as_str().ok_or(AnswerError::WrongType(field))).collect()
}

/// An integer in the sense of JSON Schema: a number without a fraction, so `7.0` is one.
fn read_score(object: &Map<String, Value>, field: &'static str) -> Result<u8, AnswerError> {
    let Value::Number(number) = object.get(field).ok_or(AnswerError::MissingField(field))? else {
        return Err(AnswerError::WrongType(field));
    };
    if number.as_f64().is_none_or(|value| value.fract() != 0.0) {
        return Err(AnswerError::WrongType(field));
    }
    let in_range = (0..=MAX_SCORE).find(|score| number.as_f64() == Some(f64::from(*score)));
    in_range.ok_or_else(|| AnswerError::ValueOutOfRange { field, value: number.to_string() })
}

/// What is shown of a text that a model made up.
fn abbreviate(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
