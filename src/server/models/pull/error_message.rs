//! Errors of pulls as messages for people: what happened to which model, and what to do.

use crate::domain::model_name::ModelName;
use crate::server::models::{ollama::error_message as ollama_error_message, pull::pull_line::PullError};
use crate::{domain::pull::PullFailure, error::ErrorKind};

/// Why the pull of `model` by Ollama at `host` failed. Quotes no upstream page.
pub fn to_pull_failure(error: &PullError, model: &ModelName, host: &str) -> PullFailure {
    if let PullError::Call(call) = error {
        let app_error = ollama_error_message::to_app_error(call, host);
        return build_failure(app_error.kind, call.code(), app_error.message, app_error.hint);
    }
    let (kind, message, hint) = message_and_hint(error, model);
    build_failure(kind, error_code(error), message, Some(hint.to_owned()))
}

fn build_failure(kind: ErrorKind, cause: &str, message: String, hint: Option<String>) -> PullFailure {
    let kind = serde_json::to_value(kind).ok().and_then(|code| code.as_str().map(str::to_owned));
    PullFailure { kind: kind.unwrap_or_else(|| "internal".into()), cause: cause.to_owned(), message, hint }
}

/// The code for programs.
const fn error_code(error: &PullError) -> &'static str {
    match error {
        PullError::Call(call) => call.code(),
        PullError::UnknownModel => "unknown_model",
        PullError::OllamaTooOld => "ollama_too_old",
        PullError::BadVariant(_) => "bad_variant",
        PullError::Denied => "denied",
        PullError::DiskFull => "disk_full",
        PullError::RegistryUnreachable(_) => "registry_unreachable",
        PullError::Portal => "portal",
        PullError::RegistryFault(_) => "registry_fault",
        PullError::FlakyNetwork => "flaky_network",
        PullError::Damaged => "damaged",
        PullError::StillCancelling => "still_cancelling",
        PullError::Unsupported => "unsupported",
        PullError::Interrupted => "interrupted",
        PullError::Other(_) => "other",
    }
}

fn message_and_hint(error: &PullError, model: &ModelName) -> (ErrorKind, String, &'static str) {
    match error {
        PullError::UnknownModel => (
            ErrorKind::NotFound,
            format!("The registry does not know {model}."),
            "Check the spelling of the name and of the tag behind the colon.",
        ),
        PullError::OllamaTooOld => (
            ErrorKind::Conflict,
            format!("{model} needs a newer Ollama."),
            "Update Ollama on its machine, then pull again.",
        ),
        PullError::BadVariant(_) => (
            ErrorKind::Invalid,
            format!("{model} is not available in this format."),
            "Choose another tag; at hf.co the repository must hold whole GGUF files.",
        ),
        PullError::Denied => (
            ErrorKind::Forbidden,
            format!("The registry denies access to {model}."),
            "The model is private, or its terms must be accepted there first.",
        ),
        PullError::DiskFull => (
            ErrorKind::Conflict,
            format!("The disk of the Ollama machine is full; {model} does not fit."),
            "Delete models that are not needed. The downloaded part is kept; pulling again resumes.",
        ),
        PullError::RegistryUnreachable(_) => (
            ErrorKind::Unavailable,
            "The Ollama machine cannot reach the registry.".into(),
            "Check the network, DNS and proxy of the Ollama machine, not of this one.",
        ),
        PullError::Portal => (
            ErrorKind::BadGateway,
            "Something between Ollama and the registry intercepts the connection.".into(),
            "It may be a proxy or the login page of a network; sign in there, then pull again.",
        ),
        PullError::RegistryFault(_) => {
            (ErrorKind::BadGateway, "The registry reports an internal error.".into(), "Try again later.")
        }
        PullError::FlakyNetwork | PullError::Interrupted => (
            ErrorKind::BadGateway,
            format!("The download of {model} was interrupted."),
            "Pull again: the download resumes.",
        ),
        PullError::Damaged => (
            ErrorKind::BadGateway,
            format!("The downloaded data of {model} is corrupt."),
            "Pull again: the corrupt part is downloaded again.",
        ),
        PullError::StillCancelling => (
            ErrorKind::Unavailable,
            "Ollama is still cancelling an earlier download.".into(),
            "Pull again in half a minute.",
        ),
        PullError::Unsupported => (
            ErrorKind::Conflict,
            format!("{model} does not run on the Ollama machine."),
            "Choose a variant for this kind of machine, without mlx, nvfp4 or mxfp8 in its tag.",
        ),
        PullError::Other(words) => (
            ErrorKind::BadGateway,
            ollama_error_message::with_words(&format!("Ollama could not pull {model}"), words),
            "The server log has Ollama's whole message.",
        ),
        PullError::Call(_) => (
            ErrorKind::BadGateway,
            format!("Ollama could not pull {model}."),
            "See the server log for Ollama's message.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::to_pull_failure;
    use crate::server::models::{ollama::error::OllamaError, pull::pull_line::PullError};

    #[test]
    fn every_failure_has_a_message_and_a_hint() {
        for (error, kind, cause) in [
            (PullError::UnknownModel, "not_found", "unknown_model"),
            (PullError::DiskFull, "conflict", "disk_full"),
            (PullError::OllamaTooOld, "conflict", "ollama_too_old"),
            (PullError::RegistryFault("500: <html>".into()), "bad_gateway", "registry_fault"),
            (PullError::RegistryUnreachable("dial tcp 10.0.0.5".into()), "unavailable", "registry_unreachable"),
            (PullError::Call(OllamaError::Refused), "unavailable", "refused"),
            (PullError::Other("open /models/x: <b>".into()), "bad_gateway", "other"),
            (PullError::Other("open /models/x: too many files".into()), "bad_gateway", "other"),
        ] {
            let failure = to_pull_failure(&error, &"x:1b".into(), "http://h");
            assert_eq!((failure.kind.as_str(), failure.cause.as_str()), (kind, cause));
            let text = format!("{} {}", failure.message, failure.hint.unwrap_or_default());
            assert!(failure.message.ends_with('.') && !text.contains(['<', '/']) || cause == "refused", "{text}");
        }
    }
}
