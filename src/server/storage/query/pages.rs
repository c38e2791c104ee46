//! Pages of hits, found by key.
//!
//! Most queries fill a page from the top of the list, so a short scan of the list's index comes first. When it does not fill the
//! page, the condition with the fewest articles is collected and sorted; when each of them has too many, a longer scan follows, and
//! a page that is not full then names the key where the next one starts.

use super::{conditions::push_condition, filter::QueryFilter, sources::push_source, view::QueryView};
use crate::{
    domain::{
        article::{ArticleSort, Cursor},
        ids::ArticleId,
    },
    server::storage::{
        json_ids,
        list_order::{self, KEYS_AS_JSON, SELECT_KEYS, push_bounded_scan, push_keyset_condition, push_order_by},
    },
};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

/// Entries that the first scan reads: about a millisecond.
const FIRST_SCAN_ARTICLES: i64 = 2_000;

/// Entries that the second scan reads.
pub(super) const MAX_SCANNED_ARTICLES: i64 = 50_000;

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
    pub view: QueryView,
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
    /// At most this many entries of the list's index.
    Scan(i64),
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
    let first = fetch_keys(db, &find, QueryPlan::Scan(FIRST_SCAN_ARTICLES)).await?;
    if is_full(&first, find.limit) {
        return Ok(first);
    }
    let total = find.view.count(&mut *db, MAX_SCANNED_ARTICLES + 1).await?;
    if total <= FIRST_SCAN_ARTICLES {
        return Ok(first);
    }
    if let Some(source) = find_smallest_source(db, find.filter, find.view).await? {
        return fetch_keys(db, &find, QueryPlan::Collect(source)).await;
    }
    let mut found = fetch_keys(db, &find, QueryPlan::Scan(MAX_SCANNED_ARTICLES)).await?;
    if !is_full(&found, find.limit) && total > MAX_SCANNED_ARTICLES {
        found.stopped_at = fetch_last_scanned(db, &find).await?;
    }
    Ok(found)
}

/// Those of these articles that a view holds and a filter finds.
pub async fn filter_ids(
    db: &mut SqliteConnection,
    view: QueryView,
    filter: &QueryFilter,
    ids: &[ArticleId],
) -> sqlx::Result<Vec<ArticleId>> {
    let mut sql =
        QueryBuilder::new("SELECT a.id FROM articles a NOT INDEXED WHERE a.id IN (SELECT value FROM json_each(");
    sql.push_bind(json_ids(ids.iter().map(|id| id.0))).push(")) AND ").push(filter.narrow_view(view).condition());
    sql.push(" AND ");
    push_condition(&mut sql, filter);
    let found: Vec<i64> = sql.build_query_scalar().fetch_all(db).await?;
    Ok(found.into_iter().map(ArticleId).collect())
}

/// Those of these articles that a filter finds, whatever lists hold them; the full-text index is looked at for them alone. With
/// `is_scored` only those that have a score.
pub async fn match_ids(
    db: &mut SqliteConnection,
    filter: &QueryFilter,
    is_scored: bool,
    ids: &[ArticleId],
) -> sqlx::Result<Vec<ArticleId>> {
    let (Some(first), Some(last)) = (ids.iter().min(), ids.iter().max()) else { return Ok(Vec::new()) };
    let found: Vec<i64> =
        build_match(&filter.within(*first, *last), is_scored, ids, "").build_query_scalar().fetch_all(db).await?;
    Ok(found.into_iter().map(ArticleId).collect())
}

/// The statement of [`match_ids`]; `prefix` is for EXPLAIN.
pub(super) fn build_match(
    filter: &QueryFilter,
    is_scored: bool,
    ids: &[ArticleId],
    prefix: &str,
) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(prefix);
    sql.push("SELECT a.id FROM json_each(").push_bind(json_ids(ids.iter().map(|id| id.0)));
    sql.push(") j CROSS JOIN articles a ON a.id = j.value WHERE ");
    sql.push(if is_scored { "a.composite IS NOT NULL AND " } else { "" });
    push_condition(&mut sql, filter);
    sql
}

fn is_full(found: &FoundKeys, limit: i64) -> bool {
    i64::try_from(found.keys.len()).is_ok_and(|count| count >= limit)
}

/// The condition that fewest articles meet, provided that they can be collected.
pub(super) async fn find_smallest_source<'a>(
    db: &mut SqliteConnection,
    filter: &'a QueryFilter,
    view: QueryView,
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
    view: QueryView,
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
    let keys = list_order::fetch_keys(db, build_select(find, plan, KEYS_AS_JSON)).await?;
    Ok(FoundKeys { keys, stopped_at: None })
}

/// The last entry of the second scan.
async fn fetch_last_scanned(db: &mut SqliteConnection, find: &QueryKeyset<'_>) -> sqlx::Result<Option<Cursor>> {
    let mut sql = QueryBuilder::new(KEYS_AS_JSON);
    sql.push(SELECT_KEYS);
    sql.push("articles a INDEXED BY ").push(find.view.index(find.sort)).push(" WHERE ").push(find.view.condition());
    push_keyset_condition(&mut sql, find.sort, find.after_key);
    push_order_by(&mut sql, find.sort);
    sql.push(" LIMIT 1 OFFSET ").push_bind(MAX_SCANNED_ARTICLES - 1);
    Ok(list_order::fetch_keys(db, sql).await?.pop())
}

/// The statement of a plan; `prefix` is for EXPLAIN.
pub(super) fn build_select(find: &QueryKeyset<'_>, plan: QueryPlan<'_>, prefix: &str) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(prefix);
    match plan {
        QueryPlan::Scan(max_rows) => {
            sql.push(SELECT_KEYS);
            push_scan(&mut sql, find, max_rows);
            sql.push(" WHERE ");
            push_condition(&mut sql, find.filter);
        }
        QueryPlan::Collect(source) => {
            sql.push(SELECT_KEYS).push("articles a NOT INDEXED WHERE a.id IN (");
            push_source(&mut sql, source, find.view);
            sql.push(") AND ").push(find.view.condition());
            push_keyset_condition(&mut sql, find.sort, find.after_key);
            push_other_conditions(&mut sql, find.filter, source);
            push_order_by(&mut sql, find.sort);
        }
        QueryPlan::Rank(words) => {
            sql.push("SELECT a.id, m.relevance AS rank, a.sorted_at FROM (SELECT rowid AS id, bm25(articles_fts, ");
            sql.push(RELEVANCE_WEIGHTS).push(") AS relevance FROM articles_fts WHERE articles_fts MATCH ");
            sql.push_bind(words.to_owned()).push(" ORDER BY rowid DESC LIMIT ").push_bind(MAX_RANKED_HITS);
            sql.push(") m CROSS JOIN articles a ON a.id = m.id WHERE ").push(find.view.condition());
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

/// The first `max_rows` entries of the list's index, as `a`, with the columns that the filter reads.
pub(super) fn push_scan(sql: &mut QueryBuilder<Sqlite>, find: &QueryKeyset<'_>, max_rows: i64) {
    let columns = if find.filter.needs_row() {
        ", a.is_read, a.is_starred, a.state, a.composite, a.provisional, a.updated_at, a.arrived_us, a.read_at, a.is_duplicate,
         a.hidden_by_rule"
    } else {
        ""
    };
    let source = (find.view.index(find.sort), find.view.condition());
    push_bounded_scan(sql, columns, source, (find.sort, find.after_key), max_rows);
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
pub(super) fn has_order_index(view: QueryView, sort: ArticleSort) -> bool {
    use crate::domain::article::ArticleView;
    if matches!(view, QueryView::HiddenByRule(_)) {
        return !crate::server::storage::list_order::sorts_by_rank(sort);
    }
    crate::server::storage::list_order::sorts_by_rank(sort)
        || matches!(view, QueryView::List(ArticleView::Unread | ArticleView::All | ArticleView::Starred))
}
