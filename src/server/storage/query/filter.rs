//! A query ready for the database: names are ids, words are expressions of the full-text index, times are seconds.

use super::view::QueryView;
use crate::domain::{
    article::ArticleView,
    ids::ArticleId,
    query::{ArticleStatus, AttachmentKind, Measure, NumberRange, TimeKind},
    vote::Vote,
};

/// A full-text index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextIndex {
    /// Title, author and text.
    Words,
    /// The address.
    Links,
}

impl TextIndex {
    /// Its table.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Words => "articles_fts",
            Self::Links => "article_links_fts",
        }
    }
}

/// What articles must match.
#[derive(Clone, Debug, PartialEq)]
pub enum QueryFilter {
    /// All of them hold.
    All(Vec<QueryFilter>),
    /// One of them holds.
    Any(Vec<QueryFilter>),
    /// The condition does not hold.
    Not(Box<QueryFilter>),
    /// An FTS5 expression over title, author and text.
    Match(String),
    /// An FTS5 expression over the address.
    MatchLink(String),
    /// An FTS5 expression over a table, of articles from the first id to the last one.
    Within(TextIndex, String, i64, i64),
    /// The feed is one of these; none when there are none.
    Feeds(Vec<i64>),
    /// One of the categories is among these.
    Categories(Vec<i64>),
    /// It has no category.
    WithoutCategory,
    /// A state or a mark.
    Status(ArticleStatus),
    /// A number.
    Number(Measure, NumberRange),
    /// The reader's vote; `None`: there is none.
    Vote(Option<Vote>),
    /// The beginning of the name or the digest of the model of a run.
    Model(String),
    /// The beginning of the version of the prompt of a run.
    Prompt(String),
    /// The primary tag of the language.
    Language(String),
    /// What the article carries.
    Has(AttachmentKind),
    /// From the first second until before the second one.
    Time(TimeKind, Option<i64>, Option<i64>),
}

impl QueryFilter {
    /// The parts that must all hold.
    pub(super) fn required(&self) -> Vec<&Self> {
        match self {
            Self::All(parts) => parts.iter().flat_map(Self::required).collect(),
            other => vec![other],
        }
    }

    /// The view that holds what the query asks for: a list of all articles becomes that of a state which the query names, and a list
    /// that leaves duplicates or hidden articles out becomes one of them when the query asks for them.
    pub(super) fn narrow_view(&self, view: QueryView) -> QueryView {
        let QueryView::List(list) = view else { return view };
        let status = |wanted: ArticleStatus| self.required().into_iter().any(|part| *part == Self::Status(wanted));
        let is_of_all = list == ArticleView::All;
        let has_hidden = matches!(list, ArticleView::All | ArticleView::Unread | ArticleView::Starred);
        if is_of_all && status(ArticleStatus::Blocked) {
            QueryView::List(ArticleView::Blocked)
        } else if has_hidden && status(ArticleStatus::Hidden) {
            QueryView::HiddenByRule(list)
        } else if has_hidden && status(ArticleStatus::Duplicate) {
            QueryView::Duplicates(list)
        } else if is_of_all && status(ArticleStatus::Failed) {
            QueryView::List(ArticleView::Failed)
        } else if is_of_all && status(ArticleStatus::Queued) {
            QueryView::List(ArticleView::Scoring)
        } else if is_of_all && status(ArticleStatus::Unread) {
            QueryView::List(ArticleView::Unread)
        } else {
            view
        }
    }

    /// The words that all hits hold, by which they can be sorted.
    pub(super) fn relevance_expression(&self) -> Option<&str> {
        self.required().into_iter().find_map(|part| match part {
            Self::Match(expression) => Some(expression.as_str()),
            _ => None,
        })
    }

    /// Whether hits can be sorted by how well words fit.
    pub fn has_relevance(&self) -> bool {
        self.relevance_expression().is_some()
    }

    /// The same filter for articles from the first id to the last one: words are looked up for those alone.
    pub(super) fn within(&self, first: ArticleId, last: ArticleId) -> Self {
        let all = |parts: &[Self]| parts.iter().map(|part| part.within(first, last)).collect();
        match self {
            Self::All(parts) => Self::All(all(parts)),
            Self::Any(parts) => Self::Any(all(parts)),
            Self::Not(part) => Self::Not(Box::new(part.within(first, last))),
            Self::Match(words) => Self::Within(TextIndex::Words, words.clone(), first.0, last.0),
            Self::MatchLink(words) => Self::Within(TextIndex::Links, words.clone(), first.0, last.0),
            other => other.clone(),
        }
    }

    /// Whether it says something of an article only once a model has answered about it: scores and runs, and that a category is missing.
    pub fn needs_score(&self) -> bool {
        self.needs_answer(false)
    }

    fn needs_answer(&self, is_negated: bool) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.needs_answer(is_negated)),
            Self::Not(part) => part.needs_answer(!is_negated),
            Self::Number(measure, _) => *measure != Measure::Words,
            Self::Model(_) | Self::Prompt(_) => true,
            Self::Categories(_) => is_negated,
            Self::WithoutCategory => !is_negated,
            _ => false,
        }
    }

    /// Whether a condition needs the article's row; else the index of the list has all that it needs.
    pub(super) fn needs_row(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::needs_row),
            Self::Not(part) => part.needs_row(),
            Self::Status(status) => *status != ArticleStatus::Suspicious,
            Self::Number(measure, _) => *measure != Measure::Words,
            Self::Time(kind, ..) => *kind != TimeKind::Published,
            _ => false,
        }
    }
}
