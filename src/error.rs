//! The error of server functions and APIs: its kind decides the HTTP status, its texts are for the reader.

use crate::domain::write_obstacle::WriteObstacle;
use leptos::prelude::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};
use server_fn::codec::JsonEncoding;
use std::borrow::Cow;

/// The kind of a failure; http-api.md "Errors".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// 400: the request cannot be read.
    Malformed,
    /// 401: the caller has to log in, or gave wrong secrets.
    Unauthorized,
    /// 403: refused by the guard, or outside of the scopes of a token.
    Forbidden,
    /// 404: there is no such thing.
    NotFound,
    /// 405: the address does not take this method.
    MethodNotAllowed,
    /// 409: it conflicts with the current state.
    Conflict,
    /// 413: larger than allowed.
    TooLarge,
    /// 415: an unsupported content type.
    UnsupportedMediaType,
    /// 422: readable, but a value is not allowed.
    Invalid,
    /// 429: tried too often.
    TooManyRequests,
    /// 502: Ollama answered wrongly.
    BadGateway,
    /// 503: Ollama cannot be reached or is busy.
    Unavailable,
    /// 507: the database cannot be written, for a reason outside of Gleaner such as a full disk.
    NotWritable,
    /// 500: an internal error; the cause is in the log, never in the answer.
    Internal,
}

impl ErrorKind {
    /// The HTTP status code.
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::Invalid => 422,
            Self::TooManyRequests => 429,
            Self::BadGateway => 502,
            Self::Unavailable => 503,
            Self::NotWritable => 507,
            Self::Internal => 500,
        }
    }
}

/// An error for people: what happened to what, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct AppError {
    /// The kind of the failure; decides the HTTP status.
    pub kind: ErrorKind,
    /// What happened, in a sentence.
    pub message: String,
    /// What to do about it, in a sentence.
    pub hint: Option<String>,
    /// The form field or JSON property that the error is about, by its name in the request.
    #[serde(default)]
    pub field: Option<Cow<'static, str>>,
    /// A page of Gleaner where the reader can go on.
    #[serde(default)]
    pub link: Option<Box<ErrorLink>>,
}

/// A page that an error leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorLink {
    /// The text of the link.
    pub label: Cow<'static, str>,
    /// Path and fragment, beginning with `/`.
    pub href: Cow<'static, str>,
}

impl AppError {
    /// An error with only a message.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, field: None, link: None }
    }

    /// The same error, about the form field or JSON property of this name.
    #[must_use]
    pub fn field(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.field = Some(name.into());
        self
    }

    /// The same error with a link to a page.
    #[must_use]
    pub fn link(mut self, label: impl Into<Cow<'static, str>>, href: impl Into<Cow<'static, str>>) -> Self {
        self.link = Some(Box::new(ErrorLink { label: label.into(), href: href.into() }));
        self
    }

    /// The same error with a sentence that says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// 404 with the sentence given.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// 422 with the sentence given, which calls the field by its label; [`Self::field`] names it for programs.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// 409 with the sentence given.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, message)
    }

    /// 507 with the sentence given.
    pub fn not_writable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotWritable, message)
    }

    /// 500. The caller logs the cause first; the answer does not contain it.
    pub fn internal() -> Self {
        Self::new(ErrorKind::Internal, "Something went wrong inside Gleaner.")
            .hint("See the server log for the cause, then try again.")
    }
}

/// The error of a write that the obstacle prevented.
impl From<WriteObstacle> for AppError {
    fn from(obstacle: WriteObstacle) -> Self {
        Self::not_writable(obstacle.message()).hint(obstacle.hint())
    }
}

impl From<crate::domain::list_query::ListParamError> for AppError {
    fn from(bad: crate::domain::list_query::ListParamError) -> Self {
        Self::invalid(bad.message).field(bad.field)
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
