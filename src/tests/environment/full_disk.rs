//! A full disk: reading continues, acknowledged data is not lost, and writing resumes by itself once there is room.

use crate::support::{
    articles::store_plain_articles,
    feed_server::{FeedReply, FeedServer, rss_document},
    gleaner_binary::{ServerProcess, gleaner_command, limited_gleaner_command, output_texts},
    simulator::{Endpoint, Simulator},
    test_app::TestApp,
};
use gleaner::{
    domain::{ids::ArticleId, write_obstacle::WriteObstacle},
    server::{
        services::{scoring, storage_health, subscriptions},
        worker::{scheduler, storage_watch},
    },
};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::{path::Path, process::Command};
use tempfile::TempDir;

const NO_LIMIT: &str = "-f unlimited";

fn command_on(data: &Path, ulimit: &str) -> Command {
    let mut command = limited_gleaner_command(data, ulimit);
    command.arg("--data-dir").arg(data).args(["--ollama-host", "127.0.0.1:9"]);
    command
}

fn new_client() -> Client {
    Client::builder().no_proxy().build().expect("a client")
}

/// A data folder with so many articles.
async fn folder_with_articles(count: usize) -> (TempDir, Vec<ArticleId>) {
    let app = TestApp::start().await;
    let ids = store_plain_articles(&app.app, count).await;
    (app.finish().await, ids)
}

async fn vote(client: &Client, url: &str, id: ArticleId) -> (StatusCode, Value) {
    let request = client.patch(format!("{url}/api/articles/{id}")).header("content-type", "application/json");
    let answer = request.body(json!({ "vote": "up" }).to_string()).send().await.expect("an answer");
    let status = answer.status();
    (status, serde_json::from_str(&answer.text().await.expect("whole")).expect("JSON"))
}

async fn get(client: &Client, url: &str, path: &str) -> (StatusCode, String) {
    let answer = client.get(format!("{url}{path}")).send().await.expect("an answer");
    (answer.status(), answer.text().await.expect("whole"))
}

async fn votes_after_end(data: TempDir) -> Vec<i64> {
    let app = TestApp::on(data, |_| {}).await;
    let votes =
        sqlx::query_scalar("SELECT article_id FROM votes ORDER BY article_id").fetch_all(&app.app.db.read).await;
    votes.expect("readable")
}

#[tokio::test(flavor = "multi_thread")]
async fn full_once_it_writes_again_as_soon_as_there_is_room() {
    let (data, ids) = folder_with_articles(4).await;
    let (server, client) = (ServerProcess::start(command_on(data.path(), NO_LIMIT)), new_client());
    let url = server.url.clone();
    assert_eq!(vote(&client, &url, ids[0]).await.0, StatusCode::OK);

    server.limit_file_size(Some(0));
    for _ in 0..3 {
        let (status, error) = vote(&client, &url, ids[1]).await;
        assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE, "{error}");
        assert_eq!(error["error"]["kind"], "not_writable");
        assert!(error["error"]["message"].as_str().expect("a sentence").contains("disk is full"), "{error}");
        assert!(error["error"]["hint"].as_str().expect("a sentence").contains("automatically"), "{error}");
    }
    let (status, ready) = get(&client, &url, "/readyz").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(ready.contains(r#""write":"fail""#) && ready.contains(r#""obstacle":"disk_error""#), "{ready}");
    assert!(ready.contains(r#""free_bytes":"#), "{ready}");
    for page in ["/", "/status", &format!("/articles/{}", ids[2]), "/api/articles", "/metrics"] {
        let (status, body) = get(&client, &url, page).await;
        assert_eq!(status, StatusCode::OK, "reading {page} goes on");
        assert!(page != "/status" || body.contains("disk is full"), "the status page says so: {body}");
        assert!(page != "/metrics" || body.contains("gleaner_storage_writable 0"), "{body}");
    }

    server.limit_file_size(None);
    let (status, answer) = vote(&client, &url, ids[3]).await;
    assert_eq!(status, StatusCode::OK, "without a restart: {answer}");
    let (status, ready) = get(&client, &url, "/readyz").await;
    assert_eq!(status, StatusCode::OK, "{ready}");
    assert!(ready.contains(r#""write":"ok""#) && ready.contains(r#""obstacle":null"#), "{ready}");
    server.kill();
    assert_eq!(votes_after_end(data).await, [ids[0].0, ids[3].0], "what was acknowledged, and nothing else");
}

#[tokio::test(flavor = "multi_thread")]
async fn started_on_a_full_disk_it_serves_for_reading_until_there_is_room() {
    let (data, ids) = folder_with_articles(2).await;
    let (server, client) = (ServerProcess::start(command_on(data.path(), "-f 0")), new_client());
    let url = server.url.clone();
    assert!(get(&client, &url, "/").await.1.contains("Article 1"));
    assert_eq!(vote(&client, &url, ids[0]).await.0, StatusCode::INSUFFICIENT_STORAGE);
    assert_eq!(get(&client, &url, "/readyz").await.0, StatusCode::SERVICE_UNAVAILABLE);

    server.limit_file_size(None);
    assert_eq!(get(&client, &url, "/readyz").await.0, StatusCode::OK, "the proof of a write ends it");
    assert_eq!(vote(&client, &url, ids[0]).await.0, StatusCode::OK);
    let (_, article) = get(&client, &url, &format!("/api/articles/{}", ids[0])).await;
    assert!(article.contains(r#""vote":"up""#), "what is read is what was written: {article}");
    server.signal("TERM");
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(0), "{log}");
    assert_eq!(votes_after_end(data).await, [ids[0].0]);
}

#[tokio::test]
async fn commands_read_on_a_full_disk_and_say_why_they_do_not_write() {
    let (data, _) = folder_with_articles(2).await;
    let run = |args: &[&str]| command_on(data.path(), "-f 0").args(args).output().expect("it runs");
    let output = run(&["articles", "list"]);
    let (said, complained) = output_texts(&output);
    assert_eq!(output.status.code(), Some(0), "{complained}");
    assert!(said.contains("Article 1"), "{said}");
    let output = run(&["score", "pause"]);
    let (_, complained) = output_texts(&output);
    assert_eq!(output.status.code(), Some(1), "{complained}");
    assert!(complained.contains("disk is full"), "{complained}");
    let output = run(&["doctor"]);
    let (said, _) = output_texts(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("FAIL  disk") && said.contains("cannot be written"), "{said}");

    let home = TempDir::new().expect("a folder");
    let output = limited_gleaner_command(home.path(), "-f 0").args(["score", "pause"]).output().expect("it runs");
    let (_, complained) = output_texts(&output);
    assert_eq!((output.status.code(), complained.lines().count()), (Some(1), 1), "{complained}");
    let output = gleaner_command(home.path()).args(["score", "pause"]).output().expect("it runs");
    assert!(output.status.success(), "what the first attempt left is no obstacle: {:?}", output_texts(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn fetching_and_scoring_wait_with_the_reason_and_go_on_by_themselves() {
    let (sim, feeds) = (Simulator::start().await.expect("a simulator"), FeedServer::start().await);
    let document = rss_document("Loom", &[("1", "One", "<p>A loom.</p>")]);
    feeds.on("/a", FeedReply::feed(document));
    let host = sim.url.parse().expect("an address");
    let app = TestApp::with(|config| config.ollama.host = host).await;
    subscriptions::subscribe(&app.app, &feeds.url("/a"), None).await.expect("subscribed");
    subscriptions::refresh_all(&app.app).await.expect("due");
    assert_eq!(feeds.asked().len(), 1);

    app.app.db.set_obstacle(Some(WriteObstacle::DiskFull));
    app.app.lifecycle.spawn(scheduler::run(app.app.clone()));
    gleaner::server::worker::scorer::drain(&app.app).await;
    let status = scoring::load_status(&app.app).await.expect("readable");
    assert!(status.readiness.message.as_deref().is_some_and(|said| said.contains("disk")), "{:?}", status.readiness);
    assert_eq!((feeds.asked().len(), sim.requests_of(Endpoint::Chat).len()), (1, 0), "nobody is asked for nothing");

    app.app.lifecycle.spawn(storage_watch::run(app.app.clone()));
    feeds.wait_for_requests(2).await;
    assert_eq!(app.app.db.obstacle(), None);
    gleaner::server::worker::scorer::drain(&app.app).await;
    assert!(!sim.requests_of(Endpoint::Chat).is_empty());
    assert!(storage_health::prove(&app.app).await.is_writable);
    app.finish().await;
}
