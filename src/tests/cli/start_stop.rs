//! Starting and stopping: each failure is one sentence, no stop loses data.

use crate::support::gleaner_binary::{ServerProcess, gleaner_command, output_texts};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::{fs::PermissionsExt, process::ExitStatusExt},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};
use tempfile::TempDir;

fn gleaner_on(home: &Path) -> Command {
    let mut command = gleaner_command(home);
    command.arg("--data-dir").arg(home.join("data"));
    command
}

/// The sentence with which it refuses to start.
fn start_error(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    let (_, said) = output_texts(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let sentences = said.lines().filter(|line| line.starts_with("gleaner: ")).count();
    assert_eq!(sentences, 1, "{said}");
    said
}

fn get_raw(url: &str, path: &str) -> String {
    let addr = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(addr).expect("it listens");
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {addr}\r\nconnection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    answer
}

#[test]
fn it_creates_a_private_folder_and_serves() {
    let home = TempDir::new().expect("a folder");
    let server = ServerProcess::start(gleaner_on(home.path()));
    assert!(get_raw(&server.url, "/healthz").starts_with("HTTP/1.1 200"));
    let mode = |path: &str| home.path().join(path).metadata().expect("there").permissions().mode() & 0o777;
    assert_eq!((mode("data"), mode("data/gleaner.db")), (0o700, 0o600));
}

#[test]
fn both_signals_stop_an_idle_server_at_once() {
    for signal in ["TERM", "INT"] {
        let home = TempDir::new().expect("a folder");
        let server = ServerProcess::start(gleaner_on(home.path()));
        // A browser keeps its connection open.
        let idle = TcpStream::connect(server.url.trim_start_matches("http://")).expect("it listens");
        let began = Instant::now();
        server.signal(signal);
        let (status, log) = server.wait();
        assert_eq!(status.code(), Some(0), "{signal}: {log}");
        assert!(began.elapsed() < Duration::from_secs(5), "{signal}: it took {:?}", began.elapsed());
        assert!(log.contains("stopped"), "{log}");
        assert!(!home.path().join("data/gleaner.db-wal").exists(), "the write-ahead log was not folded in");
        drop(idle);
    }
}

#[test]
fn after_kill_it_starts_again() {
    let home = TempDir::new().expect("a folder");
    let server = ServerProcess::start(gleaner_on(home.path()));
    server.signal("KILL");
    let (status, _) = server.wait();
    assert_eq!(status.signal(), Some(9));
    let again = ServerProcess::start(gleaner_on(home.path()));
    assert!(get_raw(&again.url, "/healthz").starts_with("HTTP/1.1 200"));
}

#[test]
fn a_second_signal_ends_it_although_a_request_hangs() {
    let home = TempDir::new().expect("a folder");
    let server = ServerProcess::start(gleaner_on(home.path()));
    let addr = server.url.trim_start_matches("http://").to_owned();
    // A request that never ends: its body does not come.
    let mut hanging = TcpStream::connect(&addr).expect("it listens");
    write!(hanging, "POST /fn/x HTTP/1.1\r\nhost: {addr}\r\nsec-fetch-site: same-origin\r\ncontent-length: 10\r\n\r\n")
        .expect("sent");
    server.signal("TERM");
    server.signal("TERM");
    let began = Instant::now();
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(began.elapsed() < Duration::from_secs(5), "it took {:?}", began.elapsed());
}

#[test]
fn a_taken_port_is_named() {
    let home = TempDir::new().expect("a folder");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = taken.local_addr().expect("bound").to_string();
    let said = start_error(gleaner_on(home.path()).args(["--addr", &addr]));
    assert!(said.contains(&addr) && said.contains("taken by another program"), "{said}");
}

#[test]
fn a_second_server_on_the_same_folder_is_refused() {
    let home = TempDir::new().expect("a folder");
    let first = ServerProcess::start(gleaner_on(home.path()));
    let said = start_error(gleaner_on(home.path()).args(["--addr", "127.0.0.1:0"]));
    assert!(said.contains("another Gleaner is running") && said.contains("data"), "{said}");
    assert!(get_raw(&first.url, "/healthz").starts_with("HTTP/1.1 200"));
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let home = TempDir::new().expect("a folder");
    // A file where the folder should be: refused for everybody, root included.
    std::fs::write(home.path().join("data"), "").expect("written");
    let said = start_error(&mut gleaner_on(home.path()));
    assert!(said.contains("data folder") && said.contains("--data-dir"), "{said}");
    let said = start_error(gleaner_command(home.path()).args(["--data-dir", "/proc/gleaner"]));
    assert!(said.contains("/proc/gleaner"), "{said}");
}

#[test]
fn a_newer_schema_is_refused_and_not_changed() {
    let home = TempDir::new().expect("a folder");
    let server = ServerProcess::start(gleaner_on(home.path()));
    server.signal("TERM");
    server.wait();
    let file = home.path().join("data/gleaner.db");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
        let mut db = SqliteConnectOptions::new().filename(&file).connect().await.expect("it opens");
        sqlx::raw_sql(
            "UPDATE _sqlx_migrations SET version = 9000 WHERE version = (SELECT max(version) FROM _sqlx_migrations)",
        )
        .execute(&mut db)
        .await
        .expect("changed");
        db.close().await.expect("closed");
    });
    let said = start_error(gleaner_on(home.path()).args(["--addr", "127.0.0.1:0"]));
    assert!(said.contains("newer Gleaner") && said.contains("9000"), "{said}");
}

#[test]
fn bad_settings_stop_the_start() {
    let home = TempDir::new().expect("a folder");
    let said = start_error(gleaner_on(home.path()).env("GLEANER_FETCH__TIMEOUT", "soon"));
    assert!(said.contains("fetch.timeout") && said.contains("GLEANER_FETCH__TIMEOUT"), "{said}");
    assert!(!home.path().join("data").exists());
}
