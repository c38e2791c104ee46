//! Moving in from FreshRSS, through the Google Reader API.

use super::reader_server::{ReaderServer, SECRET};
use crate::support::{
    articles::{article_records, invariant_violations},
    test_app::TestApp,
};
use gleaner::{
    error::ErrorKind,
    server::services::moving::{self, ImportReport, ReaderSource},
};
use sqlx::AssertSqlSafe;

async fn count(app: &TestApp, query: &'static str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&app.app.db.read).await.expect("a number")
}

async fn import(app: &TestApp, server: &ReaderServer) -> ImportReport {
    let source = ReaderSource::connect_freshrss(&app.app, &server.url, "alice", SECRET).await.expect("connected");
    moving::import(&app.app, &source, false, |_| {}).await.expect("imported")
}

const REPORT: ImportReport = ImportReport {
    feeds: 3,
    new_feeds: 3,
    unusable_feeds: 0,
    articles: 240,
    new_articles: 240,
    read: 120,
    starred: 24,
    labeled: 12,
    left_out: 0,
};

#[tokio::test]
async fn feeds_folders_articles_marks_and_labels_come_over() {
    let (server, app) = (ReaderServer::start(240).await, TestApp::start().await);
    assert_eq!(import(&app, &server).await, REPORT);
    for (query, expected) in [
        ("SELECT count(*) FROM articles", 240),
        ("SELECT count(*) FROM articles WHERE is_read = 1", 120),
        ("SELECT count(*) FROM articles WHERE is_starred = 1", 24),
        (
            "SELECT count(*) FROM article_categories l JOIN categories c ON c.id = l.category_id WHERE c.name = 'To do'",
            12,
        ),
        ("SELECT count(*) FROM article_categories", 12),
        ("SELECT count(*) FROM categories WHERE name = 'News'", 0),
        ("SELECT count(*) FROM feeds f JOIN folders d ON d.id = f.folder_id WHERE d.name = 'News'", 2),
        ("SELECT count(*) FROM articles WHERE title = 'Article 20 & more'", 1),
    ] {
        assert_eq!(count(&app, query).await, expected, "{query}");
    }
    assert_eq!(invariant_violations(&article_records(&app.app).await), Vec::<String>::new());
    assert_eq!(import(&app, &server).await, ImportReport { new_feeds: 0, new_articles: 0, ..REPORT });
    app.finish().await;
}

#[tokio::test]
async fn an_interrupted_import_goes_on_and_ends_with_the_same_numbers() {
    let (server, app) = (ReaderServer::start(240).await, TestApp::start().await);
    server.fail_after(2);
    let source = ReaderSource::connect_freshrss(&app.app, &server.url, "alice", SECRET).await.expect("connected");
    moving::import(&app.app, &source, false, |_| {}).await.expect_err("interrupted");
    assert_eq!(count(&app, "SELECT count(*) FROM articles").await, 200);
    let asked = server.pages();
    assert_eq!(import(&app, &server).await, REPORT);
    assert_eq!(server.pages() - asked, 1, "no page is asked for twice");
    app.finish().await;
}

#[tokio::test]
async fn the_address_of_the_api_is_understood_and_a_wrong_password_told() {
    let (server, app) = (ReaderServer::start(1).await, TestApp::start().await);
    for address in ["", "/", "/api/greader.php", "/api/greader.php/"] {
        let address = format!("{}{address}", server.url);
        ReaderSource::connect_freshrss(&app.app, &address, "alice", SECRET).await.expect(&address);
    }
    let error = ReaderSource::connect_freshrss(&app.app, &server.url, "alice", "wrong").await.expect_err("refused");
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(error.message.contains("credentials") && error.hint.is_some_and(|hint| hint.contains("API password")));
    app.finish().await;
}
