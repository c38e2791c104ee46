//! Documents made to do harm: refused or read, quickly and in little memory, and the next feed still works.

use crate::support::{
    corpora,
    feed_server::{FeedReply, FeedServer, rss_document},
    test_app::TestApp,
};
use gleaner::server::services::subscriptions;
use std::time::{Duration, Instant};

#[tokio::test]
#[ignore = "GLEANER_CORPORA is not set"]
async fn bombs_go_out_and_the_next_feed_works() {
    let folder = corpora::corpus_path("xml-bombs");
    let server = FeedServer::start().await;
    server.on("/good", FeedReply::feed(rss_document("Good", &[("1", "One", "text")])));
    let app = TestApp::start().await;
    let files = ["defusedxml", "generated"].map(|sub| std::fs::read_dir(folder.join(sub)).expect("readable"));
    for file in files.into_iter().flatten().map(|f| f.expect("a file").path()) {
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        let bytes = std::fs::read(&file).expect("readable");
        let begun = Instant::now();
        if name.ends_with(".opml") {
            let _ = subscriptions::import_opml(&app.app, &bytes).await;
        }
        let gzipped = name.ends_with(".gz");
        let reply = FeedReply::feed(bytes);
        server.on(&format!("/{name}"), if gzipped { reply.header("content-encoding", "gzip") } else { reply });
        let outcome = subscriptions::subscribe(&app.app, &server.url(&format!("/{name}")), None).await;
        let took = begun.elapsed();
        println!("  {name}: {} in {took:?}", outcome.as_ref().map_or_else(|e| e.message.clone(), |_| "read".into()));
        assert!(took < Duration::from_secs(10), "{name} took {took:?}");
    }
    let memory = peak_memory();
    println!("bombs: peak memory {} MiB", memory >> 20);
    assert!(memory < 512 << 20, "{memory}");
    subscriptions::subscribe(&app.app, &server.url("/good"), None).await.expect("the next feed works");
    let asked = server.asked();
    assert!(asked.iter().all(|a| !a.path.contains("etc")), "nothing that a document names is opened");
}

/// Bytes, of this whole test process; 0 where the system does not tell.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap_or(0) * 1024
}
