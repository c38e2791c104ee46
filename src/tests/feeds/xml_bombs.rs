//! Documents that try to exhaust memory or processor time: the program reads or refuses them within limits, and the next feed works.

use crate::support::{
    bombs::{Bomb, BombKind, all_bombs, large_ordinary_feed},
    corpora,
    feed_server::{FeedReply, FeedServer, rss_document},
    gleaner_binary::{ServerProcess, gleaner_command},
};
use serde_json::json;
use std::time::Duration;
use tempfile::TempDir;

/// For one document, above what the program took before it.
const MAX_MEMORY_BYTES: u64 = 200 << 20;
/// A document may cost so many times the processor time of [`large_ordinary_feed`], which holds on any machine and in any build.
/// In a release build the latter takes half a second of a slow processor.
const MAX_COST: u32 = 4;
/// A document beyond a limit is read again, and an ordinary feed beside it: what other programs on the machine cost is not the
/// document's.
const MAX_MEASUREMENTS: usize = 3;

#[tokio::test]
async fn resource_exhaustion_is_bounded_and_the_next_feed_works() {
    let server = FeedServer::start().await;
    let bombs = all_bombs(&server.url(""));
    check_bombs(&server, &bombs).await;
}

#[tokio::test]
#[ignore = "GLEANER_CORPORA is not set"]
async fn resource_exhaustion_by_the_corpus_is_bounded_and_the_next_feed_works() {
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

/// The program, and what asks it.
struct Reader {
    program: ServerProcess,
    client: reqwest::Client,
    _home: TempDir,
}

impl Reader {
    fn start() -> Self {
        let home = TempDir::new().expect("a temporary folder");
        let mut command = gleaner_command(home.path());
        command.arg("--data-dir").arg(home.path()).args(["--ollama-host", "http://127.0.0.1:9"]);
        command
            .env("GLEANER_FETCH__ALLOW_NETWORKS", "127.0.0.0/8")
            .env("GLEANER_FETCH__FULL_TEXT", "false")
            .env("GLEANER_FETCH__PER_HOST_SPACING", "0s");
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { program: ServerProcess::start(command), client, _home: home }
    }

    /// Posts a body, and reads the answer to its end.
    async fn post(&self, path: &str, content_type: &str, body: Vec<u8>) -> (u16, String) {
        let request = self.client.post(format!("{}{path}", self.program.url)).header("content-type", content_type);
        let answer = request.body(body).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a whole answer"))
    }

    async fn subscribe(&self, url: &str) -> (u16, String) {
        self.post("/api/feeds", "application/json", json!({ "url": url }).to_string().into_bytes()).await
    }

    /// The processor time of the ordinary feed, which the server has at `path`.
    async fn ordinary_cost(&self, server: &FeedServer, path: &str) -> Duration {
        server.on(path, FeedReply::feed(large_ordinary_feed()));
        let before = self.program.cpu();
        assert_eq!(self.subscribe(&server.url(path)).await.0, 201, "an ordinary feed is read");
        (self.program.cpu() - before).max(Duration::from_millis(100))
    }

    /// Subscribes to a document that the server has at `path`, or imports it.
    async fn measure(&self, server: &FeedServer, bomb: &Bomb, path: &str) -> Measurement {
        server.on(path, reply_of(bomb));
        self.program.reset_peak_memory();
        let idle = self.program.memory("VmRSS");
        let before = self.program.cpu();
        let (status, answer) = match bomb.kind {
            BombKind::Opml => self.post("/api/opml", "text/x-opml", bomb.bytes.clone()).await,
            _ => self.subscribe(&server.url(path)).await,
        };
        let (cpu, memory) = (self.program.cpu() - before, self.program.memory("VmHWM").saturating_sub(idle));
        Measurement { status, answer, cpu, memory }
    }
}

/// What reading one document took.
struct Measurement {
    status: u16,
    answer: String,
    cpu: Duration,
    /// Bytes above what the program took before.
    memory: u64,
}

impl Measurement {
    fn is_within_limits(&self, ordinary: Duration) -> bool {
        self.status < 500 && self.cpu <= MAX_COST * ordinary && self.memory <= MAX_MEMORY_BYTES
    }

    fn line(&self, name: &str) -> String {
        format!("{name}: {} in {:?} and {} MiB", self.status, self.cpu, self.memory >> 20)
    }
}

fn reply_of(bomb: &Bomb) -> FeedReply {
    let content_type = match bomb.kind {
        BombKind::Xml | BombKind::Gzip | BombKind::Opml => "application/xml",
        BombKind::Json => "application/feed+json",
        BombKind::Page => "text/html",
    };
    let reply = FeedReply::ok(content_type, bomb.bytes.clone());
    if bomb.kind == BombKind::Gzip { reply.header("content-encoding", "gzip") } else { reply }
}

/// Subscribes to each document, or imports it, within the limits; then subscribes to a good feed.
async fn check_bombs(server: &FeedServer, bombs: &[Bomb]) {
    let reader = Reader::start();
    let mut ordinary = reader.ordinary_cost(server, "/large").await;
    let mut problems = Vec::new();
    for (number, bomb) in bombs.iter().enumerate() {
        for round in 1.. {
            let measured = reader.measure(server, bomb, &format!("/bomb/{number}/{round}")).await;
            let line = measured.line(&bomb.name);
            println!("  {line}");
            if measured.is_within_limits(ordinary) {
                break;
            }
            if measured.status >= 500 || round == MAX_MEASUREMENTS {
                problems.push(format!("{line}: {}", measured.answer.chars().take(200).collect::<String>()));
                break;
            }
            ordinary = reader.ordinary_cost(server, &format!("/large/{number}/{round}")).await;
        }
    }
    println!("{} bombs; an ordinary feed takes {ordinary:?}", bombs.len());
    assert!(problems.is_empty(), "an ordinary feed takes {ordinary:?}, but\n{}", problems.join("\n"));
    let inbox = reader.client.get(format!("{}/", reader.program.url)).send().await.expect("an answer");
    let page = inbox.text().await.expect("a whole page");
    assert!(page.len() < 1 << 20, "the inbox has {} bytes", page.len());
    server.on("/good", FeedReply::feed(rss_document("Good", &[("1", "One", "text")])));
    assert_eq!(reader.subscribe(&server.url("/good")).await.0, 201, "the next feed works");
    let opened: Vec<_> =
        server.asked().into_iter().filter(|r| r.path.contains("secret") || r.path.contains("etc")).collect();
    assert_eq!(opened.len(), 0, "no entity is fetched: {opened:?}");
}
