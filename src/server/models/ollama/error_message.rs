//! Errors of Ollama as messages for people: what happened, and what to do.

use super::error::OllamaError;
use crate::{
    domain::{
        humanize::format_duration_short,
        model::{HealthProblem, HealthProblemKind},
    },
    error::{AppError, ErrorKind},
};

/// The longest quotation of an error text of Ollama, in characters.
const MAX_SHOWN_CHARS: usize = 200;

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
    let (message, hint) = match error {
        // The calls of a poll are answered at once, also while a model is being loaded.
        OllamaError::FirstByteTimeout | OllamaError::IdleTimeout | OllamaError::OverBudget(_) => (
            format!("{host} accepts the connection but does not answer."),
            "Ollama hangs, or its machine is overloaded: check Ollama's log, or restart it.".to_owned(),
        ),
        _ => message_and_hint(error, host),
    };
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

/// As [`to_app_error`], for a question of a reader, which is not asked again by itself.
pub fn to_chat_error(error: &OllamaError, host: &str) -> AppError {
    let app_error = to_app_error(error, host);
    match error {
        OllamaError::CutOff | OllamaError::Broken(_) | OllamaError::IdleTimeout => AppError {
            message: "Ollama stopped, or the connection to it broke, before the answer was complete.".into(),
            ..app_error
        }
        .hint("Check that Ollama is running, then regenerate the answer."),
        OllamaError::Busy { .. } | OllamaError::Gateway { .. } | OllamaError::Cancelled => {
            app_error.hint("Try again in a moment.")
        }
        _ => app_error,
    }
}

/// An error text of Ollama as it may be shown, on one line: no markup, no addresses and no paths. `None` when nothing is left.
pub fn shown_words(text: &str) -> Option<String> {
    if text.contains('<') || text.trim_start().starts_with('{') {
        return None;
    }
    let is_private = |word: &str| {
        let word = word.trim_matches(|c: char| "\"'`(),;:[]".contains(c));
        word.contains("://") || word.starts_with(['/', '~', '\\']) || word.matches(['/', '\\']).count() > 1
    };
    let words: Vec<&str> = text.split_whitespace().map(|word| if is_private(word) { "…" } else { word }).collect();
    let line = words.join(" ");
    let line = line.trim_end_matches(['.', ':', ' ']);
    let has_word = line.chars().any(char::is_alphabetic);
    has_word.then(|| line.chars().take(MAX_SHOWN_CHARS).collect())
}

/// `sentence`, followed by the error text of Ollama when it may be shown.
pub fn with_words(sentence: &str, words: &str) -> String {
    shown_words(words).map_or_else(|| format!("{sentence}."), |words| format!("{sentence}: “{words}”."))
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
                format_duration_short(i64::try_from(budget.as_secs()).unwrap_or(i64::MAX))
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
            "Set ollama.bearer_token, or for Basic authentication ollama.basic_auth, to what the proxy in front of Ollama expects.",
        ),
        OllamaError::ForbiddenHost => (
            format!("Ollama at {host} rejects requests for that host name."),
            "Use an address that it accepts, such as 127.0.0.1, or start Ollama with OLLAMA_HOST=0.0.0.0.",
        ),
        OllamaError::Forbidden(words) => (
            with_words("Ollama rejected the request", words),
            "Cloud models may be disabled on that server; choose a model that is installed there.",
        ),
        OllamaError::NotOllama { .. } => (
            format!("Something answers at {host}, but it is not Ollama."),
            "Check the port and the path of ollama.host. Servers with OpenAI's API, such as llama-server, are added under Settings, Model servers.",
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
        OllamaError::BadRequest(words) => (
            with_words("Ollama rejected the request as invalid", words),
            "Check the options in the Ollama settings; the log has Ollama's whole message.",
        ),
        OllamaError::Server(words) => (
            with_words("Ollama reports an internal error", words),
            "See Ollama's log; its whole message is in Gleaner's log too.",
        ),
    };
    (message, hint.into())
}

#[cfg(test)]
mod tests {
    use super::{shown_words, to_app_error, to_chat_error, to_health_problem};
    use crate::server::models::ollama::error::OllamaError;
    use std::time::Duration;

    #[test]
    fn words_of_ollama_are_shown_without_pages_and_paths() {
        for (text, shown) in [
            ("flash attention is not supported", Some("flash attention is not supported")),
            ("open /home/me/.ollama/models/blobs/sha256-1: too many open files", Some("open … too many open files")),
            ("cannot read \"C:\\\\Users\\\\me\\\\x\": denied.", Some("cannot read … denied")),
            ("Get https://registry.ollama.ai/v2/: no route", Some("Get … no route")),
            ("input/output error", Some("input/output error")),
            ("<html><body>502</body></html>", None),
            ("{\"a\":1}", None),
            ("/etc/passwd", None),
            ("", None),
        ] {
            assert_eq!(shown_words(text).as_deref(), shown, "{text}");
        }
        assert_eq!(shown_words(&"word ".repeat(300)).map(|text| text.chars().count()), Some(200));
    }

    #[test]
    fn unknown_causes_quote_ollama() {
        let said = |error| to_app_error(&error, "http://x").message;
        assert_eq!(
            said(OllamaError::Server("flash attention is not supported".into())),
            "Ollama reports an internal error: “flash attention is not supported”."
        );
        assert_eq!(said(OllamaError::Server("<html>".into())), "Ollama reports an internal error.");
        assert!(said(OllamaError::BadRequest("bad think".into())).contains("“bad think”"));
    }

    #[test]
    fn a_poll_that_hangs_has_one_explanation() {
        let told = |error| to_health_problem(&error, "http://x");
        let first = told(OllamaError::FirstByteTimeout);
        assert!(first.message.contains("does not answer") && !first.hint.contains("loading"), "{first:?}");
        assert_eq!(told(OllamaError::OverBudget(Duration::from_secs(5))), first);
        assert_eq!(told(OllamaError::IdleTimeout), first);
    }

    #[test]
    fn errors_of_a_chat_do_not_promise_a_retry() {
        for error in [
            OllamaError::CutOff,
            OllamaError::Broken(String::new()),
            OllamaError::IdleTimeout,
            OllamaError::Busy { retry_after: None },
            OllamaError::Gateway { status: 502, retry_after: None },
            OllamaError::Refused,
        ] {
            let told = to_chat_error(&error, "http://x");
            let hint = told.hint.unwrap_or_default();
            assert!(!hint.is_empty() && !hint.contains("automatically"), "{error}: {hint}");
        }
        assert!(to_chat_error(&OllamaError::CutOff, "http://x").message.contains("Ollama stopped"));
        let short = to_app_error(&OllamaError::OverBudget(Duration::from_secs(3)), "http://x").message;
        assert!(short.contains("3 s"), "{short}");
    }
}
