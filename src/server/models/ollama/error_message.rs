//! Errors of Ollama as messages for people: what happened, and what to do.

use super::error::OllamaError;
use crate::{
    domain::{
        humanize::format_duration_rough,
        model::{HealthProblem, HealthProblemKind},
    },
    error::{AppError, ErrorKind},
};

/// Why Ollama at `host` cannot be used, for the badge.
pub fn to_health_problem(error: &OllamaError, host: &str) -> HealthProblem {
    let kind = match error {
        OllamaError::Refused | OllamaError::Broken(_) => HealthProblemKind::Refused,
        OllamaError::Dns => HealthProblemKind::Dns,
        OllamaError::ConnectTimeout
        | OllamaError::FirstByteTimeout
        | OllamaError::IdleTimeout
        | OllamaError::OverBudget(_)
        | OllamaError::Busy { .. }
        | OllamaError::Gateway { .. } => HealthProblemKind::Timeout,
        OllamaError::Tls(_) => HealthProblemKind::Tls,
        OllamaError::Auth { .. } => HealthProblemKind::Auth,
        OllamaError::ForbiddenHost | OllamaError::Forbidden(_) => HealthProblemKind::ForbiddenHost,
        OllamaError::NotOllama { .. } => HealthProblemKind::NotOllama,
        _ => HealthProblemKind::BadAnswer,
    };
    let (message, hint) = message_and_hint(error, host);
    HealthProblem { kind, message, hint }
}

/// The error of a request as an [`AppError`].
pub fn to_app_error(error: &OllamaError, host: &str) -> AppError {
    let kind = match error {
        OllamaError::ModelMissing(_) => ErrorKind::NotFound,
        OllamaError::Refused
        | OllamaError::Dns
        | OllamaError::ConnectTimeout
        | OllamaError::FirstByteTimeout
        | OllamaError::IdleTimeout
        | OllamaError::OverBudget(_)
        | OllamaError::Tls(_)
        | OllamaError::Broken(_)
        | OllamaError::Busy { .. }
        | OllamaError::Gateway { .. } => ErrorKind::Unavailable,
        _ => ErrorKind::BadGateway,
    };
    let (message, hint) = message_and_hint(error, host);
    AppError::new(kind, message).hint(hint)
}

/// Message and hint. They quote no upstream page and no path.
pub fn message_and_hint(error: &OllamaError, host: &str) -> (String, String) {
    let (message, hint): (String, &str) = match error {
        OllamaError::Refused => {
            (format!("{host} refuses the connection."), "Start Ollama there, or set ollama.host to where it runs.")
        }
        OllamaError::Dns => (
            format!("The host name in {host} cannot be resolved."),
            "Check the spelling of ollama.host and this machine's DNS.",
        ),
        OllamaError::ConnectTimeout => (
            format!("The connection to {host} timed out."),
            "Is the machine on, on the same network, and its port open?",
        ),
        OllamaError::FirstByteTimeout => (
            format!("{host} accepts the connection but does not respond."),
            "It may be loading a large model. If this persists, check Ollama's log or restart it.",
        ),
        OllamaError::IdleTimeout => (
            "Ollama stopped responding in the middle of an answer.".into(),
            "Gleaner retries automatically. If this persists, check Ollama's log or restart it.",
        ),
        OllamaError::OverBudget(budget) => (
            format!(
                "The model did not finish within {}.",
                format_duration_rough(i64::try_from(budget.as_secs()).unwrap_or(i64::MAX))
            ),
            "Use a smaller model, or raise ollama.request_budget.",
        ),
        OllamaError::Tls(_) => (
            format!("The TLS connection to {host} failed."),
            "Check the certificate of the proxy, or use http:// if there is no TLS.",
        ),
        OllamaError::Broken(_) => (
            format!("The connection to {host} was interrupted."),
            "Gleaner retries automatically. If this persists, check Ollama's log.",
        ),
        OllamaError::Auth { signin_url: Some(url) } => {
            return ("This model runs on ollama.com and requires you to sign in.".into(), format!("Sign in at {url}"));
        }
        OllamaError::Auth { signin_url: None } => (
            format!("{host} requires authentication."),
            "Set ollama.bearer_token to the token that the proxy in front of Ollama expects.",
        ),
        OllamaError::ForbiddenHost => (
            format!("Ollama at {host} rejects requests for that host name."),
            "Use an address that it accepts, such as 127.0.0.1, or set OLLAMA_HOST and OLLAMA_ORIGINS of the Ollama server.",
        ),
        OllamaError::Forbidden(_) => (
            "Ollama rejected the request.".into(),
            "Cloud models may be disabled on that server; choose a model that is installed there.",
        ),
        OllamaError::NotOllama { .. } => (
            format!("Something answers at {host}, but it is not Ollama."),
            "Check the port and the path of ollama.host.",
        ),
        OllamaError::BadAnswer(_) | OllamaError::TooLarge(_) => (
            "Ollama's response is invalid.".into(),
            "Check that ollama.host is an Ollama server of version 0.5 or later and that no proxy changes its responses.",
        ),
        OllamaError::ModelMissing(_) => {
            ("Ollama does not have this model.".into(), "Pull it, or choose another under Ollama settings.")
        }
        OllamaError::Busy { .. } => ("Ollama is busy: its queue is full.".into(), "Gleaner retries automatically."),
        OllamaError::Gateway { .. } => (
            "The proxy in front of Ollama, or its cloud, rejects requests.".into(),
            "Gleaner retries automatically, less often.",
        ),
        OllamaError::OutOfMemory(_) => (
            "The machine does not have enough memory for this model.".into(),
            "Choose a smaller model or a shorter context, or unload other models.",
        ),
        OllamaError::RunnerCrashed(_) => (
            "The model crashed.".into(),
            "It restarts automatically. If this persists, check Ollama's log or choose another model.",
        ),
        OllamaError::CutOff => ("The model's answer was cut off.".into(), "Gleaner retries automatically."),
        OllamaError::Overflow => {
            ("The text is longer than the model's context.".into(), "Raise the context length in the Ollama settings.")
        }
        OllamaError::ThinkUnsupported => {
            ("This model does not support thinking.".into(), "Disable thinking in the Ollama settings.")
        }
        OllamaError::ChatUnsupported => {
            ("This is an embedding model and cannot score articles.".into(), "Choose another under Ollama settings.")
        }
        OllamaError::Cancelled => ("The request was cancelled.".into(), "Try again."),
        OllamaError::BadRequest(_) => (
            "Ollama rejected the request as invalid.".into(),
            "Check the options in the Ollama settings; the log has Ollama's message.",
        ),
        OllamaError::Server(_) => {
            ("Ollama reports an internal error.".into(), "See Ollama's log; the message is in Gleaner's log too.")
        }
    };
    (message, hint.into())
}
