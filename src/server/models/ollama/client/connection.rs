//! The client's handle on one Ollama: the parts that its calls share.

use crate::server::{
    clock::Clock,
    models::{
        ollama::{client::connection_breaker::ConnectionBreaker, error::OllamaError},
        status::model_status::ModelStatus,
    },
};
use std::{sync::Arc, time::Duration};
use url::Url;

/// Sends requests to one Ollama. Cheap to clone.
#[derive(Clone, Debug)]
pub struct OllamaClient(pub(super) Arc<OllamaClientInner>);

/// What all clones share.
#[derive(Debug)]
pub(super) struct OllamaClientInner {
    /// The base address; its path ends with a slash.
    pub base: Url,
    /// When it cannot be built (no certificates on this machine), each call fails instead of the program's start.
    pub http: Result<reqwest::Client, OllamaError>,
    /// The clock that all timeouts are measured with.
    pub clock: Clock,
    /// The longest wait for the first byte of an answer to a question.
    pub first_byte: Duration,
    /// The longest wait between two pieces of an answer.
    pub idle: Duration,
    /// The longest time of a request with its retries.
    pub budget: Duration,
    /// Attempts after the first one.
    pub retries: u32,
    /// Makes requests fail at once while Ollama cannot be connected to.
    pub breaker: ConnectionBreaker,
    /// What is known of this server.
    pub status: ModelStatus,
}
