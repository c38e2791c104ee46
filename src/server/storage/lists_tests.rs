//! Checks the query plan of every view, scope, order and plan.

use super::{KeysetQuery, ListPlan, build_select, choose_plan};
use crate::{
    domain::{
        article::{ArticleScope, ArticleSort, ArticleView, Cursor},
        ids::{ArticleId, CategoryId, FeedId, FolderId},
    },
    server::storage,
};

const SCOPES: [ArticleScope; 4] = [
    ArticleScope::All,
    ArticleScope::Folder(FolderId(1)),
    ArticleScope::Feed(FeedId(1)),
    ArticleScope::Category(CategoryId(1)),
];
const CURSOR: Cursor = Cursor { rank: 5.0, sorted_at: 1_755_768_600, id: ArticleId(7) };

fn all_queries() -> impl Iterator<Item = KeysetQuery> {
    ArticleView::ALL.iter().flat_map(|view| {
        SCOPES.into_iter().flat_map(move |scope| {
            ArticleSort::OF_LISTS.iter().flat_map(move |sort| {
                [None, Some(CURSOR)].into_iter().map(move |after| KeysetQuery {
                    view: *view,
                    scope,
                    sort: *sort,
                    after_key: after,
                    limit: 51,
                })
            })
        })
    })
}

async fn explain_plan(db: &storage::Db, find: &KeysetQuery, plan: ListPlan) -> String {
    let mut query = build_select(find, plan, "EXPLAIN QUERY PLAN ");
    let lines: Vec<(i64, i64, i64, String)> =
        query.build_query_as().fetch_all(&db.read).await.unwrap_or_else(|e| panic!("{find:?} {plan:?}: {e}"));
    lines.into_iter().map(|(.., line)| line).collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn every_list_is_found_through_an_index() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = storage::open(folder.path()).await.expect("a database");
    for find in all_queries() {
        let narrowed = find.scope != ArticleScope::All;
        let plans = if narrowed {
            &[ListPlan::IndexScan, ListPlan::BoundedIndexScan(2_000), ListPlan::CollectAndSort][..]
        } else {
            &[ListPlan::IndexScan]
        };
        for &plan in plans {
            let lines = explain_plan(&db, &find, plan).await;
            let case = format!("{find:?} {plan:?}: {lines}");
            // A SCAN names the index that it goes along, or is of the few rows of a co-routine or a virtual table.
            for line in lines.split("; ").filter(|l| l.starts_with("SCAN")) {
                let fine =
                    ["USING INDEX", "USING COVERING INDEX", "VIRTUAL TABLE INDEX"].iter().any(|s| line.contains(s));
                assert!(fine || line == "SCAN a", "{case}");
                assert!(line != "SCAN a" || lines.contains("CO-ROUTINE a"), "{case}");
            }
            if find.after_key.is_some() && !needs_sort(&find, plan) {
                // The id decides only within one second, so SQLite checks it row by row.
                let keyed = ["(rank,sorted_at)<(?,?)", "(rank,sorted_at)>(?,?)", "sorted_at<?", "sorted_at>?"];
                assert!(keyed.iter().any(|key| lines.contains(key)), "{case}");
            }
            assert_eq!(lines.contains("TEMP B-TREE"), needs_sort(&find, plan), "{case}");
        }
    }
    db.close().await;
}

/// The documented exceptions: views without an index by date, and whatever is collected.
fn needs_sort(find: &KeysetQuery, plan: ListPlan) -> bool {
    let by_date = matches!(find.sort, ArticleSort::Newest | ArticleSort::Oldest);
    let no_date_index =
        by_date && matches!(find.view, ArticleView::Scoring | ArticleView::Blocked | ArticleView::Failed);
    match plan {
        ListPlan::IndexScan | ListPlan::BoundedIndexScan(_) => no_date_index,
        ListPlan::CollectAndSort => {
            let own = matches!(find.scope, ArticleScope::Feed(_)) && (by_date || find.view == ArticleView::Unread);
            !own
        }
    }
}

#[test]
fn a_page_that_is_not_full_uses_the_cheaper_plan() {
    for (view, narrowed, expected) in [
        (10, 5, None),
        (2_000, 1_999, None),
        (100_000, 60_000, Some(ListPlan::IndexScan)),
        (100_000, 50_000, Some(ListPlan::IndexScan)),
        (100_000, 49_999, Some(ListPlan::CollectAndSort)),
        (100_000, 0, Some(ListPlan::CollectAndSort)),
    ] {
        assert_eq!(choose_plan(view, narrowed), expected, "{view} {narrowed}");
    }
}
