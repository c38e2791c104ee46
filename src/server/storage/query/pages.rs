//! Pages of hits, found by key.
//!
//! Most queries fill a page from the top of the list, so a short walk along the list's index comes first. When it falls short, the
//! condition with the fewest articles is collected and sorted; when each of them has too many, the walk goes on within a bound, and
//! a page that is not full then says where to go on.

use super::{conditions::push_condition, filter::QueryFilter, sources::push_source};
use crate::{
    domain::{
        article::{ArticleSort, ArticleView, Cursor},
        ids::ArticleId,
    },
    server::storage::{
        counts,
        list_order::{push_keyset_condition, push_order_by, view_condition, view_index},
    },
};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

/// Entries that the first walk looks at: about a millisecond.
const FIRST_WALK_ARTICLES: i64 = 2_000;

/// Entries that the second walk looks at.
pub(super) const MAX_WALKED_ARTICLES: i64 = 50_000;

/// Articles that are collected and sorted for a page.
pub(super) const MAX_COLLECTED_ARTICLES: i64 = 20_000;

/// Hits that are sorted by relevance: the newest ones.
const MAX_RANKED_HITS: i64 = 10_000;

/// How much the columns of the index count for relevance: title, author, text, capitals.
const RELEVANCE_WEIGHTS: &str = "8.0, 4.0, 1.0, 1.0";

/// A page to find.
#[derive(Clone, Copy, Debug)]
pub struct QueryKeyset<'a> {
    /// Which articles: unread, starred and so on.
    pub view: ArticleView,
    /// What they must match.
    pub filter: &'a QueryFilter,
    /// The order; by relevance only where [`QueryFilter::has_relevance`].
    pub sort: ArticleSort,
    /// The key that the page starts after.
    pub after_key: Option<Cursor>,
    /// How many keys at most.
    pub limit: i64,
}

/// The keys of a page.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct FoundKeys {
    /// In the list's order; of a list by relevance, `rank` is the relevance.
    pub keys: Vec<Cursor>,
    /// Where the search stopped before the page was full; there may be more after it.
    pub stopped_at: Option<Cursor>,
}

/// How a page is looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum QueryPlan<'a> {
    /// So many entries of the list's index.
    Walk(i64),
    /// All articles of this part of the filter, sorted.
    Collect(&'a QueryFilter),
    /// The newest hits of these words, sorted by relevance.
    Rank(&'a str),
}

/// The page of a query.
pub async fn find_keys(db: &mut SqliteConnection, find: &QueryKeyset<'_>) -> sqlx::Result<FoundKeys> {
    let find = QueryKeyset { view: find.filter.narrow_view(find.view), ..*find };
    if find.sort == ArticleSort::Relevance
        && let Some(words) = find.filter.relevance_expression()
    {
        return fetch_keys(db, &find, QueryPlan::Rank(words)).await;
    }
    let first = fetch_keys(db, &find, QueryPlan::Walk(FIRST_WALK_ARTICLES)).await?;
    if is_full(&first, find.limit) {
        return Ok(first);
    }
    let total = counts::count_view(db, find.view).await?;
    if total <= FIRST_WALK_ARTICLES {
        return Ok(first);
    }
    if let Some(source) = find_smallest_source(db, find.filter, find.view).await? {
        return fetch_keys(db, &find, QueryPlan::Collect(source)).await;
    }
    let mut found = fetch_keys(db, &find, QueryPlan::Walk(MAX_WALKED_ARTICLES)).await?;
    if !is_full(&found, find.limit) && total > MAX_WALKED_ARTICLES {
        found.stopped_at = fetch_last_walked(db, &find).await?;
    }
    Ok(found)
}

fn is_full(found: &FoundKeys, limit: i64) -> bool {
    i64::try_from(found.keys.len()).is_ok_and(|count| count >= limit)
}

/// The condition that fewest articles meet, provided that they can be collected.
pub(super) async fn find_smallest_source<'a>(
    db: &mut SqliteConnection,
    filter: &'a QueryFilter,
    view: ArticleView,
) -> sqlx::Result<Option<&'a QueryFilter>> {
    let (mut smallest, mut bound) = (None, MAX_COLLECTED_ARTICLES + 1);
    for source in filter.sources(view) {
        let mut sql = build_source_count(source, view, bound, "");
        let count: i64 = sql.build_query_scalar().fetch_one(&mut *db).await?;
        if count < bound {
            (smallest, bound) = (Some(source), count);
        }
    }
    Ok(smallest)
}

/// How many articles a source leads to, up to a bound.
pub(super) fn build_source_count(
    source: &QueryFilter,
    view: ArticleView,
    bound: i64,
    prefix: &str,
) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(prefix);
    sql.push("SELECT count(*) FROM (SELECT * FROM (");
    push_source(&mut sql, source, view);
    sql.push(") LIMIT ").push_bind(bound).push(")");
    sql
}

async fn fetch_keys(db: &mut SqliteConnection, find: &QueryKeyset<'_>, plan: QueryPlan<'_>) -> sqlx::Result<FoundKeys> {
    let mut sql = build_select(find, plan, "");
    let rows: Vec<(i64, f64, i64)> = sql.build_query_as().fetch_all(db).await?;
    let keys = rows.into_iter().map(|(id, rank, sorted_at)| Cursor { rank, sorted_at, id: ArticleId(id) }).collect();
    Ok(FoundKeys { keys, stopped_at: None })
}

/// The last entry of the second walk.
async fn fetch_last_walked(db: &mut SqliteConnection, find: &QueryKeyset<'_>) -> sqlx::Result<Option<Cursor>> {
    let mut sql = QueryBuilder::new("SELECT a.id, CAST(a.rank AS REAL), a.sorted_at FROM articles a INDEXED BY ");
    sql.push(view_index(find.view, find.sort)).push(" WHERE ").push(view_condition(find.view));
    push_keyset_condition(&mut sql, find.sort, find.after_key);
    push_order_by(&mut sql, find.sort);
    sql.push(" LIMIT 1 OFFSET ").push_bind(MAX_WALKED_ARTICLES - 1);
    let row: Option<(i64, f64, i64)> = sql.build_query_as().fetch_optional(db).await?;
    Ok(row.map(|(id, rank, sorted_at)| Cursor { rank, sorted_at, id: ArticleId(id) }))
}

/// The statement of a plan; `prefix` is for EXPLAIN.
pub(super) fn build_select(find: &QueryKeyset<'_>, plan: QueryPlan<'_>, prefix: &str) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(prefix);
    match plan {
        QueryPlan::Walk(budget) => {
            // Out of an index a whole number comes as an integer; the cast makes it a REAL again.
            sql.push("SELECT a.id, CAST(a.rank AS REAL), a.sorted_at FROM ");
            push_walk(&mut sql, find, budget);
            sql.push(" WHERE ");
            push_condition(&mut sql, find.filter);
        }
        QueryPlan::Collect(source) => {
            sql.push("SELECT a.id, CAST(a.rank AS REAL), a.sorted_at FROM articles a NOT INDEXED WHERE a.id IN (");
            push_source(&mut sql, source, find.view);
            sql.push(") AND ").push(view_condition(find.view));
            push_keyset_condition(&mut sql, find.sort, find.after_key);
            push_other_conditions(&mut sql, find.filter, source);
            push_order_by(&mut sql, find.sort);
        }
        QueryPlan::Rank(words) => {
            sql.push("SELECT a.id, m.relevance, a.sorted_at FROM (SELECT rowid AS id, bm25(articles_fts, ");
            sql.push(RELEVANCE_WEIGHTS).push(") AS relevance FROM articles_fts WHERE articles_fts MATCH ");
            sql.push_bind(words.to_owned()).push(" ORDER BY rowid DESC LIMIT ").push_bind(MAX_RANKED_HITS);
            sql.push(") m CROSS JOIN articles a ON a.id = m.id WHERE ").push(view_condition(find.view));
            if let Some(Cursor { rank, sorted_at, id }) = find.after_key {
                sql.push(" AND (m.relevance > ").push_bind(rank).push(" OR (m.relevance = ").push_bind(rank);
                sql.push(" AND (a.sorted_at, a.id) < (").push_bind(sorted_at).push(", ").push_bind(id.0).push(")))");
            }
            push_other_conditions(&mut sql, find.filter, &QueryFilter::Match(words.to_owned()));
            sql.push(" ORDER BY m.relevance, a.sorted_at DESC, a.id DESC");
        }
    }
    sql.push(" LIMIT ").push_bind(find.limit);
    sql
}

/// So many entries of the list's index, as `a`. The inner select yields its rows in order, one by one, and the outer one stops it
/// when the page is full: an ORDER BY outside would make SQLite collect and sort them once more.
pub(super) fn push_walk(sql: &mut QueryBuilder<Sqlite>, find: &QueryKeyset<'_>, budget: i64) {
    sql.push("(SELECT a.id, a.rank, a.sorted_at, a.feed_id");
    if find.filter.needs_row() {
        sql.push(
            ", a.is_read, a.is_starred, a.state, a.composite, a.provisional, a.updated_at, a.arrived_us, a.read_at",
        );
    }
    sql.push(" FROM articles a INDEXED BY ").push(view_index(find.view, find.sort));
    sql.push(" WHERE ").push(view_condition(find.view));
    push_keyset_condition(sql, find.sort, find.after_key);
    push_order_by(sql, find.sort);
    sql.push(" LIMIT ").push_bind(budget).push(") a");
}

/// The conditions beside the one that led to the articles; words need not be looked up a second time.
pub(super) fn push_other_conditions(sql: &mut QueryBuilder<Sqlite>, filter: &QueryFilter, source: &QueryFilter) {
    let is_exact = matches!(source, QueryFilter::Match(_) | QueryFilter::MatchLink(_));
    for part in filter.required().into_iter().filter(|part| !(is_exact && *part == source)) {
        sql.push(" AND ");
        push_condition(sql, part);
    }
}

/// Whether an order has an index in a view; the others are sorted on the fly.
#[cfg(test)]
pub(super) fn has_order_index(view: ArticleView, sort: ArticleSort) -> bool {
    crate::server::storage::list_order::sorts_by_rank(sort)
        || !matches!(view, ArticleView::Scoring | ArticleView::Blocked | ArticleView::Failed)
}
