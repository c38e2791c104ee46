//! `gleaner doctor`: the findings about every kind of fault, and that it changes nothing.

use crate::support::simulator::{Endpoint, ModelSpec, ScriptedReply, Simulator, SimulatorSettings};
use crate::support::{
    feed_server::{FeedReply, FeedServer, rss_document},
    gleaner_binary::{gleaner_command, output_texts},
};
use serde_json::Value;
use std::{collections::BTreeMap, path::Path, process::Command};
use tempfile::TempDir;

fn doctor_command(home: &Path, ollama: &str) -> Command {
    let mut command = gleaner_command(home);
    command.env("GLEANER_DATA_DIR", home.join("data")).env("OLLAMA_HOST", ollama);
    command.env("GLEANER_FETCH__ALLOW_NETWORKS", "127.0.0.0/8").env("GLEANER_OLLAMA__RETRIES", "0");
    command
}

/// The exit code and the findings by check.
struct DoctorRun {
    code: Option<i32>,
    findings: BTreeMap<String, Value>,
}

impl DoctorRun {
    fn outcome(&self, topic: &str) -> &str {
        self.findings[topic]["outcome"].as_str().expect("a word")
    }

    fn message(&self, topic: &str) -> &str {
        self.findings[topic]["message"].as_str().expect("a sentence")
    }

    /// The checks that are not ok, with their outcome.
    fn unwell(&self) -> Vec<(&str, &str)> {
        let all = self.findings.keys().map(|topic| (topic.as_str(), self.outcome(topic)));
        all.filter(|(_, outcome)| *outcome != "ok").collect()
    }
}

/// Runs it with and without `--json`; both results must agree, and nothing in the data folder may change.
fn run_doctor(home: &Path, mut ready: impl FnMut() -> Command) -> DoctorRun {
    let before = folder_contents(&home.join("data"));
    let output = ready().args(["doctor", "--json"]).output().expect("it runs");
    let (said, complained) = output_texts(&output);
    let json: Value = serde_json::from_str(&said).unwrap_or_else(|e| panic!("{e}: {said}{complained}"));
    let findings: Vec<Value> = json["findings"].as_array().expect("a list").clone();
    let topics: Vec<&str> = findings.iter().filter_map(|f| f["topic"].as_str()).collect();
    assert_eq!(
        topics,
        [
            "configuration",
            "database",
            "disk",
            "clock",
            "open_files",
            "ollama",
            "version",
            "models",
            "versions",
            "answer",
            "scores",
            "feeds"
        ]
    );
    let failed = findings.iter().any(|f| f["outcome"] == "fail");
    assert_eq!((json["passed"] == true, output.status.code()), (!failed, Some(if failed { 3 } else { 0 })), "{said}");
    for finding in &findings {
        let wants_remedy = finding["outcome"] == "warn" || finding["outcome"] == "fail";
        assert_eq!(finding["remedy"].as_str().is_some_and(|r| !r.is_empty()), wants_remedy, "{finding}");
    }
    assert!(folder_contents(&home.join("data")) == before, "the doctor changed something");
    let findings = findings.into_iter().map(|f| (f["topic"].as_str().expect("a word").to_owned(), f)).collect();
    DoctorRun { code: output.status.code(), findings }
}

fn folder_contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return BTreeMap::new() };
    let file = |e: std::fs::DirEntry| (e.file_name().to_string_lossy().into_owned(), std::fs::read(e.path()).ok());
    entries.filter_map(Result::ok).map(file).map(|(name, bytes)| (name, bytes.unwrap_or_default())).collect()
}

/// Subscribes, as a user would.
fn subscribe(home: &Path, ollama: &str, url: &str) {
    let output = doctor_command(home, ollama).args(["feeds", "add", url]).output().expect("it runs");
    assert!(output.status.success(), "{:?}", output_texts(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_installation_has_no_findings() {
    let (sim, feeds) = (Simulator::start().await.expect("a simulator"), FeedServer::start().await);
    feeds.on("/a", FeedReply::feed(rss_document("Loom", &[("1", "One", "<p>text</p>")])));
    let home = TempDir::new().expect("a folder");
    let empty = run_doctor(home.path(), || doctor_command(home.path(), &sim.url));
    assert_eq!(empty.unwell(), [], "also before the first start");
    assert!(!home.path().join("data").exists(), "looking made the folder");
    subscribe(home.path(), &sim.url, &feeds.url("/a"));
    let seen = run_doctor(home.path(), || doctor_command(home.path(), &sim.url));
    assert_eq!(seen.unwell(), []);
    assert!(seen.message("answer").contains("qwen3:8b answered in"), "{}", seen.message("answer"));
    assert!(seen.message("feeds").contains("1 feed checked"), "{}", seen.message("feeds"));
    let asked = &sim.requests_of(Endpoint::Chat)[0].body;
    assert_eq!((&asked["options"]["num_ctx"], &asked["think"]), (&8192.into(), &false.into()), "as scoring asks");

    let (text, _) = output_texts(&doctor_command(home.path(), &sim.url).arg("doctor").output().expect("it runs"));
    assert!(
        text.lines().count() == 13
            && text.ends_with("No problems found.\n")
            && text.contains("\nok    version        Ollama 0.33.0.\n"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_about_ollama() {
    let old = |version: &str| SimulatorSettings { version: version.into(), ..SimulatorSettings::default() };
    let with = |model: ModelSpec| SimulatorSettings { models: vec![model], ..SimulatorSettings::default() };
    let skipped = ("answer", "skipped");
    let memory = "model requires more system memory (47.7 GiB) than is available (22.2 GiB)";
    for (settings, act, unwell, said) in [
        (old("0.4.7"), None, vec![("version", "fail")], "too old"),
        (old("0.8.0"), None, vec![("version", "warn")], "before 0.9"),
        (with(ModelSpec::new("llama3.2:3b", 2_000)), None, vec![skipped, ("models", "fail")], "does not have qwen3:8b"),
        (
            with(ModelSpec::new("qwen3:8b", 2_000).with_capabilities(&["embedding"])),
            None,
            vec![skipped, ("models", "fail")],
            "embedding model",
        ),
        (
            SimulatorSettings::default(),
            Some(ScriptedReply::Status(500, memory.into())),
            vec![("answer", "fail")],
            "memory",
        ),
        (SimulatorSettings::default(), Some(ScriptedReply::Stop(1)), vec![("answer", "fail")], "does not answer"),
        (
            SimulatorSettings::default(),
            Some(ScriptedReply::Text(String::new())),
            vec![("answer", "warn")],
            "empty answer",
        ),
    ] {
        let sim = Simulator::start_with(settings).await.expect("a simulator");
        if let Some(act) = act {
            sim.always(Endpoint::Chat, act);
        }
        let home = TempDir::new().expect("a folder");
        let seen = run_doctor(home.path(), || doctor_command(home.path(), &sim.url));
        assert_eq!(seen.unwell(), unwell, "{said}");
        assert!(seen.findings.values().any(|f| f["message"].to_string().contains(said)), "{said}: {:?}", seen.findings);
    }
}

#[test]
fn without_ollama_everything_else_is_still_checked() {
    let home = TempDir::new().expect("a folder");
    let nobody = "http://127.0.0.1:9";
    let seen = run_doctor(home.path(), || doctor_command(home.path(), nobody));
    let skipped = "skipped";
    assert_eq!(
        seen.unwell(),
        [("answer", skipped), ("models", skipped), ("ollama", "fail"), ("version", skipped), ("versions", skipped)]
    );
    let (text, complained) =
        output_texts(&doctor_command(home.path(), nobody).arg("doctor").output().expect("it runs"));
    assert!(text.contains("\nFAIL  ollama  ") && text.contains("→ Start Ollama there"), "{text}");
    assert!(text.ends_with("1 failed, 4 skipped.\n") && complained.is_empty(), "{text}{complained}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_dead_feed_is_a_warning_and_a_dead_network_a_failure() {
    let sim = Simulator::start().await.expect("a simulator");
    let (one, two) = (FeedServer::start().await, FeedServer::start().await);
    let home = TempDir::new().expect("a folder");
    for server in [&one, &two] {
        server.on("/feed", FeedReply::feed(rss_document("Loom", &[("1", "One", "<p>text</p>")])));
        subscribe(home.path(), &sim.url, &server.url("/feed"));
    }
    one.on("/feed", FeedReply::status(500));
    let seen = run_doctor(home.path(), || doctor_command(home.path(), &sim.url));
    assert_eq!(seen.unwell(), [("feeds", "warn")]);
    drop(two);
    let seen = run_doctor(home.path(), || doctor_command(home.path(), &sim.url));
    assert_eq!((seen.unwell(), seen.code), (vec![("feeds", "fail")], Some(3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_about_the_installation() {
    let sim = Simulator::start().await.expect("a simulator");
    let home = TempDir::new().expect("a folder");
    let ready = || doctor_command(home.path(), &sim.url);
    let output = ready().args(["score", "pause"]).output().expect("it runs");
    assert!(output.status.success(), "{:?}", output_texts(&output));
    let file = home.path().join("data/gleaner.db");
    let good = std::fs::read(&file).expect("a database");

    let mut damaged = good.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 8192].iter_mut().for_each(|byte| *byte ^= 0xA5);
    std::fs::write(&file, &damaged).expect("written");
    let seen = run_doctor(home.path(), ready);
    assert_eq!(seen.outcome("database"), "fail", "{}", seen.message("database"));
    assert_eq!(seen.outcome("ollama"), "ok", "the rest is looked at all the same");

    std::fs::write(&file, b"this is no database at all, not even nearly").expect("written");
    assert_eq!(run_doctor(home.path(), ready).outcome("database"), "fail");

    for (change, outcome) in [
        ("UPDATE _sqlx_migrations SET version = 9999 WHERE version = 1", "fail"),
        ("DELETE FROM _sqlx_migrations WHERE version > 1", "warn"),
    ] {
        std::fs::write(&file, &good).expect("written");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file);
        let pool = sqlx::SqlitePool::connect_with(options).await.expect("opened");
        sqlx::raw_sql(change).execute(&pool).await.expect("changed");
        pool.close().await;
        let seen = run_doctor(home.path(), ready);
        assert_eq!(seen.outcome("database"), outcome, "{}", seen.message("database"));
        assert_eq!(seen.outcome("feeds"), "skipped");
    }

    std::fs::write(&file, &good).expect("written");
    let seen = run_doctor(home.path(), || {
        let mut command = ready();
        command.env("GLEANER_FETCH__CONCURRENCY", "many");
        command
    });
    assert_eq!(seen.outcome("configuration"), "fail");
    assert!(seen.message("configuration").contains("fetch.concurrency"), "{}", seen.message("configuration"));
    assert_eq!(seen.unwell().len(), 12, "nothing else can be looked at");
}
