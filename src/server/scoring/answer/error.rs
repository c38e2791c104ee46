//! Why a model's answer is refused.

use crate::domain::plain_text;

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
    /// A category is not among those offered.
    #[error("The answer names a category that is not in the list: “{0}”.")]
    UnknownCategory(String),
    /// The list of categories is empty.
    #[error("The answer names no category.")]
    NoCategory,
    /// The model's process crashed on this article repeatedly.
    #[error("The model crashed repeatedly on this article, and not on others.")]
    ModelCrash,
}

impl AnswerError {
    /// Whether it says something about the model: not when the article is too long or crashes it.
    pub const fn is_of_model(&self) -> bool {
        !matches!(self, Self::ContextOverflow | Self::ModelCrash)
    }
}

/// The start of a text of a model, for a message.
pub(super) fn abbreviate(text: &str) -> String {
    plain_text::truncate(&plain_text::clean_line(text), 60)
}
