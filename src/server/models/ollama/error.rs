//! Errors of Ollama: one variant for each cause with its own way out (ollama-api.md §5.8).
//!
//! Classified by the type of the failure and the status, then by known phrases of Ollama's errors; never by numbers in a text.

use crate::domain::plain_text;
use serde_json::Value;
use std::time::Duration;

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OllamaError {
    /// The connection was refused.
    #[error("the connection was refused")]
    Refused,
    /// The host has no address.
    #[error("the host name cannot be resolved")]
    Dns,
    /// The connection was not made in time.
    #[error("the connection timed out")]
    ConnectTimeout,
    /// The answer did not begin in time.
    #[error("the answer did not begin in time")]
    FirstByteTimeout,
    /// The pause between two pieces of the answer was too long.
    #[error("the answer stopped arriving")]
    IdleTimeout,
    /// The TLS handshake failed.
    #[error("the TLS handshake failed: {0}")]
    Tls(String),
    /// The connection ended early.
    #[error("the connection was interrupted: {0}")]
    Broken(String),
    /// 401. `signin_url` only when it is one of ollama.com.
    #[error("the server requires authentication")]
    Auth {
        /// Where to sign in.
        signin_url: Option<String>,
    },
    /// 403 with an empty body: Ollama's guard of Host and Origin.
    #[error("the server refuses the header Host or Origin")]
    ForbiddenHost,
    /// 403 with a reason, such as cloud models switched off.
    #[error("refused: {0}")]
    Forbidden(String),
    /// 404 or 405 as plain text, HTML, a redirect: another program, or a wrong path.
    #[error("the answer is not Ollama's (status {status})")]
    NotOllama {
        /// The HTTP status.
        status: u16,
    },
    /// An answer that does not follow the API.
    #[error("the answer is invalid: {0}")]
    BadAnswer(String),
    /// 404: Ollama has no such model.
    #[error("{0}")]
    ModelMissing(String),
    /// 503: its queue is full.
    #[error("the server is busy")]
    Busy {
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// 408, 425, 429, 502, 504: from a proxy or the cloud service.
    #[error("a proxy or the cloud service refused the request (status {status})")]
    Gateway {
        /// The HTTP status.
        status: u16,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// The model needs more memory than there is.
    #[error("not enough memory: {0}")]
    OutOfMemory(String),
    /// The process that runs the model died or could not start.
    #[error("the model's process stopped: {0}")]
    RunnerCrashed(String),
    /// The request with all its retries took longer than it may (`ollama.request_budget`).
    #[error("no answer within the budget of {} s", .0.as_secs())]
    OverBudget(Duration),
    /// The answer ended with neither `done:true` nor an error.
    #[error("the answer was cut off")]
    CutOff,
    /// The prompt does not fit the context.
    #[error("the prompt is longer than the context")]
    Overflow,
    /// The model was asked to think and has no such mode.
    #[error("the model does not support thinking")]
    ThinkUnsupported,
    /// An embedding model.
    #[error("the model does not support chat")]
    ChatUnsupported,
    /// The answer is larger than the limit in bytes.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// 499: the server saw the connection close.
    #[error("the request was cancelled")]
    Cancelled,
    /// A request that Ollama rejects as invalid.
    #[error("the request was refused: {0}")]
    BadRequest(String),
    /// Any other error; the text is the server's own.
    #[error("{0}")]
    Server(String),
}

impl OllamaError {
    /// Whether the same request can succeed later by itself.
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

    /// Whether no connection was made, so that the request was not sent.
    pub const fn is_connection_failure(&self) -> bool {
        matches!(self, Self::Refused | Self::Dns | Self::ConnectTimeout | Self::Broken(_))
    }

    /// Whether the model is the cause, so that the next request to it may fail too; not the connection and not the request.
    pub const fn is_model_failure(&self) -> bool {
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

    /// Whether the model is out of memory afterwards.
    pub const fn unloads_model(&self) -> bool {
        matches!(self, Self::OutOfMemory(_) | Self::RunnerCrashed(_))
    }

    /// The pause that the server asked for.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after } | Self::Gateway { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The code in logs and for programs; health problems have those of http-api.md.
    pub const fn code(&self) -> &'static str {
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

    /// Classifies a response with a status other than 200. `json`: whether its content type is JSON.
    pub fn from_response(status: u16, json: bool, body: &[u8], retry_after: Option<Duration>) -> Self {
        let parsed: Option<Value> = json.then(|| serde_json::from_slice(body).ok()).flatten();
        let text = parsed.as_ref().and_then(|v| v.get("error")).map(extract_message);
        match (status, text) {
            (401, _) => Self::Auth { signin_url: parsed.as_ref().and_then(signin_url) },
            (403, None) if body.is_empty() => Self::ForbiddenHost,
            (403, Some(text)) => Self::Forbidden(text),
            (407, _) => Self::Auth { signin_url: None },
            (404, Some(text)) => Self::ModelMissing(text),
            (400, Some(text)) => Self::classify_bad_request(text),
            (408 | 425 | 429 | 502 | 504, _) => Self::Gateway { status, retry_after },
            (499, _) => Self::Cancelled,
            (503, _) => Self::Busy { retry_after },
            (500.., Some(text)) => Self::classify_server_error(text),
            (500.., None) if body.is_empty() => {
                Self::Server("Ollama reported an internal error without a message".into())
            }
            (_, Some(text)) => Self::Server(text),
            (_, None) => Self::NotOllama { status },
        }
    }

    /// Classifies an error line inside a 200, or the text of a 500. Before 0.12.6 other refusals came this way too, with a status.
    pub fn from_error_line(error: &Value, status: Option<&Value>) -> Self {
        let text = extract_message(error);
        match status.and_then(Value::as_u64) {
            Some(400) => Self::classify_bad_request(text),
            Some(404) => Self::ModelMissing(text),
            _ => Self::classify_server_error(text),
        }
    }

    fn classify_bad_request(text: String) -> Self {
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

    fn classify_server_error(text: String) -> Self {
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

/// The text of an `error` field: a string, an object with a `message`, or a string that is itself such JSON (one level).
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

/// One line of at most 300 characters.
fn to_short_line(text: &str) -> String {
    plain_text::truncate(&plain_text::clean_line(text), 300)
}

/// The sign-in address, when it is one of ollama.com.
fn signin_url(body: &Value) -> Option<String> {
    let url = url::Url::parse(body.get("signin_url")?.as_str()?).ok()?;
    (url.scheme() == "https" && url.host_str() == Some("ollama.com")).then(|| url.to_string())
}

#[cfg(test)]
mod tests;
