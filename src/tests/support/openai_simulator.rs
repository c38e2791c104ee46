//! A simulated server with OpenAI's API and the differences of engines; it can be scripted, records its requests, and can be stopped
//! and started again.

use super::{simulated_model::valid_answer, simulator::port_switch::PortSwitch};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::Response,
};
use futures::StreamExt as _;
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::net::TcpListener;

/// The model that every simulated engine serves.
pub const SERVED_MODEL: &str = "Qwen/Qwen3-8B";

/// The behavior of a simulated engine.
#[derive(Clone, Debug)]
pub struct Engine {
    /// The response formats that it supports: `json_schema`, `guided_json`, `json_object`.
    pub formats: &'static [&'static str],
    /// Whether it refuses the others instead of ignoring them.
    pub refuses_others: bool,
    /// Further fields of its model in `/v1/models`.
    pub model_row: Value,
    /// The answer to `/props`.
    pub props: Option<Value>,
    /// The answer to `/`.
    pub greeting: &'static str,
    /// The duration of an answer.
    pub delay: Duration,
}

impl Engine {
    pub fn vllm() -> Self {
        Self {
            formats: &["json_schema", "guided_json", "json_object"],
            refuses_others: true,
            model_row: json!({ "owned_by": "vllm", "max_model_len": 8192 }),
            props: None,
            greeting: "",
            delay: Duration::ZERO,
        }
    }

    pub fn old_vllm() -> Self {
        Self { formats: &["guided_json", "json_object"], refuses_others: false, ..Self::vllm() }
    }

    pub fn llama_cpp() -> Self {
        Self {
            formats: &["json_schema", "json_object"],
            model_row: json!({ "owned_by": "llamacpp", "meta": { "n_ctx_train": 40960 } }),
            props: Some(json!({ "default_generation_settings": { "n_ctx": 4096 } })),
            greeting: "<html>",
            ..Self::vllm()
        }
    }

    pub fn lm_studio() -> Self {
        Self { formats: &["json_schema"], model_row: json!({ "owned_by": "organization_owner" }), ..Self::vllm() }
    }

    pub fn json_object_only() -> Self {
        Self { formats: &["json_object"], model_row: json!({ "context_length": 2048 }), ..Self::vllm() }
    }

    pub fn plain_only() -> Self {
        Self { formats: &[], model_row: json!({}), ..Self::vllm() }
    }

    pub fn ollama() -> Self {
        Self { greeting: "Ollama is running", model_row: json!({ "owned_by": "library" }), ..Self::vllm() }
    }
}

/// A raw answer.
#[derive(Clone, Debug)]
pub struct RawReply {
    pub status: u16,
    pub retry_after: Option<&'static str>,
    pub body: String,
    /// Whether the connection is reset after the body.
    pub is_cut: bool,
}

impl RawReply {
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, retry_after: None, body: body.into(), is_cut: false }
    }
}

/// A received request.
#[derive(Clone, Debug)]
pub struct OpenAiRequest {
    pub path: String,
    pub authorization: Option<String>,
    pub body: Value,
}

#[derive(Debug)]
struct SimulatedEngine {
    engine: Engine,
    scripted: Mutex<VecDeque<RawReply>>,
    always: Mutex<Option<RawReply>>,
    requests: Mutex<Vec<OpenAiRequest>>,
}

/// The running server; stops when dropped.
#[derive(Debug)]
pub struct OpenAiSimulator {
    /// Its address, without a slash at the end.
    pub url: String,
    shared: Arc<SimulatedEngine>,
    port: PortSwitch,
}

impl OpenAiSimulator {
    /// Starts on a free port of loopback.
    pub async fn start(engine: Engine) -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let shared = Arc::new(SimulatedEngine {
            engine,
            scripted: Mutex::default(),
            always: Mutex::default(),
            requests: Mutex::default(),
        });
        let port = PortSwitch::new(address, Router::new().fallback(answer).with_state(shared.clone()));
        port.serve(listener);
        Self { url: format!("http://{address}"), shared, port }
    }

    /// Scripts the answer to the next chat; several are queued.
    pub fn script(&self, reply: RawReply) {
        self.shared.scripted.lock().expect("no panic").push_back(reply);
    }

    /// Sets the answer to every further chat.
    pub fn always(&self, reply: impl Into<Option<RawReply>>) {
        *self.shared.always.lock().expect("no panic") = reply.into();
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<OpenAiRequest> {
        self.shared.requests.lock().expect("no panic").clone()
    }

    /// The chats so far, without those of the probe.
    pub fn chats(&self) -> Vec<OpenAiRequest> {
        let is_chat = |request: &OpenAiRequest| request.path.ends_with("/chat/completions") && !is_probe(&request.body);
        self.requests().into_iter().filter(is_chat).collect()
    }

    /// Closes the port and every connection.
    pub async fn shut_down(&self) {
        self.port.close_port().await;
    }

    /// Starts it again at the same address.
    pub async fn restart(&self) -> io::Result<()> {
        self.port.open_port().await
    }
}

impl Drop for OpenAiSimulator {
    fn drop(&mut self) {
        self.port.close();
    }
}

fn is_probe(body: &Value) -> bool {
    body["messages"][0]["content"].as_str().is_some_and(|text| text.starts_with("What is the capital of France?"))
}

async fn answer(
    State(shared): State<Arc<SimulatedEngine>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let authorization = headers.get("authorization").map(|value| value.to_str().expect("text").to_owned());
    let request = OpenAiRequest { path: uri.path().to_owned(), authorization, body: body.clone() };
    shared.requests.lock().expect("no panic").push(request);
    let engine = &shared.engine;
    match (method.as_str(), uri.path()) {
        ("GET", "/") => text(200, engine.greeting),
        ("GET", "/v1/models") => {
            let mut row = engine.model_row.clone();
            row["id"] = json!(SERVED_MODEL);
            text(200, &json!({ "object": "list", "data": [row] }).to_string())
        }
        ("GET", "/props") => match &engine.props {
            Some(props) => text(200, &props.to_string()),
            None => text(404, "{}"),
        },
        ("POST", "/v1/chat/completions") => chat(&shared, &body).await,
        _ => text(404, r#"{"detail":"Not Found"}"#),
    }
}

async fn chat(shared: &SimulatedEngine, body: &Value) -> Response {
    let engine = &shared.engine;
    let next = if is_probe(body) { None } else { shared.scripted.lock().expect("no panic").pop_front() };
    let scripted = next.or_else(|| shared.always.lock().expect("no panic").clone());
    if let Some(reply) = scripted {
        return raw(&reply);
    }
    if body["model"] != SERVED_MODEL {
        let message = format!("The model `{}` does not exist.", body["model"].as_str().unwrap_or_default());
        return text(404, &json!({ "object": "error", "message": message, "code": 404 }).to_string());
    }
    tokio::time::sleep(engine.delay).await;
    let format = asked_format(body);
    let obeys = format.is_none_or(|format| engine.formats.contains(&format));
    if !obeys && engine.refuses_others {
        let message = format!("response_format or guided decoding of kind {} is not supported", format.unwrap_or("?"));
        return text(400, &json!({ "error": { "message": message } }).to_string());
    }
    let content = match (is_probe(body), format) {
        (true, Some("json_schema" | "guided_json")) if obeys => r#"{"city":"Paris"}"#.to_owned(),
        (true, Some("json_object")) if obeys => r#"{"answer":"Paris"}"#.to_owned(),
        (true, _) => "It is Paris.".to_owned(),
        (false, _) => valid_answer(&json!({ "format": asked_schema(body) })),
    };
    if body["stream"] == true { text(200, &stream_of(&content)) } else { text(200, &whole(&content).to_string()) }
}

/// The name of the requested response format; `None` without one.
fn asked_format(body: &Value) -> Option<&str> {
    if body.get("guided_json").is_some() { Some("guided_json") } else { body["response_format"]["type"].as_str() }
}

/// The schema of the request, in a field or in the prompt.
pub fn asked_schema(body: &Value) -> Value {
    let in_format = &body["response_format"]["json_schema"]["schema"];
    let in_prompt = || {
        let said = body["messages"][0]["content"].as_str().unwrap_or_default();
        said.lines().last().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default()
    };
    match (in_format.is_object(), body.get("guided_json")) {
        (true, _) => in_format.clone(),
        (false, Some(schema)) => schema.clone(),
        (false, None) => in_prompt(),
    }
}

/// A whole answer.
pub fn whole(content: &str) -> Value {
    json!({
        "object": "chat.completion",
        "choices": [{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": content } }],
        "usage": { "prompt_tokens": 300, "completion_tokens": 20, "total_tokens": 320 },
    })
}

/// The same answer as a stream, with the usage in a separate event.
pub fn stream_of(content: &str) -> String {
    let (first, rest) = content.split_at(content.len() / 2);
    let events = [
        json!({ "choices": [{ "index": 0, "delta": { "role": "assistant", "content": first }, "finish_reason": null }] }),
        json!({ "choices": [{ "index": 0, "delta": { "content": rest }, "finish_reason": null }] }),
        json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] }),
        json!({ "choices": [], "usage": { "prompt_tokens": 300, "completion_tokens": 20 } }),
    ];
    let lines: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    format!("{lines}data: [DONE]\n\n")
}

fn text(status: u16, body: &str) -> Response {
    raw(&RawReply::new(status, body))
}

fn raw(reply: &RawReply) -> Response {
    let body = Bytes::from(reply.body.clone());
    let body = if reply.is_cut {
        // Head and body must be sent before the connection is reset.
        let end = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Err(io::Error::other("cut"))
        };
        Body::from_stream(futures::stream::iter([Ok(body)]).chain(futures::stream::once(end)))
    } else {
        Body::from_stream(futures::stream::iter([Ok::<_, Infallible>(body)]))
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(reply.status).expect("a status");
    if let Some(seconds) = reply.retry_after {
        response.headers_mut().insert("retry-after", seconds.parse().expect("a header"));
    }
    response
}
