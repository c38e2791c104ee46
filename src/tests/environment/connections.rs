//! Connections that send nothing or half a request: they delay neither other requests nor stopping.

use crate::support::{
    gleaner_binary::{ServerProcess, limited_gleaner_command},
    test_app::TestApp,
};
use gleaner::server::http::connections::ConnectionLimits;
use std::{
    process::Command,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Limits that a test can wait for.
const SHORT: ConnectionLimits = ConnectionLimits {
    max_connections: 8,
    head_time: Duration::from_millis(300),
    body_pause: Duration::from_millis(200),
    body_time: Duration::from_millis(500),
    send_pause: Duration::from_secs(60),
};
/// A timeout far above these limits and far below those of the program.
const MAX_WAIT: Duration = Duration::from_secs(8);
const UPLOAD: &str = "POST /api/opml HTTP/1.1\r\nhost: HOST\r\ncontent-type: text/xml\r\ncontent-length: 100000\r\n";

async fn connect(addr: &str) -> TcpStream {
    TcpStream::connect(addr).await.expect("it listens")
}

async fn send(stream: &mut TcpStream, addr: &str, text: &str) {
    stream.write_all(text.replace("HOST", addr).as_bytes()).await.expect("sent");
}

/// Everything received until the server closes the connection.
async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = tokio::time::timeout(MAX_WAIT, stream.read_to_end(&mut answer)).await;
    // A connection that is closed with unread bytes in it is reset.
    let _ = read.expect("the server closes the connection");
    String::from_utf8_lossy(&answer).into_owned()
}

async fn get(addr: &str, path: &str) -> String {
    let mut stream = connect(addr).await;
    send(&mut stream, addr, &format!("GET {path} HTTP/1.1\r\nhost: HOST\r\nconnection: close\r\n\r\n")).await;
    read_to_end(&mut stream).await
}

fn address(app: &TestApp) -> String {
    app.url.trim_start_matches("http://").to_owned()
}

async fn start_with_short_limits() -> TestApp {
    TestApp::with_limits(TempDir::new().expect("a folder"), SHORT, |_| {}).await
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_arrive_too_slowly_are_ended() {
    let app = start_with_short_limits().await;
    let addr = address(&app);
    for half in ["", "GET / HT", UPLOAD, "GET /healthz HTTP/1.1\r\nhost: HOST\r\n\r\n", &format!("{UPLOAD}\r\n<opml")] {
        let mut stalled = connect(&addr).await;
        send(&mut stalled, &addr, half).await;
        let answer = read_to_end(&mut stalled).await;
        assert!(!answer.contains("HTTP/1.1 5"), "{half:?}: {answer}");
    }
    // A body that arrives byte by byte is too slow as well.
    let mut dripping = connect(&addr).await;
    send(&mut dripping, &addr, &format!("{UPLOAD}\r\n")).await;
    let began = Instant::now();
    while began.elapsed() < MAX_WAIT && dripping.write_all(b"<").await.is_ok() {
        tokio::time::sleep(SHORT.body_pause / 4).await;
    }
    assert!(began.elapsed() < MAX_WAIT, "it was read for {MAX_WAIT:?}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_make_room_for_others() {
    let limits = ConnectionLimits { head_time: Duration::from_secs(60), ..SHORT };
    let app = TestApp::with_limits(TempDir::new().expect("a folder"), limits, |_| {}).await;
    let addr = address(&app);
    let mut idle = Vec::new();
    for _ in 0..SHORT.max_connections * 3 {
        let mut stream = connect(&addr).await;
        send(&mut stream, &addr, "GET /healthz HTTP/1.1\r\nhost: HOST\r\n\r\n").await;
        idle.push(stream);
    }
    for path in ["/healthz", "/", "/readyz"] {
        assert!(get(&addr, path).await.starts_with("HTTP/1.1 200"), "{path}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_under_way_is_finished_though_connections_are_scarce() {
    let app = start_with_short_limits().await;
    let addr = address(&app);
    // An event stream is an answer that goes on.
    let mut stream = connect(&addr).await;
    send(&mut stream, &addr, "GET /api/events HTTP/1.1\r\nhost: HOST\r\n\r\n").await;
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.expect("it begins");
    assert_eq!(&first, b"HTTP/1.1 200");
    for _ in 0..SHORT.max_connections * 2 {
        assert!(get(&addr, "/healthz").await.starts_with("HTTP/1.1 200"));
    }
    tokio::time::sleep(SHORT.head_time * 2).await;
    app.app.lifecycle.soft_stop.cancel();
    let rest = read_to_end(&mut stream).await;
    assert!(rest.ends_with("\r\n0\r\n\r\n"), "it ends as a whole answer: {rest:?}");
    app.finish().await;
}

/// The program with limits of the system.
fn start_program(home: &TempDir, ulimit: &str) -> (ServerProcess, String) {
    let mut command: Command = limited_gleaner_command(home.path(), ulimit);
    command.arg("--data-dir").arg(home.path().join("data")).args(["--ollama-host", "127.0.0.1:9"]);
    let server = ServerProcess::start(command);
    let addr = server.url.trim_start_matches("http://").to_owned();
    (server, addr)
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_request_does_not_delay_the_end() {
    let next_half = "GET /healthz HTTP/1.1\r\nhost: HOST\r\n\r\nGET / HT";
    for half in ["", "GET / HT", UPLOAD, &format!("{UPLOAD}\r\n<opml"), next_half] {
        let home = TempDir::new().expect("a folder");
        let (server, addr) = start_program(&home, "-f unlimited");
        let mut stalled = connect(&addr).await;
        send(&mut stalled, &addr, half).await;
        // Answered on a connection that was accepted later.
        assert!(get(&addr, "/healthz").await.starts_with("HTTP/1.1 200"));
        let began = Instant::now();
        server.signal("TERM");
        let (status, log) = server.wait();
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(began.elapsed() < Duration::from_secs(5), "{half:?}: it took {:?}", began.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_idle_connections_block_no_request_with_64_files() {
    let home = TempDir::new().expect("a folder");
    // Hard and soft, since the program raises the soft one.
    let (_server, addr) = start_program(&home, "-n 64 && ulimit -H -n 64");
    let mut idle = Vec::new();
    for _ in 0..100 {
        idle.push(connect(&addr).await);
    }
    for path in ["/healthz", "/", "/readyz"] {
        assert!(get(&addr, path).await.starts_with("HTTP/1.1 200"), "{path}");
    }
}
