//! Checks the query plan of every operator.

use super::{
    filter::QueryFilter,
    hits::build_count,
    pages::{QueryKeyset, QueryPlan, build_match, build_select, build_source_count, has_order_index},
    resolve,
};
use crate::{
    domain::{
        article::{ArticleScope, ArticleSort, ArticleView, Cursor},
        ids::{ArticleId, FeedId},
        query::parse,
        time::Timestamp,
    },
    server::storage::{self, Db},
};
use sqlx::{QueryBuilder, Sqlite};

/// Every operator, alone and negated, and compounds of them.
const QUERIES: [&str; 70] = [
    "rust",
    "\"open source\"",
    "ru*",
    "title:rust",
    "text:rust",
    "author:doe",
    "link:example.org",
    "feed:#1",
    "feed:none",
    "folder:#1",
    "cat:science",
    "cat:none",
    "is:unread",
    "is:read",
    "is:starred",
    "is:unscored",
    "is:queued",
    "is:scored",
    "is:provisional",
    "is:blocked",
    "is:failed",
    "is:suspicious",
    "is:updated",
    "is:duplicate",
    "is:duplicate is:starred score:>7",
    "rust OR is:duplicate",
    "is:hidden",
    "is:hidden is:starred rust",
    "rust OR is:hidden",
    "score:8",
    "score:>7",
    "score:<3",
    "score:5..8",
    "interest:>5",
    "quality:<5",
    "vote:up",
    "vote:none",
    "model:qwen3",
    "prompt:ab",
    "lang:en",
    "has:image",
    "has:audio",
    "has:video",
    "has:enclosure",
    "has:fulltext",
    "has:comments",
    "date:today",
    "date:<7d",
    "date:>30d",
    "seen:2026-11",
    "read:<1d",
    "words:>2000",
    "words:10..20",
    "rust OR go",
    "rust OR is:starred",
    "feed:#1 OR cat:science",
    "rust score:>7 -is:read",
    "-rust",
    "-rust -go",
    "-(rust OR is:starred)",
    "rust -title:ad",
    "(a OR b) (c OR d)",
    "rust (is:starred OR vote:up)",
    "is:starred vote:up",
    "date:<7d lang:en words:>500",
    "link:a title:b",
    "has:audio -lang:en",
    "has:fulltext OR lang:de",
    "score:>7 interest:>7",
    "cat:none -rust",
];

const CURSOR: Cursor = Cursor { rank: 5.0, sorted_at: 1_755_768_600, id: ArticleId(7) };
const NOW: Timestamp = Timestamp(1_795_600_000);

async fn filter_of(db: &Db, text: &str, scope: ArticleScope) -> QueryFilter {
    let mut db = db.read.acquire().await.expect("a connection");
    let resolved = resolve(&mut db, &parse(text), scope, NOW).await.expect("resolved");
    resolved.filter.unwrap_or_else(|| panic!("{text} asks for nothing"))
}

async fn explain(db: &Db, mut sql: QueryBuilder<Sqlite>, case: &str) -> String {
    let lines: Vec<(i64, i64, i64, String)> =
        sql.build_query_as().fetch_all(&db.read).await.unwrap_or_else(|error| panic!("{case}: {error}"));
    lines.into_iter().map(|(.., line)| line).collect::<Vec<_>>().join("; ")
}

/// A SCAN is of an index, of a full-text index, of a list in JSON, of a bounded scan or of a select within; of no table but that of suspicions,
/// which holds hits only.
fn find_scans(plan: &str) -> Vec<&str> {
    let is_scan = |line: &&str| {
        line.starts_with("SCAN")
            && ![
                "INDEX",
                "(subquery",
                "CONSTANT ROW",
                "SCAN f ",
                "SCAN c ",
                "SCAN json_each",
                "article_suspicions",
                "SCAN m",
            ]
            .iter()
            .any(|fine| line.contains(fine))
            && !(*line == "SCAN a" && plan.contains("CO-ROUTINE a"))
    };
    plan.split("; ").filter(is_scan).collect()
}

#[tokio::test]
async fn every_operator_is_found_through_indexes() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = storage::open(folder.path()).await.expect("a database");
    for text in QUERIES {
        let filter = filter_of(&db, text, ArticleScope::All).await;
        let ids = [ArticleId(3), ArticleId(9)];
        let lines =
            explain(&db, build_match(&filter.within(ids[0], ids[1]), true, &ids, "EXPLAIN QUERY PLAN "), text).await;
        let scans: Vec<_> = find_scans(&lines).into_iter().filter(|line| !line.starts_with("SCAN j ")).collect();
        assert_eq!(scans, Vec::<&str>::new(), "of some articles: {text}: {lines}");
        for scope in [ArticleScope::All, ArticleScope::Feed(FeedId(1))] {
            let filter = filter_of(&db, text, scope).await;
            for view in [ArticleView::All, ArticleView::Unread, ArticleView::Blocked, ArticleView::Starred] {
                let view = filter.narrow_view(view.into());
                for (sort, after_key) in
                    ArticleSort::OF_LISTS.iter().flat_map(|sort| [(*sort, None), (*sort, Some(CURSOR))])
                {
                    let find = QueryKeyset { view, filter: &filter, sort, after_key, limit: 51 };
                    let sources = filter.sources(view);
                    let plans = std::iter::once(QueryPlan::Scan(2_000))
                        .chain(sources.iter().map(|source| QueryPlan::Collect(source)))
                        .chain(filter.relevance_expression().map(QueryPlan::Rank));
                    for plan in plans {
                        let case = format!("{text} {scope:?} {view:?} {sort:?} {plan:?}");
                        let lines = explain(&db, build_select(&find, plan, "EXPLAIN QUERY PLAN "), &case).await;
                        assert_eq!(find_scans(&lines), Vec::<&str>::new(), "{case}: {lines}");
                        if matches!(plan, QueryPlan::Scan(_)) && has_order_index(view, sort) {
                            assert!(!lines.contains("FOR ORDER BY"), "{case}: {lines}");
                        }
                    }
                }
                for source in filter.sources(view) {
                    let case = format!("source of {text} {view:?}");
                    let lines = explain(&db, build_source_count(source, view, 99, "EXPLAIN QUERY PLAN "), &case).await;
                    assert_eq!(find_scans(&lines), Vec::<&str>::new(), "{case}: {lines}");
                    let plan = QueryPlan::Collect(source);
                    explain(&db, build_count(view, &filter, plan, 99, "EXPLAIN QUERY PLAN "), &case).await;
                }
                explain(&db, build_count(view, &filter, QueryPlan::Scan(1), 99, "EXPLAIN QUERY PLAN "), text).await;
            }
        }
    }
    db.close().await;
}
