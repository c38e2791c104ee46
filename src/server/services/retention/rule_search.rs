//! What a rule finds, page by page, the oldest first.

use crate::{
    domain::{
        article::{ArticleSort, ArticleView, Cursor, ListQuery},
        ids::ArticleId,
    },
    error::AppError,
    server::{services::list_search::ListSearch, state::App},
};
use sqlx::SqliteConnection;

/// Articles of a page.
const PAGE_ARTICLES: i64 = 1_000;

/// A rule with its names looked up and its spans of time counted from now.
#[derive(Debug)]
pub(super) struct RuleSearch {
    search: ListSearch,
    after: Option<Cursor>,
    is_over: bool,
}

impl RuleSearch {
    /// Reads a rule. 422 when a part of it is not understood, a name in it does not exist, or it has no condition: what is left of such
    /// a query might find more than was meant.
    pub(super) async fn load(app: &App, rule: &str) -> Result<Self, AppError> {
        let list = ListQuery { view: ArticleView::All, search: Some(rule.to_owned()), ..ListQuery::default() };
        let mut db = app.db.read.begin().await?;
        let search = ListSearch::load(&mut db, &list, app.clock.now()).await?;
        if let Some(problem) = search.problems.first() {
            return Err(AppError::invalid(format!("The rule “{rule}” cannot be used: {problem}")));
        }
        if !search.has_conditions() {
            return Err(AppError::invalid(format!(
                "The rule “{rule}” has no condition: it would remove every article."
            ))
            .hint("Add a condition such as date:>90d."));
        }
        Ok(Self { search, after: None, is_over: false })
    }

    /// The next articles that the rule finds; empty at the end.
    pub(super) async fn next_page(&mut self, app: &App) -> Result<Vec<Cursor>, AppError> {
        while !self.is_over {
            let mut db = app.db.read.begin().await?;
            let found = self.search.find_keys(&mut db, ArticleSort::Oldest, self.after, PAGE_ARTICLES).await?;
            let is_full = i64::try_from(found.keys.len()).is_ok_and(|count| count >= PAGE_ARTICLES);
            let next = if is_full { found.keys.last().copied() } else { found.stopped_at };
            self.is_over = next.is_none();
            self.after = next;
            if !found.keys.is_empty() {
                return Ok(found.keys);
            }
        }
        Ok(Vec::new())
    }

    /// Those of the articles that the rule still finds.
    pub(super) async fn filter(
        &self,
        db: &mut SqliteConnection,
        ids: &[ArticleId],
    ) -> Result<Vec<ArticleId>, AppError> {
        self.search.filter_ids(db, ids).await
    }
}
