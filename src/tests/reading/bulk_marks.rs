//! Bulk marks in short transactions: other writes proceed, and interrupted marks continue.

use crate::support::{data, test_app::TestApp};
use gleaner::{
    domain::{
        article::{ArticleChange, MarkReadScope},
        ids::{ArticleId, FeedId},
        time::Timestamp,
    },
    server::{
        services::{bulk_marks, reading},
        storage::marks,
    },
};

const SIZE: data::DataSize = data::DataSize { articles: 2_600, feeds: 10 };

async fn count_unread(app: &TestApp) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM articles WHERE is_read = 0 AND state <> 'blocked'")
        .fetch_one(&app.app.db.read)
        .await
        .expect("a count")
}

async fn with_articles() -> TestApp {
    let app = TestApp::start().await;
    data::seed(&app.app.db, SIZE).await.expect("data");
    app
}

#[tokio::test]
async fn other_writes_proceed_while_everything_is_marked_and_undone() {
    let app = with_articles().await;
    let before = count_unread(&app).await;
    let marking = bulk_marks::mark_read(&app.app, MarkReadScope::All, Some(Timestamp(data::NOW)));
    let (marked, seen) = while_writing(&app, marking).await;
    let marked = marked.expect("marked");
    assert_eq!((marked.marked_count, count_unread(&app).await), (before, 0));
    assert!(seen.iter().any(|unread| (1..before).contains(unread)), "no write in between: {seen:?}");
    let (undone, seen) = while_writing(&app, bulk_marks::undo_mark_read(&app.app, &marked.undo_token)).await;
    assert_eq!((undone, count_unread(&app).await), (Ok(before), before));
    assert!(seen.iter().any(|unread| (1..before).contains(unread)), "no write in between: {seen:?}");
    app.finish().await;
}

/// What a task comes to, and how many articles were unread at each write that got its turn meanwhile.
async fn while_writing<T>(app: &TestApp, task: impl Future<Output = T>) -> (T, Vec<i64>) {
    tokio::pin!(task);
    let mut seen = Vec::new();
    loop {
        let write = async {
            let mut db = app.app.db.write().await.expect("a turn");
            let unread = sqlx::query_scalar("SELECT count(*) FROM articles WHERE is_read = 0 AND state <> 'blocked'");
            let unread: i64 = unread.fetch_one(&mut *db).await.expect("a count");
            db.rollback().await.expect("ended");
            unread
        };
        tokio::select! {
            biased;
            unread = write => seen.push(unread),
            done = &mut task => return (done, seen),
        }
        if let std::task::Poll::Ready(done) = futures::poll!(&mut task) {
            return (done, seen);
        }
    }
}

#[tokio::test]
async fn interrupted_marks_continue_at_the_next_start() {
    let app = with_articles().await;
    let (before, now) = (count_unread(&app).await, app.app.clock.now());
    let until = Timestamp(data::NOW);
    let mut db = app.app.db.write().await.expect("a transaction");
    let batch = marks::begin_batch(&mut db, MarkReadScope::All, until, "token", now, 600).await.expect("begun");
    db.commit().await.expect("committed");
    let ids = marks::find_unread(&app.app.db.read, MarkReadScope::All, until, until).await.expect("found");
    let mut db = app.app.db.write().await.expect("a transaction");
    assert_eq!(marks::mark_slice(&mut db, batch.id, &ids[..500], now).await.expect("marked"), 500);
    db.commit().await.expect("committed");
    // Here the process ends, and the next one starts.
    assert_eq!(marks::list_unfinished(&app.app.db.read).await.expect("listed"), [batch]);
    bulk_marks::finish_interrupted(&app.app).await.expect("finished");
    assert_eq!(count_unread(&app).await, 0);
    assert_eq!(marks::list_unfinished(&app.app.db.read).await.expect("listed"), []);

    // Marked by hand, it is no longer part of the bulk mark.
    let by_hand = ArticleId(ids[0]);
    reading::update_article(&app.app, by_hand, ArticleChange::mark_read(true)).await.expect("marked");
    let mut db = app.app.db.write().await.expect("a transaction");
    let undone = marks::begin_undo(&mut db, "token", now).await.expect("begun");
    assert_eq!(undone, Some(batch.id));
    assert_eq!(marks::undo_slice(&mut db, batch.id, 500).await.expect("undone"), 500);
    db.commit().await.expect("committed");
    assert!(bulk_marks::undo_mark_read(&app.app, "token").await.is_err(), "once");
    bulk_marks::finish_interrupted(&app.app).await.expect("finished");
    assert_eq!(count_unread(&app).await, before - 1);
    assert_eq!(marks::list_unfinished(&app.app.db.read).await.expect("listed"), []);
    app.finish().await;
}

#[tokio::test]
async fn an_undo_ends_the_marking_of_the_rest() {
    let app = with_articles().await;
    let now = app.app.clock.now();
    let scope = MarkReadScope::Feed(FeedId(1));
    let mut db = app.app.db.write().await.expect("a transaction");
    let batch = marks::begin_batch(&mut db, scope, Timestamp(data::NOW), "token", now, 600).await.expect("begun");
    db.commit().await.expect("committed");
    let ids =
        marks::find_unread(&app.app.db.read, scope, Timestamp(data::NOW), Timestamp(data::NOW)).await.expect("found");
    assert!(ids.len() > 100, "{ids:?}");
    let mut db = app.app.db.write().await.expect("a transaction");
    marks::begin_undo(&mut db, "token", now).await.expect("begun").expect("a batch");
    assert_eq!(marks::mark_slice(&mut db, batch.id, &ids, now).await.expect("written"), 0);
    db.commit().await.expect("committed");
    bulk_marks::finish_interrupted(&app.app).await.expect("finished");
    assert_eq!(
        marks::find_unread(&app.app.db.read, scope, Timestamp(data::NOW), Timestamp(data::NOW)).await.expect("found"),
        ids
    );
    app.finish().await;
}
