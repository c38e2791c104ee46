//! Data folders of older versions. Of the one before identities everything stays, and its articles are recognized; the one before the
//! login goes on without one, is told of it, and can be read by other readers.

use crate::{
    access::support::{Browser, PASSWORD},
    support::{
        feed_server::{FeedReply, FeedServer},
        log::LogCapture,
        test_app::{START_TIME, TestApp, test_config},
    },
};
use gleaner::{
    domain::ids::FeedId,
    server::{
        clock::{Clock, FakeClock},
        lifecycle::Lifecycle,
        services::{
            access::password::{NewPassword, set_password},
            devices, search_index, subscriptions,
        },
        startup,
        storage::DATABASE_FILE_NAME,
    },
};
use sha2::{Digest, Sha256};
use sqlx::{ConnectOptions, Connection, SqliteConnection, migrate::Migrator, sqlite::SqliteConnectOptions};
use std::path::Path;
use tempfile::TempDir;

/// The last migration before identities.
const VERSION_BEFORE_IDENTITIES: i64 = 9;
/// The last migration before the login.
const VERSION_BEFORE_LOGIN: i64 = 19;

/// What an owner would miss, in an order of its own.
const OWNED: &str = "
    SELECT json_array('folder', id, name, created_at) FROM folders
    UNION ALL SELECT json_array('feed', id, url, title, custom_title, folder_id, etag, hex(body_hash), state, failures) FROM feeds
    UNION ALL SELECT json_array('event', id, feed_id, kind, detail) FROM feed_events
    UNION ALL SELECT json_array('article', id, feed_id, guid, url, title, author, published_at, sorted_at, fetched_at, is_read,
                                is_starred, read_batch, state, next_step, attempts, composite, provisional, rank) FROM articles
    UNION ALL SELECT json_array('body', article_id, html) FROM article_bodies
    UNION ALL SELECT json_array('summary', article_id, summary) FROM article_summaries
    UNION ALL SELECT json_array('score', article_id, interest, quality, reasoning) FROM scores
    UNION ALL SELECT json_array('run', article_id, step, model) FROM model_runs
    UNION ALL SELECT json_array('vote', article_id, vote, composite) FROM votes
    UNION ALL SELECT json_array('category', id, name, slug, parent_id, weight, hidden, article_count) FROM categories
    UNION ALL SELECT json_array('label', article_id, category_id, position) FROM article_categories
    UNION ALL SELECT json_array('alias', category_id) FROM category_aliases
    UNION ALL SELECT json_array('counts', feed_id, total, visible, unread, starred, scoring, blocked, failed) FROM feed_counts
    UNION ALL SELECT json_array('conversation', id, title, article_id) FROM conversations
    UNION ALL SELECT json_array('weight', category_id, weight, multiplier) FROM category_weights
    UNION ALL SELECT json_array('found', rowid) FROM articles_fts WHERE articles_fts MATCH 'loom'
    ORDER BY 1";

/// Rows in every table, beside the articles.
const ROWS: &str = "
    INSERT INTO folders (id, name, created_at) VALUES (3, 'Looms', 5), (9, 'Empty', 6);
    INSERT INTO feed_events (feed_id, at, kind, detail) VALUES (7, 5, 'moved', 'a → b');
    INSERT INTO categories (id, name, slug, parent_id, weight, created_at) VALUES
        (40, 'Weaving', 'weaving', NULL, 'boost', 5), (41, 'Looms', 'looms', 40, NULL, 5),
        (42, '视频', 'shi-pin', NULL, NULL, 5), (43, 'C++', 'c', NULL, NULL, 5);
    INSERT INTO category_aliases (slug, category_id) VALUES ('webstuhl', 41);
    INSERT INTO article_categories (article_id, category_id, position) SELECT id, 41, 0 FROM articles;
    INSERT INTO scores (article_id, interest, quality, reasoning, scored_at) SELECT id, 8, 6, 'Looms.', 7 FROM articles;
    UPDATE articles SET state = 'scored', next_step = NULL, composite = 7.5;
    UPDATE articles SET is_read = 1 WHERE id = 20;
    UPDATE articles SET is_starred = 1 WHERE id = 21;
    INSERT INTO votes (article_id, vote, at, composite) VALUES (20, 'up', 8, 7.5);
    INSERT INTO model_runs (article_id, step, model, prompt_version, options, duration_ms, at)
        SELECT id, 'score', 'qwen3:8b', 'p', '{}', 50, 7 FROM articles;
    INSERT INTO article_bodies (article_id, html) SELECT id, '<p>A loom.</p>' FROM articles;
    INSERT INTO article_summaries (article_id, summary) SELECT id, 'A loom.' FROM articles;
    INSERT INTO articles_fts (rowid, title, body) SELECT id, title, 'A loom.' FROM articles;
    INSERT INTO conversations (id, title, model, article_id, about, fence, created_at, updated_at)
        VALUES (2, 'Why?', 'qwen3:8b', 21, 'article', 1, 8, 8)";

/// The identity that the version before made of the words of an item without guid and link.
fn identity_of_words(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

async fn owned(db: &mut SqliteConnection) -> Vec<String> {
    sqlx::query_scalar(OWNED).fetch_all(db).await.expect("readable")
}

async fn open_database(folder: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(folder.join(DATABASE_FILE_NAME)).create_if_missing(true);
    // As migrations are applied: they rebuild tables that others refer to.
    let options = options.foreign_keys(false);
    options.connect().await.expect("it opens")
}

/// Migrates as far as an older version did.
async fn migrate_to(db: &mut SqliteConnection, last: i64) {
    let old = TempDir::new().expect("a temporary folder");
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    for file in std::fs::read_dir(all).expect("the migrations").map(|file| file.expect("readable").path()) {
        let name = file.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        let version: i64 = name.split('_').next().and_then(|digits| digits.parse().ok()).expect("a number");
        if version <= last {
            std::fs::copy(&file, old.path().join(name)).expect("copied");
        }
    }
    Migrator::new(old.path()).await.expect("migrations").run(db).await.expect("migrated");
}

/// Stored guid, link and title of an item.
type StoredItem = (String, Option<&'static str>, &'static str);

/// The document of the feed, and the guids that the version before stored for its items.
fn items() -> (String, Vec<StoredItem>) {
    let (link, shared) = ("http://x.example/loom", "http://x.example/shared");
    let document = format!(
        "<rss version=\"2.0\"><channel><title>F</title>\
         <item><guid isPermaLink=\"false\">g1</guid><link>{link}</link><title>By guid</title></item>\
         <item><link>http://x.example/2</link><title>By link</title></item>\
         <item><guid>{shared}</guid><link>{shared}</link><title>One of two</title></item>\
         <item><guid>{shared}</guid><link>{shared}</link><title>Two of two</title></item>\
         <item><description>Only words about a loom</description></item></channel></rss>"
    );
    let with_title = |title| format!("{shared}#{}", identity_of_words(&[title]));
    let words = identity_of_words(&["", "", "Only words about a loom"]);
    let stored = vec![
        ("g1".to_owned(), Some(link), "By guid"),
        ("http://x.example/2".to_owned(), Some("http://x.example/2"), "By link"),
        (with_title("One of two"), Some(shared), "One of two"),
        (with_title("Two of two"), Some(shared), "Two of two"),
        (words, None, "Only words about a loom"),
    ];
    (document, stored)
}

#[tokio::test]
async fn a_folder_of_the_version_before_keeps_everything_and_doubles_nothing() {
    let server = FeedServer::start().await;
    let (document, stored) = items();
    server.on("/f", FeedReply::feed(document.clone()));
    let data = TempDir::new().expect("a temporary folder");
    let mut db = open_database(data.path()).await;
    migrate_to(&mut db, VERSION_BEFORE_IDENTITIES).await;
    sqlx::query_scalar::<_, i64>(
        "INSERT INTO feeds (id, url, title, custom_title, folder_id, created_at, etag, body_hash, next_fetch_at, state)
         VALUES (7, ?, 'F', 'Mine', NULL, 5, '\"1\"', x'00', 5, 'ok') RETURNING id",
    )
    .bind(server.url("/f"))
    .fetch_one(&mut db)
    .await
    .expect("inserted");
    for (id, (guid, url, title)) in (20_i64..).zip(&stored) {
        sqlx::query_scalar::<_, i64>(
            "INSERT INTO articles (id, feed_id, guid, url, title, sorted_at, fetched_at, content_hash)
             VALUES (?, 7, ?, ?, ?, 100, 100, x'01') RETURNING id",
        )
        .bind(id)
        .bind(guid)
        .bind(url)
        .bind(title)
        .fetch_one(&mut db)
        .await
        .expect("inserted");
    }
    sqlx::raw_sql(ROWS).execute(&mut db).await.expect("inserted");
    sqlx::raw_sql("UPDATE feeds SET folder_id = 3").execute(&mut db).await.expect("filed");
    let before = owned(&mut db).await;
    assert!(before.len() > 60, "{} rows to keep", before.len());
    db.close().await.expect("closed");

    // Starting brings it up to date, after a copy was made.
    let app = TestApp::on(data, |_| {}).await;
    let data = app.app.config.data_dir.clone();
    assert_eq!(search_index::index_pending(&app.app).await.expect("indexed"), 5);
    let mut db = open_database(&data).await;
    assert_eq!(owned(&mut db).await, before);
    let aliases: Vec<String> =
        sqlx::query_scalar("SELECT identity FROM category_aliases").fetch_all(&mut db).await.expect("readable");
    assert_eq!(aliases, ["webstuhl"]);
    let identities: Vec<String> = sqlx::query_scalar("SELECT identity FROM categories WHERE id >= 40 ORDER BY id")
        .fetch_all(&mut db)
        .await
        .expect("readable");
    assert_eq!(identities, ["weaving", "looms", "视频", "c++"]);
    let arrivals: Vec<i64> =
        sqlx::query_scalar("SELECT arrived_us FROM articles ORDER BY id").fetch_all(&mut db).await.expect("readable");
    assert_eq!(arrivals, (0..5).map(|n| 100_000_000 + n).collect::<Vec<i64>>());
    let copies = std::fs::read_dir(&data).expect("the folder").filter(|file| {
        file.as_ref().is_ok_and(|file| file.file_name().to_string_lossy().starts_with("gleaner.before-"))
    });
    assert_eq!(copies.count(), 1);

    // The first check afterwards finds every article and scores none again; the second finds nothing to do.
    let marks = "SELECT json_array(id, title, is_read, is_starred, state, composite) FROM articles ORDER BY id";
    let marked: Vec<String> = sqlx::query_scalar(marks).fetch_all(&mut db).await.expect("readable");
    for text in [document.clone(), document.replace("By link", "By link, edited")] {
        server.on("/f", FeedReply::feed(text));
        let feed = subscriptions::refresh_feed(&app.app, FeedId(7)).await.expect("refreshed");
        assert_eq!((feed.total, feed.unread), (5, 4));
    }
    let after: Vec<String> = sqlx::query_scalar(marks).fetch_all(&mut db).await.expect("readable");
    let edited = |row: &String| row.replace("By link", "By link, edited").replace("\"scored\"", "\"queued\"");
    let expected: Vec<String> =
        marked.iter().map(|row| if row.contains("By link") { edited(row) } else { row.clone() }).collect();
    assert_eq!(after, expected, "an edit that comes later is scored again as ever");
    db.close().await.expect("closed");
}

#[tokio::test]
async fn a_folder_of_the_version_before_the_login_goes_on_and_can_get_a_password() {
    let data = TempDir::new().expect("a temporary folder");
    let mut db = open_database(data.path()).await;
    migrate_to(&mut db, VERSION_BEFORE_IDENTITIES).await;
    sqlx::raw_sql(
        "INSERT INTO feeds (id, url, title, created_at, next_fetch_at, state) VALUES (7, 'https://x.example/f', 'F', 5, 4102444800, 'ok');
         INSERT INTO articles (id, feed_id, guid, title, sorted_at, fetched_at, content_hash)
         VALUES (20, 7, 'g', 'A loom', 100, 100, x'01'), (21, 7, 'h', 'Another loom', 100, 100, x'02');
         INSERT INTO article_bodies (article_id, html) SELECT id, '<p>A loom.</p>' FROM articles;
         INSERT INTO article_summaries (article_id, summary) SELECT id, 'A loom.' FROM articles",
    )
    .execute(&mut db)
    .await
    .expect("inserted");
    migrate_to(&mut db, VERSION_BEFORE_LOGIN).await;
    db.close().await.expect("closed");

    let mut log = LogCapture::listen();
    let clock = Clock::Fake(FakeClock::at(START_TIME));
    let started =
        startup::build(test_config(data.path()), clock, Lifecycle::default()).await.expect("it starts as ever");
    drop(startup::listen(&started).await.expect("it listens without a password"));
    started.db.close().await;
    let app = TestApp::on(data, |_| {}).await;
    let told = log.drain().into_iter().map(|line| line.message);
    let told: Vec<String> = told.filter(|message| message.contains("gleaner owner set-password")).collect();
    assert!(told.len() == 1 && told[0].contains("no password is set"), "{told:?}");
    let page = app.get("/").await;
    assert!(page.status == 200 && page.body.contains("Another loom"), "{}", page.body);
    assert!(app.get("/settings/access").await.body.contains("password"));

    // With a password, browsers log in, and readers get what was there before.
    let new = NewPassword { password: PASSWORD.into(), repeated: PASSWORD.into() };
    set_password(&app.app, new).await.expect("a valid password");
    assert_eq!(app.get("/api/feeds").await.status, 401);
    let browser = Browser::firefox().logged_in(&app).await;
    assert!(browser.get(&app, "/").await.body.contains("Another loom"));
    let device = devices::add(&app.app, "phone", "read").await.expect("added");
    let entries =
        app.request(reqwest::Method::GET, "/v1/entries?order=id").header("x-auth-token", device.secrets.token);
    let entries = app.send(entries).await;
    let ids: Vec<i64> =
        entries.json()["entries"].as_array().expect("a list").iter().filter_map(|e| e["id"].as_i64()).collect();
    assert_eq!(ids, [20, 21]);
    app.finish().await;
}
