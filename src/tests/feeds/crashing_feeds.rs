//! A feed that crashes the process: identified at the next start, read alone, and no longer read after a second crash.

use crate::support::{
    feed_server::{FeedReply, FeedServer, rss_document},
    test_app::TestApp,
};
use gleaner::{
    domain::{feed::FeedState, feed_error::FeedErrorKind, ids::FeedId, time::Timestamp},
    server::{
        services::subscriptions,
        storage::{checks, feed_reading},
    },
};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// Simulates a crash while the feed is read, and the next start.
async fn crash(app: &TestApp, id: FeedId) {
    app.clock.advance(MINUTE);
    let mut tx = app.app.db.write().await.expect("a transaction");
    feed_reading::begin(&mut tx, id, app.app.clock.now()).await.expect("noted");
    tx.commit().await.expect("committed");
    subscriptions::set_crashing_feeds_aside(&app.app).await.expect("set aside");
}

async fn due(app: &TestApp) -> Vec<(FeedId, i64)> {
    let due = checks::list_due(&app.app.db.read, Timestamp(i64::MAX)).await.expect("due feeds");
    due.into_iter().map(|source| (source.id, source.crashes)).collect()
}

#[tokio::test]
async fn a_feed_that_crashes_the_process_twice_is_not_read_until_it_is_refreshed_by_hand() {
    let server = FeedServer::start().await;
    server.on("/feed", FeedReply::feed(rss_document("Feed", &[("1", "One", "text")])));
    let app = TestApp::start().await;
    subscriptions::subscribe(&app.app, &server.url("/feed"), None).await.expect("subscribed");
    let id = FeedId(1);

    crash(&app, id).await;
    assert_eq!(due(&app).await, [(id, 1)], "once may be chance; it is read alone");
    crash(&app, id).await;
    assert_eq!(due(&app).await, [], "it is no longer read by itself");
    subscriptions::refresh_all(&app.app).await.expect("refreshed");
    assert_eq!(due(&app).await, [], "not with all others either");
    let feed = subscriptions::load_feed(&app.app, id).await.expect("the feed");
    assert_eq!(feed.health.state, FeedState::Failing);
    let page = app.get("/feeds/1").await.body;
    for line in ["Gleaner ended 2 times while it was reading this feed.", "crashed", FeedErrorKind::Crashed.hint()] {
        let is_shown = [line.to_owned(), line.replace('\'', "&#x27;"), line.replace('\'', "&#39;")];
        assert!(is_shown.iter().any(|line| page.contains(line)), "{line} is not on its page");
    }

    server.on("/feed", FeedReply::feed(rss_document("Feed", &[("1", "One", "text"), ("2", "Two", "text")])));
    app.clock.advance(MINUTE);
    let feed = subscriptions::refresh_feed(&app.app, id).await.expect("refreshed by hand");
    assert_eq!(feed.health.state, FeedState::Ok);
    assert_eq!(due(&app).await, [(id, 0)], "what was read is forgiven");
}

#[tokio::test]
async fn a_feed_that_was_read_leaves_no_record() {
    let server = FeedServer::start().await;
    server.on("/feed", FeedReply::feed(rss_document("Feed", &[("1", "One", "text")])));
    let app = TestApp::start().await;
    subscriptions::subscribe(&app.app, &server.url("/feed"), None).await.expect("subscribed");
    for body in [rss_document("Feed", &[("2", "Two", "text")]), "no feed".to_owned()] {
        server.on("/feed", FeedReply::feed(body));
        app.clock.advance(MINUTE);
        subscriptions::refresh_feed(&app.app, FeedId(1)).await.expect("refreshed");
        subscriptions::set_crashing_feeds_aside(&app.app).await.expect("looked at");
    }
    assert_eq!(due(&app).await, [(FeedId(1), 0)]);
}
