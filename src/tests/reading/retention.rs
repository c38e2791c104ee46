//! Retention: rules that remove articles, and what is kept of those.

use crate::support::{
    articles::{article_records, new_article, store_articles},
    data,
    feed_server::{FeedReply, FeedServer, rss_document},
    test_app::TestApp,
};
use gleaner::{
    domain::{
        article::ArticleChange,
        ids::{ArticleId, FeedId},
        vote::Vote,
    },
    error::ErrorKind,
    server::{
        services::{reading, retention, subscriptions},
        storage::retention as rows,
        worker,
    },
};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use std::{fmt::Write as _, time::Duration};

const DAY: Duration = Duration::from_secs(86_400);

async fn count(app: &TestApp, query: &'static str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&app.app.db.read).await.expect("a number")
}

async fn save(app: &TestApp, rules: &[&str]) {
    let rules: Vec<String> = rules.iter().map(|rule| (*rule).to_owned()).collect();
    retention::save(&app.app, &rules).await.expect("saved");
}

/// What is left, by title.
async fn titles(app: &TestApp) -> Vec<String> {
    article_records(&app.app).await.into_iter().map(|record| record.title).collect()
}

async fn mark(app: &TestApp, id: ArticleId, change: ArticleChange) {
    reading::update_article(&app.app, id, change).await.expect("marked");
}

#[tokio::test]
async fn nothing_is_removed_without_rules() {
    let app = TestApp::start().await;
    store_articles(&app.app, &[new_article("One", "<p>x</p>")]).await;
    assert!(!retention::run_when_due(&app.app).await.expect("looked"));
    assert_eq!(retention::run(&app.app).await.expect_err("no rules").kind, ErrorKind::Conflict);
    assert_eq!(titles(&app).await, ["One"]);
    app.finish().await;
}

#[tokio::test]
async fn rules_remove_what_they_find_and_nothing_else() {
    for (rules, left) in [
        (
            &["is:read date:>90d -is:starred vote:none -score:>=8"][..],
            &["new", "unread", "starred", "voted", "good"][..],
        ),
        (&["is:read"], &["unread"]),
        (&["title:good", "title:new"], &["old", "unread", "starred", "voted"]),
        (&["is:blocked"], &["old", "new", "unread", "starred", "voted", "good"]),
        (&["feed:\"The Loom\" date:<1d"], &["old", "unread", "starred", "voted", "good"]),
    ] {
        let app = TestApp::start().await;
        let titles_of_all = ["old", "new", "unread", "starred", "voted", "good"];
        let entries: Vec<_> = titles_of_all
            .iter()
            .map(|title| {
                let mut article = new_article(title, "<p>x</p>");
                let age = if *title == "new" { 0 } else { 100 };
                article.published_at = Some(app.app.clock.now().0 - age * 86_400);
                article
            })
            .collect();
        let ids = store_articles(&app.app, &entries).await;
        for (id, title) in ids.iter().zip(titles_of_all) {
            mark(&app, *id, ArticleChange::mark_read(title != "unread")).await;
        }
        mark(&app, ids[3], ArticleChange::set_starred(true)).await;
        mark(&app, ids[4], ArticleChange::set_vote(Some(Vote::Down))).await;
        let mut db = app.app.db.write().await.expect("a transaction");
        sqlx::raw_sql("UPDATE articles SET provisional = 8.0 WHERE title = 'good'")
            .execute(&mut *db)
            .await
            .expect("ranked");
        db.commit().await.expect("committed");
        save(&app, rules).await;
        let preview = retention::preview(&app.app, None).await.expect("tried");
        assert_eq!(titles(&app).await.len(), titles_of_all.len(), "a test removes nothing");
        let run = retention::run(&app.app).await.expect("run");
        assert_eq!(titles(&app).await, left, "{rules:?}");
        assert_eq!(run.removed, preview.totals, "{rules:?}");
        assert_eq!(run.removed.articles, i64::try_from(titles_of_all.len() - left.len()).expect("few"));
        assert!(run.ended_at.is_some() && run.problem.is_none(), "{run:?}");
        app.finish().await;
    }
}

#[tokio::test]
async fn a_rule_that_is_not_understood_whole_is_refused() {
    let app = TestApp::start().await;
    store_articles(&app.app, &[new_article("One", "<p>x</p>")]).await;
    for rule in ["-feed:missing", "is:nothing", "sort:newest", "date:soon"] {
        let answer = app.json(Method::PUT, "/api/retention", &json!({ "rules": [rule] })).await;
        let error = answer.json();
        assert_eq!((answer.status.as_u16(), &error["error"]["field"]), (422, &json!("rules")), "{rule}: {error}");
    }
    let many = vec!["is:read"; 11];
    assert_eq!(app.json(Method::PUT, "/api/retention", &json!({ "rules": many })).await.status, 422);
    assert_eq!(app.get("/api/retention").await.json()["rules"], json!([]));
    app.finish().await;
}

#[tokio::test]
async fn a_rule_whose_feed_is_gone_is_left_out_and_the_others_run() {
    let app = TestApp::start().await;
    store_articles(&app.app, &[new_article("One", "<p>x</p>"), new_article("Two", "<p>x</p>")]).await;
    let mut db = app.app.db.write().await.expect("a transaction");
    rows::replace_rules(&mut db, &["-feed:gone".to_owned(), "title:two".to_owned()]).await.expect("saved");
    db.commit().await.expect("committed");
    let run = retention::run(&app.app).await.expect("run");
    assert_eq!(titles(&app).await, ["One"]);
    assert!(run.problem.is_some_and(|problem| problem.contains("-feed:gone")));
    app.finish().await;
}

#[tokio::test]
async fn what_was_removed_never_comes_back() {
    let (server, app) = (FeedServer::start().await, TestApp::start().await);
    let archive = |text: &str, guid: &str| {
        let items: Vec<(String, String)> = (0..30).map(|n| (format!("{guid}{n}"), format!("Article {n}"))).collect();
        let items: Vec<_> = items.iter().map(|(guid, title)| (guid.as_str(), title.as_str(), text)).collect();
        rss_document("Archive", &items)
    };
    server.on("/f", FeedReply::feed(archive("text", "")));
    let feed = subscriptions::subscribe_to_first(&app.app, &server.url("/f"), None).await.expect("subscribed");
    save(&app, &["title:article"]).await;
    assert_eq!(retention::run(&app.app).await.expect("run").removed.articles, 30);
    // As it is, edited, and with other guids: always the same articles.
    for (text, guid) in [("text", ""), ("another text", ""), ("another text", "other-"), ("a third text", "other-")] {
        server.on("/f", FeedReply::feed(archive(text, guid)));
        let refreshed = subscriptions::refresh_feed_as(&app.app, feed, subscriptions::CheckMode::Forced).await;
        assert_eq!(refreshed.expect("refreshed").total, 0, "{text} {guid}");
    }
    let newer = rss_document("Archive", &[("new", "Something else", "text"), ("other-1", "Article 1", "text")]);
    server.on("/f", FeedReply::feed(newer));
    subscriptions::refresh_feed(&app.app, feed).await.expect("refreshed");
    assert_eq!(titles(&app).await, ["Something else"]);
    // What is kept goes with the feed.
    assert_eq!(count(&app, "SELECT count(*) FROM removed_articles").await, 30);
    subscriptions::unsubscribe(&app.app, feed).await.expect("removed");
    assert_eq!(count(&app, "SELECT count(*) FROM removed_articles").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn everything_of_an_article_goes_and_counters_follow() {
    let app = TestApp::start().await;
    data::seed(&app.app.db, data::DataSize { articles: 2_000, feeds: 10 }).await.expect("data");
    let mut db = app.app.db.write().await.expect("a transaction");
    sqlx::raw_sql("UPDATE feeds SET has_identities = 0").execute(&mut *db).await.expect("as of an older version");
    db.commit().await.expect("committed");
    let read = count(&app, "SELECT count(*) FROM articles WHERE is_read = 1 AND state <> 'blocked'").await;
    assert!((100..1_900).contains(&read), "{read}");
    let rest = count(&app, "SELECT count(*) FROM articles").await - read;
    save(&app, &["is:read"]).await;
    let preview = retention::preview(&app.app, None).await.expect("tried");
    assert_eq!((preview.totals.articles, preview.examples.len()), (read, 10));
    assert!(preview.examples.iter().map(|example| example.at).is_sorted(), "the oldest first");
    assert_eq!(retention::run(&app.app).await.expect("run").removed, preview.totals);
    for (query, expected) in [
        ("SELECT count(*) FROM articles", rest),
        ("SELECT sum(total) FROM feed_counts", rest),
        ("SELECT count(*) FROM article_bodies", rest),
        ("SELECT count(*) FROM articles_fts", rest),
        ("SELECT count(*) FROM removed_articles", read),
        ("SELECT count(*) FROM scores WHERE article_id NOT IN (SELECT id FROM articles)", 0),
        ("SELECT count(*) FROM article_identities WHERE article_id NOT IN (SELECT id FROM articles)", 0),
    ] {
        assert_eq!(count(&app, query).await, expected, "{query}");
    }
    let shown = app.get("/api/articles/counts").await.json();
    assert_eq!(shown["all"], count(&app, "SELECT count(*) FROM articles WHERE state <> 'blocked'").await);
    app.finish().await;
}

#[tokio::test]
async fn an_interrupted_run_loses_nothing_and_goes_on() {
    let app = TestApp::start().await;
    let entries: Vec<_> = (0..500).map(|n| new_article(&format!("Article {n}"), "<p>x</p>")).collect();
    store_articles(&app.app, &entries).await;
    save(&app, &["title:article"]).await;
    {
        let run = std::pin::pin!(retention::run(&app.app));
        // Somebody who writes all the time gets between two transactions.
        let between = async {
            loop {
                let db = app.app.db.write().await.expect("a transaction");
                let left = count(&app, "SELECT count(*) FROM articles").await;
                if left < 500 {
                    break (db, left);
                }
                drop(db);
            }
        };
        tokio::select! {
            biased;
            ended = run => panic!("others write in between: {ended:?}"),
            (db, left) = between => {
                assert!(left > 0, "in several transactions");
                app.app.lifecycle.hard_stop.cancel();
                app.app.lifecycle.wait_for_tasks().await;
                drop(db);
            }
        }
    }
    let data = app.finish().await;
    let app = TestApp::on(data, |_| {}).await;
    let left = count(&app, "SELECT count(*) FROM articles").await;
    assert_eq!(left + count(&app, "SELECT count(*) FROM removed_articles").await, 500, "each is in one of the two");
    let overview = retention::load(&app.app).await.expect("loaded");
    assert_eq!(overview.last_run.expect("begun").ended_at, None);
    assert!(retention::run_when_due(&app.app).await.expect("run"), "it goes on");
    assert_eq!(count(&app, "SELECT count(*) FROM removed_articles").await, 500);
    app.finish().await;
}

#[tokio::test]
async fn an_article_starred_during_a_run_stays() {
    let app = TestApp::start().await;
    let entries: Vec<_> = (0..300).map(|n| new_article(&format!("Article {n}"), "<p>x</p>")).collect();
    let ids = store_articles(&app.app, &entries).await;
    save(&app, &["title:article -is:starred"]).await;
    let last = ids[299];
    let held = app.app.db.write().await.expect("a transaction");
    let run = tokio::spawn({
        let app = app.app.clone();
        async move { retention::run(&app).await }
    });
    // The run waits for this transaction; the star comes before its own.
    let mut held = held;
    sqlx::raw_sql(AssertSqlSafe(format!("UPDATE articles SET is_starred = 1 WHERE id = {last}")))
        .execute(&mut *held)
        .await
        .expect("starred");
    held.commit().await.expect("committed");
    run.await.expect("ended").expect("run");
    assert_eq!(titles(&app).await, ["Article 299"]);
    app.finish().await;
}

#[tokio::test]
async fn the_loop_runs_the_rules_once_a_day() {
    let app = TestApp::start().await;
    save(&app, &["title:article"]).await;
    assert!(retention::run_when_due(&app.app).await.expect("run"));
    store_articles(&app.app, &[new_article("Article", "<p>x</p>")]).await;
    app.clock.advance(DAY - Duration::from_secs(1));
    assert!(!retention::run_when_due(&app.app).await.expect("looked"));
    app.clock.advance(Duration::from_secs(1));
    app.app.lifecycle.spawn(worker::retention::run(app.app.clone()));
    while !titles(&app).await.is_empty() {
        tokio::task::yield_now().await;
    }
    app.finish().await;
}

#[tokio::test]
async fn the_page_tries_saves_and_runs_rules_without_javascript() {
    let app = TestApp::start().await;
    store_articles(&app.app, &[new_article("An old loom", "<p>x</p>"), new_article("Rain", "<p>x</p>")]).await;
    let page = app.get("/settings/retention").await.body;
    assert!(page.contains("Every article is kept.") && !page.contains("Remove now"), "{page}");
    let page = app.get("/settings/retention?rules=title%3Aloom%0D%0A").await.body;
    assert!(page.contains("1 article with ") && page.contains("An old loom") && !page.contains("Rain"), "{page}");
    let page = app.get("/settings/retention?rules=is%3Anothing").await.body;
    assert!(page.contains("cannot be used"), "{page}");
    let refused = app.post_form("/fn/retention/save", &[("rules", "title:loom\r\nsort:newest")]).await;
    let page = app.get(refused.header("location").split('#').next().expect("a path")).await.body;
    assert!(
        page.contains("has no condition") && page.contains("aria-invalid=\"true\"") && page.contains("title:loom"),
        "{page}"
    );
    assert_eq!(app.post_form("/fn/retention/save", &[("rules", "title:loom\r\n\r\n")]).await.status, 302);
    let begun = app.post_form("/fn/retention/run", &[]).await;
    assert!(begun.header("location").contains("done=retention-running"), "{begun:?}");
    while retention::load(&app.app).await.expect("loaded").last_run.is_none_or(|run| run.ended_at.is_none()) {
        tokio::task::yield_now().await;
    }
    let page = app.get("/settings/retention").await.body;
    assert!(page.contains("Remove now") && page.contains("1 article with ") && page.contains("ended"), "{page}");
    assert_eq!(titles(&app).await, ["Rain"]);
    assert_eq!(app.post_form("/fn/retention/save", &[("rules", "")]).await.status, 302);
    assert!(app.get("/settings/retention").await.body.contains("Every article is kept."));
    app.finish().await;
}

#[tokio::test]
async fn the_json_api_tries_saves_and_runs_rules() {
    let app = TestApp::start().await;
    let ids = store_articles(&app.app, &[new_article("A loom", "<p>x</p>"), new_article("Rain", "<p>x</p>")]).await;
    assert_eq!(app.post("/api/retention/test", &json!({})).await.status, 409, "no rules");
    let tried = app.post("/api/retention/test", &json!({ "rules": ["loom"] })).await.json();
    assert_eq!((&tried["articles"], &tried["examples"][0]["id"]), (&json!(1), &json!(ids[0].0)));
    assert!(tried["bytes"].as_i64().is_some_and(|bytes| bytes >= 14), "{tried}");
    let saved = app.json(Method::PUT, "/api/retention", &json!({ "rules": ["loom"] })).await.json();
    assert_eq!(
        (&saved["rules"], &saved["last_run"], &saved["returns_space"]),
        (&json!(["loom"]), &Value::Null, &json!(true))
    );
    let run = app.post("/api/retention/run", &json!({})).await.json();
    assert_eq!((&run["articles"], &run["problem"]), (&json!(1), &Value::Null));
    assert_eq!(app.get("/api/retention").await.json()["last_run"], run);
    app.finish().await;
}

#[tokio::test]
async fn the_space_of_removed_articles_is_given_back_where_the_file_allows_it() {
    for is_old in [false, true] {
        let app = TestApp::start().await;
        if is_old {
            let data = app.finish().await;
            make_file_of_an_older_version(&data.path().join("gleaner.db")).await;
            run_and_compare(TestApp::on(data, |_| {}).await, true).await;
        } else {
            run_and_compare(app, false).await;
        }
    }
}

async fn make_file_of_an_older_version(file: &std::path::Path) {
    use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
    let mut db = SqliteConnectOptions::new().filename(file).connect().await.expect("opened");
    sqlx::raw_sql("PRAGMA auto_vacuum = NONE; PRAGMA journal_mode = DELETE; VACUUM;")
        .execute(&mut db)
        .await
        .expect("rewritten");
    db.close().await.expect("closed");
}

async fn run_and_compare(app: TestApp, is_old: bool) {
    let mut text = String::from("<p>");
    for n in 0..2_000 {
        write!(text, "word{n} ").expect("written");
    }
    let entries: Vec<_> = (0..200).map(|n| new_article(&format!("Article {n}"), &text)).collect();
    store_articles(&app.app, &entries).await;
    let before = retention::load(&app.app).await.expect("loaded").space;
    save(&app, &["title:article"]).await;
    retention::run(&app.app).await.expect("run");
    let after = retention::load(&app.app).await.expect("loaded").space;
    assert_eq!(after.is_returned, !is_old);
    if is_old {
        assert_eq!(after.bytes, before.bytes, "the file is not rewritten");
        assert!(after.free_bytes > before.free_bytes, "{before:?} {after:?}");
        assert!(app.get("/settings/retention").await.body.contains("gleaner db restore"));
    } else {
        assert_eq!(after.free_bytes, 0);
        assert!(after.bytes < before.bytes, "{before:?} {after:?}");
    }
    app.finish().await;
}

#[tokio::test]
async fn the_identities_of_a_merged_feed_move_with_it() {
    let app = TestApp::start().await;
    store_articles(&app.app, &[new_article("One", "<p>x</p>")]).await;
    save(&app, &["title:one"]).await;
    retention::run(&app.app).await.expect("run");
    crate::support::articles::store_articles_in(
        &app.app,
        "https://other.example/feed",
        &[new_article("Two", "<p>x</p>")],
    )
    .await;
    let mut db = app.app.db.write().await.expect("a transaction");
    gleaner::server::storage::merge::remove_merged_feed(&mut db, FeedId(1), FeedId(2)).await.expect("merged");
    db.commit().await.expect("committed");
    assert_eq!(count(&app, "SELECT count(*) FROM removed_articles WHERE feed_id = 2").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn a_test_sent_by_a_browser_without_formaction_saves_nothing() {
    let app = TestApp::start().await;
    let sent = app.post_form("/fn/retention/save", &[("rules", "is:read date:>90d"), ("test", "1")]).await;
    assert_eq!(sent.header("location"), "/settings/retention?rules=is%3Aread+date%3A%3E90d");
    assert!(app.get(sent.header("location")).await.body.contains("A run would remove"));
    assert_eq!(app.get("/api/retention").await.json()["rules"], serde_json::json!([]));
    app.finish().await;
}
