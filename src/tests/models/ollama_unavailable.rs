//! With an Ollama that is down, hangs or answers nonsense, pages are as fast as before, and the failure is logged once.

use crate::support::simulator::{Endpoint, ScriptedReply, Simulator};
use crate::support::{
    gleaner_binary::{ServerProcess, gleaner_command},
    log::{LogCapture, LogLine},
    pulls::simulator_and_app,
};
use gleaner::server::services::models;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tracing::Level;

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
/// A page of an unoptimized build; waiting for an Ollama that hangs takes three seconds at least.
const MAX_PAGE_TIME: Duration = Duration::from_millis(2_500);
/// A crowded machine may hold up a page; one that waits for Ollama is held up each time.
const MAX_ATTEMPTS: usize = 3;

fn invalid_json_reply() -> ScriptedReply {
    ScriptedReply::Raw { status: 200, content_type: "application/json".into(), body: "[1, {".into(), retry_after: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_not_slowed_down_and_nothing_is_logged_twice() {
    for (what, act) in
        [("down", None), ("hanging", Some(ScriptedReply::Hang)), ("nonsense", Some(invalid_json_reply()))]
    {
        let mut slow: Vec<PageVisit> = Vec::new();
        for attempt in 0..MAX_ATTEMPTS {
            let seen = slow_visits(what, act.as_ref()).await;
            slow = if attempt == 0 { seen } else { slow.into_iter().filter(|visit| seen.contains(visit)).collect() };
            if slow.is_empty() {
                break;
            }
        }
        assert!(slow.is_empty(), "{what}: more than {MAX_PAGE_TIME:?} each time for {slow:?}");
    }
}

/// A page, and whether it was seen before.
type PageVisit = (&'static str, bool);

/// Starts a Gleaner beside such an Ollama, looks at every page and then at its log. Which visits took longer than usual.
async fn slow_visits(what: &str, act: Option<&ScriptedReply>) -> Vec<PageVisit> {
    let sim = Simulator::start().await.expect("a simulator");
    let host = if act.is_some() { sim.url.clone() } else { "http://127.0.0.1:9".to_owned() };
    for call in [Endpoint::Root, Endpoint::Version, Endpoint::Tags, Endpoint::Ps, Endpoint::Show, Endpoint::Chat] {
        sim.always(call, act.cloned());
    }
    let home = TempDir::new().expect("a folder");
    let mut command = gleaner_command(home.path());
    command.args(["--data-dir", "data", "--ollama-host", &host]);
    let server = ServerProcess::start(command);
    let browser = reqwest::Client::builder().no_proxy().build().expect("a client");
    let mut slow = Vec::new();
    // Twice: before the first look at Ollama has ended, and later.
    for (page, again) in PAGES.iter().map(|page| (*page, false)).chain(PAGES.iter().map(|page| (*page, true))) {
        let began = Instant::now();
        let answer = browser.get(format!("{}{page}", server.url)).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 200, "{what}: {page}");
        answer.text().await.expect("whole");
        if began.elapsed() >= MAX_PAGE_TIME {
            slow.push((page, again));
        }
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
    slow
}

#[tokio::test]
async fn repeated_failed_polls_are_logged_once() {
    let (mut sim, test) = simulator_and_app().await;
    models::poll_now(&test.app).await;
    sim.shut_down().await;
    let mut log = LogCapture::listen();
    for _ in 0..3 {
        models::poll_now(&test.app).await;
    }
    let told: Vec<LogLine> = log.drain().into_iter().filter(|line| line.level <= Level::WARN).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].message.as_str(), told[0].level), ("Ollama cannot be used", Level::WARN));
    test.finish().await;
}
