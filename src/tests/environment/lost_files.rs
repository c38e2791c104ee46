//! Files of the database that go missing or are replaced: while it is open, between two runs, in the middle of an update.

use crate::support::{
    articles::store_plain_articles,
    gleaner_binary::{ServerProcess, gleaner_command, output_texts},
    test_app::TestApp,
};
use gleaner::domain::ids::ArticleId;
use reqwest::{Client, StatusCode};
use serde_json::json;
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

fn command_on(data: &Path) -> Command {
    let mut command = gleaner_command(data);
    command.arg("--data-dir").arg(data).args(["--ollama-host", "127.0.0.1:9"]);
    command
}

/// Runs a command that must fail, and returns its one sentence.
fn refusal(data: &Path, args: &[&str]) -> String {
    let output = command_on(data).args(args).output().expect("it runs");
    let (said, complained) = output_texts(&output);
    assert_eq!(output.status.code(), Some(1), "{args:?}: {said}{complained}");
    let sentences = complained.lines().filter(|line| line.starts_with("gleaner: ")).count();
    assert_eq!(sentences, 1, "{args:?}: {complained}");
    complained
}

async fn folder_with_articles(count: usize) -> (TempDir, Vec<ArticleId>) {
    let app = TestApp::start().await;
    let ids = store_plain_articles(&app.app, count).await;
    (app.finish().await, ids)
}

async fn star(client: &Client, url: &str, id: ArticleId) -> StatusCode {
    let request = client.patch(format!("{url}/api/articles/{id}")).header("content-type", "application/json");
    request.body(json!({ "is_starred": true }).to_string()).send().await.expect("an answer").status()
}

async fn open(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).connect().await.expect("it opens")
}

async fn starred(data: &Path) -> i64 {
    let mut db = open(&data.join("gleaner.db")).await;
    let count = sqlx::query_scalar("SELECT count(*) FROM articles WHERE is_starred").fetch_one(&mut db).await;
    db.close().await.expect("closed");
    count.expect("readable")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_removed_while_it_runs_costs_nothing_that_was_acknowledged() {
    let (data, ids) = folder_with_articles(6).await;
    let client = Client::builder().no_proxy().build().expect("a client");
    let server = ServerProcess::start(command_on(data.path()));
    let url = server.url.clone();
    for id in &ids[..2] {
        assert_eq!(star(&client, &url, *id).await, StatusCode::OK);
    }
    fs::remove_file(data.path().join("gleaner.db-wal")).expect("removed");
    for id in &ids[2..4] {
        assert_eq!(star(&client, &url, *id).await, StatusCode::OK);
    }
    for name in ["gleaner.db-wal", "gleaner.db-shm"] {
        fs::remove_file(data.path().join(name)).expect("removed");
    }
    for id in &ids[4..] {
        assert_eq!(star(&client, &url, *id).await, StatusCode::OK);
    }
    let list = client.get(format!("{url}/api/articles?view=starred")).send().await.expect("an answer");
    let list: serde_json::Value = serde_json::from_str(&list.text().await.expect("whole")).expect("JSON");
    assert_eq!(list["items"].as_array().map(Vec::len), Some(6), "{list}");
    server.kill();
    assert_eq!(starred(data.path()).await, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_log_after_a_crash_is_reported_and_not_ignored() {
    let (data, ids) = folder_with_articles(2).await;
    let client = Client::builder().no_proxy().build().expect("a client");
    let server = ServerProcess::start(command_on(data.path()));
    assert_eq!(star(&client, &server.url, ids[0]).await, StatusCode::OK);
    server.kill();
    let (log, elsewhere) = (data.path().join("gleaner.db-wal"), data.path().join("elsewhere"));
    fs::rename(&log, &elsewhere).expect("moved");
    for args in [&["--addr", "127.0.0.1:0", "serve"][..], &["articles", "list"], &["score", "pause"]] {
        let said = refusal(data.path(), args);
        assert!(said.contains("gleaner.db-wal is missing") && said.contains("gleaner.state"), "{said}");
    }
    fs::rename(&elsewhere, &log).expect("moved back");
    let server = ServerProcess::start(command_on(data.path()));
    server.kill();
    assert_eq!(starred(data.path()).await, 1, "nothing was lost");
    // Another program checkpointed the log just now, so nothing is lost.
    ServerProcess::start(command_on(data.path())).kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_or_missing_database_is_not_replaced_by_a_new_one() {
    let (data, _) = folder_with_articles(1).await;
    let file = data.path().join("gleaner.db");
    let good = fs::read(&file).expect("readable");
    for content in [Some(&b""[..]), None] {
        match content {
            Some(content) => fs::write(&file, content).expect("emptied"),
            None => fs::remove_file(&file).expect("removed"),
        }
        for args in [&["--addr", "127.0.0.1:0", "serve"][..], &["articles", "list"], &["feeds", "export"]] {
            let said = refusal(data.path(), args);
            assert!(said.contains("missing or empty") && said.contains("db restore"), "{said}");
        }
    }
    fs::write(data.path().join("copy.db"), &good).expect("written");
    let output = command_on(data.path()).args(["db", "restore"]).arg(data.path().join("copy.db")).output();
    let output = output.expect("it runs");
    assert!(output.status.success(), "{:?}", output_texts(&output));
    let output = command_on(data.path()).args(["articles", "list"]).output().expect("it runs");
    assert!(output_texts(&output).0.contains("Article 0"), "{:?}", output_texts(&output));
}

/// Makes the database one of an older version, whose pending migrations fail or not.
async fn make_older(file: &Path, sql: &str) {
    let mut db = open(file).await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut db).await.expect("changed");
    db.close().await.expect("closed");
}

/// Copies made before an update, by name.
fn copies(data: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(data)
        .expect("readable")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.to_string_lossy().contains("before-"))
        .collect();
    all.sort();
    all
}

fn score_pause(data: &Path) -> Output {
    command_on(data).args(["score", "pause"]).output().expect("it runs")
}

const FORGET_LAST_MIGRATION: &str =
    "DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)";

#[tokio::test]
async fn no_migration_without_a_verified_copy() {
    let (data, _) = folder_with_articles(1).await;
    let (data, file) = (data.path(), data.path().join("gleaner.db"));
    // Its tables exist already, so the last migration fails.
    make_older(&file, FORGET_LAST_MIGRATION).await;
    let before = fs::read(&file).expect("readable");
    let complained = output_texts(&score_pause(data)).1;
    assert!(complained.contains("could not be brought up to date"), "{complained}");
    assert!(complained.contains("Nothing was changed"), "{complained}");
    assert_eq!(copies(data), Vec::<PathBuf>::new(), "a copy of what is still there is no use");
    assert!(fs::read(&file).expect("readable") == before);

    // Where the copy has no room, nothing is migrated. A folder stands where it would be written.
    let known = gleaner::server::storage::known_schema_version();
    let blocked = data.join(format!("gleaner.before-{known}.partial.db"));
    fs::create_dir(&blocked).expect("made");
    fs::write(blocked.join("x"), "").expect("written");
    let complained = output_texts(&score_pause(data)).1;
    assert!(complained.contains("no copy of it could be made first"), "{complained}");
    assert!(fs::read(&file).expect("readable") == before);
    fs::remove_dir_all(&blocked).expect("removed");

    // An unfinished copy of an earlier attempt does not count, and is not overwritten under its name.
    let leftover = data.join(format!("gleaner.before-{known}.db"));
    fs::write(&leftover, [0; 66]).expect("written");
    make_older(&file, "DROP TABLE IF EXISTS article_identities; PRAGMA user_version = 0").await;
    let output = score_pause(data);
    let complained = output_texts(&output).1;
    if output.status.success() {
        let made = data.join(format!("gleaner.before-{known}-2.db"));
        assert_eq!(made.metadata().expect("there").permissions().mode() & 0o777, 0o600);
        assert_eq!(copies(data), [made, leftover.clone()]);
    } else {
        assert!(complained.contains("Nothing was changed"), "{complained}");
        assert_eq!(copies(data), std::slice::from_ref(&leftover));
    }
    assert_eq!(fs::read(&leftover).expect("there").len(), 66);
}

#[tokio::test]
async fn restoring_never_leaves_the_name_without_a_database() {
    let (data, _) = folder_with_articles(2).await;
    let file = data.path().join("gleaner.db");
    let output = command_on(data.path()).args(["db", "backup"]).arg(data.path().join("copy.db")).output();
    assert!(output.expect("it runs").status.success());
    // What is there cannot be opened any more, which is when a copy is put back.
    fs::write(&file, b"this is no database at all, not even nearly").expect("written");
    fs::write(data.path().join("gleaner.db-wal"), b"nor is this its log").expect("written");
    let output = command_on(data.path()).args(["db", "restore"]).arg(data.path().join("copy.db")).output();
    let output = output.expect("it runs");
    assert!(output.status.success(), "{:?}", output_texts(&output));
    let kept = data.path().join("gleaner.replaced-1.db");
    assert_eq!(fs::read(&kept).expect("kept"), b"this is no database at all, not even nearly");
    assert!(data.path().join("gleaner.replaced-1.db-wal").exists(), "its log goes along");
    for file in [&file, &kept] {
        assert_eq!(file.metadata().expect("there").permissions().mode() & 0o077, 0, "{}", file.display());
    }
    let output = command_on(data.path()).args(["articles", "list"]).output().expect("it runs");
    assert!(output_texts(&output).0.contains("Article 1"));
}
