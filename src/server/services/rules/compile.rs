//! The query of a rule, made ready for the database.

use crate::{
    domain::{
        article::{ArticleView, ListQuery},
        ids::ArticleId,
    },
    error::AppError,
    server::{services::list_search::ListSearch, state::App},
};
use sqlx::SqliteConnection;

/// A query with its names looked up and its spans of time counted from now.
#[derive(Debug)]
pub(super) struct CompiledQuery(ListSearch);

impl CompiledQuery {
    /// Reads a query. 422 when a part of it is not understood, a name in it does not exist, or it has no condition: what is left of such
    /// a query might find more than was meant.
    pub(super) async fn load(app: &App, query: &str) -> Result<Self, AppError> {
        let list = ListQuery { view: ArticleView::All, search: Some(query.to_owned()), ..ListQuery::default() };
        let mut db = app.db.read.begin().await?;
        let search = ListSearch::load(&mut db, &list, app.clock.now()).await?;
        if let Some(problem) = search.problems.first() {
            return Err(AppError::invalid(problem.clone()));
        }
        if !search.has_conditions() {
            return Err(AppError::invalid("The query has no condition: it would match every article.")
                .hint("Type what an article must match, such as title:rust."));
        }
        Ok(Self(search))
    }

    /// Those of these articles that it finds; by their scores only those that have one.
    pub(super) async fn find_matches(
        &self,
        db: &mut SqliteConnection,
        ids: &[ArticleId],
    ) -> Result<Vec<ArticleId>, AppError> {
        self.0.match_ids(db, ids).await
    }
}
