//! The sixty conformance cases of a client of Ollama (ollama-api.md §8), one short test for each under its number. Other tests cover
//! many of them in detail.

mod chat;
mod delete_and_show;
mod health;
mod pull;
mod scoring;

use crate::support::simulator::ScriptedReply;
use crate::support::test_app::test_config;
use gleaner::domain::thinking::ThinkingLevel;
use gleaner::server::{
    clock::Clock,
    config::OllamaConfig,
    models::ollama::{
        client::OllamaClient,
        wire::{ChatOptions, ChatRequest, KeepAlive, Message},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

fn ollama_config(url: &str) -> OllamaConfig {
    let mut config = test_config(std::path::Path::new("/nonexistent")).ollama;
    config.host = url.parse().expect("a URL");
    config
}

fn client(url: &str) -> OllamaClient {
    OllamaClient::new(&ollama_config(url), Clock::System)
}

fn chat_request() -> ChatRequest {
    ChatRequest {
        model: "qwen3:8b".into(),
        messages: vec![Message::new("user", "Title: A telescope\n\nIt is new.")],
        stream: true,
        format: None,
        think: Some(ThinkingLevel::Off),
        truncate: Some(false),
        keep_alive: KeepAlive::parse("15m"),
        options: ChatOptions { num_ctx: Some(8192), num_predict: Some(400), ..ChatOptions::default() },
    }
}

/// An answer with exactly these bytes.
fn raw_reply(status: u16, content_type: &str, body: &str) -> ScriptedReply {
    ScriptedReply::Raw { status, content_type: content_type.into(), body: body.into(), retry_after: None }
}

fn json_reply(body: &str) -> ScriptedReply {
    raw_reply(200, "application/json", body)
}

fn ndjson_reply(body: &str) -> ScriptedReply {
    raw_reply(200, "application/x-ndjson", body)
}

/// A server that answers whatever is asked with these lines and then holds the connection without a word.
async fn silent_server(lines: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    tokio::spawn(async move {
        let mut held: Vec<TcpStream> = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = vec![0; 65_536];
            let _ = stream.read(&mut buffer).await;
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n";
            let _ = stream.write_all(format!("{head}{lines}").as_bytes()).await;
            held.push(stream);
        }
    });
    url
}
