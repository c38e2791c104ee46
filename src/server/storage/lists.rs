//! Which articles stand on a page of a list, found by key: no OFFSET, no counting of rows.
//!
//! Every list is a view (unread, starred, …) in an order (by rank or by date), and most pairs have an index that holds exactly
//! that, so a page is a short walk along it. A scope or a search narrows the list, which no index can know; then a bounded walk
//! is tried first, because most narrowed lists fill a page from the top of the whole one, and only when it falls short do the
//! kept counters say whether to walk on or to collect the scope's own articles and sort those. [`choose`] decides.

use super::counts;
use crate::domain::{
    article::{Cursor, Scope, Sort, View},
    ids::ArticleId,
};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

/// How many entries the bounded walk looks at: about a millisecond.
const BUDGET: i64 = 2_000;

/// A page to find.
#[derive(Clone, Copy, Debug)]
pub struct Find<'a> {
    pub view: View,
    pub scope: Scope,
    pub sort: Sort,
    /// An FTS5 expression, as [`super::search::expression`] makes it.
    pub matching: Option<&'a str>,
    /// The key that the page starts after.
    pub after: Option<Cursor>,
    /// How many keys at most.
    pub limit: i64,
}

/// The keys of a page, in the list's order.
pub async fn keys(db: &mut SqliteConnection, find: &Find<'_>) -> sqlx::Result<Vec<Cursor>> {
    if find.matching.is_none() && (find.scope == Scope::All || own_index(find).is_some()) {
        return fetch(db, find, Plan::Walk).await;
    }
    let first = fetch(db, find, Plan::WalkWithin(BUDGET)).await?;
    if i64::try_from(first.len()).is_ok_and(|found| found >= find.limit) {
        return Ok(first);
    }
    let view = counts::view_total(db, find.view).await?;
    let narrowed = match find.matching {
        Some(words) => counts::matches(db, words).await?,
        None => counts::scope_total(db, find.view, find.scope).await?,
    };
    match choose(view, narrowed) {
        None => Ok(first),
        Some(plan) => fetch(db, find, plan).await,
    }
}

/// How a page is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plan {
    /// Along the view's index until the page is full.
    Walk,
    /// The same, but over this many entries at most.
    WalkWithin(i64),
    /// All articles of the scope or the search, sorted.
    Collect,
}

/// What to do when the bounded walk did not fill the page: nothing when it saw the whole view, else whichever of view and
/// narrowed set is smaller. A step of a walk costs about half of a look-up by id.
const fn choose(view: i64, narrowed: i64) -> Option<Plan> {
    if view <= BUDGET {
        None
    } else if view <= 2 * narrowed {
        Some(Plan::Walk)
    } else {
        Some(Plan::Collect)
    }
}

const fn by_rank(sort: Sort) -> bool {
    matches!(sort, Sort::Best | Sort::Lowest)
}

/// The condition of a view, word for word that of its partial indexes.
const fn condition(view: View) -> &'static str {
    match view {
        View::Unread => "a.is_read = 0 AND a.state <> 'blocked'",
        View::All => "a.state <> 'blocked'",
        View::Starred => "a.is_starred = 1",
        View::Scoring => "a.state IN ('queued', 'categorizing', 'scoring')",
        View::Blocked => "a.state = 'blocked'",
        View::Failed => "a.state = 'failed'",
    }
}

/// The index that holds a view. The last three are seldom sorted by date, so they have no second index and that order is
/// sorted on the fly.
const fn index(view: View, sort: Sort) -> &'static str {
    match (view, by_rank(sort)) {
        (View::Unread, true) => "articles_unread_best",
        (View::Unread, false) => "articles_unread_date",
        (View::All, true) => "articles_all_best",
        (View::All, false) => "articles_all_date",
        (View::Starred, true) => "articles_starred_best",
        (View::Starred, false) => "articles_starred_date",
        (View::Scoring, _) => "articles_in_progress",
        (View::Blocked, _) => "articles_blocked",
        (View::Failed, _) => "articles_failed",
    }
}

/// The index that holds a feed's list in its order, where there is one.
fn own_index(find: &Find<'_>) -> Option<&'static str> {
    match (find.scope, find.view, by_rank(find.sort)) {
        (Scope::Feed(_), View::Unread, true) => Some("articles_feed_best"),
        (Scope::Feed(_), View::All | View::Unread, false) => Some("articles_feed_date"),
        _ => None,
    }
}

async fn fetch(db: &mut SqliteConnection, find: &Find<'_>, plan: Plan) -> sqlx::Result<Vec<Cursor>> {
    let mut query = select(find, plan, "");
    let rows: Vec<(i64, f64, i64)> = query.build_query_as().fetch_all(db).await?;
    Ok(rows.into_iter().map(|(id, rank, sorted_at)| Cursor { rank, sorted_at, id: ArticleId(id) }).collect())
}

/// The statement of a plan; `prefix` is for EXPLAIN.
fn select(find: &Find<'_>, plan: Plan, prefix: &str) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(prefix);
    // Out of an index a whole number comes as an integer; the cast makes it a REAL again.
    sql.push("SELECT a.id, CAST(a.rank AS REAL), a.sorted_at FROM ");
    match plan {
        Plan::Walk => {
            let index = if find.matching.is_none() { own_index(find) } else { None };
            sql.push("articles a INDEXED BY ").push(index.unwrap_or_else(|| self::index(find.view, find.sort)));
            sql.push(" WHERE ").push(condition(find.view));
            after(&mut sql, find);
            if index.is_some() {
                gather(&mut sql, find.scope)
            } else {
                narrow(&mut sql, find, true)
            }
            order(&mut sql, find.sort);
        }
        Plan::WalkWithin(budget) => {
            sql.push("(SELECT a.id, a.rank, a.sorted_at, a.feed_id FROM articles a INDEXED BY ");
            sql.push(index(find.view, find.sort)).push(" WHERE ").push(condition(find.view));
            after(&mut sql, find);
            order(&mut sql, find.sort);
            // The inner select yields its rows in order, one by one, and the outer one stops it when the page is full: an
            // ORDER BY out here would make SQLite collect and sort them once more.
            sql.push(" LIMIT ").push_bind(budget).push(") a WHERE TRUE");
            narrow(&mut sql, find, true);
        }
        Plan::Collect => {
            sql.push("articles a ").push(match (find.matching, find.scope, by_rank(find.sort)) {
                (None, Scope::Feed(_) | Scope::Folder(_), true) => "INDEXED BY articles_feed_best",
                (None, Scope::Feed(_) | Scope::Folder(_), false) => "INDEXED BY articles_feed_date",
                _ => "NOT INDEXED",
            });
            sql.push(" WHERE ").push(condition(find.view));
            after(&mut sql, find);
            if let Some(words) = find.matching {
                sql.push(" AND a.id IN (SELECT rowid FROM articles_fts WHERE articles_fts MATCH ")
                    .push_bind(words.to_owned());
                sql.push(")");
                narrow(&mut sql, find, false);
            } else {
                gather(&mut sql, find.scope);
            }
            order(&mut sql, find.sort);
        }
    }
    sql.push(" LIMIT ").push_bind(find.limit);
    sql
}

fn after(sql: &mut QueryBuilder<Sqlite>, find: &Find<'_>) {
    let Some(key) = find.after else { return };
    let than = if matches!(find.sort, Sort::Best | Sort::Newest) { " < (" } else { " > (" };
    if by_rank(find.sort) {
        sql.push(" AND (a.rank, a.sorted_at, a.id)").push(than).push_bind(key.rank).push(", ");
    } else {
        sql.push(" AND (a.sorted_at, a.id)").push(than);
    }
    sql.push_bind(key.sorted_at).push(", ").push_bind(key.id.0).push(")");
}

fn order(sql: &mut QueryBuilder<Sqlite>, sort: Sort) {
    sql.push(match sort {
        Sort::Best => " ORDER BY a.rank DESC, a.sorted_at DESC, a.id DESC",
        Sort::Lowest => " ORDER BY a.rank, a.sorted_at, a.id",
        Sort::Newest => " ORDER BY a.sorted_at DESC, a.id DESC",
        Sort::Oldest => " ORDER BY a.sorted_at, a.id",
    });
}

/// The scope as the way to its rows: the planner may start from it.
fn gather(sql: &mut QueryBuilder<Sqlite>, scope: Scope) {
    match scope {
        Scope::All => {}
        Scope::Feed(id) => drop(sql.push(" AND a.feed_id = ").push_bind(id.0)),
        Scope::Folder(id) => {
            sql.push(" AND a.feed_id IN (SELECT id FROM feeds WHERE folder_id = ").push_bind(id.0).push(")");
        }
        Scope::Category(id) => {
            sql.push(" AND a.id IN (SELECT article_id FROM article_categories WHERE category_id IN (");
            family(sql, id.0);
            sql.push("))");
        }
    }
}

/// Scope and, with `search`, the words as conditions on rows found otherwise. The unary plus keeps the planner from starting
/// with them.
fn narrow(sql: &mut QueryBuilder<Sqlite>, find: &Find<'_>, search: bool) {
    match find.scope {
        Scope::All => {}
        Scope::Feed(id) => drop(sql.push(" AND +a.feed_id = ").push_bind(id.0)),
        Scope::Folder(id) => {
            sql.push(" AND +a.feed_id IN (SELECT id FROM feeds WHERE folder_id = ").push_bind(id.0).push(")");
        }
        Scope::Category(id) => {
            sql.push(
                " AND EXISTS (SELECT 1 FROM article_categories l WHERE l.article_id = a.id AND l.category_id IN (",
            );
            family(sql, id.0);
            sql.push("))");
        }
    }
    if let Some(words) = find.matching.filter(|_| search) {
        sql.push(" AND +a.id IN (SELECT rowid FROM articles_fts WHERE articles_fts MATCH ").push_bind(words.to_owned());
        sql.push(")");
    }
}

/// A category and its children.
fn family(sql: &mut QueryBuilder<Sqlite>, category: i64) {
    sql.push("SELECT id FROM categories WHERE id = ").push_bind(category);
    sql.push(" UNION ALL SELECT id FROM categories WHERE parent_id = ").push_bind(category);
}

#[cfg(test)]
#[path = "lists_tests.rs"]
mod tests;
