//! The query language of the search, of lists and of programs: docs/spec/query.md. [`parse`] never fails: what it does not
//! understand becomes a [`QueryProblem`] with its position, and the rest of the query applies.

mod dates;
mod fields;
mod lexer;
mod parser;
mod tree;
mod values;

pub use dates::{TimePoint, TimeRange};
pub use fields::{FIELD_HELP, FieldHelp, QueryField};
pub use tree::{
    ConditionKind, MAX_CONDITIONS, Measure, ParsedQuery, QueryCondition, QueryExpr, QueryProblem, QuerySort, QuerySpan,
    TextPart, TimeKind,
};
pub use values::{ArticleStatus, AttachmentKind, NameMatch, NumberRange};

/// Reads a query.
pub fn parse(text: &str) -> ParsedQuery {
    parser::Parser::new(text).run()
}

#[cfg(test)]
mod tests;
