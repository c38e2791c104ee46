//! Refreshing feeds: conditional requests, changes, failures, the scheduler.

use crate::support::{
    feed_server::{FeedReply, FeedServer, rss_document},
    test_app::{START_TIME, TestApp},
};
use gleaner::{
    domain::{
        feed::{Feed, FeedState, SubscribeOutcome},
        ids::FeedId,
    },
    server::{services::subscriptions, worker},
};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);

async fn subscribe_to(app: &TestApp, url: &str) -> FeedId {
    match subscriptions::subscribe(&app.app, url, None).await {
        Ok(SubscribeOutcome::Added(id)) => id,
        other => panic!("not added: {other:?}"),
    }
}

async fn refresh_feed(app: &TestApp, id: FeedId) -> Feed {
    subscriptions::refresh_feed(&app.app, id).await.expect("refreshed")
}

#[tokio::test]
async fn validators_go_back_byte_for_byte_and_follow_every_answer() {
    let server = FeedServer::start().await;
    let body = rss_document("F", &[("1", "One", "x")]);
    let reply =
        |etag: &str| FeedReply::feed(body.clone()).header("etag", etag).header("last-modified", "Some  odd date");
    server.on("/f", reply("W/\"a\\b c\""));
    let app = TestApp::start().await;
    let id = subscribe_to(&app, &server.url("/f")).await;
    let feed = refresh_feed(&app, id).await;
    assert_eq!((feed.health.state, feed.total), (FeedState::Ok, 1));
    // The same body under a new tag: the tag is taken over.
    server.on("/f", FeedReply::feed(body.clone()).header("etag", "unquoted"));
    refresh_feed(&app, id).await;
    server.on("/f", FeedReply::status(304).header("etag", "\"fresh\""));
    refresh_feed(&app, id).await;
    refresh_feed(&app, id).await;
    let sent: Vec<_> = server
        .asked()
        .iter()
        .map(|a| [a.header("if-none-match").map(str::to_owned), a.header("if-modified-since").map(str::to_owned)])
        .collect();
    let both = [Some("W/\"a\\b c\"".to_owned()), Some("Some  odd date".to_owned())];
    let only = |etag: &str| [Some(etag.to_owned()), None];
    assert_eq!(sent, [[None, None], both.clone(), both, only("unquoted"), only("\"fresh\"")]);
    app.finish().await;
}

#[tokio::test]
async fn changes_update_and_titles_of_the_reader_stay() {
    let server = FeedServer::start().await;
    server.on("/f", FeedReply::feed(rss_document("Theirs", &[("1", "One", "x"), ("2", "Two", "y")])));
    let app = TestApp::start().await;
    let id = subscribe_to(&app, &server.url("/f")).await;
    let change = gleaner::domain::feed::FeedChange { custom_title: Some(Some("Mine".into())), ..Default::default() };
    subscriptions::update_feed(&app.app, id, change).await.expect("renamed");
    server
        .on("/f", FeedReply::feed(rss_document("Theirs, renamed", &[("1", "One, edited", "x"), ("3", "Three", "z")])));
    let feed = refresh_feed(&app, id).await;
    assert_eq!((feed.display_title(), feed.title.as_str()), ("Mine", "Theirs, renamed"));
    assert_eq!(feed.total, 3, "nothing is pruned, nothing doubled");
    let query = gleaner::domain::article::ListQuery { limit: 10, search: Some("edited".into()), ..Default::default() };
    let page = gleaner::server::services::reading::list(&app.app, &query).await.expect("a page");
    assert_eq!(page.rows.len(), 1, "the search knows the new words");
    app.finish().await;
}

#[tokio::test]
async fn permanent_redirects_change_the_address_once_confirmed() {
    let server = FeedServer::start().await;
    let body = rss_document("F", &[("1", "One", "x")]);
    server.on("/old", FeedReply::feed(body.clone()));
    server.on("/new", FeedReply::feed(body));
    let app = TestApp::start().await;
    let id = subscribe_to(&app, &server.url("/old")).await;
    for (status, expected) in [(302, "/old"), (301, "/old"), (308, "/new")] {
        server.on("/old", FeedReply::redirect(status, "/new"));
        let feed = refresh_feed(&app, id).await;
        assert_eq!(feed.url.as_str(), server.url(expected), "after {status}");
        assert_eq!(feed.health.state, FeedState::Ok);
    }
    let events = subscriptions::list_feed_events(&app.app, id).await.expect("events");
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].kind.as_str(), events[0].detail.contains("/old")), ("moved", true));
}

#[tokio::test]
async fn failures_say_why_and_back_off() {
    let server = FeedServer::start().await;
    server.on("/f", FeedReply::feed(rss_document("F", &[("1", "One", "x")])).header("etag", "\"1\""));
    let app = TestApp::start().await;
    let id = subscribe_to(&app, &server.url("/f")).await;
    server.on("/f", FeedReply::status(502));
    let (first, second) = (refresh_feed(&app, id).await, refresh_feed(&app, id).await);
    assert_eq!((second.health.state, second.health.failures, second.total), (FeedState::Failing, 2, 1));
    assert!(second.health.message.is_some_and(|m| m.contains("502")) && second.health.remedy.is_some());
    assert!(second.next_fetch_at > first.next_fetch_at);

    server.on("/f", FeedReply::status(429).header("retry-after", "7200"));
    let asked_to_wait = refresh_feed(&app, id).await;
    assert!(asked_to_wait.next_fetch_at >= START_TIME.plus(7_200));
    let asked = server.asked().len();
    let refused = subscriptions::refresh_feed(&app.app, id).await.expect_err("not asked");
    assert!(refused.message.starts_with("Not fetched"), "{refused}");
    assert_eq!(subscriptions::refresh_all(&app.app).await.expect("refreshed"), 0);
    assert_eq!(server.asked().len(), asked, "not even by hand before the time");
    app.clock.advance(2 * HOUR);

    server.on("/f", FeedReply::status(410));
    assert_eq!(refresh_feed(&app, id).await.health.state, FeedState::Gone);
    assert_eq!(subscriptions::refresh_all(&app.app).await.expect("refreshed"), 0, "gone feeds are not checked");
    server.on("/f", FeedReply::feed(rss_document("F", &[])));
    let back = refresh_feed(&app, id).await;
    assert_eq!((back.health.state, back.health.message), (FeedState::Ok, None));
    let events = subscriptions::list_feed_events(&app.app, id).await.expect("events");
    assert_eq!(events.iter().map(|e| e.kind.as_str()).collect::<Vec<_>>(), ["revived", "gone"]);
}

#[tokio::test]
async fn the_scheduler_fetches_what_is_due_and_only_that() {
    let server = FeedServer::start().await;
    let mut list = String::from("<opml><body>");
    for i in 0..40 {
        let path = format!("/{i}");
        server.on(
            &path,
            FeedReply::feed(rss_document(&format!("Feed {i}"), &[("1", "One", "x")])).header("etag", "\"1\""),
        );
        list.push_str(&format!("<outline xmlUrl='{}'/>", server.url(&path)));
    }
    let app = TestApp::start().await;
    let mut events = app.app.events.subscribe();
    subscriptions::import_opml(&app.app, list.as_bytes()).await.expect("imported");
    worker::start(&app.app);
    let mut new = 0;
    while new < 40 {
        if let gleaner::domain::live_event::LiveEvent::Feeds { new_articles } = events.recv().await.expect("an event") {
            new += new_articles;
        }
    }
    let feeds = subscriptions::list_feeds(&app.app).await.expect("feeds");
    assert!(feeds.iter().all(|f| f.health.state == FeedState::Ok && f.total == 1));
    assert_eq!(server.asked().len(), 40, "each once");

    assert_eq!(subscriptions::refresh_all(&app.app).await.expect("refreshed"), 40);
    while server.asked().len() < 80 {
        events.recv().await.expect("an event");
    }
    let data = app.finish().await;
    let again = TestApp::on(data, |_| {}).await;
    worker::start(&again.app);
    let feeds = subscriptions::list_feeds(&again.app).await.expect("feeds");
    assert!(feeds.iter().all(|f| f.next_fetch_at > START_TIME), "a restart asks nobody again");
    again.finish().await;
    assert_eq!(server.asked().len(), 80);
}

#[tokio::test]
async fn a_feed_whose_stored_address_is_no_url_is_shown_and_its_check_says_why() {
    let server = FeedServer::start().await;
    server.on("/f", FeedReply::feed(rss_document("F", &[("1", "One", "x")])));
    let app = TestApp::start().await;
    let id = subscribe_to(&app, &server.url("/f")).await;
    let mut db = app.app.db.write().await.expect("a transaction");
    sqlx::query!("UPDATE feeds SET url = 'not a url'").execute(&mut *db).await.expect("changed");
    db.commit().await.expect("committed");
    let feeds = subscriptions::list_feeds(&app.app).await.expect("a list");
    assert_eq!(
        feeds.iter().map(|feed| feed.url.as_str()).collect::<Vec<_>>(),
        ["http://unreadable.invalid/?not+a+url"]
    );
    let feed = refresh_feed(&app, id).await;
    let message = feed.health.message.unwrap_or_default();
    assert_eq!((feed.health.state, feed.total), (FeedState::Failing, 1), "{message}");
    assert_eq!(message, "The stored address of this feed is not a valid URL.");
    app.finish().await;
}
