//! Errors of engines with OpenAI's API as messages for people: what happened, and what to do.

use crate::server::models::ollama::{error::OllamaError, error_message::with_words};

/// Message and hint about the server called `name`. They quote no upstream page and no path.
pub fn message_and_hint(error: &OllamaError, name: &str) -> (String, String) {
    let (message, hint): (String, &str) = match error {
        OllamaError::Refused => {
            (format!("{name} refuses the connection."), "Start the engine there, or correct the address of the server.")
        }
        OllamaError::Dns => (
            format!("The host name of {name} cannot be resolved."),
            "Check the spelling of the address and this machine's DNS. Without consent to send text outside of private networks, \
             a name must resolve to a private address.",
        ),
        OllamaError::ConnectTimeout => (
            format!("The connection to {name} timed out."),
            "Is the machine on, on the same network, and its port open?",
        ),
        OllamaError::FirstByteTimeout | OllamaError::IdleTimeout => (
            format!("{name} accepts the connection but does not respond."),
            "The engine may be loading a model or overloaded. If this persists, check its log.",
        ),
        OllamaError::OverBudget(budget) => (
            format!("{name} did not finish an answer within {} s.", budget.as_secs()),
            "Use a smaller model, or raise ollama.request_budget.",
        ),
        OllamaError::Tls(_) => (
            format!("The TLS connection to {name} failed."),
            "Check the certificate of the server, or use http:// if there is no TLS.",
        ),
        OllamaError::Broken(_) | OllamaError::CutOff | OllamaError::Cancelled => (
            format!("The connection to {name} ended in the middle of an answer."),
            "Gleaner retries automatically. If this persists, check the log of the engine.",
        ),
        OllamaError::Auth { .. } => (
            format!("{name} refuses the token, or wants one."),
            "Set the token of the server to the API key that the engine was started with.",
        ),
        OllamaError::ForbiddenHost => (format!("{name} refuses the request."), "Check the access rules of the engine."),
        OllamaError::Forbidden(words) => (
            with_words(&format!("{name} refuses the request"), words),
            "Check the token and the limits of the account.",
        ),
        OllamaError::NotOllama { .. } => (
            format!("Something answers at the address of {name}, but it has no API like OpenAI's."),
            "Check the port and the path; the address ends before /chat/completions, for example http://10.0.0.5:8000/v1.",
        ),
        OllamaError::BadAnswer(_) | OllamaError::TooLarge(_) => (
            format!("The response of {name} is invalid."),
            "Check that no proxy changes responses, and the version of the engine.",
        ),
        OllamaError::ModelMissing(_) => (
            format!("{name} does not have the model."),
            "Choose one that the engine serves: the test of the server lists them.",
        ),
        OllamaError::Busy { .. } => {
            (format!("{name} is busy, or loads its model."), "Gleaner waits as long as the server asks, then retries.")
        }
        OllamaError::Gateway { .. } => {
            (format!("A proxy in front of {name} rejects requests."), "Gleaner retries automatically, less often.")
        }
        OllamaError::OutOfMemory(_) => (
            format!("{name} does not have enough memory for the request."),
            "Start the engine with a shorter context or fewer sequences, or give the server fewer slots.",
        ),
        OllamaError::RunnerCrashed(_) => (format!("The model of {name} crashed."), "Check the log of the engine."),
        OllamaError::Overflow => (
            format!("The text is longer than the context of {name}."),
            "Start the engine with a longer context; 4096 tokens are enough for scoring.",
        ),
        OllamaError::ThinkUnsupported | OllamaError::ChatUnsupported => {
            (format!("The model of {name} cannot chat."), "Choose another model.")
        }
        OllamaError::BadRequest(words) => (
            with_words(&format!("{name} rejects the request as invalid"), words),
            "Test the server on its page; the log has the whole message.",
        ),
        OllamaError::Server(words) => {
            (with_words(&format!("{name} reports an internal error"), words), "Check the log of the engine.")
        }
    };
    (message, hint.into())
}
