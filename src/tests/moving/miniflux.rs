//! Moving in from Miniflux.

use super::reader_server::{ReaderServer, SECRET};
use crate::support::{
    articles::{article_records, invariant_violations},
    feed_server::{FeedReply, FeedServer, rss_document},
    gleaner_binary::{output_texts, run_gleaner},
    test_app::TestApp,
};
use gleaner::{
    error::ErrorKind,
    server::services::{
        moving::{self, ImportReport, ReaderCredentials, ReaderSource},
        subscriptions,
    },
};
use sqlx::AssertSqlSafe;
use tempfile::TempDir;

async fn count(app: &TestApp, query: &'static str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&app.app.db.read).await.expect("a number")
}

async fn connect(app: &TestApp, server: &ReaderServer) -> ReaderSource {
    let credentials = ReaderCredentials::Token(SECRET.to_owned());
    ReaderSource::connect_miniflux(&app.app, &server.url, credentials).await.expect("connected")
}

async fn import(app: &TestApp, server: &ReaderServer) -> ImportReport {
    moving::import(&app.app, &connect(app, server).await, false, |_| {}).await.expect("imported")
}

fn expected_report(articles: i64) -> ImportReport {
    ImportReport {
        feeds: 4,
        new_feeds: 3,
        unusable_feeds: 1,
        articles,
        new_articles: articles,
        read: articles / 2,
        starred: articles / 10,
        labeled: 0,
        left_out: 0,
    }
}

#[tokio::test]
async fn feeds_folders_articles_and_marks_come_over_once() {
    let (server, app) = (ReaderServer::start(250).await, TestApp::start().await);
    let source = connect(&app, &server).await;
    let mut told = Vec::new();
    let tried = moving::import(&app.app, &source, true, |report| told.push(report.articles)).await.expect("counted");
    assert_eq!(tried, ImportReport { new_articles: 0, ..expected_report(250) });
    assert_eq!(told, [100, 200, 250, 250], "after each page");
    assert_eq!(count(&app, "SELECT count(*) FROM feeds").await, 0, "a dry run stores nothing");

    assert_eq!(import(&app, &server).await, expected_report(250));
    for (query, expected) in [
        ("SELECT count(*) FROM articles", 250),
        ("SELECT count(*) FROM articles WHERE is_read = 1", 125),
        ("SELECT count(*) FROM articles WHERE is_starred = 1", 25),
        ("SELECT count(*) FROM articles WHERE is_read = 1 AND (state <> 'unscored' OR next_step IS NOT NULL)", 0),
        ("SELECT count(*) FROM articles WHERE is_read = 0 AND next_step = 'categorize'", 125),
        ("SELECT count(*) FROM feeds f JOIN folders d ON d.id = f.folder_id WHERE d.name = 'News'", 2),
        ("SELECT count(*) FROM folders", 1),
        ("SELECT count(*) FROM articles_fts", 250),
        ("SELECT count(*) FROM imports", 0),
    ] {
        assert_eq!(count(&app, query).await, expected, "{query}");
    }
    assert_eq!(invariant_violations(&article_records(&app.app).await), Vec::<String>::new());
    let article =
        app.get("/api/articles?view=all&q=title:%22Article+17%22&limit=1").await.json()["items"][0]["id"].clone();
    let article = app.get(&format!("/api/articles/{article}")).await.json();
    assert_eq!(article["title"], "Article 17 & more");
    assert_eq!(article["content_html"], "<p>Text of <b>number</b> 17.</p>", "sanitized");

    let again = import(&app, &server).await;
    assert_eq!(again, ImportReport { new_feeds: 0, new_articles: 0, ..expected_report(250) });
    assert_eq!(count(&app, "SELECT count(*) FROM articles").await, 250);
    app.finish().await;
}

#[tokio::test]
async fn an_interrupted_import_goes_on_and_ends_with_the_same_numbers() {
    for failing_page in 0..3 {
        let (server, app) = (ReaderServer::start(250).await, TestApp::start().await);
        server.fail_after(failing_page);
        let source = connect(&app, &server).await;
        let error = moving::import(&app.app, &source, false, |_| {}).await.expect_err("interrupted");
        assert_eq!(error.kind, ErrorKind::Unavailable);
        let stored = count(&app, "SELECT count(*) FROM articles").await;
        assert_eq!(stored, i64::try_from(failing_page).expect("few") * 100, "whole pages");
        let app = TestApp::on(app.finish().await, |_| {}).await;
        let asked = server.pages();
        assert_eq!(import(&app, &server).await, expected_report(250), "after page {failing_page}");
        assert_eq!(server.pages() - asked, 4 - failing_page, "no page is asked for twice");
        assert_eq!(count(&app, "SELECT count(*) FROM articles").await, 250);
        app.finish().await;
    }
}

#[tokio::test]
async fn what_the_feed_still_has_does_not_come_twice_and_is_not_scored_again() {
    let (server, feeds, app) = (ReaderServer::start(30).await, FeedServer::start().await, TestApp::start().await);
    import(&app, &server).await;
    let items: Vec<(String, String)> =
        (1..=30).filter(|n| n % 3 == 0).map(|n| (format!("1/{n}"), format!("Article {n} &amp; more"))).collect();
    let items: Vec<_> =
        items.iter().map(|(guid, title)| (guid.as_str(), title.as_str(), "as the feed has it")).collect();
    feeds.on("/f", FeedReply::feed(rss_document("Feed 1", &items)));
    let feed = subscriptions::list_feeds(&app.app)
        .await
        .expect("readable")
        .into_iter()
        .find(|feed| feed.url.as_str().contains("feed-1"));
    let feed = feed.expect("imported");
    let before = article_records(&app.app).await;
    let change = gleaner::domain::feed::FeedChange { address: Some(feeds.url("/f")), ..Default::default() };
    subscriptions::update_feed(&app.app, feed.id, change).await.expect("changed");
    let refreshed = subscriptions::refresh_feed(&app.app, feed.id).await.expect("refreshed");
    assert_eq!((refreshed.total, refreshed.health.message), (10, None));
    let after = article_records(&app.app).await;
    assert_eq!(after.len(), 30);
    for (old, new) in before.iter().zip(&after) {
        assert_eq!((&old.state, &old.next_step), (&new.state, &new.next_step), "{new:?}");
    }
    app.finish().await;
}

#[tokio::test]
async fn wrong_credentials_and_addresses_are_told() {
    let (server, app) =
        (ReaderServer::start(1).await, TestApp::with(|config| config.fetch.allow_networks.clear()).await);
    for (address, token, kind, said) in [
        (server.url.as_str(), "wrong", ErrorKind::Unavailable, "does not accept the credentials"),
        (&format!("{}/missing", server.url), SECRET, ErrorKind::Unavailable, "no such API"),
        ("ftp://example.org", SECRET, ErrorKind::Invalid, "not supported"),
        ("http://127.0.0.1:9", SECRET, ErrorKind::Unavailable, "does not accept connections"),
    ] {
        let credentials = ReaderCredentials::Token(token.to_owned());
        let error = ReaderSource::connect_miniflux(&app.app, address, credentials).await.expect_err(address);
        assert!(error.kind == kind && error.message.contains(said), "{address}: {error:?}");
        assert!(!format!("{error:?}").contains(SECRET), "no secret");
    }
    // A loopback address that the owner names is let through, though feeds may not be there.
    connect(&app, &server).await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_imports_and_tells_what_it_did() {
    let server = ReaderServer::start(120).await;
    let home = TempDir::new().expect("a folder");
    let run = async |args: Vec<String>| {
        let home = home.path().to_owned();
        let output = tokio::task::spawn_blocking(move || {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            run_gleaner(&home, &args)
        });
        let output = output.await.expect("ran");
        let (text, said) = output_texts(&output);
        (output.status.code(), text, said)
    };
    let command = |rest: &[&str]| {
        let all = [&["import", "miniflux", server.url.as_str()], rest].concat();
        all.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let (code, text, said) = run(command(&["--token", SECRET, "--dry-run"])).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(
        text.contains("Would import 4 feeds (3 new) and 120 articles: 60 read, 12 starred, 0 with labels."),
        "{text}"
    );
    assert!(said.contains("1 feed has an address that cannot be used."), "{said}");
    let (code, text, said) = run(command(&["--token", SECRET])).await;
    assert!(code == Some(0) && text.contains("120 articles are new here."), "{text}{said}");
    let (code, _, said) = run(command(&["--token", "wrong"])).await;
    assert!(code == Some(1) && said.contains("does not accept the credentials"), "{said}");
}
