//! The only error that crosses the network: a kind that decides the HTTP status, a sentence, and a way out.

use leptos::prelude::{FromServerFnError, ServerFnErrorErr};
use leptos::server_fn::codec::JsonEncoding;
use serde::{Deserialize, Serialize};

/// What sort of failure it is; http-api.md "Errors".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// 400: the request cannot be read.
    Malformed,
    /// 403: refused by the guard.
    Forbidden,
    /// 404: there is no such thing.
    NotFound,
    /// 405: the address does not take this method.
    MethodNotAllowed,
    /// 409: it collides with what is there.
    Conflict,
    /// 413: larger than is taken.
    TooLarge,
    /// 415: not a type that is read.
    UnsupportedMediaType,
    /// 422: readable, but a value is not allowed.
    Invalid,
    /// 502: Ollama answered wrongly.
    BadGateway,
    /// 503: Ollama cannot be reached or is busy.
    Unavailable,
    /// 500: a fault of Gleaner's own; the cause is in the log, never in the answer.
    Internal,
}

impl ErrorKind {
    /// The HTTP status code.
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::Invalid => 422,
            Self::BadGateway => 502,
            Self::Unavailable => 503,
            Self::Internal => 500,
        }
    }
}

/// An error for people: what happened to what, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct AppError {
    /// The sort of failure; decides the HTTP status.
    pub kind: ErrorKind,
    /// What happened, in a sentence.
    pub message: String,
    /// What to do about it, in a sentence.
    pub hint: Option<String>,
}

impl AppError {
    /// An error without a hint.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    /// The same error with a way out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// 404 with the sentence given.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// 422 with the sentence given; name the field in it.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// 409 with the sentence given.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, message)
    }

    /// A fault of ours. The cause goes to the log before this is made; the reader gets a sentence without internals.
    pub fn internal() -> Self {
        Self::new(ErrorKind::Internal, "Something went wrong inside Gleaner.")
            .hint("See the server log for the cause, then try again.")
    }
}

impl From<crate::domain::list_query::ListParamError> for AppError {
    fn from(bad: crate::domain::list_query::ListParamError) -> Self {
        Self::invalid(bad.message)
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) => {
                Self::new(ErrorKind::Malformed, "The form could not be read.").hint("Reload the page and try again.")
            }
            ServerFnErrorErr::Request(_) => {
                Self::new(ErrorKind::Unavailable, "Gleaner is not responding.").hint("Is the server running?")
            }
            _ => Self::internal(),
        }
    }
}
