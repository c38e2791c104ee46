//! Differences of engines with OpenAI's API: response formats, ends of answers, and failures.

use super::ollama_client::ollama_config;
use crate::support::openai_simulator::{
    Engine, OpenAiSimulator, RawReply, SERVED_MODEL, asked_schema, stream_of, whole,
};
use gleaner::domain::thinking::ThinkingLevel;
use gleaner::server::{
    clock::Clock,
    config::{OllamaConfig, Secret},
    models::{
        ollama::{
            client::ChatAnswer,
            error::OllamaError,
            wire::{ChatOptions, ChatRequest, Message},
        },
        openai::{address, client::OpenAiClient, response_format::ResponseFormat},
        resilience::retry_policy::RetryPolicy,
    },
};
use serde_json::json;
use std::time::Duration;

fn client_of(sim: &OpenAiSimulator, format: Option<ResponseFormat>) -> OpenAiClient {
    let config = OllamaConfig {
        host: address::parse(&sim.url).expect("an address"),
        bearer_token: Some(Secret("key".into())),
        retries: 0,
        ..ollama_config(&sim.url)
    };
    OpenAiClient::new(config, Clock::System, true, format)
}

fn request(stream: bool) -> ChatRequest {
    ChatRequest {
        model: SERVED_MODEL.into(),
        messages: vec![Message::new("system", "Judge."), Message::new("user", "Looms.")],
        stream,
        format: Some(json!({ "type": "object", "properties": { "interest": { "type": "integer" } } })),
        think: Some(ThinkingLevel::Off),
        truncate: Some(false),
        keep_alive: None,
        options: ChatOptions { num_predict: Some(64), temperature: Some(0.2), seed: Some(7), ..ChatOptions::default() },
    }
}

async fn ask(client: &OpenAiClient, stream: bool) -> Result<ChatAnswer, OllamaError> {
    client.chat(&request(stream), RetryPolicy::Quick).await
}

#[tokio::test]
async fn a_probe_finds_how_each_engine_is_asked_for_json_once() {
    for (name, engine, format, context) in [
        ("vLLM", Engine::vllm(), ResponseFormat::JsonSchema, Some(8192)),
        ("vLLM before 0.6", Engine::old_vllm(), ResponseFormat::GuidedJson, Some(8192)),
        ("llama.cpp", Engine::llama_cpp(), ResponseFormat::JsonSchema, Some(4096)),
        ("LM Studio", Engine::lm_studio(), ResponseFormat::JsonSchema, None),
        ("only json_object", Engine::json_object_only(), ResponseFormat::JsonObject, Some(2048)),
        ("nothing", Engine::plain_only(), ResponseFormat::Plain, None),
    ] {
        let sim = OpenAiSimulator::start(engine).await;
        let client = client_of(&sim, None);
        let served = client.list_models().await.expect(name).remove(0);
        assert_eq!(served.id.as_str(), SERVED_MODEL, "{name}");
        assert_eq!(client.find_context_length(&served).await, context, "{name}");
        for stream in [false, true, false] {
            let answer = ask(&client, stream).await.expect(name);
            assert!(answer.complete && answer.content.contains("interest"), "{name}: {answer:?}");
            assert_eq!((answer.metrics.prompt_eval_count, answer.metrics.eval_count), (Some(300), Some(20)), "{name}");
        }
        assert_eq!(client.response_format(), Some(format), "{name}");
        let chats = sim.chats();
        assert_eq!(chats.len(), 3, "{name}: probed once");
        assert!(
            chats.iter().all(|chat| asked_schema(&chat.body) == request(false).format.expect("a schema")),
            "{name}"
        );
        assert!(chats.iter().all(|chat| chat.authorization.as_deref() == Some("Bearer key")), "{name}");
    }
}

#[tokio::test]
async fn a_stored_response_format_that_is_refused_later_is_probed_again() {
    let sim = OpenAiSimulator::start(Engine::json_object_only()).await;
    let client = client_of(&sim, Some(ResponseFormat::JsonSchema));
    ask(&client, false).await.expect("an answer");
    assert_eq!(client.response_format(), Some(ResponseFormat::JsonObject));
    let body = &sim.chats()[1].body;
    assert_eq!((&body["max_tokens"], &body["seed"], &body["stream"]), (&json!(64), &json!(7), &json!(false)));
    assert_eq!(body["response_format"], json!({ "type": "json_object" }));
}

#[tokio::test]
async fn ollama_is_recognized() {
    for (engine, is_ollama) in [(Engine::ollama(), true), (Engine::llama_cpp(), false), (Engine::vllm(), false)] {
        let sim = OpenAiSimulator::start(engine).await;
        assert_eq!(client_of(&sim, None).is_ollama().await, is_ollama);
    }
}

/// One row for each way in which engines answer.
#[tokio::test]
async fn how_answers_end() {
    let piece = |text: &str, end: &str| {
        format!("data: {{\"choices\":[{{\"delta\":{{\"content\":{text:?}}},\"finish_reason\":{end}}}]}}\n\n")
    };
    let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n";
    let whole_with = |end: &str| whole("{}").to_string().replace("\"stop\"", &format!("{end:?}"));
    let busy = |seconds: Option<u64>| OllamaError::Busy { retry_after: seconds.map(Duration::from_secs) };
    let server = |text: &str| OllamaError::Server(text.to_owned());
    /// Name, whether it streams, the reply, and whether it was complete with its output tokens.
    type AnswerCase = (&'static str, bool, RawReply, Result<(bool, Option<i64>), OllamaError>);
    let cases: Vec<AnswerCase> = vec![
        ("whole", false, RawReply::new(200, whole("{}").to_string()), Ok((true, Some(20)))),
        (
            "no usage",
            false,
            RawReply::new(200, r#"{"choices":[{"message":{"content":"{}"},"finish_reason":"stop"}]}"#),
            Ok((true, None)),
        ),
        ("length", false, RawReply::new(200, whole_with("length")), Ok((false, Some(20)))),
        (
            "filtered",
            false,
            RawReply::new(200, whole_with("content_filter")),
            Err(OllamaError::BadAnswer("withheld by a content filter".into())),
        ),
        ("aborted", false, RawReply::new(200, whole_with("abort")), Err(OllamaError::CutOff)),
        (
            "error in a 200",
            false,
            RawReply::new(200, r#"{"error":{"message":"boom","code":500}}"#),
            Err(server("boom")),
        ),
        ("not JSON", false, RawReply::new(502, "<html>"), Err(OllamaError::Gateway { status: 502, retry_after: None })),
        ("stream", true, RawReply::new(200, stream_of("{}")), Ok((true, Some(20)))),
        (
            "comments and usage",
            true,
            RawReply::new(200, format!(": ping\n\n{}{usage}", piece("{}", "\"stop\""))),
            Ok((true, Some(2))),
        ),
        (
            "length in a stream",
            true,
            RawReply::new(200, format!("{}{usage}", piece("{", "\"length\""))),
            Ok((false, Some(2))),
        ),
        ("no finish_reason", true, RawReply::new(200, format!("{}{usage}", piece("{}", "null"))), Ok((true, Some(2)))),
        ("no [DONE]", true, RawReply::new(200, piece("{}", "\"stop\"")), Ok((true, None))),
        ("a stream without an end", true, RawReply::new(200, piece("{}", "null")), Err(OllamaError::CutOff)),
        (
            "a broken stream",
            true,
            RawReply { is_cut: true, ..RawReply::new(200, piece("{}", "null")) },
            Err(OllamaError::CutOff),
        ),
        ("an empty stream", true, RawReply::new(200, "data: [DONE]\n\n"), Err(OllamaError::CutOff)),
        (
            "vLLM's error in a stream",
            true,
            RawReply::new(
                200,
                format!(
                    "{}data: {{\"object\":\"error\",\"message\":\"EngineCore died\",\"code\":500}}\n\ndata: [DONE]\n\n",
                    piece("{", "null")
                ),
            ),
            Err(server("EngineCore died")),
        ),
        (
            "an error object in a stream",
            true,
            RawReply::new(
                200,
                format!(
                    "{}data: {{\"error\":{{\"message\":\"the request exceeds the available context size\",\"code\":400}}}}\n\n",
                    piece("{", "null")
                ),
            ),
            Err(OllamaError::Overflow),
        ),
        (
            "old llama.cpp's error line",
            true,
            RawReply::new(200, format!("{}error: {{\"code\":500,\"message\":\"slot lost\"}}\n\n", piece("{", "null"))),
            Err(server("slot lost")),
        ),
        (
            "LM Studio's event",
            true,
            RawReply::new(200, "event: error\ndata: {\"error\":{\"message\":\"The model has crashed\"}}\n\n"),
            Err(server("The model has crashed")),
        ),
        (
            "loading",
            false,
            RawReply::new(503, r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#),
            Err(busy(None)),
        ),
        (
            "too many requests",
            true,
            RawReply { retry_after: Some("3"), ..RawReply::new(429, "{}") },
            Err(busy(Some(3))),
        ),
        ("full", false, RawReply { retry_after: Some("20"), ..RawReply::new(503, "") }, Err(busy(Some(20)))),
    ];
    for (name, stream, reply, expected) in cases {
        let sim = OpenAiSimulator::start(Engine::vllm()).await;
        // A cut answer is asked for a second time.
        sim.always(reply);
        let answer = ask(&client_of(&sim, Some(ResponseFormat::JsonSchema)), stream).await;
        let found = answer.map(|answer| (answer.complete, answer.metrics.eval_count));
        assert_eq!(found, expected, "{name}");
    }
}

#[tokio::test]
async fn reasoning_is_separated_and_speed_is_read() {
    let sim = OpenAiSimulator::start(Engine::llama_cpp()).await;
    sim.script(RawReply::new(
        200,
        json!({
            "choices": [{ "message": { "content": "{}", "reasoning_content": "hmm" }, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 5, "completion_tokens": 40 },
            "timings": { "prompt_ms": 100.0, "predicted_ms": 2000.0, "predicted_n": 40 },
        })
        .to_string(),
    ));
    let answer = ask(&client_of(&sim, Some(ResponseFormat::JsonSchema)), false).await.expect("an answer");
    assert_eq!((answer.content.as_str(), answer.thinking.as_str()), ("{}", "hmm"));
    assert_eq!(answer.metrics.tokens_per_second(), Some(20.0));
}

#[tokio::test]
async fn unreachable_servers_are_named() {
    let sim = OpenAiSimulator::start(Engine::vllm()).await;
    let client = client_of(&sim, Some(ResponseFormat::JsonSchema));
    sim.shut_down().await;
    assert_eq!(client.list_models().await, Err(OllamaError::Refused));
    assert!(matches!(ask(&client, false).await, Err(OllamaError::Refused)));
    sim.restart().await.expect("the same port");
    assert!(ask(&client, false).await.is_ok(), "it is back");
}
