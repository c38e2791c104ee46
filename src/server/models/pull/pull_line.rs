//! The lines of a pull, and the classification of its errors (ollama-api.md §2).

use crate::server::models::ollama::{
    error::{OllamaError, extract_message},
    lenient::lenient,
};
use serde::Deserialize;
use serde_json::Value;

/// A line of the stream. Lines of some versions have no `status`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct PullLine {
    /// What is being done, for example `verifying sha256 digest`.
    #[serde(deserialize_with = "lenient")]
    pub status: String,
    /// The layer, as `sha256:` and hex.
    #[serde(deserialize_with = "lenient")]
    pub digest: Option<String>,
    /// Bytes of the layer.
    #[serde(deserialize_with = "lenient")]
    pub total: Option<i64>,
    /// Bytes of the layer that are there.
    #[serde(deserialize_with = "lenient")]
    pub completed: Option<i64>,
}

/// Why a pull ended without the model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PullError {
    /// The request itself failed.
    #[error(transparent)]
    Call(#[from] OllamaError),
    /// The registry has no such model or tag.
    #[error("the registry does not know this model")]
    UnknownModel,
    /// The model needs a newer Ollama.
    #[error("this model needs a newer Ollama")]
    OllamaTooOld,
    /// The registry has the model, but not in this quantization.
    #[error("the registry cannot offer this variant: {0}")]
    BadVariant(String),
    /// The model is private or gated.
    #[error("the registry denies access to the model")]
    Denied,
    /// The disk of Ollama's machine is full.
    #[error("the disk of the Ollama machine is full")]
    DiskFull,
    /// Ollama cannot reach the registry.
    #[error("the Ollama machine cannot reach the registry: {0}")]
    RegistryUnreachable(String),
    /// A proxy or a login page answers in place of the registry.
    #[error("a proxy or login page answers in place of the registry")]
    Portal,
    /// The registry reported an internal error.
    #[error("the registry reported an internal error: {0}")]
    RegistryFault(String),
    /// Ollama gave up after too many broken connections.
    #[error("too many connections were interrupted")]
    FlakyNetwork,
    /// A layer does not have the hash that the manifest names.
    #[error("the downloaded data is corrupt")]
    Damaged,
    /// Ollama has not finished cancelling the same pull.
    #[error("Ollama was still cancelling an earlier download")]
    StillCancelling,
    /// The machine cannot run this model.
    #[error("this model does not run on that machine")]
    Unsupported,
    /// The stream ended with neither success nor an error.
    #[error("the download was interrupted")]
    Interrupted,
    /// Any other error; the text is Ollama's own.
    #[error("{0}")]
    Other(String),
}

impl PullError {
    /// Classifies the text of an error line, or of a 500 when the pull was not streamed.
    pub fn from_text(text: &str) -> Self {
        let lower = text.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|w| lower.contains(w));
        // What stands right behind this prefix is the registry's status, when it answered at all.
        let manifest = lower.strip_prefix("pull model manifest: ");
        let status = manifest.and_then(|rest| rest.split_once(':')).and_then(|(code, _)| code.parse::<u16>().ok());
        match status {
            Some(412) => return Self::OllamaTooOld,
            Some(400) => return Self::BadVariant(to_short_line(text)),
            Some(401 | 403) => return Self::Denied,
            Some(429 | 500..=599) => return Self::RegistryFault(to_short_line(text)),
            _ => {}
        }
        if manifest.is_some_and(|rest| rest.starts_with("file does not exist")) {
            Self::UnknownModel
        } else if lower == "file does not exist" {
            Self::RegistryFault(to_short_line(text))
        } else if has(&["no space left on device"]) {
            Self::DiskFull
        } else if has(&["digest mismatch"]) {
            Self::Damaged
        } else if has(&["max retries exceeded"]) {
            Self::FlakyNetwork
        } else if has(&["unauthorized", "does not match original host", "id_ed25519"]) {
            Self::Denied
        } else if has(&["requires mlx support"]) {
            Self::Unsupported
        } else if has(&[
            "dial tcp",
            "no such host",
            "connection refused",
            "i/o timeout",
            "network is unreachable",
            "tls",
            "x509:",
            "connection reset",
        ]) {
            Self::RegistryUnreachable(to_short_line(text))
        } else if has(&["invalid character '<'"]) {
            Self::Portal
        } else if has(&["context canceled", "context deadline exceeded"]) {
            Self::StillCancelling
        } else if has(&["unexpected eof"]) || lower == "eof" {
            Self::FlakyNetwork
        } else {
            Self::Other(to_short_line(text))
        }
    }

    /// Classifies a failed request. The text of a server error is about the pull, as that of an error line.
    pub fn from_call_error(error: OllamaError) -> Self {
        match error {
            OllamaError::Server(text) | OllamaError::RunnerCrashed(text) | OllamaError::OutOfMemory(text) => {
                Self::from_text(&text)
            }
            other => Self::Call(other),
        }
    }

    /// Classifies the `error` of a line.
    pub fn from_error_line(error: &Value) -> Self {
        Self::from_text(error.as_str().unwrap_or(&extract_message(error)))
    }

    /// Whether the same pull can succeed later by itself. Pulls resume, so a retry loses nothing.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Call(error) => error.is_transient(),
            Self::RegistryUnreachable(_)
            | Self::RegistryFault(_)
            | Self::FlakyNetwork
            | Self::Damaged
            | Self::StillCancelling
            | Self::Interrupted => true,
            _ => false,
        }
    }
}

fn to_short_line(text: &str) -> String {
    extract_message(&Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{PullError, PullLine};

    #[test]
    fn texts_of_failures() {
        for (text, error, transient) in [
            ("pull model manifest: file does not exist", "the registry does not know this model", false),
            (
                "pull model manifest: 412: \n\nThe model you are attempting to pull requires a newer version of Ollama.\n",
                "this model needs a newer Ollama",
                false,
            ),
            ("pull model manifest: 401: {}", "the registry denies access to the model", false),
            (
                "pull model manifest: realm host \"\" does not match original host \"x\"",
                "the registry denies access to the model",
                false,
            ),
            (
                "write /models/blobs/sha256-1-partial: no space left on device",
                "the disk of the Ollama machine is full",
                false,
            ),
            ("max retries exceeded: unexpected EOF", "too many connections were interrupted", true),
            ("digest mismatch, file must be downloaded again: want a, got b", "the downloaded data is corrupt", true),
            ("context canceled", "Ollama was still cancelling an earlier download", true),
            (
                "pull model manifest: invalid character '<' looking for beginning of value",
                "a proxy or login page answers in place of the registry",
                false,
            ),
            (
                "this model requires MLX support, but the MLX runtime is not available",
                "this model does not run on that machine",
                false,
            ),
        ] {
            let classified = PullError::from_text(text);
            assert_eq!((classified.to_string().as_str(), classified.is_transient()), (error, transient), "{text}");
        }
        for text in [
            "pull model manifest: Get \"https://r/v2\": dial tcp: lookup r: no such host",
            "pull model manifest: Get \"https://r\": x509: certificate signed by unknown authority",
        ] {
            assert!(matches!(PullError::from_text(text), PullError::RegistryUnreachable(_)), "{text}");
        }
        for text in ["pull model manifest: 500: <html>", "pull model manifest: 429: slow", "file does not exist"] {
            assert!(matches!(PullError::from_text(text), PullError::RegistryFault(_)), "{text}");
        }
    }

    #[test]
    fn lines_without_status() {
        let line: PullLine =
            serde_json::from_str(r#"{"digest":"sha256:a","total":10,"completed":null}"#).expect("line");
        assert_eq!((line.status.as_str(), line.total, line.completed), ("", Some(10), None));
    }
}
