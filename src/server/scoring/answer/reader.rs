//! Reading the properties of an answer; repairs are recorded; scoring.md "The two steps".

use super::{
    error::{AnswerError, abbreviate},
    json::extract_object,
};
use serde_json::{Map, Value};

/// The highest interest and quality.
const MAX_SCORE: u8 = 10;

string_enum! {
    /// A repaired fault of an answer; each is counted in the metrics.
    AnswerRepair {
        /// A property that the schema does not name was left out.
        UnexpectedProperty = "unexpected_property",
        /// The name of a property was written in another case, such as `Interest`.
        PropertyName = "property_name",
        /// An unknown category was left out beside a known one.
        UnknownCategory = "unknown_category",
        /// No known category was named, also in the last attempt: the article has none.
        NoCategory = "no_category",
        /// A suggestion that breaks the rules was left out.
        Suggestion = "suggestion",
        /// A list was cut to its limit.
        LongList = "long_list",
        /// A text was cut to its limit.
        LongText = "long_text",
        /// An element or a list of the wrong type was left out, or a single value taken for a list of one.
        WrongType = "wrong_type",
        /// The explanation was missing, also in the last attempt.
        NoExplanation = "no_explanation",
        /// A number was rounded, or read from a text such as `7/10`.
        Number = "number",
    }
}

/// An answer with the repairs that reading it needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedAnswer<T> {
    /// The content.
    pub answer: T,
    /// The repaired faults.
    pub repairs: Vec<AnswerRepair>,
}

impl<T> ParsedAnswer<T> {
    /// Converts the content; the repairs stay.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> ParsedAnswer<U> {
        ParsedAnswer { answer: change(self.answer), repairs: self.repairs }
    }
}

/// The object of an answer, and its repairs so far.
#[derive(Debug)]
pub(super) struct AnswerReader {
    object: Map<String, Value>,
    repairs: Vec<AnswerRepair>,
}

impl AnswerReader {
    /// The object in a text. Properties that are not `allowed` are left out.
    pub(super) fn parse(content: &str, allowed: &[&str]) -> Result<Self, AnswerError> {
        let found = extract_object(content).ok_or(AnswerError::NotJson)?;
        let mut reader = Self { object: Map::new(), repairs: Vec::new() };
        let mut misspelled = Vec::new();
        for (key, value) in found {
            if allowed.contains(&key.as_str()) {
                reader.object.insert(key, value);
            } else if let Some(name) = allowed.iter().find(|name| name.eq_ignore_ascii_case(key.trim())) {
                misspelled.push(((*name).to_owned(), value));
            } else {
                reader.note(AnswerRepair::UnexpectedProperty);
            }
        }
        for (name, value) in misspelled {
            if reader.object.contains_key(&name) {
                reader.note(AnswerRepair::UnexpectedProperty);
            } else {
                reader.note(AnswerRepair::PropertyName);
                reader.object.insert(name, value);
            }
        }
        Ok(reader)
    }

    /// Records a repair.
    pub(super) fn note(&mut self, repair: AnswerRepair) {
        self.repairs.push(repair);
    }

    /// The answer with the recorded repairs.
    pub(super) fn finish<T>(self, answer: T) -> ParsedAnswer<T> {
        ParsedAnswer { answer, repairs: self.repairs }
    }

    /// At most `most` elements of a list; a text in place of a list counts as one element. `None` when the property is missing.
    pub(super) fn read_list(&mut self, field: &'static str, most: usize) -> Option<Result<Vec<Value>, AnswerError>> {
        let mut items = match self.object.remove(field)? {
            Value::Array(items) => items,
            Value::Null => {
                self.note(AnswerRepair::WrongType);
                Vec::new()
            }
            single @ Value::String(_) => {
                self.note(AnswerRepair::WrongType);
                vec![single]
            }
            _ => return Some(Err(AnswerError::WrongType(field))),
        };
        if items.len() > most {
            self.note(AnswerRepair::LongList);
            items.truncate(most);
        }
        Some(Ok(items))
    }

    /// The texts of a list; other elements are left out.
    pub(super) fn read_texts(&mut self, field: &'static str, most: usize) -> Option<Result<Vec<String>, AnswerError>> {
        let items = match self.read_list(field, most)? {
            Ok(items) => items,
            Err(error) => return Some(Err(error)),
        };
        let mut texts = Vec::new();
        for item in items {
            match item {
                Value::String(text) => texts.push(text),
                _ => self.note(AnswerRepair::WrongType),
            }
        }
        Some(Ok(texts))
    }

    /// A text; empty when the property is missing.
    pub(super) fn read_text(&mut self, field: &'static str) -> String {
        match self.object.remove(field) {
            Some(Value::String(text)) => text,
            Some(_) => {
                self.note(AnswerRepair::WrongType);
                String::new()
            }
            None => String::new(),
        }
    }

    /// A number from 0 to 10: also one with a fraction, which is rounded, and one written as a text, such as `7` or `7/10`.
    pub(super) fn read_score(&mut self, field: &'static str) -> Result<u8, AnswerError> {
        let value = self.object.remove(field).ok_or(AnswerError::MissingField(field))?;
        let number = match &value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => {
                self.note(AnswerRepair::Number);
                let text = text.trim();
                text.strip_suffix("/10").unwrap_or(text).trim_end().parse().ok()
            }
            _ => None,
        };
        let number = number.filter(|number| number.is_finite()).ok_or(AnswerError::WrongType(field))?;
        if !(0.0..=f64::from(MAX_SCORE)).contains(&number) {
            let written = value.as_str().map_or_else(|| value.to_string(), abbreviate);
            return Err(AnswerError::ValueOutOfRange { field, value: written });
        }
        let rounded = number.round();
        if (rounded - number).abs() > f64::EPSILON {
            self.note(AnswerRepair::Number);
        }
        // In range and without a fraction, so one of these.
        (0..=MAX_SCORE).find(|score| f64::from(*score) >= rounded).ok_or(AnswerError::WrongType(field))
    }
}
