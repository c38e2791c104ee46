//! Lists, the reader, read and star.

use crate::{
    domain::{
        article::{ArticleDetail, ArticlePage, ArticleRow, ListQuery, MarkScope, Marked, Scope, ViewCounts},
        ids::ArticleId,
        time::Timestamp,
    },
    error::AppError,
    server::state::App,
};

/// A page of a list.
pub async fn list(app: &App, query: &ListQuery) -> Result<ArticlePage, AppError> {
    todo!()
}

/// How many articles each view of a scope holds.
pub async fn counts(app: &App, scope: Scope) -> Result<ViewCounts, AppError> {
    todo!()
}

/// An article for the reader. 404.
pub async fn article(app: &App, id: ArticleId) -> Result<ArticleDetail, AppError> {
    todo!()
}

/// The articles before and after `id` in the list that `query` describes (its cursor and limit do not matter).
pub async fn neighbours(
    app: &App,
    id: ArticleId,
    query: &ListQuery,
) -> Result<(Option<ArticleId>, Option<ArticleId>), AppError> {
    todo!()
}

/// Sets read and star, each only when given. 404.
pub async fn update(
    app: &App,
    id: ArticleId,
    read: Option<bool>,
    starred: Option<bool>,
) -> Result<ArticleRow, AppError> {
    todo!()
}

/// Marks everything in `scope` read that arrived up to `before` (default: now).
pub async fn mark_read(app: &App, scope: MarkScope, before: Option<Timestamp>) -> Result<Marked, AppError> {
    todo!()
}

/// Undoes a [`mark_read`] of the last ten minutes; how many articles are unread again. 404 for an unknown or old token.
pub async fn undo(app: &App, token: &str) -> Result<i64, AppError> {
    todo!()
}
