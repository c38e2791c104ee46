//! No statement reads or sorts all articles: the plans of every query in `.sqlx`, for a hundred thousand articles, with the statistics
//! that SQLite keeps of them and without any.

use gleaner::server::storage;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{collections::BTreeSet, fs, path::Path};
use tempfile::TempDir;

const ARTICLE_COUNT: i64 = 100_000;

/// Indexes of the few articles in one state or of one story: walking one of them whole is no scan of all.
const SMALL_INDEXES: [&str; 11] = [
    "articles_blocked",
    "articles_by_story",
    "articles_failed",
    "articles_in_progress",
    "articles_leased",
    "articles_queue",
    "articles_read_batch",
    "articles_starred_best",
    "articles_starred_date",
    "articles_unscored",
    "articles_unranked",
];

/// How statements begin that may walk all articles, and why. Each must still be found, so that the list only shrinks.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "SELECT json_group_array(id) AS \"ids!: String\" FROM articles INDEXED BY articles_unread_date",
        "what is to be marked as read is found once, by a reader; the writer marks it in slices",
    ),
    (
        "SELECT id FROM articles INDEXED BY articles_unread_best",
        "what is to be scored again is found once, by a reader; the writer queues it in slices",
    ),
    (
        "SELECT a.id AS \"id!\", ( SELECT t.article_id FROM article_identities t",
        "two subscriptions become one; sorted are the few articles that share a label",
    ),
];

/// A hundred thousand articles in two hundred feeds. Without triggers, which no plan depends on.
const FILL: &str = "
    INSERT INTO feeds (id, url, title, created_at, next_fetch_at)
        WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
        SELECT i, 'https://feed' || i || '.example.org/', 'Feed ' || i, 0, 0 FROM n;
    INSERT INTO articles (id, feed_id, guid, title, published_at, sorted_at, fetched_at, arrived_us, is_read, is_starred, state, next_step,
                          composite)
        WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
        SELECT i, i % 200 + 1, i, 'Article ' || i, i, i, i, i, i % 10 = 0, i % 100 = 0,
               CASE WHEN i % 20 = 0 THEN 'blocked' WHEN i % 50 = 1 THEN 'failed' WHEN i % 10 = 3 THEN 'queued' ELSE 'scored' END,
               CASE WHEN i % 10 = 3 AND i % 20 <> 0 AND i % 50 <> 1 THEN 'categorize' END,
               CASE WHEN i % 20 <> 0 AND i % 50 <> 1 AND i % 10 <> 3 THEN i % 97 / 10.0 END
        FROM n;
    INSERT INTO article_categories (article_id, category_id, position)
        SELECT a.id, c.id, 0 FROM articles a JOIN (SELECT min(id) AS first, count(*) AS count FROM categories) k
            JOIN categories c ON c.id = k.first + a.id % k.count;
    INSERT INTO scores (article_id, interest, quality, reasoning, scored_at)
        SELECT id, id % 11, id % 7, '', 0 FROM articles WHERE composite IS NOT NULL";

/// The queries of `.sqlx` that name `articles`.
fn article_queries() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".sqlx");
    let files = fs::read_dir(folder).expect(".sqlx is there").map(|file| file.expect("readable").path());
    let queries = files.map(|path| {
        let file: Value = serde_json::from_slice(&fs::read(path).expect("readable")).expect("JSON");
        file["query"].as_str().expect("a query").to_owned()
    });
    queries.filter(|query| !article_names(query).is_empty()).collect()
}

/// By which names a query calls `articles`: its own, or the one after it.
fn article_names(query: &str) -> BTreeSet<String> {
    let words: Vec<&str> =
        query.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    let after = |at: usize| words.get(at + 1).copied().filter(|next| next.len() <= 2 && *next != "ON");
    let named = words.iter().enumerate().filter(|(_, word)| **word == "articles");
    named.map(|(at, _)| after(at).unwrap_or("articles").to_owned()).collect()
}

/// What a plan does that grows with all articles.
fn faults(names: &BTreeSet<String>, steps: &[String]) -> Vec<String> {
    let of_articles = |step: &str, verb: &str| {
        let rest = step.strip_prefix(verb).and_then(|rest| rest.strip_prefix(' '));
        rest.and_then(|rest| rest.split(' ').next()).is_some_and(|name| names.contains(name))
    };
    let is_small = |step: &str| {
        let index = step.split("INDEX ").nth(1).and_then(|rest| rest.split(' ').next());
        index.is_some_and(|index| SMALL_INDEXES.contains(&index))
    };
    let scans = steps.iter().filter(|step| of_articles(step, "SCAN") && !is_small(step));
    // Found by its id, an article is one of the few that something else names.
    let reads_many = |step: &String| {
        (of_articles(step, "SCAN") && !is_small(step))
            || (of_articles(step, "SEARCH") && !is_small(step) && !step.contains("INTEGER PRIMARY KEY"))
    };
    let is_sort =
        |step: &&String| step.contains("TEMP B-TREE FOR ORDER BY") || step.contains("TEMP B-TREE FOR GROUP BY");
    let sorts = steps.iter().filter(is_sort).filter(|_| steps.iter().any(reads_many));
    scans.chain(sorts).cloned().collect()
}

async fn explain(db: &mut SqliteConnection, query: &str) -> Vec<String> {
    let plan = sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {query}"))).fetch_all(db).await;
    plan.expect(query).iter().map(|step| step.get("detail")).collect()
}

#[tokio::test]
async fn no_statement_reads_or_sorts_all_articles() {
    let folder = TempDir::new().expect("a folder");
    storage::open(folder.path()).await.expect("a database").close().await;
    let file = SqliteConnectOptions::new().filename(folder.path().join(storage::DATABASE_FILE_NAME));
    let mut db = SqliteConnection::connect_with(&file).await.expect("a connection");
    let triggers: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        .fetch_all(&mut db)
        .await
        .expect("names");
    for trigger in triggers {
        sqlx::raw_sql(AssertSqlSafe(format!("DROP TRIGGER {trigger}"))).execute(&mut db).await.expect("dropped");
    }
    let fill = FILL.replace("?1", &ARTICLE_COUNT.to_string());
    sqlx::raw_sql(AssertSqlSafe(format!("BEGIN; {fill}; COMMIT"))).execute(&mut db).await.expect("filled");
    let queries = article_queries();
    assert!(queries.len() > 60, "{} queries of articles", queries.len());
    let (mut wrong, mut excused) = (Vec::new(), BTreeSet::new());
    for statistics in [false, true] {
        if statistics {
            sqlx::raw_sql("ANALYZE").execute(&mut db).await.expect("analyzed");
        }
        for query in &queries {
            let steps = explain(&mut db, query).await;
            let found = faults(&article_names(query), &steps);
            if found.is_empty() {
                continue;
            }
            let plain = query.split_whitespace().collect::<Vec<_>>().join(" ");
            match EXCEPTIONS.iter().find(|(start, _)| plain.starts_with(start)) {
                Some((start, _)) => {
                    excused.insert(*start);
                }
                None => wrong.push(format!("{found:?} (statistics: {statistics}): {plain}\n    {steps:?}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let idle: Vec<_> = EXCEPTIONS.iter().filter(|(start, _)| !excused.contains(start)).collect();
    assert!(idle.is_empty(), "no longer needed: {idle:?}");
    db.close().await.expect("closed");
}

#[test]
fn scans_and_sorts_are_found_in_plans() {
    let names = BTreeSet::from(["a".to_owned(), "articles".to_owned()]);
    for (steps, is_fault) in [
        (&["SCAN articles"][..], true),
        (&["SCAN a USING INDEX articles_all_date"], true),
        (&["SCAN a USING COVERING INDEX articles_failed"], false),
        (
            &[
                "SCAN j VIRTUAL TABLE INDEX 1:",
                "SEARCH a USING INTEGER PRIMARY KEY (rowid=?)",
                "USE TEMP B-TREE FOR ORDER BY",
            ],
            false,
        ),
        (&["SEARCH a USING INDEX articles_feed_best (feed_id=?)", "USE TEMP B-TREE FOR ORDER BY"], true),
        (&["SEARCH a USING INDEX articles_feed_best (feed_id=?)"], false),
        (&["SCAN feeds", "USE TEMP B-TREE FOR ORDER BY"], false),
    ] {
        let steps: Vec<String> = steps.iter().map(|step| (*step).to_owned()).collect();
        assert_eq!(!faults(&names, &steps).is_empty(), is_fault, "{steps:?}");
    }
    assert_eq!(article_names("SELECT 1 FROM articles a JOIN articles ON x"), names);
    assert_eq!(article_names("SELECT 1 FROM article_media m"), BTreeSet::new());
}
