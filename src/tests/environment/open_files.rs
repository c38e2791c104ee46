//! A limit of 100 open files: feeds that could not be fetched for that reason have not failed, and pages are served.

use crate::support::{
    feed_server::{FeedReply, FeedServer, rss_document},
    gleaner_binary::{ServerProcess, limited_gleaner_command, output_texts},
    test_app::TestApp,
};
use gleaner::server::services::subscriptions;
use reqwest::Client;
use serde_json::Value;
use std::fmt::Write;

const FEED_COUNT: usize = 150;

#[tokio::test(flavor = "multi_thread")]
async fn too_many_open_files_is_no_failure_of_a_feed() {
    let feeds = FeedServer::start().await;
    let mut list = String::from("<opml version=\"2.0\"><body>");
    for n in 0..FEED_COUNT {
        feeds.on(&format!("/{n}"), FeedReply::feed(rss_document("Loom", &[("1", "One", "<p>A loom.</p>")])));
        write!(list, "<outline xmlUrl=\"{}\"/>", feeds.url(&format!("/{n}"))).expect("written");
    }
    list.push_str("</body></opml>");
    let app = TestApp::start().await;
    subscriptions::import_opml(&app.app, list.as_bytes()).await.expect("imported");
    let data = app.finish().await;

    let mut command = limited_gleaner_command(data.path(), "-n 100 && ulimit -H -n 100");
    command.arg("--data-dir").arg(data.path()).args(["--ollama-host", "127.0.0.1:9"]);
    command
        .env("GLEANER_FETCH__ALLOW_NETWORKS", "127.0.0.0/8")
        .env("GLEANER_FETCH__FULL_TEXT", "false")
        .env("GLEANER_FETCH__PER_HOST_SPACING", "0s");
    command.env("GLEANER_FETCH__CONCURRENCY", "200");
    let server = ServerProcess::start(command);
    let client = Client::builder().no_proxy().build().expect("a client");
    let get = async |path: &str| {
        let answer = client.get(format!("{}{path}", server.url)).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.expect("whole")
    };
    let mut doctor = limited_gleaner_command(data.path(), "-n 100 && ulimit -H -n 100");
    doctor.arg("--data-dir").arg(data.path()).args(["--ollama-host", "127.0.0.1:9", "doctor"]);
    let (said, _) = output_texts(&doctor.output().expect("it runs"));
    assert!(said.contains("100 files and connections may be open") && said.contains("LimitNOFILE"), "{said}");
    // Until each was asked once, or could not be.
    loop {
        let metrics = get("/metrics").await;
        let checks: f64 = metrics
            .lines()
            .filter(|line| line.starts_with("gleaner_feed_checks_total"))
            .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
            .sum();
        if checks >= FEED_COUNT as f64 {
            break;
        }
        tokio::task::yield_now().await;
    }
    let listed: Value = serde_json::from_str(&get("/api/feeds").await).expect("JSON");
    let listed = listed.as_array().expect("a list").clone();
    assert_eq!(listed.len(), FEED_COUNT);
    let failing: Vec<&Value> = listed.iter().filter(|feed| feed["health"]["failures"] != 0).collect();
    assert!(failing.is_empty(), "{failing:?}");
    assert!(get("/").await.contains("One"), "the others were read");
}
