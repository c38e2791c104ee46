//! The client with the simulated Ollama and with servers that violate the protocol: the cases of ollama-api.md §8.

use crate::support::simulator::{Endpoint, ModelSpec, RequestOutcome, ScriptedReply, Simulator, SimulatorSettings};
use crate::support::test_app::test_config;
use gleaner::{
    domain::{thinking::ThinkingLevel, time::Timestamp},
    server::{
        clock::{Clock, FakeClock},
        config::{OllamaConfig, Secret},
        models::ollama::{
            client::{ChatChunk, DeleteOutcome, OllamaClient},
            error::OllamaError,
            wire::{ChatOptions, ChatRequest, KeepAlive, Message},
        },
    },
};
use serde_json::json;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

pub(super) fn ollama_config(url: &str) -> OllamaConfig {
    let mut config = test_config(std::path::Path::new("/nonexistent")).ollama;
    config.host = url.parse().expect("a URL");
    config
}

pub(super) fn client(url: &str) -> OllamaClient {
    OllamaClient::new(&ollama_config(url), Clock::System)
}

pub(super) fn chat_request(model: &str) -> ChatRequest {
    ChatRequest {
        model: model.into(),
        messages: vec![Message::new("system", "Be brief."), Message::new("user", "Title: A telescope\n\nIt is new.")],
        stream: true,
        format: None,
        think: Some(ThinkingLevel::Off),
        truncate: Some(false),
        keep_alive: KeepAlive::parse("15m"),
        options: ChatOptions {
            num_ctx: Some(8192),
            num_predict: Some(400),
            temperature: Some(0.0),
            top_p: None,
            seed: Some(1),
        },
    }
}

/// A server that sends these bytes, whatever is asked, and closes.
async fn raw_server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = vec![0; 65_536];
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    url
}

#[tokio::test]
async fn all_requests_of_the_settings_page() {
    let sim = Simulator::start().await.expect("a simulator");
    let ollama = client(&sim.url);
    assert_eq!(ollama.version().await, Ok("0.33.0".into()));
    let tags = ollama.list_installed().await.expect("tags");
    assert_eq!(tags.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["qwen3:8b"]);
    assert_eq!(tags[0].size, 5_225_388_164);
    assert!(ollama.list_running().await.expect("ps").is_empty());
    let show = ollama.show(&"qwen3:8b".into()).await.expect("show");
    assert_eq!(show.architecture_value("context_length"), Some(40_960));
    assert_eq!(ollama.show(&"nosuch".into()).await.map(drop).map_err(|e| e.code()), Err("model_missing"));
    ollama.load(&"qwen3:8b".into(), chat_request("x").options, KeepAlive::Seconds(60)).await.expect("loaded");
    let ps = ollama.list_running().await.expect("ps");
    assert_eq!((ps[0].name.as_str(), ps[0].context_length), ("qwen3:8b", Some(8192)));
    ollama.unload(&"qwen3:8b".into()).await.expect("unloaded");
    assert!(sim.loaded().is_empty());
    assert_eq!(ollama.delete(&"qwen3:8b".into()).await, Ok(DeleteOutcome::Deleted));
    assert_eq!(ollama.delete(&"qwen3:8b".into()).await, Ok(DeleteOutcome::AlreadyGone), "gone is gone");
}

#[tokio::test]
async fn an_answer_is_the_same_streamed_and_whole() {
    let sim = Simulator::start().await.expect("a simulator");
    let ollama = client(&sim.url);
    let streamed = ollama.chat(&chat_request("qwen3:8b")).await.expect("an answer");
    let whole = ollama.chat(&ChatRequest { stream: false, ..chat_request("qwen3:8b") }).await.expect("an answer");
    assert!(streamed.content.contains("A telescope") && streamed.complete);
    assert_eq!((streamed.content, streamed.done_reason), (whole.content, whole.done_reason));
    assert!(whole.metrics.total_duration.is_some());
    assert_eq!(sim.loads(), 1, "the same options load once");
}

#[tokio::test]
async fn requests_carry_a_length_the_token_and_nothing_of_a_browser() {
    let sim = Simulator::start().await.expect("a simulator");
    let ollama = OllamaClient::new(
        &OllamaConfig { bearer_token: Some(Secret("s3cret".into())), ..ollama_config(&sim.url) },
        Clock::System,
    );
    ollama.chat(&chat_request("qwen3:8b")).await.expect("an answer");
    let asked = &sim.requests_of(Endpoint::Chat)[0];
    assert_eq!(asked.headers["content-length"].to_str().expect("text"), asked.text.len().to_string());
    assert_eq!(asked.headers["authorization"].to_str().expect("text"), "Bearer s3cret");
    for absent in ["transfer-encoding", "origin", "cookie", "referer", "accept-encoding"] {
        assert!(!asked.headers.contains_key(absent), "{absent}");
    }
    assert_eq!(asked.body["options"], json!({"num_ctx": 8192, "num_predict": 400, "temperature": 0.0, "seed": 1}));
    assert_eq!(
        (&asked.body["think"], &asked.body["truncate"], &asked.body["keep_alive"]),
        (&json!(false), &json!(false), &json!("15m"))
    );
    assert!(!format!("{ollama:?}").contains("s3cret"));
}

#[tokio::test]
async fn failures_of_chats() {
    let sim = Simulator::start().await.expect("a simulator");
    sim.install(ModelSpec::new("embedder", 1000).with_capabilities(&["embedding"]));
    sim.install(ModelSpec::new("plain", 1000));
    let ollama = client(&sim.url);
    let crash = "an error was encountered while running the model: unexpected EOF";
    for (act, stream, word) in [
        (ScriptedReply::Fail(2, crash.into()), true, "runner_crashed"),
        (ScriptedReply::Fail(2, crash.into()), false, "runner_crashed"),
        (ScriptedReply::Cut(2), true, "cut_off"),
        (ScriptedReply::Stop(2), true, "cut_off"),
        (ScriptedReply::Stop(2), false, "cut_off"),
        (
            ScriptedReply::Status(503, "server busy, please try again.  maximum pending requests exceeded".into()),
            true,
            "busy",
        ),
        (
            ScriptedReply::Status(500, "model requires more system memory (9 GiB) than is available (8 GiB)".into()),
            true,
            "out_of_memory",
        ),
        (ScriptedReply::Status(400, "the input length exceeds the context length".into()), true, "overflow"),
        (ScriptedReply::Status(403, "ollama cloud is disabled: remote model is unavailable".into()), true, "forbidden"),
        (
            ScriptedReply::Raw { status: 403, content_type: String::new(), body: String::new(), retry_after: None },
            true,
            "forbidden_host",
        ),
        (
            ScriptedReply::Raw {
                status: 401,
                content_type: "text/html".into(),
                body: "<h1>Login".into(),
                retry_after: None,
            },
            true,
            "auth",
        ),
        (
            ScriptedReply::Raw {
                status: 504,
                content_type: "text/html".into(),
                body: "<h1>504".into(),
                retry_after: Some(9),
            },
            true,
            "gateway",
        ),
        (
            ScriptedReply::Raw {
                status: 200,
                content_type: "text/html".into(),
                body: "<h1>Hi".into(),
                retry_after: None,
            },
            true,
            "not_ollama",
        ),
        (
            ScriptedReply::Raw {
                status: 200,
                content_type: "application/x-ndjson".into(),
                body: "{\"done\":what".into(),
                retry_after: None,
            },
            true,
            "bad_answer",
        ),
        (
            ScriptedReply::Raw { status: 500, content_type: String::new(), body: String::new(), retry_after: None },
            true,
            "server",
        ),
    ] {
        sim.script(Endpoint::Chat, act.clone());
        let error = ollama.chat(&ChatRequest { stream, ..chat_request("qwen3:8b") }).await.expect_err("a failure");
        assert_eq!(error.code(), word, "{act:?} streamed {stream}");
        if word == "gateway" {
            assert_eq!(error.retry_after(), Some(Duration::from_secs(9)));
        }
    }
    for (model, think, word) in [
        ("nosuch", Some(ThinkingLevel::Off), "model_missing"),
        ("embedder", None, "chat_unsupported"),
        ("plain", Some(ThinkingLevel::On), "think_unsupported"),
        ("a b", None, "bad_request"),
    ] {
        let error = ollama.chat(&ChatRequest { think, ..chat_request(model) }).await.expect_err("a refusal");
        assert_eq!(error.code(), word, "{model}");
    }
    assert!(ollama.chat(&chat_request("qwen3:8b")).await.is_ok(), "the next call works");
}

#[tokio::test]
async fn text_of_the_last_line_counts_and_thinking_does_not() {
    let sim = Simulator::start().await.expect("a simulator");
    let ollama = client(&sim.url);
    let last = "{\"message\":{\"content\":\"a\"}}\r\n\r\n{\"message\":{\"content\":\"b\",\"thinking\":\"t\"},\"done\":true,\"done_reason\":\"stop\"}";
    sim.script(
        Endpoint::Chat,
        ScriptedReply::Raw {
            status: 200,
            content_type: "application/x-ndjson".into(),
            body: last.into(),
            retry_after: None,
        },
    );
    let answer = ollama.chat(&chat_request("qwen3:8b")).await.expect("an answer");
    assert_eq!((answer.content.as_str(), answer.thinking.as_str()), ("ab", "t"));
    sim.script(Endpoint::Chat, ScriptedReply::Think("long thoughts about it".into(), String::new()));
    let mut cut = chat_request("qwen3:8b");
    cut.options.num_predict = Some(3);
    let answer = ollama.chat(&cut).await.expect("an answer");
    assert!(answer.content.is_empty() && !answer.thinking.is_empty() && !answer.complete);
}

#[tokio::test]
async fn other_programs_are_recognized() {
    for (answer, word) in [
        ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi", "not_ollama"),
        ("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno", "not_ollama"),
        (
            "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"error\":\"x\"}",
            "not_ollama",
        ),
        ("HTTP/1.1 301 Moved\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n", "not_ollama"),
        ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", "bad_answer"),
        ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{}", "broken"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "broken"),
        ("", "broken"),
    ] {
        let error = client(&raw_server(answer).await).version().await.expect_err("not Ollama");
        assert_eq!(error.code(), word, "{answer}");
    }
    for version in ["0.0.0", "0.33.0-rc2", "banana"] {
        let sim = Simulator::start_with(SimulatorSettings { version: version.into(), ..SimulatorSettings::default() })
            .await
            .expect("a simulator");
        assert_eq!(client(&sim.url).version().await, Ok(version.into()));
    }
}

#[tokio::test]
async fn closed_ports_and_unknown_hosts_are_distinguished() {
    let started = std::time::Instant::now();
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("bound");
    assert_eq!(client(&format!("http://{free}")).version().await, Err(OllamaError::Refused));
    assert_eq!(client("http://no-such-host.invalid:11434").version().await.map_err(|e| e.code()), Err("dns"));
    let sim = Simulator::start().await.expect("a simulator");
    let secure = sim.url.replace("http://", "https://");
    assert_eq!(client(&secure).version().await.map_err(|e| e.code()), Err("tls"));
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_path_prefix_is_kept() {
    let sim = Simulator::start().await.expect("a simulator");
    let error = client(&format!("{}/ollama", sim.url)).version().await.expect_err("no such path");
    assert_eq!(error, OllamaError::NotOllama { status: 404 });
    assert_eq!(sim.requests()[0].path, "/ollama/api/version");
}

#[tokio::test]
async fn a_cold_load_of_eight_minutes_is_waited_for() {
    let clock = FakeClock::at(Timestamp(1_772_366_400));
    let settings = SimulatorSettings {
        clock: Clock::Fake(clock.clone()),
        load_time: Duration::from_secs(480),
        ..SimulatorSettings::default()
    };
    let sim = Simulator::start_with(settings).await.expect("a simulator");
    let ollama = OllamaClient::new(&ollama_config(&sim.url), Clock::Fake(clock.clone()));
    let asking = tokio::spawn(async move { ollama.chat(&chat_request("qwen3:8b")).await });
    sim.wait_until(|all| !all.is_empty()).await;
    for _ in 0..48 {
        clock.advance(Duration::from_secs(10));
        tokio::task::yield_now().await;
    }
    // The simulator may have begun its wait after the first steps; the rest of them brings it to its end.
    while !asking.is_finished() {
        clock.advance(Duration::from_secs(1));
        tokio::task::yield_now().await;
        assert!(Clock::Fake(clock.clone()).now().0 < 1_772_366_400 + 590, "no answer before the limit");
    }
    assert!(asking.await.expect("the task").is_ok());
    assert_eq!((sim.loads(), sim.requests().len()), (1, 1));
}

#[tokio::test]
async fn a_disconnect_during_a_load_aborts_it() {
    let sim = Simulator::start_with(SimulatorSettings {
        load_time: Duration::from_secs(600),
        ..SimulatorSettings::default()
    })
    .await
    .expect("a simulator");
    let ollama = client(&sim.url);
    let asking = tokio::spawn(async move { ollama.chat(&chat_request("qwen3:8b")).await });
    sim.wait_until(|all| !all.is_empty()).await;
    asking.abort();
    sim.wait_until(|all| all[0].outcome == RequestOutcome::Left).await;
    assert_eq!(sim.loads(), 0);
}

#[tokio::test]
async fn silence_ends_at_its_timeouts() {
    let sim = Simulator::start().await.expect("a simulator");
    let mut config = ollama_config(&sim.url);
    config.first_byte_timeout = Duration::from_millis(50);
    config.idle_timeout = Duration::from_millis(50);
    let ollama = OllamaClient::new(&config, Clock::System);
    // One that is not in memory is taken to be on its way there.
    client(&sim.url).load(&"qwen3:8b".into(), chat_request("x").options, KeepAlive::Seconds(60)).await.expect("loaded");
    sim.script(Endpoint::Chat, ScriptedReply::Hang);
    assert_eq!(ollama.chat(&chat_request("qwen3:8b")).await, Err(OllamaError::FirstByteTimeout));
    sim.script(Endpoint::Chat, ScriptedReply::Stall(2));
    assert_eq!(ollama.chat(&chat_request("qwen3:8b")).await, Err(OllamaError::IdleTimeout));
    sim.wait_until(|all| all.iter().filter(|r| r.outcome == RequestOutcome::Left).count() == 2).await;
}

#[tokio::test]
async fn a_stream_can_be_dropped_in_the_middle() {
    let sim = Simulator::start_with(SimulatorSettings {
        token_time: Duration::from_millis(5),
        ..SimulatorSettings::default()
    })
    .await
    .expect("a simulator");
    let mut stream = client(&sim.url).chat_stream(&chat_request("qwen3:8b")).await.expect("a stream");
    assert!(matches!(stream.next().await, Ok(Some(ChatChunk::Text(_)))));
    drop(stream);
    sim.wait_until(|all| all[0].outcome == RequestOutcome::Left).await;
}

#[tokio::test]
async fn a_connection_closed_before_the_answer_is_retried_once() {
    let sim = Simulator::start().await.expect("a simulator");
    let ollama = client(&sim.url);
    sim.script(Endpoint::Version, ScriptedReply::Reset);
    assert_eq!(ollama.version().await, Ok("0.33.0".into()));
    sim.script(Endpoint::Version, ScriptedReply::Reset);
    sim.script(Endpoint::Version, ScriptedReply::Reset);
    assert_eq!(ollama.version().await.map_err(|e| e.code()), Err("broken"));
}

#[tokio::test]
async fn a_server_that_dies_and_comes_back() {
    let mut sim = Simulator::start().await.expect("a simulator");
    let ollama = client(&sim.url);
    ollama.chat(&chat_request("qwen3:8b")).await.expect("an answer");
    sim.shut_down().await;
    assert_eq!(ollama.version().await, Err(OllamaError::Refused));
    sim.restart().await.expect("the same port");
    assert!(ollama.list_running().await.expect("ps").is_empty(), "memory is gone");
    assert_eq!(sim.installed(), ["qwen3:8b"]);
}

#[tokio::test]
async fn an_endless_answer_is_ended() {
    let sim = Simulator::start().await.expect("a simulator");
    let body = " ".repeat(9 * 1024 * 1024);
    sim.script(
        Endpoint::Chat,
        ScriptedReply::Raw {
            status: 200,
            content_type: "application/x-ndjson".into(),
            body: body.clone(),
            retry_after: None,
        },
    );
    assert_eq!(client(&sim.url).chat(&chat_request("qwen3:8b")).await.map_err(|e| e.code()), Err("too_large"));
    sim.script(
        Endpoint::Version,
        ScriptedReply::Raw { status: 200, content_type: "application/json".into(), body, retry_after: None },
    );
    assert_eq!(client(&sim.url).version().await.map_err(|e| e.code()), Err("too_large"));
}
