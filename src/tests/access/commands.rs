//! `gleaner owner`, `gleaner clients`, `gleaner serve --setup`, and starting on an address that others can reach.

use super::support::PASSWORD;
use crate::support::{
    gleaner_binary::{ServerProcess, gleaner_command, output_texts, run_gleaner},
    terminal::run_and_type,
};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

fn set_password(home: &TempDir, password: &str) -> Output {
    let mut command = gleaner_command(home.path());
    command.args(["owner", "set-password"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    child.stdin.take().expect("piped").write_all(format!("{password}\n").as_bytes()).expect("written");
    child.wait_with_output().expect("it ends")
}

fn get_status(url: &str, path: &str) -> String {
    let addr = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(addr).expect("it listens");
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {addr}\r\nconnection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    answer.split(' ').nth(1).expect("a status").to_owned()
}

/// An answer: its head, and its body.
fn exchange(addr: &str, head: &str, body: &str) -> (String, String) {
    let mut stream = TcpStream::connect(addr).expect("it listens");
    let length = body.len();
    write!(
        stream,
        "{head} HTTP/1.1\r\nhost: {addr}\r\naccept: text/html\r\nsec-fetch-site: same-origin\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (head.to_owned(), body.to_owned())
}

fn start_refused(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    output_texts(&output).1
}

#[test]
fn an_address_that_others_can_reach_needs_a_password_and_three_ways_are_named() {
    let home = TempDir::new().expect("a folder");
    let said = start_refused(gleaner_command(home.path()).args(["--addr", "0.0.0.0:0"]));
    for way in ["no password is set", "gleaner owner set-password", "gleaner serve --setup", "access.trusted_proxies"] {
        assert!(said.contains(way), "{way}: {said}");
    }
    let said = start_refused(gleaner_command(home.path()).env("GLEANER_ALLOW_OPEN", "true"));
    assert!(said.contains("no longer a setting") && said.contains("gleaner owner set-password"), "{said}");
}

#[test]
fn a_password_from_standard_input_closes_a_running_server() {
    let home = TempDir::new().expect("a folder");
    let server = ServerProcess::start(gleaner_command(home.path()));
    assert_eq!(get_status(&server.url, "/api/feeds"), "200");
    let (_, said) = output_texts(&set_password(&home, "short"));
    assert!(said.contains("too short"), "{said}");
    assert_eq!(get_status(&server.url, "/api/feeds"), "200");
    let done = set_password(&home, PASSWORD);
    assert_eq!(output_texts(&done).0.trim(), "The password is set. Log in as owner.");
    assert_eq!(get_status(&server.url, "/api/feeds"), "401");
    server.signal("TERM");
    let (_, log) = server.wait();
    assert!(!log.contains(PASSWORD), "{log}");
}

#[test]
fn a_first_run_code_sets_the_password_of_a_server_that_others_can_reach() {
    let home = TempDir::new().expect("a folder");
    let mut command = gleaner_command(home.path());
    command.args(["serve", "--setup", "--addr", "0.0.0.0:0"]).env("GLEANER_LOG__FORMAT", "json");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let (mut said, mut log) = (Vec::new(), BufReader::new(child.stderr.take().expect("piped")));
    while !said.iter().any(|line: &String| line.contains("Gleaner is ready")) {
        let mut line = String::new();
        assert!(log.read_line(&mut line).expect("readable") > 0, "{said:?}");
        said.push(line);
    }
    let told: Vec<&String> = said.iter().filter(|line| line.starts_with("First-run code: ")).collect();
    let code = told.first().expect("a code")["First-run code: ".len()..].split('.').next().expect("a word").to_owned();
    let ready = said.last().expect("a line");
    let port = ready.split("http://0.0.0.0:").nth(1).expect("an address").split('"').next().expect("a port");
    let addr = format!("127.0.0.1:{port}");

    let (head, _) = exchange(&addr, "GET /feeds", "");
    assert!(head.starts_with("HTTP/1.1 302") && head.contains("location: /setup"), "{head}");
    let (_, page) = exchange(&addr, "GET /setup", "");
    assert!(page.contains("name=\"code\""), "{page}");
    let password = PASSWORD.replace(' ', "+");
    let form = |code: &str| format!("code={code}&password={password}&repeated={password}");
    let (head, _) = exchange(&addr, "POST /fn/access/setup", &form("aaaaa-aaaaa"));
    assert!(!head.contains("set-cookie: gleaner="), "{head}");
    let (head, _) = exchange(&addr, "POST /fn/access/setup", &form(&code));
    assert!(head.starts_with("HTTP/1.1 302") && head.contains("set-cookie: gleaner="), "{head}");
    let (head, _) = exchange(&addr, "POST /fn/access/setup", &form(&code));
    assert!(!head.contains("set-cookie: gleaner="), "it works once: {head}");
    let login = format!("name=owner&password={password}&next=/feeds");
    let (head, _) = exchange(&addr, "POST /fn/access/login", &login);
    assert!(head.contains("location: /feeds") && head.contains("set-cookie: gleaner="), "{head}");

    child.kill().expect("running");
    log.read_to_string(&mut said[0]).expect("readable");
    child.wait().expect("it ends");
    let bare = code.replace('-', "");
    let with_code =
        said.iter().flat_map(|part| part.lines()).filter(|line| line.contains(&code) || line.contains(&bare));
    assert_eq!(with_code.count(), 1, "on the terminal only, in no record of the log: {said:?}");
    let records = said.iter().flat_map(|part| part.lines()).filter(|line| line.starts_with('{'));
    assert!(records.count() >= 1, "the log has its own form: {said:?}");
}

#[test]
fn a_password_typed_on_the_terminal_is_not_shown() {
    let home = TempDir::new().expect("a folder");
    for (repeated, code, told) in [("another horse battery", 1, "differ"), (PASSWORD, 0, "The password is set.")] {
        let typed = [("New password: ", PASSWORD), ("Repeat the password: ", repeated)];
        let shown = run_and_type(home.path(), 120, &[], &["owner", "set-password"], &typed);
        assert_eq!(shown.code, code, "{}", shown.raw);
        assert!(shown.raw.contains(told), "{}", shown.raw);
        assert!(!shown.raw.contains("horse"), "{}", shown.raw);
    }
}

#[test]
fn a_command_that_revokes_a_device_ends_its_open_streams() {
    let home = TempDir::new().expect("a folder");
    assert_eq!(set_password(&home, PASSWORD).status.code(), Some(0));
    let added = run_gleaner(home.path(), &["clients", "add", "phone", "--json"]);
    let added: serde_json::Value = serde_json::from_slice(&added.stdout).expect("JSON");
    let server = ServerProcess::start(gleaner_command(home.path()));
    let addr = server.url.trim_start_matches("http://").to_owned();
    let token = added["token"].as_str().expect("a token");
    let mut stream = TcpStream::connect(&addr).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("set");
    write!(stream, "GET /api/events HTTP/1.1\r\nhost: {addr}\r\nauthorization: Bearer {token}\r\n\r\n").expect("sent");
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        stream.read_line(&mut line).expect("a head");
    }
    assert_eq!(run_gleaner(home.path(), &["clients", "revoke", "phone"]).status.code(), Some(0));
    let revoked = Instant::now();
    // The last chunk of a body (RFC 9112, section 7.1) is empty.
    while line != "0\r\n" {
        line.clear();
        assert!(stream.read_line(&mut line).expect("it ends within half a minute") > 0, "ended early");
    }
    assert!(revoked.elapsed() < Duration::from_secs(8), "{:?}", revoked.elapsed());
    assert_eq!(get_status(&server.url, "/api/feeds"), "401");
}

#[test]
fn devices_are_added_listed_and_revoked() {
    let home = TempDir::new().expect("a folder");
    let added = run_gleaner(home.path(), &["clients", "add", "phone", "--json"]);
    let added: serde_json::Value = serde_json::from_slice(&added.stdout).expect("JSON");
    assert!(added["token"].as_str().is_some_and(|token| token.starts_with("gl_")), "{added}");
    assert_eq!((added["scopes"].as_str(), added["username"].as_str()), (Some("read,write"), Some("phone")));
    let wrong = run_gleaner(home.path(), &["clients", "add", "x", "--scopes", "read,admin"]);
    assert!(output_texts(&wrong).1.contains("“admin” is no scope"), "{wrong:?}");
    let listed = output_texts(&run_gleaner(home.path(), &["clients", "list"])).0;
    assert!(listed.contains("phone") && !listed.contains(added["password"].as_str().expect("text")), "{listed}");
    assert_eq!(run_gleaner(home.path(), &["clients", "revoke", "phone"]).status.code(), Some(0));
    assert_eq!(run_gleaner(home.path(), &["clients", "revoke", "phone"]).status.code(), Some(1));
}

#[test]
fn a_folder_without_a_password_starts_and_says_that_one_can_be_set() {
    let home = TempDir::new().expect("a folder");
    let output = {
        let mut command = gleaner_command(home.path());
        command.args(["--addr", "127.0.0.1:0"]).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut log = std::io::BufReader::new(child.stderr.take().expect("piped"));
        let mut said = String::new();
        while !said.contains("url=") {
            assert!(std::io::BufRead::read_line(&mut log, &mut said).expect("readable") > 0, "{said}");
        }
        child.kill().expect("running");
        child.wait().expect("it ends");
        said
    };
    assert!(output.contains("no password is set") && output.contains("gleaner owner set-password"), "{output}");
}
