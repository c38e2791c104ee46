//! Work on many rows is done in short transactions, between which others can write and a kill loses nothing.

use crate::support::{
    feed_server::{FeedReply, FeedServer, rss_document},
    test_app::TestApp,
};
use gleaner::{
    domain::ids::FeedId,
    error::ErrorKind,
    server::{
        services::subscriptions,
        storage::{WriteTransaction, feed_removal},
        worker::scheduler,
    },
};
use sqlx::AssertSqlSafe;
use std::{
    fmt::{Debug, Write},
    pin::pin,
};

async fn count(app: &TestApp, query: &'static str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&app.app.db.read).await.expect("a number")
}

async fn execute(app: &TestApp, statements: &str) {
    let mut db = app.app.db.write().await.expect("a transaction");
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut *db).await.expect("executed");
    db.commit().await.expect("committed");
}

/// Writes as soon as `query` gives `value`, so that the work is interrupted between two transactions.
async fn write_between(app: &TestApp, query: &'static str, value: i64) -> WriteTransaction {
    loop {
        let mut db = app.app.db.write().await.expect("a transaction");
        let found: i64 = sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut *db).await.expect("a number");
        if found == value {
            return db;
        }
        drop(db);
    }
}

/// Begins work and stops it between two of its transactions when `query` gives `value`, as after a kill.
async fn kill_when<T: Debug>(app: &TestApp, work: impl Future<Output = T>, query: &'static str, value: i64) {
    let work = pin!(work);
    tokio::select! {
        biased;
        ended = work => panic!("others write in between: {ended:?}"),
        between = write_between(app, query, value) => {
            app.app.lifecycle.hard_stop.cancel();
            app.app.lifecycle.wait_for_tasks().await;
            between.commit().await.expect("committed");
        }
    }
}

fn list(count: usize) -> Vec<u8> {
    let mut list = String::from("<opml version=\"2.0\"><body>");
    for n in 0..count {
        write!(list, "<outline text=\"Folder {}\"><outline xmlUrl=\"http://127.0.0.1:9/{n}\"/></outline>", n % 3)
            .expect("written");
    }
    list.push_str("</body></opml>");
    list.into_bytes()
}

#[tokio::test]
async fn a_long_list_is_imported_in_short_transactions_and_may_be_imported_again_after_a_kill() {
    let app = TestApp::start().await;
    let document = list(1_000);
    kill_when(&app, subscriptions::import_opml(&app.app, &document), "SELECT count(*) FROM feeds", 400).await;
    let data = app.finish().await;
    let app = TestApp::on(data, |_| {}).await;
    assert_eq!(count(&app, "SELECT count(*) FROM feeds").await, 400);
    let report = subscriptions::import_opml(&app.app, &document).await.expect("imported");
    assert_eq!((report.added, report.duplicates), (600, 400));
    assert_eq!(count(&app, "SELECT count(*) FROM feeds WHERE folder_id IS NULL").await, 0);
    assert_eq!(count(&app, "SELECT count(*) FROM folders").await, 3);
    app.finish().await;
}

#[tokio::test]
async fn a_list_is_stored_though_nobody_waits_for_the_answer() {
    let app = TestApp::start().await;
    let document = list(1_000);
    {
        let import = pin!(subscriptions::import_opml(&app.app, &document));
        tokio::select! {
            biased;
            ended = import => panic!("others write in between: {ended:?}"),
            between = write_between(&app, "SELECT count(*) FROM feeds", 200) => between.commit().await.expect("committed"),
        }
    }
    drop(write_between(&app, "SELECT count(*) FROM feeds", 1_000).await);
    app.finish().await;
}

/// A feed with so many articles, and a table that remembers which were removed together.
async fn subscribe_to_many(app: &TestApp, server: &FeedServer, articles: usize) -> FeedId {
    server.on("/f", FeedReply::feed(rss_document("Loom", &[("1", "One", "<p>A loom.</p>")])));
    subscriptions::subscribe(&app.app, &server.url("/f"), None).await.expect("subscribed");
    execute(
        app,
        &format!(
            "CREATE TABLE removals (revision INTEGER);
             CREATE TRIGGER articles_removed AFTER DELETE ON articles BEGIN
                 INSERT INTO removals SELECT articles_revision FROM feeds WHERE id = old.feed_id;
             END;
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {articles} - 1)
             INSERT INTO articles (feed_id, title, sorted_at, fetched_at, arrived_us, next_step, state)
             SELECT 1, 'Article ' || i, i, i, -i, next_step, state FROM n, articles WHERE id = 1"
        ),
    )
    .await;
    assert_eq!(count(app, "SELECT count(*) FROM articles").await, i64::try_from(articles).expect("few"));
    FeedId(1)
}

#[tokio::test]
async fn a_feed_of_many_articles_is_removed_in_short_transactions() {
    let (server, app) = (FeedServer::start().await, TestApp::start().await);
    let id = subscribe_to_many(&app, &server, 2_050).await;
    subscriptions::unsubscribe(&app.app, id).await.expect("removed");
    for (query, expected) in [
        ("SELECT count(*) FROM articles", 0),
        ("SELECT count(*) FROM feeds", 0),
        ("SELECT count(*) FROM removals", 2_050),
        ("SELECT count(DISTINCT revision) FROM removals", 12),
        ("SELECT max(n) FROM (SELECT count(*) AS n FROM removals GROUP BY revision)", 200),
    ] {
        assert_eq!(count(&app, query).await, expected, "{query}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_removal_that_a_kill_interrupts_goes_on_at_the_next_start() {
    let (server, app) = (FeedServer::start().await, TestApp::start().await);
    let id = subscribe_to_many(&app, &server, 1_000).await;
    kill_when(&app, subscriptions::unsubscribe(&app.app, id), "SELECT count(*) FROM articles", 650).await;
    let data = app.finish().await;

    let app = TestApp::on(data, |_| {}).await;
    assert_eq!(count(&app, "SELECT count(*) FROM articles").await, 650);
    assert_eq!(feed_removal::list_removed(&app.app.db.read).await.expect("readable"), [id]);
    // It is gone for everybody else, and its address is free.
    assert_eq!(subscriptions::load_feed(&app.app, id).await.expect_err("gone").kind, ErrorKind::NotFound);
    assert_eq!(subscriptions::unsubscribe(&app.app, id).await.expect_err("gone").kind, ErrorKind::NotFound);
    assert_eq!(subscriptions::refresh_feed(&app.app, id).await.expect_err("gone").kind, ErrorKind::NotFound);
    assert!(subscriptions::list_feeds(&app.app).await.expect("readable").is_empty());
    assert!(!app.get("/feeds").await.body.contains("Loom"));
    subscriptions::subscribe(&app.app, &server.url("/f"), None).await.expect("subscribed anew");
    app.app.lifecycle.spawn(scheduler::run(app.app.clone()));
    drop(write_between(&app, "SELECT count(*) FROM feeds WHERE removed_at IS NOT NULL", 0).await);
    assert_eq!(count(&app, "SELECT count(*) FROM articles").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn a_kill_between_the_two_transactions_of_subscribing_loses_nothing() {
    let (server, app) = (FeedServer::start().await, TestApp::start().await);
    server.on("/f", FeedReply::feed(rss_document("Loom", &[("1", "One", "x"), ("2", "Two", "y")])));
    let url = server.url("/f");
    {
        let subscribing = pin!(subscriptions::subscribe(&app.app, &url, None));
        tokio::select! {
            biased;
            ended = subscribing => panic!("others write in between: {ended:?}"),
            between = write_between(&app, "SELECT count(*) FROM feeds", 1) => between.commit().await.expect("committed"),
        }
    }
    assert_eq!(count(&app, "SELECT count(*) FROM articles").await, 0);
    let data = app.finish().await;
    let app = TestApp::on(data, |_| {}).await;
    let feeds = subscriptions::list_feeds(&app.app).await.expect("readable");
    assert_eq!(feeds.iter().map(|feed| feed.title.as_str()).collect::<Vec<_>>(), ["Loom"]);
    app.app.lifecycle.spawn(scheduler::run(app.app.clone()));
    drop(write_between(&app, "SELECT count(*) FROM articles", 2).await);
    app.finish().await;
}
