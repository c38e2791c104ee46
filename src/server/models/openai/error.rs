//! Errors of engines with OpenAI's API, classified into the causes that the Ollama client knows.
//!
//! By the status and `code` or `type` first, then by phrases that the engines are known to use.

use crate::server::models::ollama::error::{OllamaError, extract_message};
use serde_json::Value;
use std::time::Duration;

/// Classifies a response with a status other than 200.
pub fn from_response(status: u16, body: &[u8], retry_after: Option<Duration>) -> OllamaError {
    match serde_json::from_slice(body) {
        Ok(value) => from_error_object(Some(status), &value, retry_after),
        // A page of a proxy, or plain text.
        Err(_) => classify(status, "", "", retry_after),
    }
}

/// Classifies an error inside an answer with status 200: the whole object, or the value of its field `error`.
pub fn from_error_object(status: Option<u16>, body: &Value, retry_after: Option<Duration>) -> OllamaError {
    let error = body.get("error").filter(|error| !error.is_null()).unwrap_or(body);
    let code = error.get("code");
    let numeric = code.and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()));
    let status = status.or_else(|| u16::try_from(numeric?).ok()).unwrap_or(500);
    let word = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default();
    let kind = format!("{} {}", word("code"), word("type")).to_ascii_lowercase();
    // FastAPI, below several engines, answers with `detail`.
    let detail = body.get("detail").map(|detail| detail.as_str().map_or_else(|| detail.to_string(), str::to_owned));
    let message = error.get("message").and_then(Value::as_str).map(str::to_owned).or(detail);
    let message = message.map_or_else(|| extract_message(error), |message| extract_message(&Value::String(message)));
    classify(status, &kind, &message, retry_after)
}

/// Whether an engine refused the way it was asked for JSON, not the request itself.
pub fn is_format_refused(error: &OllamaError) -> bool {
    let OllamaError::BadRequest(text) = error else { return false };
    let text = text.to_ascii_lowercase();
    ["response_format", "response format", "json_schema", "json_object", "guided", "grammar", "schema", "structured"]
        .iter()
        .any(|word| text.contains(word))
}

fn classify(status: u16, kind: &str, message: &str, retry_after: Option<Duration>) -> OllamaError {
    let lower = message.to_ascii_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
    let text = || if message.is_empty() { format!("status {status}") } else { message.to_owned() };
    let is_overflow = kind.contains("context_length_exceeded")
        || kind.contains("exceed_context_size")
        || says(&[
            "maximum context length",
            "context length exceeded",
            "longer than the model's context",
            "exceeds the available context",
            "exceeds the context",
            "exceed context window",
            "exceeds the model's context",
            "maximum model length",
            "context overflow",
            "when context the overflows",
            "input is too long",
        ]);
    let is_model_missing = kind.contains("model_not_found")
        || (lower.contains("model")
            && says(&["does not exist", "not found", "no models loaded", "not loaded", "unknown model"]));
    match status {
        401 | 407 => OllamaError::Auth { signin_url: None },
        // A spent quota does not come back by waiting.
        429 | 402 if status == 402 || kind.contains("insufficient_quota") => OllamaError::Forbidden(text()),
        403 => OllamaError::Forbidden(text()),
        429 | 503 => OllamaError::Busy { retry_after },
        408 | 425 | 502 | 504 | 529 => OllamaError::Gateway { status, retry_after },
        499 => OllamaError::Cancelled,
        _ if is_overflow => OllamaError::Overflow,
        400 | 404 | 422 if is_model_missing => OllamaError::ModelMissing(text()),
        404 | 405 => OllamaError::NotOllama { status },
        400 | 413 | 422 => OllamaError::BadRequest(text()),
        500.. if says(&["out of memory", "cuda error: out", "outofmemory", "failed to allocate"]) => {
            OllamaError::OutOfMemory(text())
        }
        500.. => OllamaError::Server(text()),
        _ => OllamaError::NotOllama { status },
    }
}

#[cfg(test)]
mod tests {
    use super::{OllamaError, from_response, is_format_refused};
    use std::time::Duration;

    #[test]
    fn what_engines_answer() {
        let busy = OllamaError::Busy { retry_after: Some(Duration::from_secs(7)) };
        for (engine, status, body, expected) in [
            (
                "vLLM",
                404,
                r#"{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","param":null,"code":404}"#,
                OllamaError::ModelMissing("The model `x` does not exist.".into()),
            ),
            (
                "vLLM",
                400,
                r#"{"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 9000 tokens.","type":"BadRequestError","code":400}"#,
                OllamaError::Overflow,
            ),
            (
                "vLLM",
                422,
                r#"{"detail":[{"loc":["body","guided_json"],"msg":"extra fields not permitted"}]}"#,
                OllamaError::BadRequest(
                    r#"[{"loc":["body","guided_json"],"msg":"extra fields not permitted"}]"#.into(),
                ),
            ),
            (
                "llama.cpp",
                400,
                r#"{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error","n_ctx":512}}"#,
                OllamaError::Overflow,
            ),
            (
                "llama.cpp",
                503,
                r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
                busy.clone(),
            ),
            (
                "LM Studio",
                400,
                r#"{"error":"'response_format.type' must be 'json_schema' or 'text'"}"#,
                OllamaError::BadRequest("'response_format.type' must be 'json_schema' or 'text'".into()),
            ),
            (
                "LM Studio",
                404,
                r#"{"error":{"message":"No models loaded. Please load a model.","type":"invalid_request_error","code":"model_not_found"}}"#,
                OllamaError::ModelMissing("No models loaded. Please load a model.".into()),
            ),
            (
                "SGLang",
                400,
                r#"{"object":"error","message":"The input (900 tokens) is longer than the model's context length (512 tokens).","type":"BadRequest","code":400}"#,
                OllamaError::Overflow,
            ),
            ("LiteLLM", 429, r#"{"error":{"message":"Rate limit","type":"rate_limit","code":"429"}}"#, busy.clone()),
            (
                "a hosted one",
                429,
                r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#,
                OllamaError::Forbidden("You exceeded your current quota".into()),
            ),
            ("any", 401, r#"{"error":"Unauthorized"}"#, OllamaError::Auth { signin_url: None }),
            ("a proxy", 502, "<html>", OllamaError::Gateway { status: 502, retry_after: Some(Duration::from_secs(7)) }),
            ("another program", 404, "<html>", OllamaError::NotOllama { status: 404 }),
            (
                "any",
                500,
                r#"{"error":{"message":"CUDA out of memory. Tried to allocate"}}"#,
                OllamaError::OutOfMemory("CUDA out of memory. Tried to allocate".into()),
            ),
        ] {
            assert_eq!(
                from_response(status, body.as_bytes(), Some(Duration::from_secs(7))),
                expected,
                "{engine} {status}"
            );
        }
        assert!(is_format_refused(&OllamaError::BadRequest("unknown field guided_json".into())));
        assert!(!is_format_refused(&OllamaError::BadRequest("temperature must be positive".into())));
    }
}
