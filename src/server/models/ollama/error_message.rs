//! Failures in words for people: what happened, and what to do about it.

use super::error::OllamaError;
use crate::{
    domain::{
        humanize::format_duration_rough,
        model::{HealthProblem, HealthProblemKind},
    },
    error::{AppError, ErrorKind},
};

/// What stands between Gleaner and Ollama at `host`, for the badge.
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

/// The failure of a call as an error that crosses the network.
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

/// What happened, and what to do. Nothing of an upstream page, no path.
pub fn message_and_hint(error: &OllamaError, host: &str) -> (String, String) {
    let (message, hint): (String, &str) = match error {
        OllamaError::Refused => {
            (format!("Nothing answers at {host}."), "Start Ollama there, or set ollama.host to where it runs.")
        }
        OllamaError::Dns => (
            format!("The name in {host} is unknown."),
            "Check the spelling of ollama.host and that this machine can resolve names.",
        ),
        OllamaError::ConnectTimeout => {
            (format!("{host} cannot be reached in time."), "Is the machine on, on the same network, and its port open?")
        }
        OllamaError::FirstByteTimeout => (
            format!("{host} takes the call but does not answer."),
            "It may be loading a large model. If this stays, look at Ollama's log or restart it.",
        ),
        OllamaError::IdleTimeout => (
            "Ollama stopped in the middle of its answer.".into(),
            "It is tried again. If this stays, look at Ollama's log or restart it.",
        ),
        OllamaError::OverBudget(budget) => (
            format!(
                "The model did not finish within {}.",
                format_duration_rough(i64::try_from(budget.as_secs()).unwrap_or(i64::MAX))
            ),
            "A smaller model is quicker; a larger ollama.request_budget gives this one longer.",
        ),
        OllamaError::Tls(_) => (
            format!("No secure connection to {host} can be made."),
            "Check the certificate of the proxy, or use http:// when there is none.",
        ),
        OllamaError::Broken(_) => {
            (format!("The connection to {host} broke."), "It is tried again. If this stays, look at Ollama's log.")
        }
        OllamaError::Auth { signin_url: Some(url) } => {
            return ("This model runs at ollama.com and wants you to sign in.".into(), format!("Sign in at {url}"));
        }
        OllamaError::Auth { signin_url: None } => (
            format!("{host} wants credentials."),
            "Set ollama.bearer_token to the token that the proxy before Ollama expects.",
        ),
        OllamaError::ForbiddenHost => (
            format!("Ollama at {host} refuses to talk under that name."),
            "Use an address that it accepts, such as 127.0.0.1, or set OLLAMA_HOST and OLLAMA_ORIGINS of the Ollama server.",
        ),
        OllamaError::Forbidden(_) => (
            "Ollama refuses this.".into(),
            "Cloud models may be switched off on that server; choose a model that is installed there.",
        ),
        OllamaError::NotOllama { .. } => (
            format!("Something answers at {host}, but it is not Ollama."),
            "Check the port and the path of ollama.host.",
        ),
        OllamaError::BadAnswer(_) | OllamaError::TooLarge(_) => (
            "Ollama's answer cannot be used.".into(),
            "Check that ollama.host is an Ollama server of version 0.5 or later and nothing in between changes its answers.",
        ),
        OllamaError::ModelMissing(_) => {
            ("Ollama does not have this model.".into(), "Pull it, or choose another under Ollama settings.")
        }
        OllamaError::Busy { .. } => ("Ollama is busy: its queue is full.".into(), "It is tried again by itself."),
        OllamaError::Gateway { .. } => (
            "The proxy before Ollama, or its cloud, turns calls away.".into(),
            "It is tried again by itself, less often.",
        ),
        OllamaError::OutOfMemory(_) => (
            "The machine has not enough memory for this model.".into(),
            "Choose a smaller model or a shorter context, or unload other models.",
        ),
        OllamaError::RunnerCrashed(_) => (
            "The model stopped while it was working.".into(),
            "It is started again by itself. If this stays, look at Ollama's log or choose another model.",
        ),
        OllamaError::CutOff => ("The model's answer was cut off.".into(), "It is asked again."),
        OllamaError::Overflow => (
            "The text is longer than the model's context.".into(),
            "Give the model a longer context under Ollama settings.",
        ),
        OllamaError::ThinkUnsupported => {
            ("This model cannot think aloud.".into(), "Switch thinking off under Ollama settings.")
        }
        OllamaError::ChatUnsupported => (
            "This model makes embeddings only and cannot judge articles.".into(),
            "Choose another under Ollama settings.",
        ),
        OllamaError::Cancelled => ("The call was given up.".into(), "Try again."),
        OllamaError::BadRequest(_) => (
            "Ollama did not understand what Gleaner asked.".into(),
            "Check the options under Ollama settings; the log has Ollama's words.",
        ),
        OllamaError::Server(_) => {
            ("Ollama reports a fault of its own.".into(), "Its log says more; the words are in Gleaner's log too.")
        }
    };
    (message, hint.into())
}
