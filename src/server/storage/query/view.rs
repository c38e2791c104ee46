//! What a query looks through: a list, or the duplicates and hidden articles that lists leave out.

use crate::{
    domain::article::{ArticleSort, ArticleView},
    server::storage::{
        counts,
        list_order::{view_condition, view_index},
    },
};
use sqlx::{QueryBuilder, SqliteConnection};

/// The articles that a query looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryView {
    /// A list.
    List(ArticleView),
    /// Articles for which another one of their story stands, hidden ones too: all, unread or starred ones.
    Duplicates(ArticleView),
    /// Articles that a rule hid: all, unread or starred ones.
    HiddenByRule(ArticleView),
}

impl From<ArticleView> for QueryView {
    fn from(view: ArticleView) -> Self {
        Self::List(view)
    }
}

impl QueryView {
    /// Its condition; that of a list is word for word that of its index.
    pub(super) const fn condition(self) -> &'static str {
        match self {
            Self::List(view) => view_condition(view),
            Self::Duplicates(ArticleView::Unread) => {
                "a.is_duplicate = 1 AND a.state <> 'blocked' AND a.hidden_by_rule IS NULL AND a.is_read = 0"
            }
            Self::Duplicates(ArticleView::Starred) => {
                "a.is_duplicate = 1 AND a.state <> 'blocked' AND a.hidden_by_rule IS NULL AND a.is_starred = 1"
            }
            Self::Duplicates(_) => "a.is_duplicate = 1 AND a.state <> 'blocked' AND a.hidden_by_rule IS NULL",
            Self::HiddenByRule(ArticleView::Unread) => {
                "a.hidden_by_rule IS NOT NULL AND a.state <> 'blocked' AND a.is_read = 0"
            }
            Self::HiddenByRule(ArticleView::Starred) => {
                "a.hidden_by_rule IS NOT NULL AND a.state <> 'blocked' AND a.is_starred = 1"
            }
            Self::HiddenByRule(_) => "a.hidden_by_rule IS NOT NULL AND a.state <> 'blocked'",
        }
    }

    /// The index that holds it; duplicates are sorted by date on the fly, hidden articles by score.
    pub(super) const fn index(self, sort: ArticleSort) -> &'static str {
        match self {
            Self::List(view) => view_index(view, sort),
            Self::Duplicates(_) => "articles_duplicates",
            Self::HiddenByRule(_) => "articles_hidden_by_rule",
        }
    }

    /// Whether its articles are all in the indexes of those that are neither blocked nor hidden.
    pub(super) const fn is_without_hidden(self) -> bool {
        matches!(self, Self::List(ArticleView::Unread | ArticleView::All))
    }

    /// How many articles it holds, at least: counted up to `bound` where no counter is kept.
    pub(super) async fn count(self, db: &mut SqliteConnection, bound: i64) -> sqlx::Result<i64> {
        let all = match self {
            Self::List(view) => return counts::count_view(db, view).await,
            Self::Duplicates(_) => "articles_duplicates WHERE is_duplicate = 1 AND state <> 'blocked'",
            Self::HiddenByRule(_) => "articles_hidden_by_rule WHERE hidden_by_rule IS NOT NULL AND state <> 'blocked'",
        };
        let mut sql = QueryBuilder::new("SELECT count(*) FROM (SELECT 1 FROM articles INDEXED BY ");
        sql.push(all).push(" LIMIT ").push_bind(bound).push(")");
        sql.build_query_scalar().fetch_one(db).await
    }
}
