//! Documents made to exhaust memory or processor time: read or refused within limits, and the next feed still works.

use crate::support::{
    bombs::{Bomb, BombKind, all_bombs},
    corpora,
    feed_server::{FeedReply, FeedServer, rss_document},
    test_app::TestApp,
};
use gleaner::server::services::subscriptions;
use std::time::{Duration, Instant};

/// For one document, in a debug build on a busy machine.
const MAX_TIME: Duration = Duration::from_secs(10);
/// For the whole test process.
const MAX_MEMORY_BYTES: u64 = 512 << 20;

#[tokio::test]
async fn bombs_are_survived_and_the_next_feed_works() {
    let server = FeedServer::start().await;
    let bombs = all_bombs(&server.url(""));
    check_bombs(&server, &bombs).await;
}

#[tokio::test]
#[ignore = "GLEANER_CORPORA is not set"]
async fn bombs_of_the_corpus_are_survived_and_the_next_feed_works() {
    let server = FeedServer::start().await;
    let folder = corpora::corpus_path("xml-bombs");
    let files = ["defusedxml", "generated"].map(|sub| std::fs::read_dir(folder.join(sub)).expect("readable"));
    let bombs: Vec<Bomb> = files
        .into_iter()
        .flatten()
        .map(|file| {
            let path = file.expect("a file").path();
            let kind = match path.extension().and_then(|extension| extension.to_str()) {
                Some("gz") => BombKind::Gzip,
                Some("opml") => BombKind::Opml,
                _ => BombKind::Xml,
            };
            Bomb { name: path.display().to_string(), kind, bytes: std::fs::read(&path).expect("readable") }
        })
        .collect();
    check_bombs(&server, &bombs).await;
}

/// Subscribes to each document, or imports it, within [`MAX_TIME`]; then subscribes to a good feed.
async fn check_bombs(server: &FeedServer, bombs: &[Bomb]) {
    let app = TestApp::start().await;
    for (number, bomb) in bombs.iter().enumerate() {
        let path = format!("/bomb/{number}");
        let content_type = match bomb.kind {
            BombKind::Xml | BombKind::Gzip | BombKind::Opml => "application/xml",
            BombKind::Json => "application/feed+json",
            BombKind::Page => "text/html",
        };
        let mut reply = FeedReply::ok(content_type, bomb.bytes.clone());
        if bomb.kind == BombKind::Gzip {
            reply = reply.header("content-encoding", "gzip");
        }
        server.on(&path, reply);
        let begun = Instant::now();
        let outcome = if bomb.kind == BombKind::Opml {
            subscriptions::import_opml(&app.app, &bomb.bytes).await.map(drop)
        } else {
            subscriptions::subscribe(&app.app, &server.url(&path), None).await.map(drop)
        };
        let time = begun.elapsed();
        println!("  {}: {} in {time:?}", bomb.name, outcome.map_or_else(|error| error.message, |()| "read".into()));
        assert!(time < MAX_TIME, "{} took {time:?}", bomb.name);
    }
    let memory = peak_memory();
    println!("{} bombs, peak memory {} MiB", bombs.len(), memory >> 20);
    assert!((1..MAX_MEMORY_BYTES).contains(&memory), "{memory} bytes");
    assert_eq!(app.get("/").await.status.as_u16(), 200, "the inbox is shown");
    server.on("/good", FeedReply::feed(rss_document("Good", &[("1", "One", "text")])));
    subscriptions::subscribe(&app.app, &server.url("/good"), None).await.expect("the next feed works");
    let opened: Vec<_> =
        server.asked().into_iter().filter(|r| r.path.contains("secret") || r.path.contains("etc")).collect();
    assert_eq!(opened.len(), 0, "no entity is fetched: {opened:?}");
}

/// The peak of resident memory of this process, in bytes (proc(5), `VmHWM`).
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches("kB").trim().parse::<u64>().expect("a number") * 1024
}
