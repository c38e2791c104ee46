//! The simulated Ollama compared with every recorded exchange: the same status, kind of body, and fields.

use crate::support::simulator::{Endpoint, ModelSpec, ScriptedReply, Simulator, SimulatorSettings};
use crate::support::transcripts::{Transcript, TranscriptEnd, load_transcripts};
use gleaner::server::demo::{self, simulator::SimulatedOllama};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

/// What the simulator does not simulate, with the reason.
const UNSUPPORTED_PATHS: &[(&str, &str)] = &[
    ("/v1/", "Gleaner speaks the native API only"),
    ("/api/generate", "Gleaner uses chat only"),
    ("/api/embed", "Gleaner embeds nothing"),
    ("/api/status", "Gleaner does not ask"),
];

fn unsupported_reason(transcript: &Transcript) -> Option<&'static str> {
    UNSUPPORTED_PATHS.iter().find(|(path, _)| transcript.path.starts_with(path)).map(|(_, why)| *why)
}

/// A server in the state in which the recorded one was.
async fn simulator_for(transcript: &Transcript) -> Simulator {
    let name = transcript.name.trim_start_matches("main-");
    let thinker = ModelSpec::new("thinker", 900).with_capabilities(&["completion", "thinking"]);
    let embedder = ModelSpec::new("embedder", 900).with_capabilities(&["embedding"]);
    let here = [
        "tiny",
        "mid",
        "longctx",
        "mycopy:v2",
        "demo/reader:7b-instruct-q4_K_M",
        "127.0.0.1:5000/demo/tiny:q4_K_M",
        "127.0.0.1:5000/demo/mid",
        "127.0.0.1:5000/demo/small",
        "127.0.0.1:5000/demo/tiny:q8_0",
    ];
    let mut models: Vec<_> =
        here.iter().map(|name| ModelSpec { context_length: 2048, ..ModelSpec::new(name, 536_406) }).collect();
    models.extend([thinker, embedder]);
    if transcript.body == "{\"models\":[]}" && transcript.path == "/api/tags" {
        models.clear();
    }
    if name.ends_with("unknown") || name == "chat-unload-deleted" {
        models.retain(|m| m.name != "demo/reader:7b-instruct-q4_K_M");
    }
    let away = ["resume", "big", "two", "kill", "drop", "drop2", "again", "stall", "bad", "full", "tiny:q8_0"];
    let library = away.iter().map(|name| ModelSpec::new(&format!("127.0.0.1:5000/demo/{name}"), 6_000_000)).collect();
    let sim = Simulator::start_with(SimulatorSettings {
        version: "0.0.0".into(),
        modern: transcript.modern,
        models,
        library,
        pull_step: 600_000,
        token_time: if transcript.end == TranscriptEnd::ClientClosed {
            Duration::from_millis(2)
        } else {
            Duration::ZERO
        },
        ..SimulatorSettings::default()
    })
    .await
    .expect("a simulator");
    for act in scripted_replies(transcript) {
        sim.script(Endpoint::of(&transcript.method, &transcript.path).expect("a known call"), act);
    }
    if transcript.path == "/api/ps"
        && transcript.lines().iter().any(|l| l["models"].as_array().is_some_and(|m| !m.is_empty()))
    {
        let load = json!({"model": "tiny", "messages": [], "keep_alive": -1});
        let asked = reqwest::Client::new()
            .post(format!("{}/api/chat", sim.url))
            .body(load.to_string())
            .send()
            .await
            .expect("loads");
        assert!(asked.status().is_success());
    }
    sim
}

/// Accidents do not come by themselves: they are ordered, in the words of the recording.
fn scripted_replies(transcript: &Transcript) -> Vec<ScriptedReply> {
    let last = transcript.lines().last().cloned().unwrap_or_default();
    let words = last["error"].as_str().unwrap_or_default().to_owned();
    let layers = transcript.lines().iter().filter(|l| l.get("digest").is_some()).count();
    match (transcript.path.as_str(), transcript.end, transcript.status) {
        (_, _, None) => vec![ScriptedReply::Hang],
        ("/api/chat", _, Some(503)) => vec![ScriptedReply::Status(503, words)],
        ("/api/chat", TranscriptEnd::ServerClosed, _) => vec![ScriptedReply::Cut(3)],
        ("/api/chat", TranscriptEnd::ClientClosed, _) => vec![ScriptedReply::Stall(3)],
        ("/api/chat", _, Some(200)) if !words.is_empty() => vec![ScriptedReply::Fail(3, words)],
        ("/api/chat", _, Some(200)) if last["done_reason"] == "length" => vec![ScriptedReply::Length(4)],
        ("/api/chat", _, Some(200)) if transcript.name.contains("thinking-stream") => {
            vec![ScriptedReply::Think("hm, hm, hm".into(), String::new())]
        }
        ("/api/pull", TranscriptEnd::ServerClosed, _) => vec![ScriptedReply::Cut(3)],
        ("/api/pull", TranscriptEnd::ClientClosed, _) => vec![ScriptedReply::Stall(layers.min(3))],
        ("/api/pull", _, Some(200)) if !words.is_empty() => vec![ScriptedReply::Fail(layers.min(3), words)],
        _ => Vec::new(),
    }
}

/// An answer: status, media type, and the body as far as it came.
struct ReceivedResponse {
    status: Option<u16>,
    media: String,
    body: String,
    whole: bool,
}

async fn send_request(sim: &Simulator, transcript: &Transcript) -> ReceivedResponse {
    let method = transcript.method.parse().expect("a method");
    let client =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let mut request = client.request(method, format!("{}{}", sim.url, transcript.path));
    for (name, value) in &transcript.request_headers {
        request = request.header(name, value);
    }
    if let Some(body) = &transcript.request {
        request = request.body(body.clone());
    }
    let time_limit = Duration::from_millis(if transcript.end == TranscriptEnd::ClientClosed { 150 } else { 5000 });
    let Ok(answer) = tokio::time::timeout(time_limit, request.send()).await else {
        return ReceivedResponse { status: None, media: String::new(), body: String::new(), whole: false };
    };
    let mut answer = answer.expect("an answer");
    let status = Some(answer.status().as_u16());
    let media = media_type(answer.headers().get("content-type").map_or("", |v| v.to_str().expect("text")));
    let mut body = Vec::new();
    let whole = loop {
        match tokio::time::timeout(time_limit, answer.chunk()).await {
            Ok(Ok(Some(piece))) => body.extend_from_slice(&piece),
            Ok(Ok(None)) => break true,
            _ => break false,
        }
    };
    ReceivedResponse { status, media, body: String::from_utf8(body).expect("UTF-8"), whole }
}

fn media_type(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_owned()
}

/// The fields of a line with their types; numbers that are left out when zero do not count.
fn json_type(value: &Value) -> String {
    const OMITTED_WHEN_ZERO: [&str; 5] =
        ["completed", "prompt_eval_duration", "load_duration", "eval_duration", "prompt_eval_count"];
    match value {
        Value::Object(map) => {
            let fields = map.iter().filter(|(k, _)| !OMITTED_WHEN_ZERO.contains(&k.as_str()));
            // What a model knows of itself differs from model to model.
            let fields =
                fields.map(|(k, v)| if k == "model_info" { k.clone() } else { format!("{k}:{}", json_type(v)) });
            format!("{{{}}}", fields.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => format!("[{}]", items.first().map(json_type).unwrap_or_default()),
        Value::String(_) => "text".into(),
        Value::Number(_) => "number".into(),
        Value::Bool(_) => "bool".into(),
        Value::Null => "null".into(),
    }
}

fn json_types(body: &str) -> BTreeSet<String> {
    body.lines().filter_map(|l| serde_json::from_str(l).ok()).map(|l: Value| json_type(&l)).collect()
}

/// Optional fields of `show`: a model has them or not.
const OPTIONAL_SHOW_FIELDS: [&str; 6] = ["license", "parameters", "system", "tensors", "template", "modelfile"];

fn difference(transcript: &Transcript, seen: &ReceivedResponse) -> Option<String> {
    if seen.status != transcript.status {
        return Some(format!("status {:?} instead of {:?}: {}", seen.status, transcript.status, seen.body));
    }
    let recorded = media_type(transcript.header("content-type"));
    if seen.media != recorded {
        return Some(format!("type {:?} instead of {recorded:?}", seen.media));
    }
    if seen.whole != (transcript.end == TranscriptEnd::Complete) {
        return Some(format!("whole: {}, recorded {:?}", seen.whole, transcript.end));
    }
    if transcript.method == "HEAD" || !recorded.contains("json") {
        return (seen.body != transcript.body).then(|| format!("{:?} instead of {:?}", seen.body, transcript.body));
    }
    if transcript.path == "/api/show" && transcript.status == Some(200) {
        let strip = |body: &str| {
            let mut all: Value = serde_json::from_str(body).unwrap_or_default();
            let fields = all.as_object_mut().expect("an object");
            OPTIONAL_SHOW_FIELDS.iter().for_each(|f| drop(fields.remove(*f)));
            json_type(&all)
        };
        let (ours, theirs) = (strip(&seen.body), strip(&transcript.body));
        return (ours != theirs).then(|| format!("{ours} instead of {theirs}"));
    }
    let (ours, theirs) = (json_types(&seen.body), json_types(&transcript.body));
    (ours != theirs).then(|| format!("{ours:#?} instead of {theirs:#?}"))
}

#[tokio::test]
async fn answers_like_the_recorded_servers() {
    let all = load_transcripts();
    let (mut same, mut same_words, mut errors, mut left_out, mut different) = (0, 0, 0, Vec::new(), Vec::new());
    for transcript in &all {
        if let Some(why) = unsupported_reason(transcript) {
            left_out.push((transcript.name.as_str(), why));
            continue;
        }
        let sim = simulator_for(transcript).await;
        let seen = send_request(&sim, transcript).await;
        match difference(transcript, &seen) {
            None => same += 1,
            Some(words) => different.push(format!("{}: {words}", transcript.name)),
        }
        let error = |body: &str| {
            body.lines()
                .last()
                .and_then(|l| serde_json::from_str::<Value>(l).ok())
                .and_then(|l| l["error"].as_str().map(str::to_owned))
        };
        if let Some(recorded) = error(&transcript.body) {
            errors += 1;
            same_words += usize::from(error(&seen.body) == Some(recorded));
        }
    }
    println!(
        "{same} of {} recorded exchanges answered alike; of {errors} errors {same_words} in the same words",
        all.len()
    );
    println!("not simulated: {}", left_out.len());
    left_out.iter().for_each(|(name, why)| println!("  {name}: {why}"));
    assert!(different.is_empty(), "answered differently:\n{}", different.join("\n"));
}

#[tokio::test]
async fn memory_follows_keep_alive() {
    use gleaner::{
        domain::time::Timestamp,
        server::clock::{Clock, FakeClock},
    };
    let clock = FakeClock::at(Timestamp(1_772_366_400));
    let sim =
        Simulator::start_with(SimulatorSettings { clock: Clock::Fake(clock.clone()), ..SimulatorSettings::default() })
            .await
            .expect("a simulator");
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let load = async |keep_alive: Value| {
        let body = json!({"model": "qwen3:8b", "messages": [], "keep_alive": keep_alive}).to_string();
        http.post(format!("{}/api/chat", sim.url)).body(body).send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(load(json!("1m")).await, 200);
    clock.advance(Duration::from_secs(59));
    assert_eq!(sim.loaded(), ["qwen3:8b"]);
    clock.advance(Duration::from_secs(2));
    assert!(sim.loaded().is_empty());
    assert_eq!(load(json!(-1)).await, 200);
    assert_eq!(load(Value::Null).await, 200);
    clock.advance(Duration::from_secs(1_000_000));
    assert_eq!(sim.loaded(), ["qwen3:8b"], "for ever stays for ever");
    assert_eq!(load(json!(0)).await, 200);
    assert!(sim.loaded().is_empty());
    for bad in [json!("5x"), json!(""), json!(true), json!("300")] {
        assert_eq!(load(bad.clone()).await, 400, "{bad}");
    }
}

#[tokio::test]
async fn the_control_takes_commands() {
    let mut sim = Simulator::start().await.expect("a simulator");
    let client = reqwest::Client::new();
    let control = sim.enable_control().await.expect("a port");
    let version = async || client.get(format!("{}/api/version", sim.url)).send().await;
    let tell = async |command: Value| {
        let body = command.to_string();
        let answer = client.post(&control).header("content-type", "application/json").body(body).send().await;
        answer.expect("it listens").status().as_u16()
    };
    assert_eq!(tell(json!({"do": "install", "name": "x:1b", "size": 5_000})).await, 200);
    assert_eq!(sim.installed(), ["x:1b", "qwen3:8b"]);
    assert_eq!(tell(json!({"do": "remove", "name": "x:1b"})).await, 200);
    assert_eq!(sim.installed(), ["qwen3:8b"]);
    assert_eq!(tell(json!({"do": "down"})).await, 200);
    assert!(version().await.is_err());
    assert_eq!(tell(json!({"do": "up"})).await, 200);
    assert!(version().await.is_ok());
    assert_eq!(tell(json!({"do": "dance"})).await, 422);
}

/// What only the tests have: the words of scripts and commands, beside one of the simulated Ollama itself.
#[test]
fn the_program_has_no_control() {
    let program = std::fs::read(env!("CARGO_BIN_EXE_gleaner")).expect("the program");
    let program = String::from_utf8_lossy(&program);
    let contains = |text: &str| program.contains(text);
    assert!(contains("the input length exceeds the context length"), "the simulated Ollama is in the program");
    for text in ["fail_pull", "tick_ms", "RecordedRequest", "ReplyScripts", "simulator-control"] {
        assert!(!contains(text), "the program contains {text:?}");
    }
}

#[tokio::test]
async fn the_demo_serves_ollamas_calls_and_nothing_else() {
    let ollama = SimulatedOllama::start(demo::simulator_settings()).await.expect("a port");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let version = client.get(format!("{}/api/version", ollama.url)).send().await.expect("it answers");
    assert_eq!(version.status().as_u16(), 200);
    let unknown: Vec<&str> = version
        .headers()
        .keys()
        .map(|name| name.as_str())
        .filter(|name| !["content-type", "content-length", "date"].contains(name))
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    for path in ["/control", "/", "/api/control", "/requests"] {
        let answer = client.post(format!("{}{path}", ollama.url)).body(r#"{"do":"down"}"#).send().await;
        let status = answer.expect("it answers").status().as_u16();
        assert!([404, 405].contains(&status), "{path}: {status}");
    }
}
