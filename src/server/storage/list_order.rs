//! What lists of all kinds share: the views with their indexes, and the orders with their keys.

use super::ExactReal;
use crate::domain::{
    article::{ArticleSort, ArticleView, Cursor},
    ids::ArticleId,
};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

/// Whether scores decide the order.
pub(super) const fn sorts_by_rank(sort: ArticleSort) -> bool {
    matches!(sort, ArticleSort::Best | ArticleSort::Lowest)
}

/// The condition of a view, word for word that of its partial indexes.
pub(super) const fn view_condition(view: ArticleView) -> &'static str {
    match view {
        ArticleView::Unread => "a.is_read = 0 AND a.state <> 'blocked' AND a.is_hidden = 0",
        ArticleView::All => "a.state <> 'blocked' AND a.is_hidden = 0",
        ArticleView::Starred => "a.is_starred = 1 AND a.is_hidden = 0",
        ArticleView::Scoring => "a.state IN ('queued', 'categorizing', 'scoring')",
        ArticleView::Blocked => "a.state = 'blocked'",
        ArticleView::Failed => "a.state = 'failed'",
    }
}

/// The index that holds a view. The last three are seldom sorted by date, so they have no second index and that order is
/// sorted on the fly.
pub(super) const fn view_index(view: ArticleView, sort: ArticleSort) -> &'static str {
    match (view, sorts_by_rank(sort)) {
        (ArticleView::Unread, true) => "articles_unread_best",
        (ArticleView::Unread, false) => "articles_unread_date",
        (ArticleView::All, true) => "articles_all_best",
        (ArticleView::All, false) => "articles_all_date",
        (ArticleView::Starred, true) => "articles_starred_best",
        (ArticleView::Starred, false) => "articles_starred_date",
        (ArticleView::Scoring, _) => "articles_in_progress",
        (ArticleView::Blocked, _) => "articles_blocked",
        (ArticleView::Failed, _) => "articles_failed",
    }
}

/// The start of a statement that selects keys (id, rank, time). An index stores a whole number as an integer; the cast makes it a REAL.
pub(super) const SELECT_KEYS: &str = "SELECT a.id, CAST(a.rank AS REAL) AS rank, a.sorted_at FROM ";

/// What stands before a statement of [`SELECT_KEYS`] that [`fetch_keys`] runs.
pub(super) const KEYS_AS_JSON: &str = "SELECT json_group_array(json_array(id, quote(rank), sorted_at)) FROM (";

/// The keys of a statement begun with [`KEYS_AS_JSON`]; as one row, since a row each would cross threads.
pub(super) async fn fetch_keys(db: &mut SqliteConnection, mut sql: QueryBuilder<Sqlite>) -> sqlx::Result<Vec<Cursor>> {
    let json: String = sql.push(")").build_query_scalar().fetch_one(db).await?;
    let keys: Vec<(ArticleId, ExactReal, i64)> = super::from_json(&json)?;
    Ok(keys.into_iter().map(|(id, rank, sorted_at)| Cursor { rank: rank.0, sorted_at, id }).collect())
}

/// The first `max_rows` entries of an index with its condition, after a key, as `a`, in their order. The inner select yields its rows one by one
/// and the outer one stops it when the page is full; an ORDER BY outside would make SQLite collect and sort them once more.
pub(super) fn push_bounded_scan(
    sql: &mut QueryBuilder<Sqlite>,
    columns: &str,
    (index, condition): (&str, &str),
    (sort, after): (ArticleSort, Option<Cursor>),
    max_rows: i64,
) {
    sql.push("(SELECT a.id, a.rank, a.sorted_at, a.feed_id").push(columns).push(" FROM articles a INDEXED BY ");
    sql.push(index).push(" WHERE ").push(condition);
    push_keyset_condition(sql, sort, after);
    push_order_by(sql, sort);
    sql.push(" LIMIT ").push_bind(max_rows).push(") a");
}

/// The rows after a key.
pub(super) fn push_keyset_condition(sql: &mut QueryBuilder<Sqlite>, sort: ArticleSort, after: Option<Cursor>) {
    let Some(key) = after else { return };
    let than =
        if matches!(sort, ArticleSort::Best | ArticleSort::Newest | ArticleSort::Relevance) { " < (" } else { " > (" };
    if sorts_by_rank(sort) {
        sql.push(" AND (a.rank, a.sorted_at, a.id)").push(than).push_bind(key.rank).push(", ");
    } else {
        sql.push(" AND (a.sorted_at, a.id)").push(than);
    }
    sql.push_bind(key.sorted_at).push(", ").push_bind(key.id.0).push(")");
}

/// The order of a list.
pub(super) fn push_order_by(sql: &mut QueryBuilder<Sqlite>, sort: ArticleSort) {
    sql.push(match sort {
        ArticleSort::Best => " ORDER BY a.rank DESC, a.sorted_at DESC, a.id DESC",
        ArticleSort::Lowest => " ORDER BY a.rank, a.sorted_at, a.id",
        // Only lists of the hits of words know relevance; others are sorted by date.
        ArticleSort::Newest | ArticleSort::Relevance => " ORDER BY a.sorted_at DESC, a.id DESC",
        ArticleSort::Oldest => " ORDER BY a.sorted_at, a.id",
    });
}
