//! The time of day is set ten years ahead and back again, as on a machine without a clock battery: work continues.

use crate::support::{
    articles::{article_records, new_article, store_articles, store_plain_articles},
    feed_server::{FeedReply, FeedServer, rss_document},
    gleaner_binary::{gleaner_command, output_texts},
    simulator::Simulator,
    test_app::{START_TIME, TestApp},
};
use gleaner::{
    domain::{article::MarkReadScope, feed::FeedState, ids::FeedId},
    server::{
        services::{
            bulk_marks,
            scoring::claim::{self, ClaimOutcome, StepProgress},
            subscriptions,
        },
        storage::{checks, feed_reading},
        worker::{clock_watch, scheduler, scorer},
    },
};
use std::time::Duration;

const TEN_YEARS: i64 = 10 * 365 * 86_400;

/// How far the next check of every feed, and its pause, lie ahead of a moment, in seconds.
async fn load_checks(app: &TestApp, moment: i64) -> Vec<(i64, Option<i64>)> {
    sqlx::query_as("SELECT next_fetch_at - ?1, not_before - ?1 FROM feeds ORDER BY id")
        .bind(moment)
        .fetch_all(&app.app.db.read)
        .await
        .expect("readable")
}

#[tokio::test(flavor = "multi_thread")]
async fn feeds_are_fetched_ahead_and_back_again() {
    let feeds = FeedServer::start().await;
    for path in ["/a", "/b"] {
        feeds.on(path, FeedReply::feed(rss_document("Loom", &[("1", "One", "<p>A loom.</p>")])));
    }
    let app = TestApp::start().await;
    subscriptions::subscribe(&app.app, &feeds.url("/a"), None).await.expect("subscribed");
    app.app.lifecycle.spawn(scheduler::run(app.app.clone()));
    app.app.lifecycle.spawn(clock_watch::run(app.app.clone()));
    app.clock.set_ahead(TEN_YEARS);
    app.app.feeds_wakeup.notify_one();
    feeds.wait_for_requests(2).await;
    // Subscribed to by the wrong clock.
    subscriptions::subscribe(&app.app, &feeds.url("/b"), None).await.expect("subscribed");
    let is_planned_ahead = async || load_checks(&app, START_TIME.0 + TEN_YEARS).await.iter().all(|check| check.0 > 0);
    while !is_planned_ahead().await {
        tokio::task::yield_now().await;
    }

    app.clock.set_ahead(-TEN_YEARS);
    let ready = app.get("/readyz").await.json();
    assert_eq!((&ready["checks"]["clock"], &ready["status"]), (&"fail".into(), &"degraded".into()));
    app.clock.advance(Duration::from_secs(5));
    feeds.wait_for_requests(5).await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_with_the_right_clock_pulls_back_what_a_wrong_one_planned() {
    let feeds = FeedServer::start().await;
    feeds.on("/a", FeedReply::feed(rss_document("Loom", &[("1", "One", "<p>A loom.</p>")])));
    let app = TestApp::start().await;
    app.clock.set_ahead(TEN_YEARS);
    subscriptions::subscribe(&app.app, &feeds.url("/a"), None).await.expect("subscribed");
    let busy = FeedReply::status(429).header("retry-after", "600");
    feeds.on("/b", FeedReply::feed(rss_document("Weft", &[("1", "One", "<p>A weft.</p>")])));
    subscriptions::subscribe(&app.app, &feeds.url("/b"), None).await.expect("subscribed");
    let all = subscriptions::list_feeds(&app.app).await.expect("readable");
    let weft = all.iter().find(|feed| feed.url.as_str().ends_with("/b")).expect("there").id;
    feeds.on("/b", busy);
    subscriptions::refresh_feed(&app.app, weft).await.expect("tried");
    let data = app.finish().await;

    let app = TestApp::on(data, |_| {}).await;
    let [(loom, _), (weft, pause)] = load_checks(&app, START_TIME.0).await[..] else { panic!("two feeds") };
    assert_eq!((loom, weft), (pause.unwrap_or(0), 600), "the host's pause holds as long as it asked for");
    let data = app.finish().await;
    let output = gleaner_command(data.path()).arg("--data-dir").arg(data.path()).arg("doctor").output();
    let (said, _) = output_texts(&output.expect("it runs"));
    assert!(said.contains("but something was stored at 20"), "{said}");
}

/// A process that dies while it reads the feed, and the start of the next one.
async fn crash(app: &TestApp) {
    let mut tx = app.app.db.write().await.expect("a transaction");
    feed_reading::begin(&mut tx, FeedId(1), app.app.clock.now()).await.expect("noted");
    tx.commit().await.expect("committed");
    subscriptions::set_crashing_feeds_aside(&app.app).await.expect("set aside");
}

#[tokio::test(flavor = "multi_thread")]
async fn crashes_count_whatever_the_clock_said() {
    let feeds = FeedServer::start().await;
    feeds.on("/a", FeedReply::feed(rss_document("Loom", &[("1", "One", "<p>A loom.</p>")])));
    let app = TestApp::start().await;
    let load_crashes = async || {
        let source = checks::load_source(&app.app.db.read, FeedId(1)).await.expect("readable").expect("there");
        (source.crashes, subscriptions::load_feed(&app.app, FeedId(1)).await.expect("there").health.state)
    };
    app.clock.set_ahead(TEN_YEARS);
    subscriptions::subscribe(&app.app, &feeds.url("/a"), None).await.expect("subscribed");
    app.clock.set_ahead(-TEN_YEARS);
    crash(&app).await;
    assert_eq!(load_crashes().await, (1, FeedState::Ok));
    crash(&app).await;
    assert_eq!(load_crashes().await, (2, FeedState::Failing), "set aside");
    // A crash that was counted with a wrong clock is cleared with the right one.
    app.clock.set_ahead(TEN_YEARS);
    crash(&app).await;
    app.clock.set_ahead(-TEN_YEARS);
    subscriptions::refresh_feed(&app.app, FeedId(1)).await.expect("by hand");
    assert_eq!(load_crashes().await, (0, FeedState::Ok));
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_of_a_wrong_clock_end_and_articles_are_scored() {
    let sim = Simulator::start().await.expect("a simulator");
    let host = sim.url.parse().expect("an address");
    let app = TestApp::with(|config| config.ollama.host = host).await;
    store_plain_articles(&app.app, 3).await;
    app.clock.set_ahead(TEN_YEARS);
    // A worker that claimed them and is gone.
    let at = StepProgress { current: None, busy: false };
    assert!(
        matches!(claim::claim(&app.app, &app.app.servers.list()[0].settings, &at, 3).await, Ok(ClaimOutcome::Tasks(tasks)) if tasks.len() == 3)
    );
    app.clock.set_ahead(-TEN_YEARS);
    claim::release_ended_claims(&app.app).await.expect("released");
    scorer::drain(&app.app).await;
    let states: Vec<String> = article_records(&app.app).await.into_iter().map(|article| article.state).collect();
    assert_eq!(states, ["scored", "scored", "scored"]);
    app.finish().await;
}

#[tokio::test]
async fn articles_of_a_wrong_clock_are_marked_with_all_others() {
    let app = TestApp::start().await;
    let arrive = async |title| store_articles(&app.app, &[new_article(title, "<p>A loom.</p>")]).await[0];
    app.clock.set_ahead(TEN_YEARS);
    let future = arrive("Stored by the wrong clock").await;
    app.clock.set_ahead(-TEN_YEARS);
    let opened_at = app.app.clock.now();
    app.clock.advance(Duration::from_secs(60));
    arrive("Later than the page").await;
    bulk_marks::mark_read(&app.app, MarkReadScope::All, Some(opened_at)).await.expect("marked");
    let read: Vec<i64> = sqlx::query_scalar("SELECT id FROM articles WHERE is_read = 1")
        .fetch_all(&app.app.db.read)
        .await
        .expect("readable");
    assert_eq!(read, [future.0]);
    app.finish().await;
}
