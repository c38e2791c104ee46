//! llama.cpp's server with a small model. What a real one answered was recorded and is replayed always; `make test-servers` builds and
//! starts one.

use crate::support::{
    articles::{article_records, new_article, store_articles},
    fixtures::fixture_path,
    gleaner_binary::{ServerProcess, gleaner_command},
    test_app::TestApp,
};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{Method, Uri},
    response::Response,
};
use gleaner::{
    domain::model_server::MAIN_SERVER,
    server::services::servers::{self, ServerForm},
    server::worker::scorer,
};
use serde_json::{Value, json};
use std::{
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::net::TcpListener;

const ARTICLE_COUNT: usize = 20;
/// Answers after which the server is killed.
const RUNS_BEFORE_KILL: i64 = 10;
/// Longest time for all articles; a busy machine without a GPU needs minutes.
const MAX_SECONDS: u64 = 3_000;

/// Stores articles about different things, and leaves them to a server of the kind `openai`.
async fn store_articles_for(app: &TestApp, url: &str) {
    let pairs = std::fs::read_to_string(fixture_path("stories/pairs.jsonl")).expect("readable");
    let every = pairs.lines().count() / ARTICLE_COUNT;
    let articles: Vec<_> = pairs
        .lines()
        .step_by(every)
        .take(ARTICLE_COUNT)
        .enumerate()
        .map(|(at, line)| {
            let pair: Value = serde_json::from_str(line).expect("JSON");
            let text = |key: &str| pair["a"][key].as_str().unwrap_or_default().to_owned();
            new_article(&format!("{} ({at})", text("title")), &format!("<p>{}</p>", text("text")))
        })
        .collect();
    store_articles(&app.app, &articles).await;
    let form = ServerForm {
        name: "llama.cpp".to_owned(),
        kind: "openai".to_owned(),
        address: url.to_owned(),
        slots: "1".to_owned(),
        categorizes: true,
        scores: true,
        ..ServerForm::default()
    };
    servers::add(&app.app, form).await.expect("added");
    servers::update(&app.app, MAIN_SERVER, ServerForm { name: "Ollama".to_owned(), ..ServerForm::default() })
        .await
        .expect("left to the other one");
}

/// A recorded exchange.
#[derive(Clone, Debug)]
struct RecordedExchange {
    path: String,
    status: u16,
    content_type: String,
    body: String,
    /// The schema that the request asked for.
    schema: Value,
}

fn load_exchanges() -> Vec<RecordedExchange> {
    let text = std::fs::read_to_string(fixture_path("llama-server-transcript.json")).expect("readable");
    let all: Value = serde_json::from_str(&text).expect("JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let exchange = |of: &Value| RecordedExchange {
        path: text(&of["path"]),
        status: of["status"].as_u64().and_then(|status| u16::try_from(status).ok()).expect("a status"),
        content_type: text(&of["content_type"]),
        body: text(&of["body"]),
        schema: of["schema"].clone(),
    };
    all["exchanges"].as_array().expect("a list").iter().map(exchange).collect()
}

/// Answers from the recording; requests about articles in turn, by what they ask for.
#[derive(Debug)]
struct Replay {
    exchanges: Vec<RecordedExchange>,
    asked: Mutex<Vec<Value>>,
}

async fn replay_exchange(State(replay): State<Arc<Replay>>, _: Method, uri: Uri, body: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let schema = &request["response_format"]["json_schema"]["schema"];
    let properties = |schema: &Value| -> Vec<String> {
        schema["properties"].as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect()
    };
    let fitting: Vec<_> = replay
        .exchanges
        .iter()
        .filter(|exchange| exchange.path == uri.path() && properties(&exchange.schema) == properties(schema))
        .collect();
    let mut asked = replay.asked.lock().expect("no panic");
    let earlier = asked.iter().filter(|earlier| properties(earlier) == properties(schema)).count();
    asked.push(schema.clone());
    let Some(exchange) = fitting.get(earlier % fitting.len().max(1)) else {
        return Response::builder().status(404).body(Body::empty()).expect("a response");
    };
    Response::builder()
        .status(exchange.status)
        .header("content-type", &exchange.content_type)
        .body(Body::from(exchange.body.clone()))
        .expect("a response")
}

#[tokio::test]
async fn what_a_real_server_answered_scores_articles() {
    let replay = Arc::new(Replay { exchanges: load_exchanges(), asked: Mutex::default() });
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let router = Router::new().fallback(replay_exchange).with_state(replay.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let app = TestApp::start().await;
    store_articles_for(&app, &url).await;
    scorer::drain(&app.app).await;
    let records = article_records(&app.app).await;
    assert_eq!(records.len(), ARTICLE_COUNT);
    assert!(records.iter().all(|record| record.state == "scored" && record.attempts == 0), "{records:?}");
    let runs = app.get("/api/articles/1").await.json()["runs"].clone();
    for (at, step) in ["categorize", "score"].into_iter().enumerate() {
        let run = &runs[at];
        assert_eq!((&run["step"], &run["server"]), (&json!(step), &json!("llama.cpp")), "{run}");
        assert!(run["model"].as_str().is_some_and(|model| model.contains("SmolLM2-135M")), "{run}");
        assert!(run["output_tokens"].as_i64() > Some(10), "llama.cpp tells its figures: {run}");
    }
    app.finish().await;
}

/// A real server; killed when dropped.
struct LlamaServer(Child);

impl LlamaServer {
    async fn start(program: &Path, model: &Path, port: u16) -> Self {
        let port_text = port.to_string();
        let child = Command::new(program)
            .arg("--model")
            .arg(model)
            .args(["--host", "127.0.0.1", "--port", &port_text, "--ctx-size", "4096", "--parallel", "1"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let server = Self(child);
        let health = format!("http://127.0.0.1:{port}/health");
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let ready = async {
            while !client.get(&health).send().await.is_ok_and(|answer| answer.status().is_success()) {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(120), ready).await.expect("it loads the model");
        server
    }
}

impl Drop for LlamaServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until the API of Gleaner says so of the queue.
async fn wait_until_scoring(url: &str, is_there: impl Fn(&Value, i64) -> bool) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let get = async |path: &str| -> Value {
        let answer = client.get(format!("{url}{path}")).send().await.expect("it answers");
        serde_json::from_str(&answer.text().await.expect("text")).expect("JSON")
    };
    let wait = async {
        loop {
            let status = get("/api/scoring/status").await;
            let servers = get("/api/servers").await;
            let answers: i64 = servers.as_array().into_iter().flatten().filter_map(|s| s["answers"].as_i64()).sum();
            if is_there(&status["counts"], answers) {
                return status["counts"].clone();
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(MAX_SECONDS), wait).await.expect("in time")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "make test-servers builds the server that it needs"]
async fn a_real_server_is_killed_and_started_again() {
    let set_by_script = |name: &str| std::env::var_os(name).unwrap_or_else(|| panic!("{name} is not set"));
    let (program, model) = (set_by_script("GLEANER_LLAMA_SERVER"), set_by_script("GLEANER_LLAMA_MODEL"));
    let (program, model) = (Path::new(&program), Path::new(&model));
    let port = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("bound").port();
    let llama = LlamaServer::start(program, model, port).await;
    let app = TestApp::start().await;
    store_articles_for(&app, &format!("http://127.0.0.1:{port}")).await;
    let data = app.finish().await;
    let mut command = gleaner_command(data.path());
    command.arg("--data-dir").arg(data.path()).arg("serve");
    let gleaner = ServerProcess::start(command);
    wait_until_scoring(&gleaner.url, |_, answers| answers >= RUNS_BEFORE_KILL).await;
    drop(llama);
    let at_kill = wait_until_scoring(&gleaner.url, |counts, _| counts["scored"].as_i64() < Some(20)).await;
    let _llama = LlamaServer::start(program, model, port).await;
    let counts = wait_until_scoring(&gleaner.url, |counts, _| {
        counts["scored"].as_i64().unwrap_or_default() + counts["failed"].as_i64().unwrap_or_default() == 20
    })
    .await;
    assert_eq!(counts["scored"], 20, "killed at {at_kill}: {counts}");
    gleaner.kill();

    let app = TestApp::on(data, |_| {}).await;
    for record in article_records(&app.app).await {
        let article = app.get(&format!("/api/articles/{}", record.id())).await.json();
        let score = &article["score"];
        assert!(record.attempts == 0 && !record.leased, "an outage counts as no attempt: {record:?}");
        assert!((0..=10).contains(&score["interest"].as_i64().unwrap_or(-1)), "the schema holds: {article}");
        assert_eq!(article["runs"].as_array().map(Vec::len), Some(2), "asked once for each step: {article}");
    }
    app.finish().await;
}
