//! Exchanges between real clients and real servers, recorded elsewhere, sent to Gleaner: each is answered with the status and with
//! everything in the shape that the client parses.

use super::{
    shapes::compare,
    support::{ClientApp, execute},
};
use crate::support::{articles::new_article, articles::store_articles_in, corpora::corpus_path};
use gleaner::server::services::subscriptions;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, HashMap},
    fs,
};

/// An exchange as it was recorded.
#[derive(Debug, Deserialize)]
struct RecordedExchange {
    method: String,
    path: String,
    query: Option<String>,
    request_headers: BTreeMap<String, String>,
    request_body: Option<String>,
    status: u16,
    response_json_shape: Option<Value>,
}

impl RecordedExchange {
    fn is_fever(&self) -> bool {
        self.path.starts_with("/fever") || self.path == "/api/fever.php"
    }
}

/// Where Gleaner answers otherwise on purpose: end of the path, status, and why.
const OTHER_STATUS: [(&str, u16, &str); 1] =
    [("/fetch-content", 200, "the stored text is given; the recorded server failed to fetch the page")];

/// Five feeds with sixty articles each, four folders, an icon.
async fn fill(client: &ClientApp) {
    let app = &client.app;
    for n in 1..=4 {
        subscriptions::create_folder(&app.app, &format!("Folder {n}")).await.expect("created");
    }
    execute(app, "INSERT INTO icons (id, hash, mime_type, data) VALUES (1, 'abc', 'image/png', x'89504e47')").await;
    for feed in 1..=5 {
        let articles: Vec<_> = (0..60).map(|n| new_article(&format!("Article {feed}-{n}"), "<p>Text.</p>")).collect();
        store_articles_in(&app.app, &format!("https://feed{feed}.example/feed"), &articles).await;
    }
    execute(app, "UPDATE feeds SET icon_id = 1, folder_id = CASE WHEN id < 5 THEN 1 + id % 2 END").await;
    super::support::score(app, 100.into(), 8.0, 0).await;
}

/// Ids of the recorded server that Gleaner has no articles for, as ids of articles that it has.
#[derive(Default)]
struct ForeignIds(HashMap<String, usize>);

impl ForeignIds {
    fn replace(&mut self, text: &str) -> String {
        let mut written = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
            let digits: String = rest[at..].chars().take_while(char::is_ascii_digit).collect();
            written.push_str(&rest[..at]);
            rest = &rest[at + digits.len()..];
            // Those of FreshRSS have 16 digits and begin with the second of their arrival.
            if digits.len() == 16 && digits.starts_with("1795") {
                let next = self.0.len() + 1;
                written.push_str(&self.0.entry(digits).or_insert(next).to_string());
            } else {
                written.push_str(&digits);
            }
        }
        written + rest
    }
}

/// Sends an exchange again, with secrets of the device in the places of the recorded ones; why it failed.
async fn replay(client: &ClientApp, exchange: &RecordedExchange, ids: &mut ForeignIds) -> Result<&'static str, String> {
    let key = client.fever_key();
    let with_key = |text: &str| -> String {
        let recorded =
            text.split(|c: char| !c.is_ascii_hexdigit()).find(|run| run.len() == 32 && !run.starts_with("0000"));
        recorded.map_or_else(|| text.to_owned(), |recorded| text.replace(recorded, &key))
    };
    let query = exchange.query.as_deref().map(|query| ids.replace(query)).unwrap_or_default();
    let path = if query.is_empty() { exchange.path.clone() } else { format!("{}?{query}", exchange.path) };
    let method = Method::from_bytes(exchange.method.as_bytes()).expect("a method");
    let mut request = client.app.request(method, &path);
    for (name, value) in &exchange.request_headers {
        request = match name.as_str() {
            "authorization" => request.basic_auth(&client.secrets.username, Some(&client.secrets.password)),
            "x-auth-token" => request.header(name, &client.secrets.token),
            "accept-encoding" => request,
            _ => request.header(name, value),
        };
    }
    let body = exchange.request_body.as_deref().unwrap_or_default();
    if body.ends_with('…') {
        return Ok("the recorded body was cut");
    }
    let body = ids.replace(&if exchange.is_fever() { with_key(body) } else { body.to_owned() });
    let answer = client.app.send(request.body(body)).await;
    let other = OTHER_STATUS.iter().find(|(end, ..)| exchange.path.ends_with(end));
    let expected = other.map_or(exchange.status, |(_, status, _)| *status);
    if answer.status.as_u16() != expected {
        return Err(format!("{} instead of {expected}: {}", answer.status, answer.body));
    }
    let Some(shape) = &exchange.response_json_shape else { return Ok("ok") };
    if let Some((.., why)) = other {
        return Ok(why);
    }
    let found = answer.json();
    let is_refused = exchange.is_fever() && found["auth"] == 0;
    if is_refused {
        let in_address = query.contains("api_key=");
        let was_refused = shape.get("auth").is_some_and(|_| shape.get("last_refreshed_on_time").is_none());
        let is_wrong = exchange.request_body.as_deref().is_some_and(|body| body.contains("0000000000"));
        return match (in_address, was_refused || is_wrong) {
            (true, _) => Ok("a key in an address counts for nothing"),
            (false, true) => Ok("ok"),
            (false, false) => Err("the key was refused".to_owned()),
        };
    }
    let mut faults = Vec::new();
    compare(shape, &found, "", &mut faults);
    if faults.is_empty() { Ok("ok") } else { Err(faults.join("; ")) }
}

#[tokio::test]
#[ignore = "GLEANER_CORPORA is not set"]
async fn recorded_exchanges_of_fever_and_miniflux_are_answered_in_their_shapes() {
    let folder = corpus_path("../client-traces");
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable").path()).collect();
    files.sort();
    let (mut table, mut faults) = (BTreeMap::<(String, String), BTreeMap<String, usize>>::new(), Vec::new());
    for file in files.iter().filter(|file| file.extension().is_some_and(|kind| kind == "json")) {
        let exchanges: Vec<Map<String, Value>> =
            serde_json::from_slice(&fs::read(file).expect("readable")).expect("a list of exchanges");
        let exchanges = exchanges.into_iter().map(|e| serde_json::from_value(Value::Object(e)).expect("an exchange"));
        let exchanges: Vec<RecordedExchange> =
            exchanges.filter(|e: &RecordedExchange| e.is_fever() || e.path.starts_with("/v1/")).collect();
        if exchanges.is_empty() {
            continue;
        }
        let client = ClientApp::start().await;
        fill(&client).await;
        let mut ids = ForeignIds::default();
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        for exchange in &exchanges {
            let outcome = replay(&client, exchange, &mut ids).await;
            let call = format!(
                "{} {}",
                exchange.method,
                exchange.path.replace(|c: char| c.is_ascii_digit(), "").replace("/v/", "/v1/")
            );
            let said = match outcome {
                Ok(said) => said.to_owned(),
                Err(fault) => {
                    faults.push(format!("{name}: {call} {:?}: {fault}", exchange.query));
                    "FAILED".to_owned()
                }
            };
            *table.entry((call, name.clone())).or_default().entry(said).or_default() += 1;
        }
        client.app.finish().await;
    }
    let mut count = 0;
    for ((call, name), outcomes) in &table {
        let told: Vec<String> = outcomes.iter().map(|(said, times)| format!("{said} ×{times}")).collect();
        count += outcomes.values().sum::<usize>();
        println!("{call:45} {name:45} {}", told.join(", "));
    }
    assert!(count > 200, "only {count} exchanges");
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn ids_of_the_recorded_server_become_ids_of_articles() {
    let mut ids = ForeignIds::default();
    let replaced = ids.replace(
        "with_ids=1795732773084243,1795732773084244&id=1795732773084243&before=1795734331&max_id=9007199254740991",
    );
    assert_eq!(replaced, "with_ids=1,2&id=1&before=1795734331&max_id=9007199254740991");
}
