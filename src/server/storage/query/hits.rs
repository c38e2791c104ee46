//! How many articles a query finds.

use super::{
    conditions::push_condition,
    filter::QueryFilter,
    pages::{MAX_SCANNED_ARTICLES, QueryKeyset, QueryPlan, find_smallest_source, push_other_conditions, push_scan},
    sources::push_source,
    view::QueryView,
};
use crate::domain::article::ArticleSort;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

pub use crate::domain::search::HitCount;

/// Counts hits: exactly up to `max`, within the bound of a scan.
pub async fn count_hits(
    db: &mut SqliteConnection,
    view: QueryView,
    filter: &QueryFilter,
    max: i64,
) -> sqlx::Result<HitCount> {
    let view = filter.narrow_view(view);
    let source = find_smallest_source(db, filter, view).await?;
    let plan = source.map_or(QueryPlan::Scan(MAX_SCANNED_ARTICLES), QueryPlan::Collect);
    let count: i64 = build_count(view, filter, plan, max, "").build_query_scalar().fetch_one(&mut *db).await?;
    if count > max {
        return Ok(HitCount::MoreThan(max));
    }
    let is_whole = source.is_some() || view.count(db, MAX_SCANNED_ARTICLES + 1).await? <= MAX_SCANNED_ARTICLES;
    Ok(if is_whole { HitCount::Exactly(count) } else { HitCount::AtLeast(count) })
}

/// The statement; `prefix` is for EXPLAIN.
pub(super) fn build_count(
    view: QueryView,
    filter: &QueryFilter,
    plan: QueryPlan<'_>,
    max: i64,
    prefix: &str,
) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(prefix);
    sql.push("SELECT count(*) FROM (SELECT 1 FROM ");
    match plan {
        QueryPlan::Collect(source) => {
            sql.push("articles a NOT INDEXED WHERE a.id IN (");
            push_source(&mut sql, source, view);
            sql.push(") AND ").push(view.condition());
            push_other_conditions(&mut sql, filter, source);
        }
        QueryPlan::Scan(_) | QueryPlan::Rank(_) => {
            let find = QueryKeyset { view, filter, sort: ArticleSort::Best, after_key: None, limit: 0 };
            push_scan(&mut sql, &find, MAX_SCANNED_ARTICLES);
            sql.push(" WHERE ");
            push_condition(&mut sql, filter);
        }
    }
    sql.push(" LIMIT ").push_bind(max + 1).push(")");
    sql
}
