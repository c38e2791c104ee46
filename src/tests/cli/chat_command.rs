//! `gleaner chat`, the real program, as a script and as a pipe use it.

use crate::support::gleaner_binary::{gleaner_command, output_texts};
use crate::support::simulator::{Endpoint, ModelSpec, RequestOutcome, ScriptedReply, Simulator, SimulatorSettings};
use gleaner::server::storage;
use std::{
    io::{Read, Write},
    path::Path,
    process::{Child, Stdio},
    time::Duration,
};
use tempfile::TempDir;

async fn home_with_database() -> TempDir {
    let home = TempDir::new().expect("a folder");
    storage::open(&home.path().join("data")).await.expect("a database").close().await;
    home
}

fn spawn_chat(home: &Path, host: &str, args: &[&str]) -> Child {
    let mut command = gleaner_command(home);
    command.args(["--data-dir", "data", "--ollama-host", host, "chat"]).args(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
}

/// What is piped in, to the end: exit code, output, complaints.
async fn write_and_wait(mut child: Child, input: &str) -> (Option<i32>, String, String) {
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("written");
    let output = tokio::task::spawn_blocking(move || child.wait_with_output()).await.expect("joined").expect("it ends");
    let (said, complained) = output_texts(&output);
    (output.status.code(), said, complained)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_from_arguments_or_standard_input() {
    let sim = Simulator::start().await.expect("a simulator");
    sim.install(ModelSpec::recommended("qwen3:4b"));
    let home = home_with_database().await;
    let (code, said, complained) = write_and_wait(spawn_chat(home.path(), &sim.url, &["Why?"]), "").await;
    let waited = "Loading qwen3:8b into memory. This may take a while.\n";
    assert_eq!((code, complained.as_str()), (Some(0), waited), "a pipe is told what it waits for: {said}");
    assert!(said.starts_with("You wrote: “Why?”.") && said.ends_with('\n'), "{said}");
    let (code, said, _) = write_and_wait(spawn_chat(home.path(), &sim.url, &["--model", "qwen3:4b"]), "hi\n").await;
    assert!(code == Some(0) && said.starts_with("Hello!"), "{said}");
    let (code, _, complained) = write_and_wait(spawn_chat(home.path(), &sim.url, &["--think", "on", "Why?"]), "").await;
    assert_eq!((code, complained.as_str()), (Some(0), ""), "it is in memory");
    let asked = sim.requests_of(Endpoint::Chat);
    assert_eq!(asked[2].body["think"], true);
    assert_eq!((&asked[0].body["model"], &asked[1].body["model"]), (&"qwen3:8b".into(), &"qwen3:4b".into()));

    for (args, input, exit, word) in [
        (&["--article", "99", "Why?"][..], "", 1, "no such article"),
        (&["--model", "nosuch:1b", "Why?"], "", 1, "does not have nosuch:1b"),
        (&["--think", "high", "Why?"], "", 1, "only off or on"),
        (&["--model", "a b", "Why?"], "", 1, "cannot contain"),
        (&[], " \n", 1, "Write a message"),
        (&["--article", "x"], "", 2, "invalid value"),
    ] {
        let (code, _, complained) = write_and_wait(spawn_chat(home.path(), &sim.url, args), input).await;
        assert!(code == Some(exit) && complained.contains(word), "{args:?}: {code:?} {complained}");
    }
    let (code, _, complained) = write_and_wait(spawn_chat(home.path(), "127.0.0.1:9", &["Why?"]), "").await;
    assert!(code == Some(4) && complained.contains("refuses the connection"), "{code:?} {complained}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_off_answer_fails_and_control_characters_are_removed() {
    let sim = Simulator::start().await.expect("a simulator");
    let home = home_with_database().await;
    sim.script(Endpoint::Chat, ScriptedReply::Text("a\u{1b}]0;title\u{7}b".into()));
    let (code, said, _) = write_and_wait(spawn_chat(home.path(), &sim.url, &["Why?"]), "").await;
    assert_eq!((code, said.as_str()), (Some(0), "a]0;titleb\n"));
    sim.always(Endpoint::Chat, ScriptedReply::Stop(2));
    let (code, said, complained) = write_and_wait(spawn_chat(home.path(), &sim.url, &["Why?"]), "").await;
    assert!(code == Some(1) && said.starts_with("You wrot") && complained.contains("gleaner:"), "{said} {complained}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_stops_the_answer_and_closes_the_connection() {
    let sim = Simulator::start_with(SimulatorSettings {
        talk_time: Duration::from_millis(2),
        ..SimulatorSettings::default()
    })
    .await
    .expect("a simulator");
    sim.script(Endpoint::Chat, ScriptedReply::Stall(3));
    let home = home_with_database().await;
    let mut child = spawn_chat(home.path(), &sim.url, &["Why?"]);
    let mut out = child.stdout.take().expect("piped");
    let (child, begun) = tokio::task::spawn_blocking(move || {
        let mut begun = [0; 12];
        out.read_exact(&mut begun).expect("three pieces");
        (child, begun)
    })
    .await
    .expect("joined");
    assert_eq!(&begun, b"You wrote: \xe2");
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().expect("kill exists").success());
    let left = sim.wait_until(|all| all.iter().any(|r| r.path == "/api/chat" && r.outcome == RequestOutcome::Left));
    tokio::time::timeout(Duration::from_secs(10), left).await.expect("the connection to Ollama is closed");
    let (code, _, complained) = wait_for_output(child).await;
    assert!(code == Some(1) && complained.contains("Stopped."), "{code:?} {complained}");
}

async fn wait_for_output(child: Child) -> (Option<i32>, String, String) {
    let output = tokio::task::spawn_blocking(move || child.wait_with_output()).await.expect("joined").expect("it ends");
    let (said, complained) = output_texts(&output);
    (output.status.code(), said, complained)
}
