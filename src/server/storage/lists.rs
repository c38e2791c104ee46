//! The articles on a page of a list, found by key: no OFFSET, no counting of rows.
//!
//! Every list is a view (unread, starred, …) in an order (by rank or by date), and most pairs have an index that holds exactly
//! that, so a page is a short scan of it. A scope narrows the list, for which there is no index; then a bounded scan is tried
//! first, because most narrowed lists fill a page from the top of the whole one. When it does not fill the page, the stored counters
//! decide whether to scan on or to collect and sort the articles of the scope (`choose_plan`).

use super::{
    counts,
    list_order::{
        self, KEYS_AS_JSON, SELECT_KEYS, push_bounded_scan, push_keyset_condition, push_order_by, sorts_by_rank,
        view_condition, view_index,
    },
};
use crate::domain::article::{ArticleScope, ArticleSort, ArticleView, Cursor};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

/// Entries that the bounded scan reads: about a millisecond.
const MAX_SCANNED_ARTICLES: i64 = 2_000;

/// A page to find.
#[derive(Clone, Copy, Debug)]
pub struct KeysetQuery {
    /// Which articles: unread, starred and so on.
    pub view: ArticleView,
    /// Which feeds.
    pub scope: ArticleScope,
    /// The order.
    pub sort: ArticleSort,
    /// The key that the page starts after.
    pub after_key: Option<Cursor>,
    /// How many keys at most.
    pub limit: i64,
}

/// The keys of a page, in the list's order.
pub async fn find_keys(db: &mut SqliteConnection, find: &KeysetQuery) -> sqlx::Result<Vec<Cursor>> {
    if find.scope == ArticleScope::All || feed_index(find).is_some() {
        return fetch_keys(db, find, ListPlan::IndexScan).await;
    }
    let first = fetch_keys(db, find, ListPlan::BoundedIndexScan(MAX_SCANNED_ARTICLES)).await?;
    if i64::try_from(first.len()).is_ok_and(|found| found >= find.limit) {
        return Ok(first);
    }
    let view = counts::count_view(db, find.view).await?;
    let narrowed = counts::scope_upper_bound(db, find.view, find.scope).await?;
    match choose_plan(view, narrowed) {
        None => Ok(first),
        Some(plan) => fetch_keys(db, find, plan).await,
    }
}

/// How a page is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ListPlan {
    /// Along the view's index until the page is full.
    IndexScan,
    /// The same, but over this many entries at most.
    BoundedIndexScan(i64),
    /// All articles of the scope, sorted.
    CollectAndSort,
}

/// The plan when the bounded scan did not fill the page: none when it read the whole view, else the one for the smaller of view
/// and narrowed set. A step of a scan costs about half of a look-up by id.
const fn choose_plan(view: i64, narrowed: i64) -> Option<ListPlan> {
    if view <= MAX_SCANNED_ARTICLES {
        None
    } else if view <= 2 * narrowed {
        Some(ListPlan::IndexScan)
    } else {
        Some(ListPlan::CollectAndSort)
    }
}

/// The index that holds a feed's list in its order, where there is one.
fn feed_index(find: &KeysetQuery) -> Option<&'static str> {
    match (find.scope, find.view, sorts_by_rank(find.sort)) {
        (ArticleScope::Feed(_), ArticleView::Unread, true) => Some("articles_feed_best"),
        (ArticleScope::Feed(_), ArticleView::All | ArticleView::Unread, false) => Some("articles_feed_date"),
        _ => None,
    }
}

async fn fetch_keys(db: &mut SqliteConnection, find: &KeysetQuery, plan: ListPlan) -> sqlx::Result<Vec<Cursor>> {
    list_order::fetch_keys(db, build_select(find, plan, KEYS_AS_JSON)).await
}

/// The statement of a plan; `prefix` stands before it: [`KEYS_AS_JSON`] or EXPLAIN.
fn build_select(find: &KeysetQuery, plan: ListPlan, prefix: &str) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(prefix);
    sql.push(SELECT_KEYS);
    match plan {
        ListPlan::IndexScan => {
            let index = feed_index(find);
            sql.push("articles a INDEXED BY ").push(index.unwrap_or_else(|| view_index(find.view, find.sort)));
            sql.push(" WHERE ").push(view_condition(find.view));
            push_keyset_condition(&mut sql, find.sort, find.after_key);
            if index.is_some() {
                push_driving_scope(&mut sql, find.scope)
            } else {
                push_residual_scope(&mut sql, find.scope)
            }
            push_order_by(&mut sql, find.sort);
        }
        ListPlan::BoundedIndexScan(max_rows) => {
            let source = (view_index(find.view, find.sort), view_condition(find.view));
            push_bounded_scan(&mut sql, "", source, (find.sort, find.after_key), max_rows);
            sql.push(" WHERE TRUE");
            push_residual_scope(&mut sql, find.scope);
        }
        ListPlan::CollectAndSort => {
            sql.push("articles a ").push(match (find.scope, sorts_by_rank(find.sort)) {
                (ArticleScope::Feed(_) | ArticleScope::Folder(_), true) => "INDEXED BY articles_feed_best",
                (ArticleScope::Feed(_) | ArticleScope::Folder(_), false) => "INDEXED BY articles_feed_date",
                _ => "NOT INDEXED",
            });
            sql.push(" WHERE ").push(view_condition(find.view));
            push_keyset_condition(&mut sql, find.sort, find.after_key);
            push_driving_scope(&mut sql, find.scope);
            push_order_by(&mut sql, find.sort);
        }
    }
    sql.push(" LIMIT ").push_bind(find.limit);
    sql
}

/// The scope as the way to its rows: the planner may start from it.
fn push_driving_scope(sql: &mut QueryBuilder<Sqlite>, scope: ArticleScope) {
    match scope {
        ArticleScope::All => {}
        ArticleScope::Feed(id) => drop(sql.push(" AND a.feed_id = ").push_bind(id.0)),
        ArticleScope::Folder(id) => {
            sql.push(" AND a.feed_id IN (SELECT id FROM feeds WHERE folder_id = ").push_bind(id.0).push(")");
        }
        ArticleScope::Category(id) => {
            sql.push(" AND a.id IN (SELECT article_id FROM article_categories WHERE category_id IN (");
            push_category_subtree(sql, id.0);
            sql.push("))");
        }
    }
}

/// The scope as a condition on rows found otherwise. The unary plus keeps the planner from starting with it.
fn push_residual_scope(sql: &mut QueryBuilder<Sqlite>, scope: ArticleScope) {
    match scope {
        ArticleScope::All => {}
        ArticleScope::Feed(id) => drop(sql.push(" AND +a.feed_id = ").push_bind(id.0)),
        ArticleScope::Folder(id) => {
            sql.push(" AND +a.feed_id IN (SELECT id FROM feeds WHERE folder_id = ").push_bind(id.0).push(")");
        }
        ArticleScope::Category(id) => {
            sql.push(
                " AND EXISTS (SELECT 1 FROM article_categories l WHERE l.article_id = a.id AND l.category_id IN (",
            );
            push_category_subtree(sql, id.0);
            sql.push("))");
        }
    }
}

/// A category and its children.
pub(super) fn push_category_subtree(sql: &mut QueryBuilder<Sqlite>, category: i64) {
    sql.push("SELECT id FROM categories WHERE id = ").push_bind(category);
    sql.push(" UNION ALL SELECT id FROM categories WHERE parent_id = ").push_bind(category);
}

#[cfg(test)]
#[path = "lists_tests.rs"]
mod tests;
