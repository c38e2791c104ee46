//! The command line: help with examples, exit codes that scripts can rely on, copies of the database.

use crate::support::gleaner_binary::{ServerProcess, gleaner_command, output_texts, run_gleaner};
use std::{os::unix::fs::PermissionsExt, process::Stdio};
use tempfile::TempDir;

#[test]
fn help_and_version_are_no_failure_and_wrong_usage_is_two() {
    let home = TempDir::new().expect("a folder");
    for (args, code) in [
        (&["--help"][..], 0),
        (&["--version"], 0),
        (&["db", "backup", "--help"], 0),
        (&["completions", "bash"], 0),
        (&["man"], 0),
        (&["config", "check"], 0),
        (&["sing"], 2),
        (&["db"], 2),
        (&["serve", "--loud"], 2),
        (&["--addr", "3000"], 1),
        (&["db", "check"], 1),
    ] {
        let output = run_gleaner(home.path(), args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {:?}", output_texts(&output));
    }
    let (help, _) = output_texts(&run_gleaner(home.path(), &["--help"]));
    assert!(help.contains("Examples:") && help.contains("Exit codes: 0 done"), "{help}");
}

/// Nothing listens at port 9: the client's warnings are for the log of a server.
#[test]
fn failed_commands_print_one_error_and_no_log() {
    let home = TempDir::new().expect("a folder");
    for command in [&["models", "ps"][..], &["models", "load", "qwen3:8b"]] {
        let args = [&["--ollama-host", "127.0.0.1:9", "--data-dir", "data"], command].concat();
        let (_, said) = output_texts(&run_gleaner(home.path(), &args));
        assert!(!said.is_empty() && !said.contains("WARN"), "{command:?}: {said}");
    }
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let home = TempDir::new().expect("a folder");
    let mut child = gleaner_command(home.path())
        .args(["man", "--markdown"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), output_texts(&output).1.as_str()), (Some(0), ""));
}

#[test]
fn backups_are_complete_private_and_restored_without_data_loss() {
    let home = TempDir::new().expect("a folder");
    let (data, copy) = (home.path().join("data"), home.path().join("copy.db"));
    let db = |args: &[&str]| {
        let output =
            gleaner_command(home.path()).arg("--data-dir").arg(&data).arg("db").args(args).output().expect("it runs");
        (output.status.code(), output_texts(&output))
    };
    let mut command = gleaner_command(home.path());
    command.arg("--data-dir").arg(&data);
    let server = ServerProcess::start(command);
    // Online, while the server runs.
    let (code, said) = db(&["backup", "copy.db"]);
    assert_eq!(code, Some(0), "{said:?}");
    assert_eq!(copy.metadata().expect("there").permissions().mode() & 0o777, 0o600);
    let (code, (_, said)) = db(&["backup", "copy.db"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("exists already"), "{said}");
    let (code, (_, said)) = db(&["restore", "copy.db"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("another Gleaner is running"), "{said}");
    server.signal("TERM");
    server.wait();

    let (code, (said, _)) = db(&["restore", "copy.db"]);
    assert_eq!(code, Some(0));
    assert!(said.contains("gleaner.replaced-1.db"), "{said}");
    assert!(data.join("gleaner.replaced-1.db").exists());
    assert_eq!(db(&["check"]).0, Some(0));

    for (bad, content) in [("nonsense.db", &b"this is no database at all, not even nearly"[..]), ("empty.db", b"")] {
        std::fs::write(home.path().join(bad), content).expect("written");
        let (code, (_, said)) = db(&["restore", bad]);
        assert_eq!(code, Some(1), "{bad}: {said}");
        assert!(said.contains(bad), "{said}");
    }
    assert_eq!(db(&["restore", "missing.db"]).0, Some(1));
    assert_eq!(db(&["check"]).0, Some(0), "a refused copy changed something");
}

#[test]
fn damaged_copies_are_detected() {
    let home = TempDir::new().expect("a folder");
    let data = home.path().join("data");
    let mut command = gleaner_command(home.path());
    command.arg("--data-dir").arg(&data);
    let server = ServerProcess::start(command);
    server.signal("TERM");
    server.wait();
    let file = data.join("gleaner.db");
    let mut bytes = std::fs::read(&file).expect("readable");
    // So much of it that pages in use are among it: a copy leaves unused ones out.
    let length = bytes.len();
    for byte in &mut bytes[length / 4..length * 3 / 4] {
        *byte ^= 0xA5;
    }
    std::fs::write(&file, bytes).expect("written");
    let output =
        gleaner_command(home.path()).arg("--data-dir").arg(&data).args(["db", "check"]).output().expect("it runs");
    assert!(matches!(output.status.code(), Some(1 | 3)), "{:?}", output_texts(&output));
    assert!(!home.path().join("copy.db").exists());
    let output = gleaner_command(home.path())
        .arg("--data-dir")
        .arg(&data)
        .args(["db", "backup", "copy.db"])
        .output()
        .expect("it runs");
    assert_eq!(
        output.status.code(),
        Some(1),
        "a copy of a damaged database was called good: {:?}",
        output_texts(&output)
    );
    assert!(!home.path().join("copy.db").exists());
}
