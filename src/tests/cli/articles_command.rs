//! `gleaner articles`, as a script uses it.

use crate::support::{
    data,
    gleaner_binary::{gleaner_command, output_texts},
};
use gleaner::server::storage;
use serde_json::Value;
use tempfile::TempDir;

#[tokio::test]
async fn articles_are_listed_shown_and_marked() {
    let home = TempDir::new().expect("a folder");
    let folder = home.path().join("data");
    let db = storage::open(&folder).await.expect("a database");
    data::seed(&db, data::DataSize { articles: 50, feeds: 10 }).await.expect("data");
    db.close().await;
    let run = |args: &[&str]| {
        let output = gleaner_command(home.path())
            .arg("--data-dir")
            .arg(&folder)
            .arg("articles")
            .args(args)
            .output()
            .expect("it runs");
        let (text, said) = output_texts(&output);
        (output.status.code(), text, said)
    };
    let list = |args: &[&str]| -> Value {
        let (code, text, said) = run(&[&["list", "--json"], args].concat());
        assert_eq!(code, Some(0), "{said}");
        serde_json::from_str(&text).expect("JSON")
    };
    let first = list(&["--limit", "3"]);
    assert_eq!(first["items"].as_array().map(Vec::len), Some(3));
    let id = first["items"][0]["id"].to_string();
    let next = list(&["--limit", "3", "--cursor", first["next_cursor"].as_str().expect("a cursor")]);
    assert_ne!(next["items"][0]["id"], first["items"][0]["id"]);

    let (code, text, _) = run(&["show", &id]);
    assert!(code == Some(0) && text.starts_with("Notes on"), "{text}");
    let (code, text, _) = run(&["read", &id]);
    assert_eq!((code, text.trim()), (Some(0), "1 article marked read."));
    assert_ne!(list(&["--limit", "1"])["items"][0]["id"].to_string(), id);
    let (_, text, _) = run(&["star", &id]);
    assert_eq!(text.trim(), "1 article starred.");
    assert!(run(&["list", "--view", "starred"]).1.contains("* Notes on"));

    let (code, _, said) = run(&["show", "999"]);
    assert!(code == Some(1) && said.contains("no such article"), "{said}");
    assert_eq!(run(&["list", "--cursor", "zzz"]).0, Some(1));
    assert_eq!(run(&["list", "--sort", "best"]).0, Some(2));
    assert_eq!(run(&["list", "--limit", "0"]).0, Some(2));
}
