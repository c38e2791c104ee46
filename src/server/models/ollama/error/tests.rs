use super::{OllamaError, extract_message};
use serde_json::json;
use std::time::Duration;

fn classify(status: u16, error: &str) -> OllamaError {
    OllamaError::from_response(status, true, json!({ "error": error }).to_string().as_bytes(), None)
}

#[test]
fn by_status() {
    let wait = Some(Duration::from_secs(7));
    for (status, json, body, code) in [
        (401, true, r#"{"error":"unauthorized","signin_url":"https://ollama.com/connect?x"}"#, "auth"),
        (401, false, "<html>login</html>", "auth"),
        (403, false, "", "forbidden_host"),
        (403, true, r#"{"error":"ollama cloud is disabled: remote model is unavailable"}"#, "forbidden"),
        (404, false, "404 page not found", "not_ollama"),
        (405, false, "405 method not allowed", "not_ollama"),
        (404, true, r#"{"error":"model 'x' not found"}"#, "model_missing"),
        (301, false, "<a href>", "not_ollama"),
        (429, false, "slow down", "gateway"),
        (502, true, r#"{"error":"upstream"}"#, "gateway"),
        (504, false, "<html>", "gateway"),
        (503, true, r#"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#, "busy"),
        (499, true, r#"{"error":"request canceled"}"#, "cancelled"),
        (500, false, "", "server"),
        (500, true, "not json", "not_ollama"),
    ] {
        let error = OllamaError::from_response(status, json, body.as_bytes(), wait);
        assert_eq!(error.code(), code, "{status} {body}");
        let waits = matches!(code, "gateway" | "busy");
        assert_eq!(error.retry_after(), waits.then_some(Duration::from_secs(7)));
    }
}

#[test]
fn by_error_text() {
    for (status, text, code, transient) in [
        (400, "\"x\" does not support thinking", "think_unsupported", false),
        (400, "\"x\" does not support chat", "chat_unsupported", false),
        (400, "the input length exceeds the context length", "overflow", false),
        (400, "the prompt is longer than the context length currently available to the model; …", "overflow", false),
        (
            400,
            r#"{"error":{"code":400,"message":"request (9 tokens) exceeds the available context size","type":"exceed_context_size_error"}}"#,
            "overflow",
            false,
        ),
        (400, "invalid model name", "bad_request", false),
        (500, "model requires more system memory (47.7 GiB) than is available (22.2 GiB)", "out_of_memory", false),
        (
            500,
            "llama-server process has terminated: exit status 1: ggml failed to allocate buffer",
            "out_of_memory",
            false,
        ),
        (500, "llama runner process has terminated: exit status 2", "runner_crashed", true),
        (500, "an error was encountered while running the model: unexpected EOF", "runner_crashed", true),
        (500, "option \"num_ctx\" must be of type integer", "bad_request", false),
        (500, "invalid format: \"yaml\"", "bad_request", false),
        (500, "something with 429 and 503 in it", "server", false),
    ] {
        let error = classify(status, text);
        assert_eq!((error.code(), error.is_transient()), (code, transient), "{text}");
    }
}

#[test]
fn sign_in_only_at_ollama_com() {
    for (url, kept) in [
        ("https://ollama.com/connect", true),
        ("http://ollama.com/x", false),
        ("https://evil.example/", false),
        ("javascript:1", false),
    ] {
        let body = json!({"error": "unauthorized", "signin_url": url}).to_string();
        let OllamaError::Auth { signin_url } = OllamaError::from_response(401, true, body.as_bytes(), None) else {
            panic!("auth")
        };
        assert_eq!(signin_url.is_some(), kept, "{url}");
    }
}

#[test]
fn texts_are_unwrapped_and_short() {
    assert_eq!(extract_message(&json!({"message": "m", "type": "t"})), "m");
    assert_eq!(extract_message(&json!("{\"error\":{\"message\":\"deep\",\"type\":\"kind\"}}")), "deep (kind)");
    assert_eq!(extract_message(&json!("a\n\n  b")), "a b");
    assert!(extract_message(&json!("x".repeat(5000))).chars().count() <= 301);
    assert_eq!(
        OllamaError::from_error_line(&json!("bad think"), Some(&json!(400))),
        OllamaError::BadRequest("bad think".into())
    );
}
