//! Reading a model's answer: its faults cost quality, never the article, as long as what was asked for can be read from it. Values
//! outside of their range are refused, not clamped; scoring.md "The two steps".

mod category_index;
mod error;
mod json;
mod reader;
#[cfg(test)]
mod tests;

pub use crate::server::scoring::answer::{
    category_index::CategoryIndex,
    error::AnswerError,
    json::without_thinking,
    reader::{AnswerRepair, ParsedAnswer},
};

use super::schema::{MAX_CATEGORIES, MAX_NEW_CATEGORIES, MAX_QUOTES};
use crate::domain::{
    category::category_identity,
    category_suggestion::{CategoryChoice, SuggestedCategory},
    plain_text,
    score::Judgment,
};
use crate::server::scoring::answer::{category_index::CategoryMatch, error::abbreviate, reader::AnswerReader};
use serde_json::Value;

/// The longest explanation, in characters; the rest is cut. The schema asks for fewer, but not every server enforces it.
const MAX_EXPLANATION_CHARS: usize = 1_200;

/// Maximum elements of a list that are read. The schema asks for fewer, but not every server enforces it.
const MAX_LIST_ITEMS: usize = 100;

/// The categories of an article, most fitting first. Names of one category (two spellings, an alias) collapse into one; hidden
/// ones and suggestions that break the rules are dropped, so the result may be empty when the model named nothing else. Unknown
/// names are dropped beside a known one. Without any the answer is refused, unless this is the `last_attempt`.
pub fn parse_categories(
    content: &str,
    known: &CategoryIndex,
    last_attempt: bool,
) -> Result<ParsedAnswer<Vec<CategoryChoice>>, AnswerError> {
    let mut reader = AnswerReader::parse(content, &["categories", "new_categories"])?;
    let named = reader.read_texts("categories", MAX_LIST_ITEMS).ok_or(AnswerError::MissingField("categories"))??;
    let suggested = reader.read_list("new_categories", MAX_LIST_ITEMS).unwrap_or_else(|| Ok(Vec::new()));
    let suggested = suggested.unwrap_or_else(|_| {
        reader.note(AnswerRepair::WrongType);
        Vec::new()
    });
    let mut choices: Vec<CategoryChoice> = Vec::new();
    let (mut unknown, mut names_hidden) = (Vec::new(), false);
    for name in &named {
        match known.resolve(&category_identity(name)) {
            CategoryMatch::Offered(id) => push_new(&mut choices, CategoryChoice::Known(id)),
            CategoryMatch::Hidden => names_hidden = true,
            CategoryMatch::Unknown => unknown.push(name),
        }
    }
    if choices.len() > MAX_CATEGORIES {
        reader.note(AnswerRepair::LongList);
        choices.truncate(MAX_CATEGORIES);
    }
    for item in suggested.iter().take(MAX_NEW_CATEGORIES) {
        match parse_suggestion(item, known) {
            Suggestion::Usable(choice) => push_new(&mut choices, choice),
            Suggestion::Unwanted => {}
            Suggestion::Unusable => reader.note(AnswerRepair::Suggestion),
        }
    }
    if suggested.len() > MAX_NEW_CATEGORIES {
        reader.note(AnswerRepair::LongList);
    }
    // A hidden category counts as an answer, and without offered categories an empty list is right.
    if choices.is_empty() && !names_hidden && !known.is_empty() {
        if !last_attempt {
            return Err(match unknown.first() {
                Some(name) => AnswerError::UnknownCategory(abbreviate(name)),
                None => AnswerError::NoCategory,
            });
        }
        reader.note(AnswerRepair::NoCategory);
    }
    unknown.iter().for_each(|_| reader.note(AnswerRepair::UnknownCategory));
    Ok(reader.finish(choices))
}

/// The meaning of a suggestion.
enum Suggestion {
    /// A category, or a name that may become one.
    Usable(CategoryChoice),
    /// Hidden, or not asked for.
    Unwanted,
    /// It breaks the rules.
    Unusable,
}

fn parse_suggestion(item: &Value, known: &CategoryIndex) -> Suggestion {
    let text = |field: &str| item.get(field).and_then(Value::as_str);
    let Some(name) = text("name") else { return Suggestion::Unusable };
    match known.resolve(&category_identity(name)) {
        CategoryMatch::Offered(id) => return Suggestion::Usable(CategoryChoice::Known(id)),
        CategoryMatch::Hidden => return Suggestion::Unwanted,
        CategoryMatch::Unknown if known.ignores_suggestions() => return Suggestion::Unwanted,
        CategoryMatch::Unknown => {}
    }
    let parent = match known.resolve_parent(&category_identity(text("parent").unwrap_or_default())) {
        CategoryMatch::Offered(id) => Some(id),
        CategoryMatch::Unknown if known.is_empty() => None,
        CategoryMatch::Hidden => return Suggestion::Unwanted,
        CategoryMatch::Unknown => return Suggestion::Unusable,
    };
    SuggestedCategory::parse(name, parent)
        .map_or(Suggestion::Unusable, |parsed| Suggestion::Usable(CategoryChoice::Suggested(parsed)))
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

/// Interest, quality and the reason for them. The quotes are as the model gave them, not checked against the article yet. Without
/// an explanation the answer is refused, unless this is the `last_attempt`.
pub fn parse_judgment(content: &str, last_attempt: bool) -> Result<ParsedAnswer<Judgment>, AnswerError> {
    let mut reader = AnswerReader::parse(content, &["evidence", "explanation", "interest", "quality"])?;
    let (interest, quality) = (reader.read_score("interest")?, reader.read_score("quality")?);
    let evidence = match reader.read_texts("evidence", MAX_QUOTES) {
        Some(Ok(evidence)) => evidence,
        Some(Err(_)) | None => {
            reader.note(AnswerRepair::WrongType);
            Vec::new()
        }
    };
    let explanation = plain_text::clean_line(&reader.read_text("explanation"));
    if explanation.is_empty() {
        if !last_attempt {
            return Err(AnswerError::EmptyField("explanation"));
        }
        reader.note(AnswerRepair::NoExplanation);
    }
    let reasoning = cut_between_words(&explanation, MAX_EXPLANATION_CHARS);
    if reasoning.len() < explanation.len() {
        reader.note(AnswerRepair::LongText);
    }
    let judgment = Judgment { interest, quality, reasoning: reasoning.to_owned(), evidence };
    Ok(reader.finish(judgment))
}

/// The first `most` characters of a text, cut between words where there are spaces.
fn cut_between_words(text: &str, most: usize) -> &str {
    let Some((end, _)) = text.char_indices().nth(most) else { return text };
    let cut = &text[..end];
    cut.rfind(' ').filter(|space| 2 * space > end).map_or(cut, |space| &cut[..space])
}
