//! Calls that readers make of other servers, sent to Gleaner: each is answered with the status that the reader needs, and with everything
//! in the shape that it parses. The table of calls and readers is written beside the build; `scripts/test.sh` shows it.

use super::{
    greader_support::log_in,
    shapes::compare,
    support::{ClientApp, execute, score},
};
use crate::support::{
    articles::{new_article, store_articles_in},
    feed_server::{FeedReply, FeedServer, rss_document},
    test_app::TestResponse,
};
use gleaner::server::services::subscriptions;
use reqwest::Method;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// The moment that the calls take for the newest arrivals, after the start of a test's clock.
const AFTER_START: Duration = Duration::from_secs(1_795_732_782 - 1_772_366_400);

/// The folders that the calls name.
const FOLDERS: [&str; 5] = ["Uncategorized", "All", "Tech & Co", "Tech", "News"];

/// The calls of a reader.
#[derive(Debug, Deserialize)]
struct ReaderCalls {
    agent: String,
    calls: Vec<ReaderCall>,
}

/// A call, as the README of the fixtures describes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReaderCall {
    call: String,
    auth: Option<String>,
    #[serde(rename = "type")]
    body_type: Option<String>,
    #[serde(default)]
    body: String,
    status: Option<u16>,
    shape: Option<String>,
    text: Option<String>,
    why: Option<String>,
    #[serde(default)]
    skipped: bool,
}

impl ReaderCall {
    /// The call without its query, without ids, and without what a stream is called.
    fn name(&self) -> String {
        let call = self.call.split('?').next().unwrap_or_default().replace("/api/greader.php/", "/");
        let call = call.split_once("/stream/contents/").map_or(call.as_str(), |_| "GET /reader/api/0/stream/contents");
        let parts: Vec<_> = call.split('/').collect();
        let named = parts.iter().enumerate().map(|(at, part)| {
            let is_id = at > 1 && !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            if is_id && parts.get(1) == Some(&"v1") { "{id}" } else { part }
        });
        named.collect::<Vec<_>>().join("/")
    }
}

/// What is put into the places of the braces in calls.
struct Replacements<'a> {
    client: &'a ClientApp,
    token: String,
    /// Host and port of the site with a feed.
    site: String,
    /// The stream of the feed that the reader added last.
    added: String,
}

impl Replacements<'_> {
    fn apply(&self, text: &str) -> String {
        let secrets = &self.client.secrets;
        text.replace("{username}", &secrets.username)
            .replace("{password}", &secrets.password)
            .replace("{token}", &self.token)
            .replace("{key}", &self.client.fever_key())
            .replace("{site}", &self.site)
            .replace("{added}", &self.added)
    }

    async fn send(&self, agent: &str, call: &ReaderCall) -> TestResponse {
        let (method, path) = call.call.split_once(' ').expect("a method and a path");
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let secrets = &self.client.secrets;
        let request = self.client.app.request(method, &self.apply(path)).header("user-agent", agent);
        let request = match call.auth.as_deref() {
            None => request,
            Some("header") => request.header("authorization", format!("GoogleLogin auth={}", self.token)),
            Some("wrong") => request.header("authorization", "GoogleLogin auth=nobody/123"),
            Some("token") => request.header("x-auth-token", &secrets.token),
            Some("basic") => request.basic_auth(&secrets.username, Some(&secrets.password)),
            Some(other) => panic!("unknown kind of login {other}"),
        };
        let request = match call.body_type.as_deref() {
            None => request,
            Some("form") => request.header("content-type", "application/x-www-form-urlencoded"),
            Some("form; UTF-8") => request.header("content-type", "application/x-www-form-urlencoded;charset=UTF-8"),
            Some("multipart") => request.header("content-type", "multipart/form-data; boundary=X"),
            Some("json") => request.header("content-type", "application/json"),
            Some("xml") => request.header("content-type", "text/xml"),
            Some(other) => panic!("unknown type of body {other}"),
        };
        let body = self.apply(&call.body);
        let body = if call.body_type.as_deref() == Some("multipart") { body.replace('\n', "\r\n") } else { body };
        self.client.app.send(request.body(body)).await
    }
}

/// What an answer lacks.
fn faults_of(call: &ReaderCall, answer: &TestResponse, shapes: &HashMap<String, Value>) -> Vec<String> {
    let expected = call.status.unwrap_or(200);
    if answer.status.as_u16() != expected {
        return vec![format!("{} instead of {expected}: {}", answer.status, answer.body)];
    }
    let mut faults = Vec::new();
    if let Some(shape) = &call.shape {
        let shape = shapes.get(shape).unwrap_or_else(|| panic!("no shape {shape}"));
        compare(shape, &answer.json(), "", &mut faults);
    }
    let is_same = call.text.as_deref().is_none_or(|text| match text.strip_suffix('…') {
        Some(start) => answer.body.starts_with(start),
        None => answer.body == text,
    });
    if !is_same {
        faults.push(format!("{:?} instead of {:?}", answer.body, call.text));
    }
    faults
}

/// Five feeds with sixty articles each, folders, an icon; some articles are starred or read, one has a score.
async fn fill(client: &ClientApp) {
    let app = &client.app;
    app.clock.advance(AFTER_START);
    for name in FOLDERS {
        subscriptions::create_folder(&app.app, name).await.expect("created");
    }
    execute(app, "INSERT INTO icons (id, hash, mime_type, data) VALUES (1, 'abc', 'image/png', x'89504e47')").await;
    for feed in 1..=5 {
        let articles: Vec<_> = (0..60).map(|n| new_article(&format!("Article {feed}-{n}"), "<p>Text.</p>")).collect();
        store_articles_in(&app.app, &format!("https://feed{feed}.example/feed"), &articles).await;
    }
    execute(
        app,
        "UPDATE feeds SET icon_id = 1, site_url = 'https://site.example/', folder_id = CASE WHEN id < 5 THEN id END",
    )
    .await;
    execute(app, "UPDATE articles SET is_starred = 1 WHERE id % 10 = 0").await;
    execute(app, "UPDATE articles SET is_read = 1 WHERE id % 7 = 0").await;
    score(app, 100.into(), 8.0, 0).await;
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/fixtures/client-calls")
}

fn read<T: DeserializeOwned>(file: &Path) -> T {
    let text = fs::read(file).expect("readable");
    serde_json::from_slice(&text).unwrap_or_else(|cause| panic!("{}: {cause}", file.display()))
}

/// What came of each call of each reader, with how often.
#[derive(Debug, Default)]
struct ReplayTable(BTreeMap<(String, String), BTreeMap<String, usize>>);

impl ReplayTable {
    fn add(&mut self, call: String, reader: &str, outcome: &str) {
        *self.0.entry((call, reader.to_owned())).or_default().entry(outcome.to_owned()).or_default() += 1;
    }

    /// Prints the table, and writes it where `scripts/test.sh` finds it; how many calls it has.
    fn finish(self) -> usize {
        let (mut text, mut count) = (String::new(), 0);
        for ((call, reader), outcomes) in &self.0 {
            let told: Vec<_> = outcomes.iter().map(|(said, times)| format!("{said} ×{times}")).collect();
            count += outcomes.values().sum::<usize>();
            writeln!(text, "{call:47} {reader:38} {}", told.join(", ")).expect("a text");
        }
        print!("{text}");
        fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join("calls-of-readers.txt"), text).expect("written");
        count
    }
}

#[tokio::test]
async fn every_call_of_other_readers_is_answered_in_the_shape_that_they_parse() {
    let site = FeedServer::start().await;
    site.on("/delta.xml", FeedReply::feed(rss_document("Delta feed", &[("d", "Delta", "<p>x</p>")])));
    let shapes: HashMap<String, Value> = read(&folder().join("shapes.json"));
    let files = fs::read_dir(folder()).expect("a folder").map(|entry| entry.expect("readable").path());
    let mut files: Vec<_> = files.filter(|file| file.extension().is_some_and(|kind| kind == "json")).collect();
    files.retain(|file| !file.ends_with("shapes.json"));
    files.sort();
    let (mut table, mut faults) = (ReplayTable::default(), Vec::new());
    for file in &files {
        let reader: ReaderCalls = read(file);
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let client = ClientApp::start().await;
        fill(&client).await;
        let token = log_in(&client).await;
        let site = site.url("/").trim_start_matches("http://").trim_end_matches('/').to_owned();
        let mut replacements = Replacements { client: &client, token, site, added: String::new() };
        for call in &reader.calls {
            let mut outcome = call.why.as_deref().unwrap_or("ok");
            if !call.skipped {
                let answer = replacements.send(&reader.agent, call).await;
                let found = faults_of(call, &answer, &shapes);
                if call.name().ends_with("/quickadd") && found.is_empty() {
                    replacements.added = answer.json()["streamId"].as_str().expect("a stream").to_owned();
                }
                if !found.is_empty() {
                    faults.push(format!("{name}: {}: {}", call.call, found.join("; ")));
                    outcome = "FAILED";
                }
            }
            table.add(call.name(), &name, outcome);
        }
        client.app.finish().await;
    }
    let count = table.finish();
    assert!(faults.is_empty(), "{faults:#?}");
    assert_eq!((files.len(), count), (37, 579));
}
