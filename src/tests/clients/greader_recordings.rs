//! Exchanges of Google Reader's API between real clients and real servers, recorded elsewhere, sent to Gleaner: each is answered with
//! the status that the client needs, and with everything in the shape that it parses.

use super::{
    greader_support::log_in,
    shapes::compare,
    support::{ClientApp, score},
};
use crate::support::{
    articles::{new_article, store_articles_in},
    corpora::corpus_path,
    feed_server::{FeedReply, FeedServer, rss_document},
    test_app::TestResponse,
};
use gleaner::server::services::subscriptions;
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
    fs,
};

/// Where the recorded site of feeds was.
const RECORDED_SITE: &str = "127.0.0.1:27001";
/// Folders that the recorded servers had.
const FOLDERS: [&str; 5] = ["Uncategorized", "All", "Tech & Co", "Tech", "News"];

/// An exchange as it was recorded.
#[derive(Debug, Deserialize)]
struct RecordedCall {
    method: String,
    path: String,
    #[serde(default)]
    query: String,
    request_headers: BTreeMap<String, String>,
    #[serde(default)]
    request_body: String,
    status: u16,
    response_json_shape: Option<Value>,
}

impl RecordedCall {
    fn is_of_google_reader(&self) -> bool {
        ["/reader/", "/accounts/", "/api/greader.php"].iter().any(|start| self.path.starts_with(start))
    }

    /// The call without its place, and without what a stream is called.
    fn name(&self) -> String {
        let call = self.path.trim_start_matches("/api/greader.php").trim_start_matches("/reader/api/0");
        let call = if call.starts_with("/stream/contents") { "/stream/contents" } else { call };
        format!("{} {}", self.method, if call.is_empty() { "/" } else { call })
    }

    /// The token that the recorded server gave out, when the request carries it.
    fn token(&self) -> Option<&str> {
        let token = self.request_headers.get("authorization")?.split_once("auth=")?.1;
        Some(token).filter(|token| !token.starts_with("nobody"))
    }

    /// The status that the client needs, and why it is another one than the recorded one.
    fn expected(&self) -> (u16, &'static str) {
        let text = format!("{}&{}", self.query, self.request_body);
        let is_named = |name: &str| text.contains(name);
        match self.status {
            400 if self.name() == "POST /accounts/ClientLogin" => (401, "Liferea had no password yet"),
            _ if is_named("feed%2F999999") => (404, "an unknown stream marks nothing"),
            401 if self.token().is_some() => (200, "a token in the header suffices, whatever T is"),
            401 if is_named("&T=") => (200, "T suffices on POST"),
            400 | 500 => (200, "the recorded server did not know the call"),
            recorded => (recorded, "ok"),
        }
    }
}

/// Five feeds with articles, whose ids begin at 1.
async fn fill(client: &ClientApp) {
    let app = &client.app;
    for name in FOLDERS {
        subscriptions::create_folder(&app.app, name).await.expect("created");
    }
    for feed in 1..=5 {
        let articles: Vec<_> = (0..60).map(|n| new_article(&format!("Article {feed}-{n}"), "<p>Text.</p>")).collect();
        store_articles_in(&app.app, &format!("https://feed{feed}.example/feed"), &articles).await;
    }
    super::support::execute(app, "UPDATE feeds SET folder_id = 1 + id % 4, site_url = 'https://site.example/'").await;
    super::support::execute(app, "UPDATE articles SET is_starred = 1 WHERE id % 10 = 0").await;
    score(app, 100.into(), 8.0, 0).await;
}

/// The ids of FreshRSS, which Gleaner has no articles for, as ids of articles that it has, in the form that they came in.
#[derive(Default)]
struct OwnIds(HashMap<String, usize>);

impl OwnIds {
    fn replace(&mut self, text: &str) -> String {
        let parts = text.split('&').map(|part| {
            let Some(start) = part.len().checked_sub(16).filter(|_| part.starts_with("i=")) else {
                return part.to_owned();
            };
            let Some((before, id)) = part.split_at_checked(start) else { return part.to_owned() };
            let is_decimal = id.starts_with("1795");
            if !is_decimal && !id.starts_with("00066") {
                return part.to_owned();
            }
            let next = self.0.len() + 1;
            let own = *self.0.entry(id.to_owned()).or_insert(next) % 300 + 1;
            if is_decimal { format!("{before}{own}") } else { format!("{before}{own:016x}") }
        });
        parts.collect::<Vec<_>>().join("&")
    }
}

/// What is put into the places of recorded values.
struct Replacements {
    token: String,
    username: String,
    password: String,
    /// Host and port of the site of feeds.
    site: String,
    ids: OwnIds,
    /// The stream of the feed that the client added last.
    added: Option<String>,
}

impl Replacements {
    /// A query or a form, as the recorded client would send it to Gleaner.
    fn apply(&mut self, call: &RecordedCall, text: &str) -> String {
        // A body that was cut ends within a parameter.
        let whole = if text.contains('…') { text.rsplit_once('&').map_or("", |(whole, _)| whole) } else { text };
        let mut text = self.ids.replace(whole).replace(RECORDED_SITE, &self.site);
        text = text.replace(&RECORDED_SITE.replace(':', "%3A"), &self.site.replace(':', "%3A"));
        let is_login = call.path.ends_with("ClientLogin") && call.status == 200;
        let parts = text.split('&').map(|part| match part.split_once('=') {
            Some(("Email", _)) if is_login => format!("Email={}", self.username),
            Some(("Passwd", _)) if is_login => format!("Passwd={}", self.password),
            Some(("s", stream)) if is_added_feed(stream) => {
                format!("s={}", self.added.as_deref().unwrap_or(stream))
            }
            // Of all the values of T, a client that sends no header sends the token.
            Some(("T", _)) if call.token().is_none() => format!("T={}", self.token),
            _ => part.to_owned(),
        });
        parts.collect::<Vec<_>>().join("&")
    }
}

/// Whether a stream is that of a feed which the recorded client had added: it has another number than in Gleaner.
fn is_added_feed(stream: &str) -> bool {
    stream
        .strip_prefix("feed/")
        .and_then(|number| number.parse().ok())
        .is_some_and(|number| (6..999_999).contains(&number))
}

async fn send(client: &ClientApp, call: &RecordedCall, replacements: &mut Replacements) -> TestResponse {
    let query = replacements.apply(call, &call.query);
    let path = if query.is_empty() { call.path.clone() } else { format!("{}?{query}", call.path) };
    let method = Method::from_bytes(call.method.as_bytes()).expect("a method");
    let mut request = client.app.request(method, &path);
    for (name, value) in &call.request_headers {
        request = match (name.as_str(), call.token()) {
            ("authorization", Some(recorded)) => request.header(name, value.replace(recorded, &replacements.token)),
            ("accept-encoding", _) => request,
            _ => request.header(name, value),
        };
    }
    client.app.send(request.body(replacements.apply(call, &call.request_body))).await
}

fn read_calls(file: &std::path::Path) -> Vec<RecordedCall> {
    let all: Vec<Value> = serde_json::from_slice(&fs::read(file).expect("readable")).expect("a list of exchanges");
    let all = all.into_iter().filter(|exchange| exchange["path"].is_string());
    let all = all.map(|exchange| serde_json::from_value::<RecordedCall>(exchange).expect("an exchange"));
    all.filter(RecordedCall::is_of_google_reader).collect()
}

#[tokio::test]
#[ignore = "GLEANER_CORPORA is not set"]
async fn recorded_exchanges_of_google_reader_are_answered_in_their_shapes() {
    let site = FeedServer::start().await;
    site.on("/delta.xml", FeedReply::feed(rss_document("Delta feed", &[("d", "Delta", "<p>x</p>")])));
    let folder = corpus_path("../client-traces");
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable").path()).collect();
    files.sort();
    let recorded: Vec<(String, Vec<RecordedCall>)> = files
        .iter()
        .filter(|file| file.extension().is_some_and(|kind| kind == "json"))
        .map(|file| (file.file_stem().expect("a name").to_string_lossy().into_owned(), read_calls(file)))
        .filter(|(_, calls)| !calls.is_empty())
        .collect();
    // FreshRSS knows all of the API. Where the other server answered with an empty list or with more, its clients parse this too.
    let mut shapes: HashMap<String, Value> = HashMap::new();
    for (_, calls) in &recorded {
        for call in calls.iter().filter(|call| call.path.starts_with("/api/greader.php") && call.status == 200) {
            let mut shape = call
                .response_json_shape
                .clone()
                .filter(|shape| shape.is_object() && !call.path.ends_with("ClientLogin"));
            if let Some(members) = shape.as_mut().and_then(Value::as_object_mut) {
                // Not on the last page.
                members.remove("continuation");
            }
            let length = |shape: &Value| shape.to_string().len();
            if let Some(shape) =
                shape.filter(|new| shapes.get(&call.name()).is_none_or(|old| length(old) < length(new)))
            {
                shapes.insert(call.name(), shape);
            }
        }
    }
    let (mut table, mut faults) = (BTreeMap::<(String, String), BTreeMap<String, usize>>::new(), Vec::new());
    for (name, calls) in &recorded {
        let client = ClientApp::start().await;
        fill(&client).await;
        let mut replacements = Replacements {
            token: log_in(&client).await,
            username: client.secrets.username.clone(),
            password: client.secrets.password.clone(),
            site: site.url("").trim_start_matches("http://").trim_end_matches('/').to_owned(),
            ids: OwnIds::default(),
            added: None,
        };
        for call in calls {
            let (status, mut said) = call.expected();
            let answer = send(&client, call, &mut replacements).await;
            if call.path.ends_with("/subscription/quickadd") && answer.status.is_success() {
                replacements.added = answer.json()["streamId"].as_str().map(str::to_owned);
            }
            let mut found = Vec::new();
            if answer.status.as_u16() != status {
                found.push(format!("{} instead of {status}: {}", answer.status, answer.body));
            } else if let Some(shape) = shapes.get(&call.name()).filter(|_| status == 200) {
                compare(shape, &answer.json(), "", &mut found);
            } else if status == 200
                && call.method == "POST"
                && !call.path.ends_with("ClientLogin")
                && answer.body != "OK"
            {
                found.push(format!("{:?} instead of OK", answer.body));
            }
            if !found.is_empty() {
                faults.push(format!("{name}: {} {:?}: {}", call.name(), call.query, found.join("; ")));
                said = "FAILED";
            }
            *table.entry((call.name(), name.clone())).or_default().entry(said.to_owned()).or_default() += 1;
        }
        client.app.finish().await;
    }
    let mut count = 0;
    for ((call, name), outcomes) in &table {
        let told: Vec<String> = outcomes.iter().map(|(said, times)| format!("{said} ×{times}")).collect();
        count += outcomes.values().sum::<usize>();
        println!("{call:35} {name:40} {}", told.join(", "));
    }
    assert!(count > 150, "only {count} exchanges");
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn ids_of_another_server_become_own_ones_in_their_form() {
    let mut ids = OwnIds::default();
    assert_eq!(
        ids.replace("i=1795732773084243&a=x&i=tag%3Agoogle.com%2C2005%3Areader%2Fitem%2F00066135ab0f6f4c&i=1795732773084243&ts=1795732773084243"),
        "i=2&a=x&i=tag%3Agoogle.com%2C2005%3Areader%2Fitem%2F0000000000000003&i=2&ts=1795732773084243"
    );
}
