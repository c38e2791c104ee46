//! Every view, scope, order and plan is asked how SQLite would run it.

use super::{Find, Plan, choose, select};
use crate::{
    domain::{
        article::{Cursor, Scope, Sort, View},
        ids::{ArticleId, CategoryId, FeedId, FolderId},
    },
    server::storage,
};

const SCOPES: [Scope; 4] =
    [Scope::All, Scope::Folder(FolderId(1)), Scope::Feed(FeedId(1)), Scope::Category(CategoryId(1))];
const CURSOR: Cursor = Cursor { rank: 5.0, sorted_at: 1_755_768_600, id: ArticleId(7) };

fn finds() -> impl Iterator<Item = Find<'static>> {
    View::ALL.iter().flat_map(|view| {
        SCOPES.into_iter().flat_map(move |scope| {
            Sort::ALL.iter().flat_map(move |sort| {
                [None, Some("\"rust\"*")].into_iter().flat_map(move |matching| {
                    [None, Some(CURSOR)].into_iter().map(move |after| Find {
                        view: *view,
                        scope,
                        sort: *sort,
                        matching,
                        after,
                        limit: 51,
                    })
                })
            })
        })
    })
}

async fn explain(db: &storage::Db, find: &Find<'_>, plan: Plan) -> String {
    let mut query = select(find, plan, "EXPLAIN QUERY PLAN ");
    let lines: Vec<(i64, i64, i64, String)> =
        query.build_query_as().fetch_all(&db.read).await.unwrap_or_else(|e| panic!("{find:?} {plan:?}: {e}"));
    lines.into_iter().map(|(.., line)| line).collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn every_list_is_found_through_an_index() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = storage::open(folder.path()).await.expect("a database");
    for find in finds() {
        let narrowed = find.scope != Scope::All || find.matching.is_some();
        let plans = if narrowed { &[Plan::Walk, Plan::WalkWithin(2_000), Plan::Collect][..] } else { &[Plan::Walk] };
        for &plan in plans {
            let lines = explain(&db, &find, plan).await;
            let case = format!("{find:?} {plan:?}: {lines}");
            // A SCAN names the index that it goes along, or is of the few rows of a co-routine or a virtual table.
            for line in lines.split("; ").filter(|l| l.starts_with("SCAN")) {
                let fine =
                    ["USING INDEX", "USING COVERING INDEX", "VIRTUAL TABLE INDEX"].iter().any(|s| line.contains(s));
                assert!(fine || line == "SCAN a", "{case}");
                assert!(line != "SCAN a" || lines.contains("CO-ROUTINE a"), "{case}");
            }
            if find.after.is_some() && !sorts_on_the_fly(&find, plan) {
                // The id decides only within one second, so SQLite checks it row by row.
                let keyed = ["(rank,sorted_at)<(?,?)", "(rank,sorted_at)>(?,?)", "sorted_at<?", "sorted_at>?"];
                assert!(keyed.iter().any(|key| lines.contains(key)), "{case}");
            }
            assert_eq!(lines.contains("TEMP B-TREE"), sorts_on_the_fly(&find, plan), "{case}");
        }
    }
    db.close().await;
}

/// The documented exceptions: views without an index by date, and whatever is collected.
fn sorts_on_the_fly(find: &Find<'_>, plan: Plan) -> bool {
    let by_date = matches!(find.sort, Sort::Newest | Sort::Oldest);
    let no_date_index = by_date && matches!(find.view, View::Scoring | View::Blocked | View::Failed);
    match plan {
        Plan::Walk | Plan::WalkWithin(_) => no_date_index,
        Plan::Collect => {
            let own = find.matching.is_none()
                && matches!(find.scope, Scope::Feed(_))
                && (by_date || find.view == View::Unread);
            !own
        }
    }
}

#[test]
fn a_short_walk_is_continued_the_cheaper_way() {
    for (view, narrowed, expected) in [
        (10, 5, None),
        (2_000, 1_999, None),
        (100_000, 60_000, Some(Plan::Walk)),
        (100_000, 50_000, Some(Plan::Walk)),
        (100_000, 49_999, Some(Plan::Collect)),
        (100_000, 0, Some(Plan::Collect)),
    ] {
        assert_eq!(choose(view, narrowed), expected, "{view} {narrowed}");
    }
}
