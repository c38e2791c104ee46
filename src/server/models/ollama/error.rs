//! What can go wrong with Ollama: one variant per thing that somebody can do something about (ollama-api.md §5.8).
//!
//! Decided by the type of the failure and the status, then by the few words that Ollama's own errors are known by; never by
//! looking for numbers in a text.

use serde_json::Value;
use std::time::Duration;

/// A call that did not end well.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OllamaError {
    #[error("nothing listens there")]
    Refused,
    #[error("the host's name is unknown")]
    Dns,
    #[error("no connection in time")]
    ConnectTimeout,
    #[error("no answer in time")]
    FirstByteTimeout,
    #[error("the answer stopped coming")]
    IdleTimeout,
    #[error("no secure connection: {0}")]
    Tls(String),
    #[error("the connection broke: {0}")]
    Broken(String),
    /// 401. `signin_url` only when it is one of ollama.com.
    #[error("credentials are wanted")]
    Auth { signin_url: Option<String> },
    /// 403 with an empty body: Ollama's guard of Host and Origin.
    #[error("the Host or Origin is refused")]
    ForbiddenHost,
    /// 403 with a reason, such as cloud models switched off.
    #[error("refused: {0}")]
    Forbidden(String),
    /// 404 or 405 as plain text, HTML, a redirect: another program, or a wrong path.
    #[error("something answers that is not Ollama (status {status})")]
    NotOllama { status: u16 },
    #[error("the answer cannot be used: {0}")]
    BadAnswer(String),
    #[error("{0}")]
    ModelMissing(String),
    /// 503: its queue is full.
    #[error("busy")]
    Busy { retry_after: Option<Duration> },
    /// 408, 425, 429, 502, 504: a proxy or the cloud.
    #[error("the way to the model is blocked (status {status})")]
    Gateway { status: u16, retry_after: Option<Duration> },
    #[error("not enough memory: {0}")]
    OutOfMemory(String),
    /// The process that computes died or could not start.
    #[error("the model's process stopped: {0}")]
    RunnerCrashed(String),
    /// The whole request, with all its tries, took longer than it may (`ollama.request_budget`).
    #[error("no answer within the budget of {} s", .0.as_secs())]
    OverBudget(Duration),
    /// No `done:true`, no error: cut off.
    #[error("the answer was cut off")]
    CutOff,
    /// The prompt does not fit the context.
    #[error("the prompt is longer than the context")]
    Overflow,
    #[error("the model cannot think")]
    ThinkUnsupported,
    /// An embedding model.
    #[error("the model cannot chat")]
    ChatUnsupported,
    /// Larger than is taken.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// 499: the server thinks that we left.
    #[error("cancelled")]
    Cancelled,
    /// A request that Ollama cannot read: our fault.
    #[error("the request was refused: {0}")]
    BadRequest(String),
    /// Any other error of the server, in its words.
    #[error("{0}")]
    Server(String),
}

impl OllamaError {
    /// Whether the same request can succeed later without anybody doing something.
    pub const fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Refused
                | Self::Dns
                | Self::ConnectTimeout
                | Self::FirstByteTimeout
                | Self::IdleTimeout
                | Self::Broken(_)
                | Self::Busy { .. }
                | Self::Gateway { .. }
                | Self::RunnerCrashed(_)
                | Self::CutOff
                | Self::Cancelled
        )
    }

    /// Whether no connection came about, so that nobody was asked anything.
    pub const fn is_of_line(&self) -> bool {
        matches!(self, Self::Refused | Self::Dns | Self::ConnectTimeout | Self::Broken(_))
    }

    /// Whether the failure is one of the model, so that the next call to it may well meet the same; not of the way to it,
    /// nor of what was asked.
    pub const fn is_of_model(&self) -> bool {
        matches!(
            self,
            Self::OutOfMemory(_)
                | Self::RunnerCrashed(_)
                | Self::ModelMissing(_)
                | Self::ChatUnsupported
                | Self::Server(_)
                | Self::FirstByteTimeout
                | Self::IdleTimeout
                | Self::OverBudget(_)
                | Self::Auth { .. }
                | Self::Forbidden(_)
                | Self::BadRequest(_)
        )
    }

    /// Whether the model is not in memory after it.
    pub const fn ends_model(&self) -> bool {
        matches!(self, Self::OutOfMemory(_) | Self::RunnerCrashed(_))
    }

    /// How long the server asked to be left alone.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after } | Self::Gateway { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The word used in logs and for programs; health problems keep theirs of http-api.md.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Dns => "dns",
            Self::ConnectTimeout | Self::FirstByteTimeout | Self::IdleTimeout | Self::OverBudget(_) => "timeout",
            Self::Tls(_) => "tls",
            Self::Broken(_) => "broken",
            Self::Auth { .. } => "auth",
            Self::ForbiddenHost => "forbidden_host",
            Self::Forbidden(_) => "forbidden",
            Self::NotOllama { .. } => "not_ollama",
            Self::BadAnswer(_) => "bad_answer",
            Self::ModelMissing(_) => "model_missing",
            Self::Busy { .. } => "busy",
            Self::Gateway { .. } => "gateway",
            Self::OutOfMemory(_) => "out_of_memory",
            Self::RunnerCrashed(_) => "runner_crashed",
            Self::CutOff => "cut_off",
            Self::Overflow => "overflow",
            Self::ThinkUnsupported => "think_unsupported",
            Self::ChatUnsupported => "chat_unsupported",
            Self::TooLarge(_) => "too_large",
            Self::Cancelled => "cancelled",
            Self::BadRequest(_) => "bad_request",
            Self::Server(_) => "server",
        }
    }

    /// Judges an answer with a status other than 200. `json`: whether it claims to be JSON.
    pub fn from_response(status: u16, json: bool, body: &[u8], retry_after: Option<Duration>) -> Self {
        let parsed: Option<Value> = json.then(|| serde_json::from_slice(body).ok()).flatten();
        let text = parsed.as_ref().and_then(|v| v.get("error")).map(extract_message);
        match (status, text) {
            (401, _) => Self::Auth { signin_url: parsed.as_ref().and_then(signin_url) },
            (403, None) if body.is_empty() => Self::ForbiddenHost,
            (403, Some(text)) => Self::Forbidden(text),
            (407, _) => Self::Auth { signin_url: None },
            (404, Some(text)) => Self::ModelMissing(text),
            (400, Some(text)) => Self::of_refusal(text),
            (408 | 425 | 429 | 502 | 504, _) => Self::Gateway { status, retry_after },
            (499, _) => Self::Cancelled,
            (503, _) => Self::Busy { retry_after },
            (500.., Some(text)) => Self::of_fault(text),
            (500.., None) if body.is_empty() => {
                Self::Server("Ollama met a fault of its own and said nothing about it".into())
            }
            (_, Some(text)) => Self::Server(text),
            (_, None) => Self::NotOllama { status },
        }
    }

    /// Judges an error line inside a 200, or the text of a 500. Before 0.12.6 refusals came this way too, with a status.
    pub fn of_line(error: &Value, status: Option<&Value>) -> Self {
        let text = extract_message(error);
        match status.and_then(Value::as_u64) {
            Some(400) => Self::of_refusal(text),
            Some(404) => Self::ModelMissing(text),
            _ => Self::of_fault(text),
        }
    }

    fn of_refusal(text: String) -> Self {
        let lower = text.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|w| lower.contains(w));
        if has(&[
            "exceed_context_size",
            "exceeds the context length",
            "longer than the context",
            "exceeds the available context",
        ]) {
            Self::Overflow
        } else if has(&["does not support thinking"]) {
            Self::ThinkUnsupported
        } else if has(&["does not support chat"]) {
            Self::ChatUnsupported
        } else {
            Self::BadRequest(text)
        }
    }

    fn of_fault(text: String) -> Self {
        let lower = text.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|w| lower.contains(w));
        if has(&["invalid format", "option \"", "invalid json schema"]) {
            Self::BadRequest(text)
        } else if has(&["exceed_context_size", "exceeds the context length", "longer than the context"]) {
            Self::Overflow
        } else if has(&[
            "system memory",
            "out of memory",
            "out-of-memory",
            "outofmemory",
            "failed to allocate",
            "cudamalloc failed",
            "unable to load full model",
            "memory layout cannot be allocated",
        ]) {
            Self::OutOfMemory(text)
        } else if has(&["runner", "llama-server", "eof", "terminated", "unexpectedly stopped"]) {
            Self::RunnerCrashed(text)
        } else if has(&["maximum pending requests exceeded"]) {
            Self::Busy { retry_after: None }
        } else {
            Self::Server(text)
        }
    }
}

/// The words of an `error` field: a text, an object with a `message`, or a text that is itself such JSON (one level).
pub fn extract_message(error: &Value) -> String {
    fn message(value: &Value) -> Option<String> {
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Object(map) => map.get("error").or_else(|| map.get("message")).and_then(|inner| match inner {
                Value::Object(inner) => {
                    let message = inner.get("message").and_then(Value::as_str)?;
                    let kind = inner.get("type").and_then(Value::as_str).map(|t| format!(" ({t})")).unwrap_or_default();
                    Some(format!("{message}{kind}"))
                }
                other => other.as_str().map(str::to_owned),
            }),
            _ => None,
        }
    }
    let text = message(error).unwrap_or_else(|| error.to_string());
    let nested = text.trim_start().starts_with('{').then(|| serde_json::from_str(&text).ok()).flatten();
    to_short_line(&nested.as_ref().and_then(message).unwrap_or(text))
}

/// One line of at most 300 characters; upstream pages and paths stay readable but short.
fn to_short_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The address to sign in at, when it is one of ollama.com.
fn signin_url(body: &Value) -> Option<String> {
    let url = url::Url::parse(body.get("signin_url")?.as_str()?).ok()?;
    (url.scheme() == "https" && url.host_str() == Some("ollama.com")).then(|| url.to_string())
}

#[cfg(test)]
mod tests {
    use super::{OllamaError, extract_message};
    use serde_json::json;
    use std::time::Duration;

    fn judge(status: u16, error: &str) -> OllamaError {
        OllamaError::from_response(status, true, json!({ "error": error }).to_string().as_bytes(), None)
    }

    #[test]
    fn by_status() {
        let wait = Some(Duration::from_secs(7));
        for (status, json, body, word) in [
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
            assert_eq!(error.word(), word, "{status} {body}");
            let waits = matches!(word, "gateway" | "busy");
            assert_eq!(error.retry_after(), waits.then_some(Duration::from_secs(7)));
        }
    }

    #[test]
    fn by_the_words_of_ollama() {
        for (status, text, word, transient) in [
            (400, "\"x\" does not support thinking", "think_unsupported", false),
            (400, "\"x\" does not support chat", "chat_unsupported", false),
            (400, "the input length exceeds the context length", "overflow", false),
            (
                400,
                "the prompt is longer than the context length currently available to the model; …",
                "overflow",
                false,
            ),
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
            let error = judge(status, text);
            assert_eq!((error.word(), error.is_transient()), (word, transient), "{text}");
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
            OllamaError::of_line(&json!("bad think"), Some(&json!(400))),
            OllamaError::BadRequest("bad think".into())
        );
    }
}
