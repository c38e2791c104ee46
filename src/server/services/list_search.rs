//! What a list searches for: its query read, with names looked up, and the order that it names.

use crate::{
    domain::{
        article::{ArticleSort, Cursor, ListQuery},
        ids::ArticleId,
        query::{self, ParsedQuery, QuerySort},
        time::Timestamp,
    },
    error::AppError,
    server::storage::{
        lists::{self, KeysetQuery},
        query::{self as rows, FoundKeys, HitCount, QueryFilter, QueryKeyset},
    },
};
use sqlx::SqliteConnection;

/// A list with what it searches for.
#[derive(Debug)]
pub struct ListSearch {
    /// The typed query; empty without one.
    pub parsed: ParsedQuery,
    /// The order in effect.
    pub sort: ArticleSort,
    /// Parts that were not understood and names that do not exist, a sentence each.
    pub problems: Vec<String>,
    filter: Option<QueryFilter>,
    list: KeysetQuery,
}

impl ListSearch {
    /// Reads the query of a list and looks its names up.
    pub async fn load(db: &mut SqliteConnection, list: &ListQuery, now: Timestamp) -> Result<Self, AppError> {
        let typed = list.search.as_deref().map(str::trim).filter(|typed| !typed.is_empty());
        let parsed = typed.map(query::parse).unwrap_or_default();
        let mut problems: Vec<String> = parsed.problems.iter().map(|problem| problem.message.clone()).collect();
        let mut filter = None;
        if parsed.expr.is_some() {
            let resolved = rows::resolve(db, &parsed, list.scope, now).await?;
            problems.extend(resolved.problems.into_iter().map(|problem| problem.message));
            filter = resolved.filter;
        }
        let named = parsed.sort.map_or(list.sort, |sort| match sort {
            QuerySort::Best => ArticleSort::Best,
            QuerySort::Worst => ArticleSort::Lowest,
            QuerySort::Newest => ArticleSort::Newest,
            QuerySort::Oldest => ArticleSort::Oldest,
            QuerySort::Relevance => ArticleSort::Relevance,
        });
        let has_relevance = filter.as_ref().is_some_and(QueryFilter::has_relevance);
        // Without words there is no relevance.
        let sort = if named == ArticleSort::Relevance && !has_relevance { ArticleSort::Best } else { named };
        let list = KeysetQuery { view: list.view, scope: list.scope, sort, after_key: None, limit: 0 };
        Ok(Self { parsed, sort, problems, filter, list })
    }

    /// The keys of a page in the order of `sort`.
    pub async fn find_keys(
        &self,
        db: &mut SqliteConnection,
        sort: ArticleSort,
        after_key: Option<Cursor>,
        limit: i64,
    ) -> Result<FoundKeys, AppError> {
        if self.parsed.is_void {
            return Ok(FoundKeys::default());
        }
        let Some(filter) = &self.filter else {
            let keys = lists::find_keys(db, &KeysetQuery { sort, after_key, limit, ..self.list }).await?;
            return Ok(FoundKeys { keys, stopped_at: None });
        };
        Ok(rows::find_keys(db, &QueryKeyset { view: self.list.view.into(), filter, sort, after_key, limit }).await?)
    }

    /// Whether anything but the order is asked for.
    pub const fn has_conditions(&self) -> bool {
        self.filter.is_some()
    }

    /// Those of these articles that it finds, whatever the list.
    pub async fn filter_ids(&self, db: &mut SqliteConnection, ids: &[ArticleId]) -> Result<Vec<ArticleId>, AppError> {
        let Some(filter) = self.filter.as_ref().filter(|_| !self.parsed.is_void) else { return Ok(Vec::new()) };
        Ok(rows::filter_ids(db, self.list.view.into(), filter, ids).await?)
    }

    /// Those of these articles that it finds, hidden and blocked ones too. A query that says something only of articles that a model
    /// answered about finds those alone that have a score.
    pub async fn match_ids(&self, db: &mut SqliteConnection, ids: &[ArticleId]) -> Result<Vec<ArticleId>, AppError> {
        let Some(filter) = self.filter.as_ref().filter(|_| !self.parsed.is_void) else { return Ok(Vec::new()) };
        Ok(rows::match_ids(db, filter, filter.needs_score(), ids).await?)
    }

    /// How many articles of the list it finds, exactly up to `max`; `None` when nothing is searched for.
    pub async fn count_hits(&self, db: &mut SqliteConnection, max: i64) -> Result<Option<HitCount>, AppError> {
        if self.parsed.is_void {
            return Ok(Some(HitCount::Exactly(0)));
        }
        let Some(filter) = &self.filter else { return Ok(None) };
        Ok(Some(rows::count_hits(db, self.list.view.into(), filter, max).await?))
    }
}
