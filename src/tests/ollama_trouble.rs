//! With Ollama down, hanging or talking nonsense, Gleaner is as quick as ever, and says so once.

use crate::support::binary::{Running, gleaner};
use gleaner::server::demo::ollama::{Act, Call, Simulator};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use tempfile::TempDir;

const PAGES: [&str; 11] = [
    "/",
    "/feeds",
    "/categories",
    "/interests",
    "/settings",
    "/settings/ollama",
    "/models",
    "/chat",
    "/status",
    "/keys",
    "/api/scoring/status",
];
/// A page of an unoptimised build on a crowded machine; waiting for Ollama takes longer.
const USUAL: Duration = Duration::from_millis(2_500);

fn nonsense() -> Act {
    Act::Raw { status: 200, content_type: "application/json".into(), body: "[1, {".into(), retry_after: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_as_quick_as_ever_and_nothing_is_logged_twice() {
    let every = [Call::Root, Call::Version, Call::Tags, Call::Ps, Call::Show, Call::Chat];
    for (what, act) in [("down", None), ("hanging", Some(Act::Hang)), ("nonsense", Some(nonsense()))] {
        let sim = Simulator::start().await.expect("a simulator");
        let host = if act.is_some() { sim.url.clone() } else { "http://127.0.0.1:9".to_owned() };
        for call in every {
            sim.always(call, act.clone());
        }
        let home = TempDir::new().expect("a folder");
        let mut command = gleaner(home.path());
        command.args(["--data-dir", "data", "--ollama-host", &host]);
        let server = Running::start(command);
        let browser = reqwest::Client::builder().no_proxy().build().expect("a client");
        // Twice: before the first look at Ollama has ended, and later.
        for page in PAGES.iter().chain(&PAGES) {
            let began = Instant::now();
            let answer = browser.get(format!("{}{page}", server.url)).send().await.expect("an answer");
            assert_eq!(answer.status().as_u16(), 200, "{what}: {page}");
            answer.text().await.expect("whole");
            assert!(began.elapsed() < USUAL, "{what}: {page} took {:?}", began.elapsed());
        }
        server.signal("TERM");
        let (status, log) = tokio::task::spawn_blocking(move || server.wait()).await.expect("joined");
        assert!(status.success(), "{what}: {status} {log}");
        let mut lines: BTreeMap<&str, usize> = BTreeMap::new();
        for line in log.lines() {
            // Without the time before it.
            let (_, text) = line.split_once("  ").unwrap_or(("", line));
            *lines.entry(text.trim()).or_default() += 1;
        }
        let twice: Vec<_> = lines.iter().filter(|(_, count)| **count > 1).collect();
        assert!(twice.is_empty(), "{what}: {twice:?}\n{log}");
        let about = log.lines().filter(|line| line.contains("Ollama") && line.contains("WARN")).count();
        assert!(about <= 1, "{what}: one line about it\n{log}");
    }
}
