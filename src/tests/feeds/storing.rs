//! Storing large documents: in short transactions, completely, and without conflicts of concurrent checks.

use crate::support::{
    feed_server::{FeedReply, FeedServer},
    test_app::TestApp,
};
use gleaner::{
    domain::{
        feed::SubscribeOutcome,
        ids::{ArticleId, FeedId},
    },
    server::{
        services::subscriptions,
        storage::{checks, marks},
    },
};
use sqlx::{AssertSqlSafe, Row};
use std::cell::Cell;

/// A feed of so many items, the newest first, with a text of so many bytes each.
fn document(items: usize, text_bytes: usize) -> FeedReply {
    document_of((0..items).rev(), text_bytes)
}

fn document_of(items: impl Iterator<Item = usize>, text_bytes: usize) -> FeedReply {
    let text = "x ".repeat(text_bytes / 2);
    let items: String = items
        .map(|n| {
            let (hour, minute, second) = (n / 3_600, n / 60 % 60, n % 60);
            format!(
                "<item><guid isPermaLink=\"false\">g{n}</guid><title>Item {n}</title><link>https://x.example/{n}</link>\
                 <pubDate>Wed, 01 Jan 2025 {hour:02}:{minute:02}:{second:02} GMT</pubDate>\
                 <description>{n} {text}</description></item>"
            )
        })
        .collect();
    FeedReply::feed(format!("<rss version=\"2.0\"><channel><title>F</title>{items}</channel></rss>"))
}

async fn subscribe_to(app: &TestApp, url: &str) -> FeedId {
    match subscriptions::subscribe(&app.app, url, None).await {
        Ok(SubscribeOutcome::Added(id)) => id,
        other => panic!("not added: {other:?}"),
    }
}

/// Makes a statement that is no query of the program.
async fn execute(app: &TestApp, statement: &'static str) {
    let mut db = app.app.db.write().await.expect("a transaction");
    sqlx::raw_sql(statement).execute(&mut *db).await.expect("executed");
    db.commit().await.expect("committed");
}

async fn count(app: &TestApp, query: &'static str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&app.app.db.read).await.expect("a number")
}

/// Subscribes to an empty feed, so that the articles come with a check.
async fn subscribed_to_nothing(app: &TestApp, server: &FeedServer) -> FeedId {
    server.on("/f", document(0, 0));
    subscribe_to(app, &server.url("/f")).await
}

#[tokio::test]
async fn a_large_document_is_stored_in_transactions_of_bounded_size() {
    for (items, bytes, transactions, rows) in [(1_000, 10, 5, 200), (100, 60_000, 13, 8)] {
        let server = FeedServer::start().await;
        let app = TestApp::start().await;
        let id = subscribed_to_nothing(&app, &server).await;
        // The revision of the feed's articles grows once in each transaction that stores some.
        execute(
            &app,
            "CREATE TABLE writes (revision INTEGER, article INTEGER);
             CREATE TRIGGER articles_written AFTER INSERT ON articles BEGIN
                 INSERT INTO writes SELECT articles_revision, new.id FROM feeds WHERE id = new.feed_id;
             END",
        )
        .await;
        server.on("/f", document(items, bytes));
        let feed = subscriptions::refresh_feed(&app.app, id).await.expect("refreshed");
        assert_eq!(feed.total, i64::try_from(items).expect("few"));
        assert_eq!(count(&app, "SELECT count(DISTINCT revision) FROM writes").await, transactions);
        let most = "SELECT max(n) FROM (SELECT count(*) AS n FROM writes GROUP BY revision)";
        assert_eq!(count(&app, most).await, rows, "articles in one transaction");
    }
}

#[tokio::test]
async fn others_write_between_the_transactions_of_a_large_document() {
    let server = FeedServer::start().await;
    let app = TestApp::start().await;
    let id = subscribed_to_nothing(&app, &server).await;
    server.on("/f", document(1_000, 10));
    let source = checks::load_source(&app.app.db.read, id).await.expect("readable").expect("there");
    let check = [subscriptions::check_feed(&app.app, source).await];
    let is_stored = Cell::new(false);
    let storing = async {
        let counts = subscriptions::store_checks(&app.app, &check).await.expect("stored");
        is_stored.set(true);
        counts.new
    };
    // How many articles somebody who writes all the time finds each time.
    let writing = async {
        let mut found = Vec::new();
        while !is_stored.get() {
            let mut db = app.app.db.write().await.expect("a transaction");
            let articles = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM articles").fetch_one(&mut *db).await;
            found.push(articles.expect("counted"));
            marks::set(&mut db, ArticleId(1), Some(true), None, app.app.clock.now()).await.expect("marked");
            db.commit().await.expect("committed");
        }
        found.dedup();
        found
    };
    let (new, found) = tokio::join!(storing, writing);
    assert_eq!(new, 1_000);
    assert!([200, 400, 600, 800].iter().all(|step| found.contains(step)), "{found:?}");
}

#[tokio::test]
async fn two_checks_of_one_feed_at_once_double_nothing() {
    let server = FeedServer::start().await;
    let app = TestApp::start().await;
    let id = subscribed_to_nothing(&app, &server).await;
    server.on("/f", document(300, 10));
    let mut checked = Vec::new();
    for _ in 0..2 {
        let source = checks::load_source(&app.app.db.read, id).await.expect("readable").expect("there");
        checked.push(subscriptions::check_feed(&app.app, source).await);
    }
    let (first, second) =
        (subscriptions::store_checks(&app.app, &checked[..1]), subscriptions::store_checks(&app.app, &checked[1..]));
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first.expect("stored").new + second.expect("stored").new, 300);
    assert_eq!(subscriptions::refresh_feed(&app.app, id).await.expect("refreshed").total, 300);
}

#[tokio::test]
async fn a_feed_removed_during_its_check_leaves_nothing_behind() {
    let server = FeedServer::start().await;
    let app = TestApp::start().await;
    let id = subscribed_to_nothing(&app, &server).await;
    let replies = [document(3, 10), document(0, 0), FeedReply::status(410)];
    for (reply, is_removed_first) in replies.iter().flat_map(|reply| [(reply, true), (reply, false)]) {
        let id = if subscriptions::load_feed(&app.app, id).await.is_ok() {
            id
        } else {
            subscribed_to_nothing(&app, &server).await
        };
        server.on("/f", reply.clone());
        let source = checks::load_source(&app.app.db.read, id).await.expect("readable").expect("there");
        if is_removed_first {
            subscriptions::unsubscribe(&app.app, id).await.expect("removed");
        }
        let check = subscriptions::check_feed(&app.app, source).await;
        assert!(!format!("{check:?}").contains("FOREIGN KEY"), "{check:?}");
        if !is_removed_first {
            subscriptions::unsubscribe(&app.app, id).await.expect("removed");
        }
        assert_eq!(subscriptions::store_checks(&app.app, &[check]).await.expect("no fault").new, 0);
        assert_eq!(count(&app, "SELECT count(*) FROM articles").await, 0);
        assert_eq!(count(&app, "SELECT count(*) FROM feed_events").await, 0);
    }
}

#[tokio::test]
async fn a_document_that_was_stored_in_part_is_completed_by_the_next_check() {
    let server = FeedServer::start().await;
    let app = TestApp::start().await;
    let id = subscribed_to_nothing(&app, &server).await;
    execute(
        &app,
        "CREATE TRIGGER disk_full BEFORE INSERT ON articles WHEN (SELECT count(*) FROM articles) >= 300 BEGIN
             SELECT RAISE(ABORT, 'no room');
         END",
    )
    .await;
    server.on("/f", document(500, 10).header("etag", "\"1\""));
    subscriptions::refresh_feed(&app.app, id).await.expect_err("the second transaction fails");
    let marked = "SELECT count(*) FROM articles WHERE is_read = 1";
    execute(&app, "DROP TRIGGER disk_full; UPDATE articles SET is_read = 1").await;
    assert_eq!(count(&app, marked).await, 200, "the first transaction stands");
    let feed = subscriptions::refresh_feed(&app.app, id).await.expect("refreshed");
    assert_eq!((feed.total, feed.unread), (500, 300), "the document did not count as read, and nothing is doubled");
}

#[tokio::test]
async fn of_a_document_with_too_many_items_the_newest_are_kept_and_the_page_says_so() {
    let server = FeedServer::start().await;
    let app = TestApp::start().await;
    let id = subscribed_to_nothing(&app, &server).await;
    let page = format!("/feeds/{id}");
    for items in [2_100, 2_101] {
        server.on("/f", document(items, 10));
        let feed = subscriptions::refresh_feed(&app.app, id).await.expect("refreshed");
        assert_eq!(feed.items_left_out, i64::try_from(items).expect("few") - 2_000);
    }
    assert_eq!(count(&app, "SELECT count(*) FROM articles").await, 2_001, "one more came later");
    assert_eq!(count(&app, "SELECT count(*) FROM articles WHERE title = 'Item 99'").await, 0, "the oldest");
    let shown = app.get(&page).await.body;
    assert!(shown.contains("101 older items") && shown.contains("The document has 2100 items"), "{shown}");
    let events = subscriptions::list_feed_events(&app.app, id).await.expect("events");
    assert_eq!(events.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>(), ["shortened"], "recorded once");
    server.on("/f", document(5, 10));
    let feed = subscriptions::refresh_feed(&app.app, id).await.expect("refreshed");
    assert_eq!(feed.items_left_out, 0);
    assert!(!app.get(&page).await.body.contains("older items"));
}

#[tokio::test]
async fn new_items_of_a_long_feed_in_ascending_order_are_stored() {
    let server = FeedServer::start().await;
    let app = TestApp::start().await;
    let id = subscribed_to_nothing(&app, &server).await;
    for items in [12_000, 12_001] {
        server.on("/f", document_of(0..items, 10));
        let feed = subscriptions::refresh_feed(&app.app, id).await.expect("refreshed");
        assert_eq!(feed.items_left_out, i64::try_from(items).expect("few") - 2_000);
    }
    let newest = "SELECT count(*) FROM articles WHERE title IN ('Item 10000', 'Item 11999', 'Item 12000')";
    assert_eq!(count(&app, newest).await, 3);
    assert_eq!(count(&app, "SELECT count(*) FROM articles").await, 2_001);
}

/// What is wrong with the query plans of the program's statements: a list given as JSON that is read once for each row of
/// something else. A list within a row of the list (`json_each(e.value …) c`) is another one for each row.
async fn lists_read_again(app: &TestApp) -> Vec<String> {
    let mut wrong = Vec::new();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(".sqlx");
    let mut checked = 0;
    for file in std::fs::read_dir(folder).expect("the queries") {
        let text = std::fs::read_to_string(file.expect("readable").path()).expect("readable");
        let file: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let query = file["query"].as_str().expect("a query").to_owned();
        if !query.contains("json_each(?") {
            continue;
        }
        checked += 1;
        let explain = sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {query}")));
        let plan = explain.fetch_all(&app.app.db.read).await.expect("explained");
        let steps: Vec<(i64, String)> = plan.iter().map(|step| (step.get("parent"), step.get("detail"))).collect();
        for (position, (parent, detail)) in steps.iter().enumerate() {
            let is_loop = |step: &&(i64, String)| step.1.starts_with("SCAN") || step.1.starts_with("SEARCH");
            let is_first = !steps[..position].iter().filter(|step| step.0 == *parent).any(|step| is_loop(&step));
            let name = detail.split(' ').nth(1).unwrap_or_default();
            let is_within_row = query.split("json_each(e.value").skip(1).any(|rest| {
                rest.split(')').nth(1).is_some_and(|after| after.trim_start().starts_with(&format!("{name} ")))
            });
            if detail.starts_with("SCAN") && detail.contains("VIRTUAL TABLE") && !is_first && !is_within_row {
                wrong.push(format!("{detail} in {query}: {steps:?}"));
            }
        }
    }
    assert!(checked > 20, "{checked} statements with lists");
    wrong
}

#[tokio::test]
async fn no_statement_reads_a_list_once_for_each_row() {
    let server = FeedServer::start().await;
    let app = TestApp::start().await;
    let id = subscribed_to_nothing(&app, &server).await;
    assert_eq!(lists_read_again(&app).await, Vec::<String>::new());
    server.on("/f", document(1_500, 10));
    subscriptions::refresh_feed(&app.app, id).await.expect("refreshed");
    execute(&app, "ANALYZE").await;
    app.app.db.read.close().await;
    let data = app.finish().await;
    let app = TestApp::on(data, |_| {}).await;
    assert_eq!(lists_read_again(&app).await, Vec::<String>::new(), "with figures about many articles");
}
