//! Reading a model's answer: accepted whole or not at all. Nothing is clamped, guessed or filled in.

mod json;
mod known;
#[cfg(test)]
mod tests;

pub use known::Known;

use super::schema::{MOST_CATEGORIES, MOST_NEW, MOST_QUOTES};
use crate::domain::{
    category::{Choice, NAME_MAX_CHARS, slugify},
    score::Judgement,
};
use known::Place;
use serde_json::{Map, Value};

/// Characters of an explanation at most; it is one or two sentences.
const EXPLANATION_MAX_CHARS: usize = 1_200;

/// Why an answer cannot be used. Each counts as an attempt of the article, after what [`super::remedy`] can do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAnswer {
    #[error("The model's answer was cut off twice.")]
    CutOff,
    #[error("The model's answer was longer than it may be, even at twice the length.")]
    TooLong,
    #[error("The model answered with nothing.")]
    Empty,
    #[error("The model only thought and never answered.")]
    ThinkingOnly,
    #[error("The article does not fit into the model's context, even shortened. Give the model a longer context.")]
    Overflow,
    #[error("The model did not answer with the JSON that was asked for.")]
    NotJson,
    #[error("The answer has no “{0}”.")]
    Missing(&'static str),
    #[error("The answer has a property that was not asked for: “{0}”.")]
    Unasked(String),
    #[error("“{0}” in the answer is not of the type that was asked for.")]
    WrongType(&'static str),
    #[error("“{field}” in the answer is {value}; it must be between 0 and 10.")]
    OutOfRange { field: &'static str, value: String },
    #[error("“{0}” in the answer is empty.")]
    Blank(&'static str),
    #[error("“{0}” in the answer is far too long.")]
    Oversized(&'static str),
    #[error("The answer names a category that is not in the list: “{0}”.")]
    UnknownCategory(String),
    #[error("The answer puts a new category under one that is not in the list: “{0}”.")]
    UnknownParent(String),
    #[error("The answer suggests a name that cannot be a category: “{0}”.")]
    BadName(String),
    #[error("The answer has {found} in “{field}”; at most {most} were asked for.")]
    TooMany { field: &'static str, found: usize, most: usize },
    #[error("The answer names no category.")]
    NoCategory,
    #[error("The model broke off again and again on this article, and not on others.")]
    Crashes,
}

/// The categories of an article, most fitting first. Names of one category (two spellings, an alias) collapse into one; hidden
/// ones are dropped, so the result may be empty when the model named nothing else.
pub fn categories(content: &str, known: &Known) -> Result<Vec<Choice>, BadAnswer> {
    let answer = object(content, &["categories", "new_categories"])?;
    let named = texts(&answer, "categories", MOST_CATEGORIES)?;
    let suggested = array(&answer, "new_categories", MOST_NEW)?;
    if named.is_empty() && suggested.is_empty() {
        return Err(BadAnswer::NoCategory);
    }
    let mut choices: Vec<Choice> = Vec::new();
    let mut add = |choice: Choice| {
        let same = |c: &Choice| match (c, &choice) {
            (Choice::Known(a), Choice::Known(b)) => a == b,
            (Choice::New { slug: a, .. }, Choice::New { slug: b, .. }) => a == b,
            _ => false,
        };
        if !choices.iter().any(same) {
            choices.push(choice);
        }
    };
    for name in named {
        match known.place(&slugify(name)) {
            Place::Offered(id) => add(Choice::Known(id)),
            Place::Hidden => {}
            Place::Nowhere => return Err(BadAnswer::UnknownCategory(short(name))),
        }
    }
    for item in suggested {
        let item = item.as_object().ok_or(BadAnswer::WrongType("new_categories"))?;
        only(item, &["name", "parent"])?;
        let (name, parent) = (text(item, "name")?, text(item, "parent")?);
        let (name, slug) = new_name(name)?;
        match known.place(&slug) {
            Place::Offered(id) => add(Choice::Known(id)),
            Place::Hidden => {}
            Place::Nowhere => match known.parent(&slugify(parent)) {
                Place::Offered(id) => add(Choice::New { name, slug, parent: Some(id) }),
                Place::Hidden => {}
                Place::Nowhere if known.is_empty() => add(Choice::New { name, slug, parent: None }),
                Place::Nowhere => return Err(BadAnswer::UnknownParent(short(parent))),
            },
        }
    }
    Ok(choices)
}

/// Interest, quality and the reason for them. The quotes are as the model gave them, not checked against the article yet.
pub fn judgement(content: &str) -> Result<Judgement, BadAnswer> {
    let answer = object(content, &["evidence", "explanation", "interest", "quality"])?;
    let evidence = texts(&answer, "evidence", MOST_QUOTES)?.into_iter().map(str::to_owned).collect();
    let reasoning = text(&answer, "explanation")?.split_whitespace().collect::<Vec<_>>().join(" ");
    if reasoning.is_empty() {
        return Err(BadAnswer::Blank("explanation"));
    }
    if reasoning.chars().count() > EXPLANATION_MAX_CHARS {
        return Err(BadAnswer::Oversized("explanation"));
    }
    Ok(Judgement { interest: points(&answer, "interest")?, quality: points(&answer, "quality")?, reasoning, evidence })
}

/// A name that a model may give to a category: it will stand in every later prompt, so it is words and nothing else.
fn new_name(name: &str) -> Result<(String, String), BadAnswer> {
    let words: Vec<&str> = name.split_whitespace().collect();
    let clean = words.join(" ");
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '&' | '+' | '#' | '\'' | '’' | '.' | '/');
    let slug = slugify(&clean);
    if slug.is_empty() || words.len() > 4 || clean.chars().count() > NAME_MAX_CHARS || !clean.chars().all(allowed) {
        return Err(BadAnswer::BadName(short(name)));
    }
    Ok((clean, slug))
}

fn object(content: &str, allowed: &[&str]) -> Result<Map<String, Value>, BadAnswer> {
    let object = json::object(content).ok_or(BadAnswer::NotJson)?;
    only(&object, allowed)?;
    Ok(object)
}

fn only(object: &Map<String, Value>, allowed: &[&str]) -> Result<(), BadAnswer> {
    match object.keys().find(|key| !allowed.contains(&key.as_str())) {
        Some(key) => Err(BadAnswer::Unasked(short(key))),
        None => Ok(()),
    }
}

fn text<'a>(object: &'a Map<String, Value>, field: &'static str) -> Result<&'a str, BadAnswer> {
    let value = object.get(field).ok_or(BadAnswer::Missing(field))?;
    value.as_str().ok_or(BadAnswer::WrongType(field))
}

fn array<'a>(object: &'a Map<String, Value>, field: &'static str, most: usize) -> Result<&'a [Value], BadAnswer> {
    let value = object.get(field).ok_or(BadAnswer::Missing(field))?;
    let items = value.as_array().ok_or(BadAnswer::WrongType(field))?;
    if items.len() > most {
        return Err(BadAnswer::TooMany { field, found: items.len(), most });
    }
    Ok(items)
}

fn texts<'a>(object: &'a Map<String, Value>, field: &'static str, most: usize) -> Result<Vec<&'a str>, BadAnswer> {
    array(object, field, most)?.iter().map(|item| item.as_str().ok_or(BadAnswer::WrongType(field))).collect()
}

fn points(object: &Map<String, Value>, field: &'static str) -> Result<u8, BadAnswer> {
    let Value::Number(number) = object.get(field).ok_or(BadAnswer::Missing(field))? else {
        return Err(BadAnswer::WrongType(field));
    };
    if number.is_f64() {
        return Err(BadAnswer::WrongType(field));
    }
    let in_range = number.as_u64().and_then(|n| u8::try_from(n).ok()).filter(|n| *n <= 10);
    in_range.ok_or_else(|| BadAnswer::OutOfRange { field, value: number.to_string() })
}

/// What is shown of a text that a model made up.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
