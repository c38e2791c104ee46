//! `gleaner feeds`, as a script uses it.

use crate::support::{
    feed_server::{FeedReply, FeedServer, rss_document},
    gleaner_binary::{gleaner_command, output_texts},
};
use gleaner::server::storage;
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_whose_site_asked_for_a_pause_is_fetched_only_by_force() {
    let server = FeedServer::start().await;
    server.on("/f", FeedReply::feed(rss_document("Kite News", &[("1", "One", "x")])).header("etag", "\"1\""));
    let home = TempDir::new().expect("a folder");
    let folder = home.path().join("data");
    let run = |args: &[&str]| {
        let mut command = gleaner_command(home.path());
        command
            .env("GLEANER_FETCH__ALLOW_NETWORKS", "127.0.0.0/8")
            .env("GLEANER_FETCH__FULL_TEXT", "false")
            .arg("--data-dir")
            .arg(&folder)
            .arg("feeds")
            .args(args);
        let output = tokio::task::block_in_place(|| command.output()).expect("it runs");
        let (text, said) = output_texts(&output);
        (output.status.code(), text, said)
    };
    let (code, _, said) = run(&["add", &server.url("/f")]);
    assert_eq!(code, Some(0), "{said}");
    let db = storage::open(&folder).await.expect("a database");
    let mut tx = db.write().await.expect("a transaction");
    sqlx::query!("UPDATE feeds SET not_before = unixepoch() + 7200").execute(&mut *tx).await.expect("paused");
    tx.commit().await.expect("committed");
    db.close().await;

    for args in [&["refresh", "1"][..], &["refresh"]] {
        let (code, _, said) = run(args);
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains("Kite News (1): Not fetched: the site asked for a pause until"), "{said}");
        assert!(said.contains("--force"), "{said}");
    }
    assert_eq!(server.asked().len(), 1, "no request was sent");
    let (code, text, said) = run(&["refresh", "1", "--force"]);
    assert_eq!(code, Some(0), "{text}{said}");
    assert_eq!(server.asked().len(), 2);
    assert_eq!(run(&["refresh", "--force"]).0, Some(2), "--force needs a feed");
}
