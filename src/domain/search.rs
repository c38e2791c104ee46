//! What the search page shows beside the hits.

use super::{
    article::{ArticleListPage, ListQuery},
    humanize::format_count,
    list_query::ListSettings,
};
use serde::{Deserialize, Serialize};

/// Largest number of hits that is counted exactly.
pub const MAX_COUNTED_HITS: i64 = 10_000;

/// How many articles a query finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HitCount {
    /// Exactly this many.
    Exactly(i64),
    /// More than this many.
    MoreThan(i64),
    /// At least this many: not all articles were examined.
    AtLeast(i64),
}

impl HitCount {
    /// As text: `12 articles`, `more than 10000 articles`.
    pub fn message(self) -> String {
        match self {
            Self::Exactly(count) => format_count(count, "article", "articles"),
            Self::MoreThan(count) => format!("more than {count} articles"),
            Self::AtLeast(count) => format!("at least {}", format_count(count, "article", "articles")),
        }
    }

    /// As short as the sidebar shows it: `12`, `999+`; empty for none.
    pub fn short_label(self) -> String {
        match self {
            Self::Exactly(0) => String::new(),
            Self::Exactly(count) => count.to_string(),
            Self::MoreThan(count) | Self::AtLeast(count) => format!("{count}+"),
        }
    }

    /// The number without what is said of it.
    pub const fn number(self) -> i64 {
        match self {
            Self::Exactly(count) | Self::MoreThan(count) | Self::AtLeast(count) => count,
        }
    }
}

/// A text in pieces, each of which matched the search or not.
pub type MarkedText = Vec<(String, bool)>;

/// What the page shows of a hit beside its row.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HitText {
    /// The title; empty when nothing of it matched.
    pub title: MarkedText,
    /// The part of the text around the first match; empty when nothing of it matched.
    pub snippet: MarkedText,
}

/// A page of hits with everything around it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchResults {
    /// The query.
    pub query: ListQuery,
    /// The hits.
    pub page: ArticleListPage,
    /// One for each hit.
    pub texts: Vec<HitText>,
    /// How many there are; `None` without a query.
    pub hits: Option<HitCount>,
    /// How links to lists are written, and whether a model scores.
    pub settings: ListSettings,
}
