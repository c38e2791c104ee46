//! `gleaner owner`, `gleaner clients`, `gleaner serve --setup`, and starting on an address that others can reach.

use super::support::PASSWORD;
use crate::support::gleaner_binary::{ServerProcess, gleaner_command, output_texts, run_gleaner};
use std::{
    io::{Read, Write},
    net::TcpStream,
    process::{Command, Output, Stdio},
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
