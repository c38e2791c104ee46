//! Reading a model's answer: accepted whole or not at all. Nothing is clamped, guessed or filled in.

mod category_index;
mod json;
#[cfg(test)]
mod tests;

pub use crate::server::scoring::answer::category_index::CategoryIndex;

use super::schema::{MAX_CATEGORIES, MAX_NEW_CATEGORIES, MAX_QUOTES};
use crate::domain::{
    category::{CategoryChoice, MAX_CATEGORY_NAME_CHARS, slugify},
    score::Judgment,
};
use crate::server::scoring::answer::category_index::CategoryMatch;
use serde_json::{Map, Value};

/// Characters of an explanation at most; it is one or two sentences.
const MAX_EXPLANATION_CHARS: usize = 1_200;

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
    /// The parent of a new category is not among those offered.
    #[error("The answer puts a new category under one that is not in the list: “{0}”.")]
    UnknownParent(String),
    /// The name of a new category is not allowed.
    #[error("The answer suggests a name that cannot be a category: “{0}”.")]
    InvalidCategoryName(String),
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
/// ones are dropped, so the result may be empty when the model named nothing else.
pub fn parse_categories(content: &str, known: &CategoryIndex) -> Result<Vec<CategoryChoice>, AnswerError> {
    let answer = parse_object(content, &["categories", "new_categories"])?;
    let named = read_string_array(&answer, "categories", MAX_CATEGORIES)?;
    let suggested = read_array(&answer, "new_categories", MAX_NEW_CATEGORIES)?;
    if named.is_empty() && suggested.is_empty() {
        return Err(AnswerError::NoCategory);
    }
    let mut choices: Vec<CategoryChoice> = Vec::new();
    let mut add = |choice: CategoryChoice| {
        let same = |c: &CategoryChoice| match (c, &choice) {
            (CategoryChoice::Known(a), CategoryChoice::Known(b)) => a == b,
            (CategoryChoice::New { slug: a, .. }, CategoryChoice::New { slug: b, .. }) => a == b,
            _ => false,
        };
        if !choices.iter().any(same) {
            choices.push(choice);
        }
    };
    for name in named {
        match known.resolve(&slugify(name)) {
            CategoryMatch::Offered(id) => add(CategoryChoice::Known(id)),
            CategoryMatch::Hidden => {}
            CategoryMatch::Unknown => return Err(AnswerError::UnknownCategory(abbreviate(name))),
        }
    }
    for item in suggested {
        let item = item.as_object().ok_or(AnswerError::WrongType("new_categories"))?;
        reject_unexpected_fields(item, &["name", "parent"])?;
        let (name, parent) = (read_string(item, "name")?, read_string(item, "parent")?);
        let (name, slug) = parse_new_category_name(name)?;
        match known.resolve(&slug) {
            CategoryMatch::Offered(id) => add(CategoryChoice::Known(id)),
            CategoryMatch::Hidden => {}
            CategoryMatch::Unknown => match known.resolve_parent(&slugify(parent)) {
                CategoryMatch::Offered(id) => add(CategoryChoice::New { name, slug, parent: Some(id) }),
                CategoryMatch::Hidden => {}
                CategoryMatch::Unknown if known.is_empty() => add(CategoryChoice::New { name, slug, parent: None }),
                CategoryMatch::Unknown => return Err(AnswerError::UnknownParent(abbreviate(parent))),
            },
        }
    }
    Ok(choices)
}

/// Interest, quality and the reason for them. The quotes are as the model gave them, not checked against the article yet.
pub fn parse_judgment(content: &str) -> Result<Judgment, AnswerError> {
    let answer = parse_object(content, &["evidence", "explanation", "interest", "quality"])?;
    let evidence = read_string_array(&answer, "evidence", MAX_QUOTES)?.into_iter().map(str::to_owned).collect();
    let reasoning = read_string(&answer, "explanation")?.split_whitespace().collect::<Vec<_>>().join(" ");
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

/// A name that a model may give to a category: it will stand in every later prompt, so it is words and nothing else.
fn parse_new_category_name(name: &str) -> Result<(String, String), AnswerError> {
    let words: Vec<&str> = name.split_whitespace().collect();
    let clean = words.join(" ");
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '&' | '+' | '#' | '\'' | '’' | '.' | '/');
    let slug = slugify(&clean);
    if slug.is_empty()
        || words.len() > 4
        || clean.chars().count() > MAX_CATEGORY_NAME_CHARS
        || !clean.chars().all(allowed)
    {
        return Err(AnswerError::InvalidCategoryName(abbreviate(name)));
    }
    Ok((clean, slug))
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

fn read_score(object: &Map<String, Value>, field: &'static str) -> Result<u8, AnswerError> {
    let Value::Number(number) = object.get(field).ok_or(AnswerError::MissingField(field))? else {
        return Err(AnswerError::WrongType(field));
    };
    if number.is_f64() {
        return Err(AnswerError::WrongType(field));
    }
    let in_range = number.as_u64().and_then(|n| u8::try_from(n).ok()).filter(|n| *n <= 10);
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
