//! Limits for requests to a host: one at a time, pauses for the whole host, no repeated requests.

use crate::support::{
    feed_server::{FeedReply, FeedServer, rss_document},
    test_app::{START_TIME, TestApp},
};
use futures::future::join_all;
use gleaner::{
    domain::{
        feed::{Feed, FeedState, SubscribeOutcome},
        feed_schedule::CheckReason,
        ids::FeedId,
    },
    error::ErrorKind,
    server::{
        services::subscriptions::{self, CheckMode},
        worker,
    },
};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

fn feed_reply() -> FeedReply {
    FeedReply::feed(rss_document("F", &[("1", "One", "x")])).header("etag", "\"1\"")
}

async fn subscribe_to(app: &TestApp, url: &str) -> FeedId {
    match subscriptions::subscribe(&app.app, url, None).await {
        Ok(SubscribeOutcome::Added(id)) => id,
        other => panic!("not added: {other:?}"),
    }
}

/// Subscribes to paths of a server without fetching them.
async fn import_paths(app: &TestApp, server: &FeedServer, paths: &[String]) {
    let outlines: String = paths.iter().map(|path| format!("<outline xmlUrl='{}'/>", server.url(path))).collect();
    let list = format!("<opml><body>{outlines}</body></opml>");
    subscriptions::import_opml(&app.app, list.as_bytes()).await.expect("imported");
}

/// The feeds, once the scheduler has stored so many checks.
async fn feeds_after(app: &TestApp, is_enough: impl Fn(&[Feed]) -> bool) -> Vec<Feed> {
    let mut events = app.app.events.subscribe();
    loop {
        let feeds = subscriptions::list_feeds(&app.app).await.expect("feeds");
        if is_enough(&feeds) {
            return feeds;
        }
        events.recv().await.expect("an event");
    }
}

#[tokio::test]
async fn a_pause_holds_for_all_feeds_of_a_host() {
    let server = FeedServer::start().await;
    let paths: Vec<String> = (0..12).map(|number| format!("/{number}")).collect();
    for path in &paths {
        server.on(path, FeedReply::status(429).header("retry-after", "600"));
    }
    let app = TestApp::start().await;
    import_paths(&app, &server, &paths).await;
    worker::start(&app.app);
    let feeds = feeds_after(&app, |feeds| feeds.iter().any(|feed| feed.health.failures > 0)).await;
    assert_eq!(server.asked().len(), 1, "the others wait behind it");
    assert_eq!(feeds.iter().map(|feed| feed.health.failures).sum::<i64>(), 1, "waiting is no failure");
    let until = START_TIME.plus(600);
    assert!(feeds.iter().all(|feed| feed.paused_until == Some(until) && feed.next_fetch_at >= until));
    let waiting = feeds.iter().find(|feed| feed.health.failures == 0).expect("eleven");
    assert_eq!((waiting.check_interval, waiting.check_reason), (Some(600), Some(CheckReason::RetryAfter)));

    paths.iter().for_each(|path| server.on(path, feed_reply()));
    app.clock.advance(Duration::from_secs(600));
    let feeds = feeds_after(&app, |feeds| feeds.iter().filter(|feed| feed.total == 1).count() == 11).await;
    assert_eq!(feeds.iter().filter(|feed| feed.health.state == FeedState::Failing).count(), 1, "it waits for an hour");
    assert_eq!(server.asked().len(), 12);
    app.finish().await;
}

#[tokio::test]
async fn a_host_that_refuses_without_a_time_is_asked_once_a_round_and_ever_less_often() {
    for status in [429, 503] {
        let server = FeedServer::start().await;
        let paths: Vec<String> = (0..12).map(|number| format!("/{number}")).collect();
        paths.iter().for_each(|path| server.on(path, FeedReply::status(status)));
        let app = TestApp::start().await;
        import_paths(&app, &server, &paths).await;
        worker::start(&app.app);
        for (round, pause) in [600, 1_200, 2_400].into_iter().enumerate() {
            let failed = |feeds: &[Feed]| feeds.iter().map(|feed| feed.health.failures).sum::<i64>();
            let feeds = feeds_after(&app, |feeds| usize::try_from(failed(feeds)).is_ok_and(|n| n == round + 1)).await;
            assert_eq!(server.asked().len(), round + 1, "{status}: one request a round");
            let until = app.app.clock.now().plus(pause);
            assert!(feeds.iter().all(|feed| feed.next_fetch_at >= until), "{status}, round {round}: {feeds:?}");
            app.clock.advance(Duration::from_secs(pause.unsigned_abs()));
        }
        app.finish().await;
    }
}

#[tokio::test]
async fn a_pause_outlasts_a_restart_and_holds_for_new_feeds() {
    let server = FeedServer::start().await;
    server.on("/a", feed_reply());
    server.on("/b", feed_reply());
    let app = TestApp::start().await;
    let id = subscribe_to(&app, &server.url("/a")).await;
    server.on("/a", FeedReply::status(503).header("retry-after", "7200"));
    subscriptions::refresh_feed(&app.app, id).await.expect("asked");
    let again = TestApp::on(app.finish().await, |_| {}).await;
    let refused = subscriptions::subscribe(&again.app, &server.url("/b"), None).await.expect_err("paused");
    assert!(refused.message.contains("asked for a pause until 1 Mar 2026, 14:00 UTC"), "{refused}");
    assert_eq!(server.asked().len(), 2);
    again.clock.advance(Duration::from_secs(7_200));
    subscribe_to(&again, &server.url("/b")).await;
}

#[tokio::test]
async fn a_host_is_asked_for_one_feed_at_a_time() {
    for (allowed, at_once) in [(1, 1), (3, 3)] {
        let server = FeedServer::start().await;
        let paths: Vec<String> = (0..6).map(|number| format!("/{number}")).collect();
        paths.iter().for_each(|path| server.on(path, feed_reply().held()));
        let app = TestApp::with(|config| config.fetch.per_host_concurrency = allowed).await;
        import_paths(&app, &server, &paths).await;
        worker::start(&app.app);
        for count in 1..=paths.len() {
            server.wait_for_requests((count + at_once - 1).min(paths.len())).await;
            server.release(1);
        }
        feeds_after(&app, |feeds| feeds.iter().all(|feed| feed.total == 1)).await;
        assert_eq!(server.most_held_at_once(), at_once, "{allowed} allowed");
        app.finish().await;
    }
}

#[tokio::test]
async fn the_pause_of_a_host_begins_with_its_answer() {
    let server = FeedServer::start().await;
    let paths = ["/0".to_owned(), "/1".to_owned()];
    paths.iter().for_each(|path| server.on(path, feed_reply()));
    let app = TestApp::with(|config| config.fetch.per_host_spacing = Duration::from_secs(60)).await;
    import_paths(&app, &server, &paths).await;
    worker::start(&app.app);
    feeds_after(&app, |feeds| feeds.iter().any(|feed| feed.total == 1)).await;
    app.clock.advance(Duration::from_secs(59));
    assert_eq!(server.asked().len(), 1);
    app.clock.advance(Duration::from_secs(1));
    feeds_after(&app, |feeds| feeds.iter().all(|feed| feed.total == 1)).await;
    app.finish().await;
}

#[tokio::test]
async fn several_refreshes_of_a_feed_at_once_are_one_request() {
    let server = FeedServer::start().await;
    server.on("/f", feed_reply());
    let app = TestApp::start().await;
    let id = subscribe_to(&app, &server.url("/f")).await;
    let news = rss_document("F", &[("1", "One", "x"), ("2", "Two", "y")]);
    server.on("/f", FeedReply::feed(news).header("etag", "\"2\"").held());
    let refreshes = join_all((0..5).map(|_| subscriptions::refresh_feed(&app.app, id)));
    let release = async {
        server.wait_for_requests(2).await;
        server.release(5);
    };
    let (feeds, ()) = tokio::join!(refreshes, release);
    assert!(feeds.iter().all(|feed| feed.as_ref().is_ok_and(|feed| feed.total == 2)), "{feeds:?}");
    assert_eq!(server.asked().len(), 2, "one subscription, one refresh");
    subscriptions::refresh_feed(&app.app, id).await.expect("refreshed");
    assert_eq!(server.asked().len(), 3, "a later one asks again");
}

#[tokio::test]
async fn a_refresh_during_a_pause_is_refused_unless_forced() {
    let server = FeedServer::start().await;
    server.on("/f", feed_reply());
    let app = TestApp::start().await;
    let id = subscribe_to(&app, &server.url("/f")).await;
    server.on("/f", FeedReply::status(429).header("retry-after", "7500"));
    subscriptions::refresh_feed(&app.app, id).await.expect("asked");
    server.on("/f", feed_reply());

    let told = "Not fetched: the site asked for a pause until 14:05 UTC.";
    let refused = subscriptions::refresh_feed(&app.app, id).await.expect_err("not asked");
    assert_eq!((refused.kind, refused.message.as_str()), (ErrorKind::Conflict, told));
    let answer = app.post(&format!("/api/feeds/{id}/refresh"), &json!({})).await;
    assert_eq!((answer.status.as_u16(), answer.json()["error"]["message"].as_str()), (409, Some(told)), "{answer:?}");
    let form = app.post_form("/fn/feeds/refresh", &[("id", &id.to_string())]).await;
    let page = app.get(&form.header("location").replace(&app.url, "")).await.body;
    assert!(
        page.contains(told) && page.contains("Fetch anyway") && page.contains("/fn/feeds/refresh-forced"),
        "{page}"
    );
    assert_eq!(server.asked().len(), 2, "no request was sent");

    let answer = app.post(&format!("/api/feeds/{id}/refresh?force=true"), &json!({})).await.json();
    assert_eq!((&answer["health"]["state"], &answer["paused_until"]), (&json!("ok"), &json!(null)), "{answer}");
    let form = app.post_form("/fn/feeds/refresh-forced", &[("id", &id.to_string())]).await;
    assert!(form.header("location").contains("feed-refreshed"), "{form:?}");
    let asked = server.asked();
    assert_eq!(asked.len(), 4);
    assert!(asked[2..].iter().all(|request| request.header("if-none-match").is_none()), "unconditional");
    let wrong = app.json(Method::POST, &format!("/api/feeds/{id}/refresh?force="), &json!({})).await;
    assert_eq!(wrong.status, 422);
}

#[tokio::test]
async fn a_forced_refresh_sends_no_validators() {
    let server = FeedServer::start().await;
    server.on("/f", feed_reply());
    let app = TestApp::start().await;
    let id = subscribe_to(&app, &server.url("/f")).await;
    let news = rss_document("F", &[("1", "One", "x"), ("2", "Two", "y")]);
    server.on("/f", FeedReply::feed(news).header("etag", "\"1\""));
    assert_eq!(subscriptions::refresh_feed(&app.app, id).await.expect("refreshed").total, 1, "it says 304");
    let feed = subscriptions::refresh_feed_as(&app.app, id, CheckMode::Forced).await.expect("refreshed");
    assert_eq!(feed.total, 2);
}

#[tokio::test]
async fn the_interval_shown_is_the_one_in_effect() {
    let server = FeedServer::start().await;
    server.on("/plain", FeedReply::feed(rss_document("Plain", &[("1", "One", "x")])));
    server.on("/etag", feed_reply());
    let app = TestApp::start().await;
    let ids = [subscribe_to(&app, &server.url("/plain")).await, subscribe_to(&app, &server.url("/etag")).await];
    let plan = async |id: FeedId| {
        let feed = app.get(&format!("/api/feeds/{id}")).await.json();
        (
            feed["check_interval"].as_i64(),
            feed["check_reason"].as_str().map(str::to_owned),
            feed["next_fetch_at"].clone(),
        )
    };
    let before = [plan(ids[0]).await, plan(ids[1]).await];
    assert_eq!(before[0].0.zip(before[0].1.as_deref()), Some((86_400, "no_validators")));
    assert_eq!(before[1].0.zip(before[1].1.as_deref()), Some((3_600, "settings")));
    let page = app.get(&format!("/feeds/{}", ids[0])).await.body;
    assert!(page.contains("every 24 hours, because its server cannot say that nothing has changed"), "{page}");

    // Saved as it is shown, nothing changes.
    let settings = app.get("/settings").await.body;
    assert!(settings.contains("name=\"refresh_minutes\"") && settings.contains("value=\"60\""), "{settings}");
    let save = async |minutes: &str| {
        app.post_form("/fn/preferences/save", &[("refresh_minutes", minutes), ("keyboard", "true")]).await
    };
    assert!(save("60").await.status.is_redirection());
    for (id, before) in ids.iter().zip(&before) {
        subscriptions::refresh_feed(&app.app, *id).await.expect("refreshed");
        assert_eq!(plan(*id).await, *before);
    }

    // A shorter interval is in effect at once, and for both.
    assert!(save("5").await.status.is_redirection());
    for id in ids {
        let (interval, reason, next) = plan(id).await;
        assert_eq!((interval, reason.as_deref()), (Some(300), Some("settings")));
        assert_eq!(next, json!(START_TIME.plus(300).to_string()));
    }
}

/// Title, feed, state, composite score and interest of an article, the number of its categories and of the runs behind its score.
type MergedRow = (String, i64, String, Option<f64>, Option<i64>, i64, i64);

#[tokio::test]
async fn a_merged_article_keeps_the_score_that_one_of_both_had() {
    let server = FeedServer::start().await;
    let entries = [("1", "One", "x"), ("2", "Two", "y"), ("3", "Three", "z")];
    server.on("/old", FeedReply::feed(rss_document("Old", &entries)));
    server.on("/new", FeedReply::feed(rss_document("New", &entries)));
    let app = TestApp::start().await;
    let old = subscribe_to(&app, &server.url("/old")).await;
    let new = subscribe_to(&app, &server.url("/new")).await;
    let mut db = app.app.db.write().await.expect("a transaction");
    // One: scored in the old feed only; Two: in both; Three: blocked in the old one.
    for statement in [
        "INSERT INTO scores (article_id, interest, quality, reasoning, scored_at)
         SELECT id, iif(feed_id = ?1, 9, 3), 8, 'Looms.', 7 FROM articles
         WHERE (title = 'One' AND feed_id = ?1) OR title = 'Two'",
        "INSERT INTO model_runs (article_id, step, model, prompt_version, options, duration_ms, at)
         SELECT article_id, 'score', 'm', 'p', '{}', 50, 7 FROM scores WHERE ?1 > 0",
        "INSERT INTO article_categories (article_id, category_id, position)
         SELECT a.id, (SELECT min(id) FROM categories), 0 FROM articles a WHERE a.title <> 'Two' AND a.feed_id = ?1",
        "UPDATE articles SET state = 'scored', next_step = NULL, composite = iif(feed_id = ?1, 7.5, 2.5)
         WHERE id IN (SELECT article_id FROM scores)",
        "UPDATE articles SET state = 'blocked', next_step = NULL WHERE title = 'Three' AND feed_id = ?1",
    ] {
        let statement = statement.replace("?1", &old.0.to_string());
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement.clone())).execute(&mut *db).await.expect(&statement);
    }
    db.commit().await.expect("committed");

    server.on("/old", FeedReply::redirect(301, "/new"));
    for _ in 0..2 {
        subscriptions::refresh_feed(&app.app, old).await.expect("refreshed");
    }
    let rows: Vec<MergedRow> = sqlx::query_as(
        "SELECT a.title, a.feed_id, a.state, a.composite, s.interest,
                (SELECT count(*) FROM article_categories c WHERE c.article_id = a.id),
                (SELECT count(*) FROM model_runs r WHERE r.article_id = a.id)
         FROM articles a LEFT JOIN scores s ON s.article_id = a.id ORDER BY a.title",
    )
    .fetch_all(&app.app.db.read)
    .await
    .expect("articles");
    let row = |title: &str, state: &str, composite, interest, categories, runs| {
        (title.to_owned(), new.0, state.to_owned(), composite, interest, categories, runs)
    };
    assert_eq!(
        rows,
        [
            row("One", "scored", Some(7.5), Some(9), 1, 1),
            row("Three", "blocked", None, None, 1, 0),
            row("Two", "scored", Some(2.5), Some(3), 0, 1),
        ]
    );
    let counted: (i64, i64) =
        sqlx::query_as("SELECT (SELECT sum(article_count) FROM categories), (SELECT count(*) FROM article_categories)")
            .fetch_one(&app.app.db.read)
            .await
            .expect("counts");
    assert_eq!(counted.0, counted.1);
    app.finish().await;
}

#[tokio::test]
async fn a_feed_that_moves_onto_another_subscription_is_merged_into_it() {
    let server = FeedServer::start().await;
    let entries = [("1", "One", "x"), ("2", "Two", "y"), ("3", "Three", "z"), ("4", "Four", "w")];
    server.on("/old", FeedReply::feed(rss_document("Old", &entries)));
    server.on("/new", FeedReply::feed(rss_document("New", &entries[..3])));
    let app = TestApp::start().await;
    // The lists show the articles of both feeds.
    let shown = app.json(Method::PUT, "/api/preferences", &json!({ "hide_duplicates": false })).await;
    assert!(shown.status.is_success(), "{shown:?}");
    let old = subscribe_to(&app, &server.url("/old")).await;
    let new = subscribe_to(&app, &server.url("/new")).await;
    let article = async |feed: FeedId, title: &str| {
        let page = app.get(&format!("/api/articles?view=all&feed={feed}")).await.json();
        let items = page["items"].as_array().expect("a list").clone();
        items.into_iter().find(|item| item["title"] == title).expect(title)
    };
    let mark = async |feed: FeedId, title: &str, change: serde_json::Value| {
        let id = article(feed, title).await["id"].as_i64().expect("an id");
        assert!(app.json(Method::PATCH, &format!("/api/articles/{id}"), &change).await.status.is_success());
    };
    mark(old, "One", json!({ "is_starred": true })).await;
    mark(old, "Two", json!({ "vote": "up", "is_read": true })).await;
    mark(new, "Two", json!({ "is_starred": true })).await;
    mark(new, "Three", json!({ "is_read": true })).await;
    mark(old, "Four", json!({ "is_starred": true, "vote": "down" })).await;
    let change = json!({ "custom_title": "Mine" });
    assert!(app.json(Method::PATCH, &format!("/api/feeds/{old}"), &change).await.status.is_success());

    server.on("/old", FeedReply::redirect(301, "/new"));
    assert_eq!(subscriptions::refresh_feed(&app.app, old).await.expect("refreshed").id, old, "seen once");
    assert_eq!(subscriptions::refresh_feed(&app.app, old).await.expect("refreshed").id, new);
    let feeds = subscriptions::list_feeds(&app.app).await.expect("feeds");
    assert_eq!((feeds.len(), feeds[0].display_title(), feeds[0].total), (1, "Mine", 4));
    for (title, is_read, is_starred, vote) in [
        ("One", false, true, json!(null)),
        ("Two", true, true, json!("up")),
        ("Three", true, false, json!(null)),
        ("Four", false, true, json!("down")),
    ] {
        let article = article(new, title).await;
        let marks = (&article["is_read"], &article["is_starred"], &article["vote"]);
        assert_eq!(marks, (&json!(is_read), &json!(is_starred), &vote), "{title}");
    }
    let events = subscriptions::list_feed_events(&app.app, new).await.expect("events");
    assert_eq!(events[0].kind, "merged");
    assert!(
        events[0].detail.contains("/old") && events[0].detail.contains("1 article moved, 3 that both"),
        "{events:?}"
    );
    server.on("/new", FeedReply::feed(rss_document("New", &entries)));
    assert_eq!(subscriptions::refresh_feed(&app.app, new).await.expect("refreshed").total, 4, "nothing comes twice");
    app.finish().await;
}
