//! The syntax tree of a query.

use super::{
    dates::TimeRange,
    values::{ArticleStatus, AttachmentKind, NameMatch, NumberRange},
};
use crate::domain::{vote::Vote, words::Term};

/// Conditions that one query may have; more are left out with a sentence.
pub const MAX_CONDITIONS: usize = 64;

/// A part of a typed query, in characters from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct QuerySpan {
    /// The first character, from 0.
    pub start: usize,
    /// The character after the last one.
    pub end: usize,
}

impl QuerySpan {
    /// The first character as people count: from 1.
    pub const fn position(self) -> usize {
        self.start + 1
    }
}

/// A part of a query that was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryProblem {
    /// Its position.
    pub span: QuerySpan,
    /// One sentence with the position and what may have been meant.
    pub message: String,
}

/// A parsed query.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ParsedQuery {
    /// What articles must match; `None`: every article matches.
    pub expr: Option<QueryExpr>,
    /// The order that `sort:` names.
    pub sort: Option<QuerySort>,
    /// What was not understood, in the order of the text.
    pub problems: Vec<QueryProblem>,
    /// Whether nothing of a query that is not empty was understood: it finds nothing.
    pub is_void: bool,
}

/// Conditions joined by `AND`, `OR` and `NOT`.
#[derive(Clone, Debug, PartialEq)]
pub enum QueryExpr {
    /// All of them hold.
    All(Vec<QueryExpr>),
    /// One of them holds.
    Any(Vec<QueryExpr>),
    /// It does not hold.
    Not(Box<QueryExpr>),
    /// A single condition.
    Is(QueryCondition),
}

/// A single condition and where it was typed.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryCondition {
    /// What must hold.
    pub kind: ConditionKind,
    /// Its position.
    pub span: QuerySpan,
}

/// What a condition requires of an article.
#[derive(Clone, Debug, PartialEq)]
pub enum ConditionKind {
    /// Words in a part of it.
    Words(TextPart, Term),
    /// Its feed.
    Feed(NameMatch),
    /// The folder of its feed.
    Folder(NameMatch),
    /// One of its categories or their parents; `None`: it has none.
    Category(Option<NameMatch>),
    /// The state of its scoring, or what the reader did with it.
    Status(ArticleStatus),
    /// A number.
    Number(Measure, NumberRange),
    /// The reader's vote; `None`: there is none.
    Vote(Option<Vote>),
    /// The model of one of its runs: the beginning of its name or digest.
    Model(String),
    /// The prompt of one of its runs: the beginning of its version.
    Prompt(String),
    /// The primary tag of its language (BCP 47), in lower case.
    Language(String),
    /// Its pictures, files or comments.
    Has(AttachmentKind),
    /// A time.
    Time(TimeKind, TimeRange),
}

/// A part of an article in which words are searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextPart {
    /// Title, author and text.
    Anywhere,
    /// The title.
    Title,
    /// The text.
    Body,
    /// The author.
    Author,
    /// The address.
    Link,
}

/// A number that articles have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// The composite, or the provisional score.
    Score,
    /// The model's interest, 0–10.
    Interest,
    /// The model's quality, 0–10.
    Quality,
    /// Words of the text.
    Words,
}

/// A time that articles have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeKind {
    /// When it was published, else when it arrived.
    Published,
    /// When it arrived.
    Arrived,
    /// When it was marked read.
    Read,
}

string_enum! {
    /// The order that a query names.
    QuerySort {
        /// Highest score first.
        Best = "best",
        Worst = "worst",
        Newest = "newest",
        Oldest = "oldest",
        /// How well the words fit (bm25).
        Relevance = "relevance",
    }
}

impl ParsedQuery {
    /// The words that matching articles may hold, to be shown in them: those of conditions that are not negated.
    pub fn shown_terms(&self) -> Vec<&Term> {
        let mut terms = Vec::new();
        if let Some(expr) = &self.expr {
            expr.collect_terms(&mut terms);
        }
        terms
    }

    /// Whether words are asked for, so that articles can be sorted by relevance.
    pub fn has_words(&self) -> bool {
        !self.shown_terms().is_empty()
    }
}

impl QueryExpr {
    fn collect_terms<'a>(&'a self, terms: &mut Vec<&'a Term>) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.collect_terms(terms)),
            Self::Not(_) => {}
            Self::Is(QueryCondition { kind: ConditionKind::Words(part, term), .. }) if *part != TextPart::Link => {
                terms.push(term);
            }
            Self::Is(_) => {}
        }
    }
}
